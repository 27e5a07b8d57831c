package inventory

import (
	"context"
	"encoding/json"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/gtin"
)

// GetStock returns the stock of the variant with a GTIN.
func (s *Stock) GetStock(
	ctx context.Context, r api.GetStockRequestObject,
) (api.GetStockResponseObject, error) {
	variants, err := s.queries.FindVariants(ctx, db.FindVariantsParams{GTIN: padGTIN(&r.Gtin)})
	if err != nil {
		return nil, err
	}
	if len(variants) == 0 {
		return nil, ErrNoVariant
	}
	body, err := variantStock(ctx, s.queries, variants[0].ID)
	return api.GetStock200JSONResponse{Body: body}, err
}

// variantStock returns the stock of a variant at all locations.
func variantStock(ctx context.Context, q *db.Queries, variant int64) (api.VariantStock, error) {
	rows, err := q.GetStock(ctx, variant)
	if err != nil || len(rows) == 0 {
		return api.VariantStock{}, err
	}
	v := rows[0]
	body := api.VariantStock{
		VariantID:      v.ID,
		ProductID:      v.ProductID,
		Sku:            v.SKU,
		Gtin:           v.GTIN,
		Stock:          int64(v.Stock),
		TrackInventory: v.TrackInventory,
	}
	for _, row := range rows {
		body.Levels = append(body.Levels, api.LocationStock{
			Location: api.Location{
				Code: row.LocationCode,
				Name: row.LocationName,
			},
			Quantity:  row.Quantity,
			UpdatedAt: row.UpdatedAt,
		})
	}
	return body, nil
}

// variantOfProduct returns the id of a product's variant: the only one, or the one that is named.
func variantOfProduct(
	ctx context.Context, q *db.Queries, product int64, variant *int64,
) (int64, error) {
	found, err := q.FindVariants(
		ctx, db.FindVariantsParams{ProductID: &product, VariantID: variant},
	)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0 && variant != nil:
		return 0, ErrNoVariant
	case len(found) == 0:
		return 0, ErrNoProduct
	case len(found) > 1:
		return 0, ErrVariantRequired
	}
	return found[0].ID, nil
}

// levelNamed returns the level that a request names by exactly one of GTIN, sku and variant, and by
// a location or none.
func levelNamed(
	ctx context.Context, q *db.Queries, gtin, sku *string, variant *int64, code *string,
) (level, error) {
	names := 0
	for _, given := range []bool{gtin != nil, sku != nil, variant != nil} {
		if given {
			names++
		}
	}
	if names != 1 {
		return level{}, errNamesNothing
	}
	found, err := q.FindVariants(
		ctx, db.FindVariantsParams{GTIN: padGTIN(gtin), SKU: sku, VariantID: variant},
	)
	if err != nil {
		return level{}, err
	}
	if len(found) == 0 {
		return level{}, ErrNoVariant
	}
	at, err := location(ctx, q, code)
	return level{found[0].ID, at}, err
}

// padGTIN returns a GTIN in the 14 digits it is stored in; nil without one.
func padGTIN(digits *string) *string {
	if digits == nil {
		return nil
	}
	return new(gtin.Pad(*digits))
}

// decodeOptions decodes what sets a variant apart, such as its color.
func decodeOptions(stored []byte) (map[string]string, error) {
	var options map[string]string
	err := json.Unmarshal(stored, &options)
	return options, err
}
