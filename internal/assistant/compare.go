package assistant

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// CompareProducts holds products side by side.
func (a *Assistant) CompareProducts(
	ctx context.Context, r api.CompareProductsRequestObject,
) (api.CompareProductsResponseObject, error) {
	rows, err := a.queries.ListComparedProducts(ctx, r.Params.Ids)
	if err != nil {
		return nil, err
	}
	if len(rows) != len(r.Params.Ids) {
		return nil, ErrNoProduct
	}
	at := func(row db.ListComparedProductsRow) int { return slices.Index(r.Params.Ids, row.ProductCard.ProductID) }
	slices.SortFunc(rows, func(x, y db.ListComparedProductsRow) int { return at(x) - at(y) })
	body := api.ProductComparison{
		Products: make([]api.ComparedProduct, 0, len(rows)),
		Rows:     a.comparison(rows),
	}
	for _, row := range rows {
		card := row.ProductCard
		product := api.ComparedProduct{
			ID:           card.ProductID,
			Name:         card.Name,
			Slug:         card.Slug,
			Price:        a.settings.Currency.Format(card.PriceMinor),
			Currency:     string(a.settings.Currency),
			InStock:      card.Stock > 0,
			BrandName:    card.BrandName,
			CategoryName: card.CategoryName,
		}
		if card.DiscountMinor != nil {
			product.DiscountPrice = new(a.settings.Currency.Format(*card.DiscountMinor))
		}
		body.Products = append(body.Products, product)
	}
	return api.CompareProducts200JSONResponse(body), nil
}

// comparison is a row for each thing that any of the products has, those in which they differ
// first.
func (a *Assistant) comparison(rows []db.ListComparedProductsRow) []api.ComparisonRow {
	var out []api.ComparisonRow
	add := func(field string, value func(db.ListComparedProductsRow) *string) {
		row := api.ComparisonRow{Field: field, Values: make([]*string, len(rows))}
		known := false
		for i, product := range rows {
			row.Values[i] = value(product)
			known = known || row.Values[i] != nil
			row.Differs = row.Differs || orBlank(row.Values[i]) != orBlank(row.Values[0])
		}
		if known {
			out = append(out, row)
		}
	}
	add("price", func(r db.ListComparedProductsRow) *string {
		buyer := r.ProductCard.PriceMinor
		if d := r.ProductCard.DiscountMinor; d != nil {
			buyer = *d
		}
		return new(a.settings.Currency.Format(buyer))
	})
	add("discount_percent", func(r db.ListComparedProductsRow) *string {
		if r.ProductCard.DiscountMinor == nil {
			return nil
		}
		return new(
			strconv.Itoa(
				a.source(
					found{ListSourcesRow: db.ListSourcesRow{ProductCard: r.ProductCard}},
				).DiscountPct,
			),
		)
	})
	add(
		"stock",
		func(r db.ListComparedProductsRow) *string { return new(strconv.FormatInt(r.ProductCard.Stock, 10)) },
	)
	add("rating", func(r db.ListComparedProductsRow) *string {
		if r.ProductCard.RatingCount == 0 {
			return nil
		}
		return new(
			fmt.Sprintf(
				"%.1f", float64(r.ProductCard.RatingSum)/float64(r.ProductCard.RatingCount),
			),
		)
	})
	add("brand", func(r db.ListComparedProductsRow) *string { return r.ProductCard.BrandName })
	add(
		"category",
		func(r db.ListComparedProductsRow) *string { return r.ProductCard.CategoryName },
	)
	add("condition", func(r db.ListComparedProductsRow) *string { return new(r.Condition) })
	for _, name := range attributeNames(rows) {
		add("attributes."+name, func(r db.ListComparedProductsRow) *string {
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
func attributeNames(rows []db.ListComparedProductsRow) []string {
	names := map[string]bool{}
	for _, row := range rows {
		for name := range attributesOf(row.Attributes) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
