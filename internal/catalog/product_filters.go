package catalog

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/shopd/shopd/internal/platform/gtin"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Filters translates the filters of a product list into the parameters of its query. Its error is a
// problem for the client.
func (c *Catalog) Filters(p api.ListProductsParams) (*db.ListProductsParams, error) {
	params := &db.ListProductsParams{
		Q:          phrase(p.Q),
		CategoryID: p.CategoryID,
		Category:   cleaned(p.Category),
		BrandID:    p.BrandID,
		Brand:      cleaned(p.Brand),
		InStock:    p.InStock,
		OnSale:     p.OnSale,
		Featured:   p.Featured,
		Sort:       string(api.ProductSortCreatedDesc),
	}
	var wrong []problem.Field
	params.MinMinor = c.price(p.MinPrice, "/min_price", &wrong)
	params.MaxMinor = c.price(p.MaxPrice, "/max_price", &wrong)
	if p.Sort != nil {
		params.Sort = string(*p.Sort)
	}
	if params.Sort == string(api.ProductSortRelevance) && p.Q == nil {
		wrong = append(wrong, problem.Field{Pointer: "/sort", Message: "relevance needs q"})
	}
	if p.Availability != nil {
		inStock := *p.Availability == api.AvailabilityInStock
		if p.InStock != nil && *p.InStock != inStock {
			wrong = append(
				wrong, problem.Field{Pointer: "/availability", Message: "contradicts in_stock"},
			)
		}
		params.InStock = &inStock
	}
	if p.Gtin != nil {
		params.GTIN = new(gtin.Pad(*p.Gtin))
	}
	params.Attributes = attributeFilter(p.Attribute)
	if wrong != nil {
		return nil, problem.Invalid(wrong...)
	}
	return params, nil
}

// manyDashes matches a run of minus signs without a word between them.
var manyDashes = regexp.MustCompile(`-(?:[^\p{L}\p{N}"]*-){7,}`)

// phrase returns the text to search for, without long runs of minus signs. Each minus sign excludes
// what follows it, and PostgreSQL fails where more than 32 of them are nested.
func phrase(q *string) *string {
	if q == nil {
		return nil
	}
	return new(manyDashes.ReplaceAllString(*q, "-"))
}

// price parses an amount in the store's currency into minor units. A wrong one is added to wrong.
func (c *Catalog) price(text *string, pointer string, wrong *[]problem.Field) *int64 {
	if text == nil {
		return nil
	}
	minor, err := c.settings.Currency.Parse(*text)
	switch {
	case err == nil:
		return &minor
	case errors.Is(err, money.ErrPrecision):
		*wrong = append(
			*wrong,
			problem.Field{
				Pointer: pointer,
				Message: "has more decimals than " + string(c.settings.Currency),
			},
		)
	default:
		*wrong = append(*wrong, problem.Field{Pointer: pointer, Message: err.Error()})
	}
	return nil
}

// attributeFilter returns the JSON that a product's attributes must contain. A name with two
// different values becomes a list, which no attribute is, so that no product is found.
func attributeFilter(pairs []string) []byte {
	if len(pairs) == 0 {
		return nil
	}
	wanted := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, ":")
		if before, twice := wanted[name]; twice && before != value {
			wanted[name] = []string{}
			continue
		}
		wanted[name] = value
	}
	filter, _ := json.Marshal(wanted) // strings: no error
	return filter
}
