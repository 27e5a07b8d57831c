package vectors

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
)

// document is the text of which a vector is made.
type document struct {
	model.Text
	hash []byte
}

func newDocument(title string, sentences []string) document {
	d := document{Text: model.Text{Title: title, Body: strings.Join(sentences, " ")}}
	hash := sha256.Sum256([]byte(d.Title + "\x00" + d.Body))
	d.hash = hash[:]
	return d
}

// Documents have bands instead of numbers, so that not every sale and every cent changes them.
const (
	lowStock = 5 // units
	// products a category must have before one of them is called cheap or dear in it
	fewestToRank = 4
)

// productDocument returns the text of a product, with what distinguishes it in its category.
func productDocument(
	row db.ListProductDocumentsRow, category *db.ListCategoryDocumentsRow,
) document {
	var sentences []string
	if row.BrandName != nil {
		sentences = append(sentences, "Brand: "+*row.BrandName+".")
	}
	if row.CategoryName != nil {
		path := *row.CategoryName
		if row.ParentCategoryName != nil {
			path = *row.ParentCategoryName + " > " + path
		}
		sentences = append(sentences, "Category: "+path+".")
	}
	sentences = append(sentences, row.Description)
	sentences = append(sentences, AttributeSentences(row.Attributes)...)
	if row.DiscountMinor != nil {
		sentences = append(sentences, discountBand(row.PriceMinor, *row.DiscountMinor))
	}
	if row.Stock > 0 && row.Stock <= lowStock {
		sentences = append(sentences, "Only a few are left in stock.")
	}
	if category != nil && category.Products >= fewestToRank {
		sentences = append(sentences, priceBand(row.BuyerMinor, category)...)
	}
	return newDocument(row.Name, sentences)
}

// AttributeSentences returns attributes, a JSON object of texts, as sentences in the order of their
// names.
func AttributeSentences(attributes []byte) []string {
	var values map[string]string
	if json.Unmarshal(attributes, &values) != nil {
		return nil
	}
	var sentences []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		sentences = append(sentences, strings.ReplaceAll(name, "_", " ")+": "+values[name]+".")
	}
	return sentences
}

// discountBand says how large a discount is.
func discountBand(price, discount int64) string {
	switch off := float64(price-discount) / float64(max(price, 1)); {
	case off >= 0.4:
		return "On sale with a big discount."
	case off >= 0.15:
		return "On sale with a discount."
	}
	return "On sale with a small discount."
}

// priceBand says where a price is in the range of its category.
func priceBand(minor int64, c *db.ListCategoryDocumentsRow) []string {
	span := c.MaxMinor - c.MinMinor
	switch at := minor - c.MinMinor; {
	case span <= 0:
		return nil
	case at*4 <= span:
		return []string{"One of the most affordable in " + c.Name + "."}
	case at*4 >= span*3:
		return []string{"One of the most expensive, premium, in " + c.Name + "."}
	}
	return []string{"Medium price in " + c.Name + "."}
}

// categoryDocument returns the text of a category, with what is in it.
func categoryDocument(row db.ListCategoryDocumentsRow, format func(minor int64) string) document {
	var sentences []string
	if row.ParentName != nil {
		sentences = append(sentences, "Part of "+*row.ParentName+".")
	}
	sentences = append(sentences, row.Description)
	if row.Products > 0 {
		sentences = append(sentences, fmt.Sprintf(
			"%d products from %s to %s.", row.Products, format(row.MinMinor), format(row.MaxMinor),
		))
	}
	if row.OnSale > 0 {
		sentences = append(sentences, "Some are on sale with a discount.")
	}
	if len(row.Brands) > 0 {
		sentences = append(sentences, "Brands: "+strings.Join(row.Brands, ", ")+".")
	}
	if len(row.Examples) > 0 {
		sentences = append(sentences, "Such as "+strings.Join(row.Examples, ", ")+".")
	}
	return newDocument(row.Name, sentences)
}
