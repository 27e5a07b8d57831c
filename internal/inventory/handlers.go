package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// SetInventory sets the units of a product at one location, and whether they are counted.
func (s *Stock) SetInventory(
	ctx context.Context, r api.SetInventoryRequestObject,
) (api.SetInventoryResponseObject, error) {
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		variant, err := ofProduct(ctx, q, r.ID, r.Body.VariantID)
		if err != nil {
			return err
		}
		at, err := location(ctx, q, r.Body.Location)
		if err != nil {
			return err
		}
		if r.Body.TrackInventory != nil {
			if err := q.SetTrackInventory(ctx, *r.Body.TrackInventory, variant); err != nil {
				return err
			}
		}
		if err := s.set(
			ctx, q, level{variant, at}, r.Body.Quantity, nil,
			Cause{Reason: Count, Actor: actor(ctx)},
		); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, variant)
		return err
	})
	return api.SetInventory200JSONResponse(body), err
}

// SetStock sets a level exactly.
func (s *Stock) SetStock(
	ctx context.Context, r api.SetStockRequestObject,
) (api.SetStockResponseObject, error) {
	b := r.Body
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		at, err := named(ctx, q, b.Gtin, b.Sku, b.VariantID, b.Location)
		if err != nil {
			return err
		}
		cause := Cause{Reason: Count, Reference: text(b.Reference), Actor: actor(ctx)}
		if b.Reason != nil {
			cause.Reason = string(*b.Reason)
		}
		if err := s.set(ctx, q, at, b.Quantity, b.ExpectedQuantity, cause); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, at.variant)
		return err
	})
	return api.SetStock200JSONResponse(body), err
}

// AdjustStock adds units to a level or takes some.
func (s *Stock) AdjustStock(
	ctx context.Context, r api.AdjustStockRequestObject,
) (api.AdjustStockResponseObject, error) {
	b := r.Body
	if b.Delta == 0 {
		return nil, problem.Invalid(problem.Field{Pointer: "/delta", Message: "must not be 0"})
	}
	var body api.VariantStock
	err := s.change(ctx, func(q *db.Queries) error {
		at, err := named(ctx, q, b.Gtin, b.Sku, b.VariantID, b.Location)
		if err != nil {
			return err
		}
		cause := Cause{Reason: string(b.Reason), Reference: text(b.Reference), Actor: actor(ctx)}
		if err := s.adjust(ctx, q, at, b.Delta, b.ExpectedQuantity, cause); err != nil {
			return err
		}
		body, err = variantStock(ctx, q, at.variant)
		return err
	})
	return api.AdjustStock200JSONResponse(body), err
}

// GetStock answers the stock of a GTIN.
func (s *Stock) GetStock(
	ctx context.Context, r api.GetStockRequestObject,
) (api.GetStockResponseObject, error) {
	variants, err := s.queries.FindVariants(ctx, db.FindVariantsParams{GTIN: gtin14(&r.Gtin)})
	if err != nil {
		return nil, err
	}
	if len(variants) == 0 {
		return nil, ErrNoVariant
	}
	body, err := variantStock(ctx, s.queries, variants[0].ID)
	return api.GetStock200JSONResponse{Body: body}, err
}

// ListLocations answers all locations.
func (s *Stock) ListLocations(
	ctx context.Context, _ api.ListLocationsRequestObject,
) (api.ListLocationsResponseObject, error) {
	rows, err := s.queries.ListLocations(ctx)
	body := api.ListLocations200JSONResponse{
		Items: make([]api.Location, 0, len(rows)),
		Total: int64(len(rows)),
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.Location{Code: row.Code, Name: row.Name})
	}
	return body, err
}

// CreateLocation adds a location.
func (s *Stock) CreateLocation(
	ctx context.Context, r api.CreateLocationRequestObject,
) (api.CreateLocationResponseObject, error) {
	var row db.StockLocation
	err := postgres.Tx(ctx, s.pool, func(q *db.Queries) (err error) {
		row, err = q.CreateLocation(ctx, r.Body.Code, r.Body.Name)
		return err
	})
	if postgres.Violates(err, "stock_locations_code_key") {
		return nil, ErrLocationTaken
	}
	return api.CreateLocation201JSONResponse{Code: row.Code, Name: row.Name}, err
}

// RenameLocation changes a location's name.
func (s *Stock) RenameLocation(
	ctx context.Context, r api.RenameLocationRequestObject,
) (api.RenameLocationResponseObject, error) {
	var row db.StockLocation
	err := postgres.Tx(ctx, s.pool, func(q *db.Queries) (err error) {
		row, err = q.RenameLocation(ctx, r.Body.Name, r.Code)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoLocation
	}
	return api.RenameLocation200JSONResponse{Code: row.Code, Name: row.Name}, err
}

// ofProduct answers the variant of a product that is meant: the only one, or the one that is named.
func ofProduct(ctx context.Context, q *db.Queries, product int64, variant *int64) (int64, error) {
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

// named answers the level that a body names by exactly one of GTIN, sku and id, and a location or
// none.
func named(
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
		ctx, db.FindVariantsParams{GTIN: gtin14(gtin), SKU: sku, VariantID: variant},
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

func variantStock(ctx context.Context, q *db.Queries, variant int64) (api.VariantStock, error) {
	rows, err := q.GetVariantStock(ctx, variant)
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

// gtin14 is a GTIN of any length in the 14 digits it is stored in.
func gtin14(digits *string) *string {
	if digits == nil {
		return nil
	}
	return new(strings.Repeat("0", max(0, 14-len(*digits))) + *digits)
}

// actor is who asks, or nil outside a request.
func actor(ctx context.Context) *int64 {
	if id := request.From(ctx).Principal.UserID; id != 0 {
		return &id
	}
	return nil
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

// options reads what sets a variant apart.
func options(stored []byte) (map[string]string, error) {
	var read map[string]string
	err := json.Unmarshal(stored, &read)
	return read, err
}
