package geministub

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Answer returns the text of an answer. It is called by several requests at once.
type Answer func(Prompt) string

// Prompt is the input of the model, and the products and the question read from it.
type Prompt struct {
	System   string
	User     string // the last user turn
	Products []Product
	Question string
}

// Product is a line of the prompt such as
//
//	[#12] {"name":"Trail Shoe","regular_price":"99.90 USD","sale_price":"79.90 USD","stock":4}
type Product struct {
	ID           int64  `json:"-"`
	Name         string `json:"name"`
	Brand        string `json:"brand"`
	Category     string `json:"category"`
	Price        string `json:"price"`
	RegularPrice string `json:"regular_price"`
	SalePrice    string `json:"sale_price"`
	Saving       string `json:"saving"`
	DiscountPct  int    `json:"discount_percent"`
	Stock        int64  `json:"stock"`
	Description  string `json:"description"`
}

// SetAnswer changes the function that writes the answers; nil means Obedient.
func (s *Server) SetAnswer(a Answer) {
	if a == nil {
		a = Obedient
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

// Fixed returns an Answer that is always the same text.
func Fixed(text string) Answer { return func(Prompt) string { return text } }

// Obedient lists the products of the prompt, with their prices and references.
func Obedient(p Prompt) string {
	if len(p.Products) == 0 {
		return "I could not find that in our catalogue."
	}
	var b strings.Builder
	b.WriteString("Here is what we have:\n")
	for _, product := range p.Products {
		fmt.Fprintf(&b, "- %s: %s [#%d]\n", product.Name, product.offer(), product.ID)
	}
	return strings.TrimSpace(b.String())
}

// Liar writes what a model must never write: a wrong price and a wrong discount for each product of
// the prompt, and a product that does not exist.
func Liar(p Prompt) string {
	var b strings.Builder
	b.WriteString("Great news:\n")
	for _, product := range p.Products {
		fmt.Fprintf(&b, "- %s is only 0.01 USD today, 99%% off [#%d]\n", product.Name, product.ID)
	}
	b.WriteString("- **Quantum Toaster 9000**: 1.23 USD, 500 in stock [#999999]")
	return b.String()
}

func (p Product) offer() string {
	price := p.Price
	if p.SalePrice != "" {
		price = fmt.Sprintf("on sale for %s instead of %s", p.SalePrice, p.RegularPrice)
	}
	return fmt.Sprintf("%s, %d in stock", price, p.Stock)
}

var (
	productLine  = regexp.MustCompile(`(?m)^\[#(\d+)\] (\{.*\})$`)
	questionLine = regexp.MustCompile(`(?m)^Question: (".*")$`)
)

func readPrompt(req generateRequest) Prompt {
	p := Prompt{
		System: req.SystemInstruction.text(),
		User:   req.Contents[len(req.Contents)-1].text(),
	}
	for _, line := range productLine.FindAllStringSubmatch(p.User, -1) {
		var product Product
		id, err := strconv.ParseInt(line[1], 10, 64)
		if err != nil || json.Unmarshal([]byte(line[2]), &product) != nil {
			continue // not a product line after all
		}
		product.ID = id
		p.Products = append(p.Products, product)
	}
	if lines := questionLine.FindAllStringSubmatch(p.User, -1); lines != nil {
		_ = json.Unmarshal([]byte(lines[len(lines)-1][1]), &p.Question)
	}
	return p
}
