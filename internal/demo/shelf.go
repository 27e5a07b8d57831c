package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/gosimple/slug"
	"gopkg.in/yaml.v3"
)

// shelf is the content of one file: a top category with its children.
type shelf struct {
	Category label `yaml:"category"`
	Children []struct {
		Category label  `yaml:"category"`
		Products []item `yaml:"products"`
	} `yaml:"children"`
}

type label struct {
	Name        string `yaml:"name"`
	Slug        string `yaml:"slug"`
	Description string `yaml:"description"`
}

func (l label) under(parent string) Category {
	return Category{Name: l.Name, Slug: l.Slug, Description: l.Description, ParentSlug: parent}
}

// item is a product as it is written in a file.
type item struct {
	Name     string               `yaml:"name"`
	Brand    string               `yaml:"brand"`
	Icon     string               `yaml:"icon"`
	Price    string               `yaml:"price"`
	Sale     string               `yaml:"sale"`
	Stock    int                  `yaml:"stock"` // of all variants together
	Featured bool                 `yaml:"featured"`
	Hidden   bool                 `yaml:"hidden"`
	Facts    map[string]string    `yaml:"facts"`
	Choices  map[string][]string  `yaml:"choices"` // one option, and a variant for each value
	Except   map[string]exception `yaml:"except"`  // variants that differ, by value
	About    string               `yaml:"about"`
}

// exception is a variant with another price, or one that is sold out while the others are not.
type exception struct {
	Price   string `yaml:"price"`
	Sale    string `yaml:"sale"`
	SoldOut bool   `yaml:"sold_out"`
}

// read decodes a file. It refuses unknown fields, which are typing errors.
func read(from fs.FS, name string, into any) error {
	text, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// product returns the product of an item. Its slug, SKUs, GTINs and age follow from its name and
// number.
func (it item) product(category string, number int) (Product, error) {
	if len(it.Facts) == 0 || it.About == "" {
		return Product{}, errors.New("facts and about are needed")
	}
	if len(it.Brand) < 3 {
		return Product{}, fmt.Errorf("brand %q is too short for an sku", it.Brand)
	}
	variants, err := it.variants(number)
	return Product{
		Name:           it.Name,
		Slug:           slug.Make(it.Name),
		Brand:          it.Brand,
		Category:       category,
		Description:    it.About,
		Icon:           it.Icon,
		Attributes:     it.Facts,
		Active:         !it.Hidden,
		Featured:       it.Featured,
		Variants:       variants,
		CreatedDaysAgo: number * 37 % 360, // spread over a year, the same at every load
	}, err
}

// variants returns a variant for each value of the product's choice, or one variant without options
// if there is no choice.
func (it item) variants(number int) ([]Variant, error) {
	v := Variant{
		SKU:           fmt.Sprintf("%s-%03d", strings.ToUpper(it.Brand[:3]), number),
		GTIN:          gtin13(number * 10),
		Options:       map[string]string{},
		Price:         it.Price,
		DiscountPrice: it.Sale,
		Stock:         it.Stock,
	}
	option, values, err := it.choice()
	if err != nil || len(values) == 0 {
		return []Variant{v}, err
	}
	stocks := it.stocks(values)
	variants := make([]Variant, len(values))
	for i, value := range values {
		variants[i] = v
		variants[i].SKU += "-" + strings.ToUpper(slug.Make(value))
		variants[i].GTIN = gtin13(number*10 + i)
		variants[i].Options = map[string]string{option: value}
		variants[i].Stock = stocks[i]
		if except := it.Except[value]; except.Price != "" {
			variants[i].Price, variants[i].DiscountPrice = except.Price, except.Sale
		}
	}
	return variants, nil
}

// choice returns the option that a customer chooses and its values, or none if there is no choice.
func (it item) choice() (option string, values []string, err error) {
	for option, values = range it.Choices {
		if len(it.Choices) > 1 || len(values) < 2 || len(values) > 10 {
			return "", nil, errors.New("choices must be one option with two to ten values")
		}
	}
	for value := range it.Except {
		if !slices.Contains(values, value) {
			return "", nil, fmt.Errorf("except: %q is no choice", value)
		}
	}
	return option, values, nil
}

// stocks divides the stock as evenly as possible among the values that are not sold out.
func (it item) stocks(values []string) []int {
	stocks := make([]int, len(values))
	left, sharers := it.Stock, len(values)
	for _, except := range it.Except {
		if except.SoldOut {
			sharers--
		}
	}
	for i, value := range values {
		if it.Except[value].SoldOut {
			continue
		}
		stocks[i] = (left + sharers - 1) / sharers
		left -= stocks[i]
		sharers--
	}
	return stocks
}

// gtin13 returns a GTIN-13 in the range 040, which GS1 reserves for use within one company.
func gtin13(number int) string {
	digits := fmt.Sprintf("040%09d", number)
	sum := 0
	for i, digit := range digits {
		sum += int(digit-'0') * (1 + i%2*2)
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}
