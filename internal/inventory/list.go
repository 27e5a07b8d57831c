package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListStock returns a page of levels, by variant and location.
func (s *Stock) ListStock(
	ctx context.Context, r api.ListStockRequestObject,
) (api.ListStockResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 2, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListStockParams{
		ProductID:     p.ProductID,
		GTIN:          padGTIN(p.Gtin),
		SKU:           p.Sku,
		Location:      p.Location,
		AfterVariant:  asked.Key(0),
		AfterLocation: asked.Key(1),
		PageLimit:     asked.Limit,
		PageOffset:    asked.Offset,
	}
	rows, err := s.planned.ListStock(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListStock200JSONResponse{
		Items:  make([]api.StockLevel, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		options, err := decodeOptions(row.Options)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, api.StockLevel{
			VariantID:   row.VariantID,
			ProductID:   row.ProductID,
			ProductName: row.ProductName,
			Sku:         row.SKU,
			Gtin:        row.GTIN,
			Options:     options,
			Location: api.Location{
				Code: row.LocationCode,
				Name: row.LocationName,
			},
			Quantity:  row.Quantity,
			UpdatedAt: row.UpdatedAt,
		})
	}
	if !asked.HasCursor() && (len(rows) > 0 || asked.Offset == 0) {
		body.Total = new(int64(0))
		if len(rows) > 0 {
			body.Total = &rows[0].Total
		}
	}
	body.NextCursor = page.Next(asked, rows, func(row db.ListStockRow) page.Keys {
		return page.Keys{row.VariantID, row.LocationID}
	})
	return body, nil
}

// ListStockMovements returns a page of the ledger, newest first.
func (s *Stock) ListStockMovements(
	ctx context.Context, r api.ListStockMovementsRequestObject,
) (api.ListStockMovementsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListStockMovementsParams{
		ProductID:  p.ProductID,
		VariantID:  p.VariantID,
		GTIN:       padGTIN(p.Gtin),
		Location:   p.Location,
		Reference:  p.Reference,
		FromTime:   p.From,
		ToTime:     p.To,
		BeforeID:   asked.Key(0),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Reason != nil {
		params.Reason = new(string(*p.Reason))
	}
	rows, err := s.planned.ListStockMovements(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListStockMovements200JSONResponse{
		Items:  make([]api.StockMovement, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.StockMovement{
			ID:        row.ID,
			At:        row.At,
			VariantID: row.VariantID,
			ProductID: row.ProductID,
			Sku:       row.SKU,
			Gtin:      row.GTIN,
			Location:  row.LocationCode,
			Delta:     row.Delta,
			Quantity:  row.Quantity,
			Reason:    api.StockReason(row.Reason),
			Reference: row.Reference,
			ActorID:   row.ActorID,
		})
	}
	body.NextCursor = page.Next(asked, rows, func(row db.ListStockMovementsRow) page.Keys {
		return page.Keys{row.ID}
	})
	return body, nil
}
