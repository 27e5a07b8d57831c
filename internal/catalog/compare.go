package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// CompareProducts returns two to four products side by side.
func (c *Catalog) CompareProducts(
	ctx context.Context, r api.CompareProductsRequestObject,
) (api.CompareProductsResponseObject, error) {
	if _, err := TurnSales(ctx, c.queries); err != nil {
		return nil, err
	}
	rows, err := c.queries.CompareProducts(ctx, r.Params.Ids)
	if err != nil {
		return nil, err
	}
	if len(rows) != len(r.Params.Ids) {
		return nil, ErrProductNotFound
	}
	at := func(row db.CompareProductsRow) int {
		return slices.Index(r.Params.Ids, row.ProductCard.ProductID)
	}
	slices.SortFunc(rows, func(x, y db.CompareProductsRow) int { return at(x) - at(y) })
	body := api.ProductComparison{
		Products: make([]api.ComparedProduct, 0, len(rows)),
		Rows:     c.comparison(rows),
	}
	for _, row := range rows {
		card := row.ProductCard
		product := api.ComparedProduct{
			ID:            card.ProductID,
			Name:          card.Name,
			Slug:          card.Slug,
			Price:         c.settings.Currency.Format(card.PriceMinor),
			Currency:      string(c.settings.Currency),
			InStock:       card.Stock > 0,
			BrandName:     card.BrandName,
			CategoryName:  card.CategoryName,
			DiscountPrice: c.discountPrice(card.DiscountMinor),
		}
		body.Products = append(body.Products, product)
	}
	return api.CompareProducts200JSONResponse(body), nil
}

// comparison returns a row for each property that any of the products has. The rows in which
// they differ come first.
func (c *Catalog) comparison(rows []db.CompareProductsRow) []api.ComparisonRow {
	var out []api.ComparisonRow
	add := func(field string, value func(db.CompareProductsRow) *string) {
		row := api.ComparisonRow{Field: field, Values: make([]*string, len(rows))}
		known := false
		for i, product := range rows {
			row.Values[i] = value(product)
			known = known || row.Values[i] != nil
			row.Differs = row.Differs ||
				optional.Value(row.Values[i]) != optional.Value(row.Values[0])
		}
		if known {
			out = append(out, row)
		}
	}
	add("price", func(r db.CompareProductsRow) *string {
		buyer := r.ProductCard.PriceMinor
		if d := r.ProductCard.DiscountMinor; d != nil {
			buyer = *d
		}
		return new(c.settings.Currency.Format(buyer))
	})
	add("discount_percent", func(r db.CompareProductsRow) *string {
		percent := money.PercentOff(r.ProductCard.PriceMinor, r.ProductCard.DiscountMinor)
		if percent == nil {
			return nil
		}
		return new(strconv.Itoa(int(*percent)))
	})
	add("stock", func(r db.CompareProductsRow) *string {
		return new(strconv.FormatInt(r.ProductCard.Stock, 10))
	})
	add("rating", func(r db.CompareProductsRow) *string {
		if r.ProductCard.RatingCount == 0 {
			return nil
		}
		return new(
			fmt.Sprintf(
				"%.1f", float64(r.ProductCard.RatingSum)/float64(r.ProductCard.RatingCount),
			),
		)
	})
	add("brand", func(r db.CompareProductsRow) *string { return r.ProductCard.BrandName })
	add(
		"category",
		func(r db.CompareProductsRow) *string { return r.ProductCard.CategoryName },
	)
	add("condition", func(r db.CompareProductsRow) *string { return new(r.Condition) })
	for _, name := range attributeNames(rows) {
		add("attributes."+name, func(r db.CompareProductsRow) *string {
			if value, ok := attributesOf(r.Attributes)[name]; ok {
				return &value
			}
			return nil
		})
	}
	slices.SortStableFunc(out, func(x, y api.ComparisonRow) int {
		switch {
		case x.Differs == y.Differs:
			return 0
		case x.Differs:
			return -1
		}
		return 1
	})
	return out
}

func attributesOf(text []byte) map[string]string {
	var values map[string]string
	_ = json.Unmarshal(text, &values) // the schema holds it to an object of texts
	return values
}

// attributeNames are those any of the products has, in alphabetical order.
func attributeNames(rows []db.CompareProductsRow) []string {
	names := map[string]bool{}
	for _, row := range rows {
		for name := range attributesOf(row.Attributes) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
