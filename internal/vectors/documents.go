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

// document is the text a vector is made from.
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

// Bands instead of numbers: a document must not change with every sale or every cent.
const (
	lowStock     = 5 // units
	fewestToRank = 4 // products a category must have before one of them is called cheap or dear in it
)

// productDocument describes a product with what sets it apart in its category.
func productDocument(
	row db.ListProductDocumentsRow, category *db.ListCategoryDocumentsRow,
) document {
	var say []string
	if row.BrandName != nil {
		say = append(say, "Brand: "+*row.BrandName+".")
	}
	if row.CategoryName != nil {
		path := *row.CategoryName
		if row.ParentCategoryName != nil {
			path = *row.ParentCategoryName + " > " + path
		}
		say = append(say, "Category: "+path+".")
	}
	say = append(say, row.Description)
	say = append(say, AttributeSentences(row.Attributes)...)
	if row.DiscountMinor != nil {
		say = append(say, discountBand(row.PriceMinor, *row.DiscountMinor))
	}
	if row.Stock > 0 && row.Stock <= lowStock {
		say = append(say, "Only a few are left in stock.")
	}
	if category != nil && category.Products >= fewestToRank {
		say = append(say, priceBand(row.BuyerMinor, category)...)
	}
	return newDocument(row.Name, say)
}

// AttributeSentences returns attributes, a JSON object of texts, as sentences in a fixed order.
func AttributeSentences(attributes []byte) []string {
	var values map[string]string
	if json.Unmarshal(attributes, &values) != nil {
		return nil
	}
	var say []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		say = append(say, strings.ReplaceAll(name, "_", " ")+": "+values[name]+".")
	}
	return say
}

func discountBand(price, discount int64) string {
	switch off := float64(price-discount) / float64(max(price, 1)); {
	case off >= 0.4:
		return "On sale with a big discount."
	case off >= 0.15:
		return "On sale with a discount."
	}
	return "On sale with a small discount."
}

// priceBand places a price in the range of its category.
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

// categoryDocument describes a category by what is in it.
func categoryDocument(row db.ListCategoryDocumentsRow, format func(minor int64) string) document {
	var say []string
	if row.ParentName != nil {
		say = append(say, "Part of "+*row.ParentName+".")
	}
	say = append(say, row.Description)
	if row.Products > 0 {
		say = append(
			say,
			fmt.Sprintf(
				"%d products from %s to %s.", row.Products, format(row.MinMinor),
				format(row.MaxMinor),
			),
		)
	}
	if row.OnSale > 0 {
		say = append(say, "Some are on sale with a discount.")
	}
	if len(row.Brands) > 0 {
		say = append(say, "Brands: "+strings.Join(row.Brands, ", ")+".")
	}
	if len(row.Examples) > 0 {
		say = append(say, "Such as "+strings.Join(row.Examples, ", ")+".")
	}
	return newDocument(row.Name, say)
}
