package inventory

import (
	"context"
	"math"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListStock answers a page of levels.
func (s *Stock) ListStock(
	ctx context.Context, r api.ListStockRequestObject,
) (api.ListStockResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListStockLevelsParams{
		ProductID:  p.ProductID,
		GTIN:       gtin14(p.Gtin),
		SKU:        p.Sku,
		Location:   p.Location,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	after, err := page.After(p.Cursor, p.Offset, 2)
	if err != nil {
		return nil, err
	}
	if after != nil {
		params.AfterVariant, params.AfterLocation = &after[0], &after[1]
	}
	rows, err := s.planned.ListStockLevels(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListStock200JSONResponse{
		Items:  make([]api.StockLevel, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		apart, err := options(row.Options)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, api.StockLevel{
			VariantID:   row.VariantID,
			ProductID:   row.ProductID,
			ProductName: row.ProductName,
			Sku:         row.SKU,
			Gtin:        row.GTIN,
			Options:     apart,
			Location: api.Location{
				Code: row.LocationCode,
				Name: row.LocationName,
			},
			Quantity:  row.Quantity,
			UpdatedAt: row.UpdatedAt,
		})
	}
	if after == nil && (len(rows) > 0 || asked.Offset == 0) {
		body.Total = new(int64(0))
		if len(rows) > 0 {
			body.Total = &rows[0].Total
		}
	}
	if len(rows) == int(asked.Limit) {
		last := rows[len(rows)-1]
		body.NextCursor = new(page.Cursor(last.VariantID, last.LocationID))
	}
	return body, nil
}

// ListStockMovements answers a page of the ledger, newest first.
func (s *Stock) ListStockMovements(
	ctx context.Context, r api.ListStockMovementsRequestObject,
) (api.ListStockMovementsResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListStockMovementsParams{
		ProductID:  p.ProductID,
		VariantID:  p.VariantID,
		GTIN:       gtin14(p.Gtin),
		Location:   p.Location,
		Reference:  p.Reference,
		FromTime:   p.From,
		ToTime:     p.To,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Reason != nil {
		params.Reason = new(string(*p.Reason))
	}
	before, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
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
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return body, nil
}

// coverDays is how far back sales are counted to tell how long stock will last.
const coverDays = 30

// GetStockHealth answers what runs out.
func (s *Stock) GetStockHealth(
	ctx context.Context, r api.GetStockHealthRequestObject,
) (api.GetStockHealthResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	t := s.settings
	counts, err := s.queries.CountStockHealth(ctx, t.Critical, t.Low, t.Medium)
	if err != nil {
		return nil, err
	}
	totals := map[api.StockHealthLevel]int64{
		"out":      counts.Out,
		"critical": counts.Critical,
		"low":      counts.Low,
		"medium":   counts.Medium,
		"high":     counts.High,
	}
	bounds := map[api.StockHealthLevel][2]int32{
		"out":      {0, 0},
		"critical": {1, t.Critical},
		"low":      {t.Critical + 1, t.Low},
		"medium":   {t.Low + 1, t.Medium},
		"high":     {t.Medium + 1, math.MaxInt32},
	}
	within, total := [2]int32{0, math.MaxInt32}, int64(0)
	for level, count := range totals {
		if r.Params.Level == nil || *r.Params.Level == level {
			total += count
		}
	}
	if r.Params.Level != nil {
		within = bounds[*r.Params.Level]
	}
	rows, err := s.planned.ListStockHealth(ctx, db.ListStockHealthParams{
		Least:      within[0],
		Most:       within[1],
		Since:      time.Now().AddDate(0, 0, -coverDays),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	})
	if err != nil {
		return nil, err
	}
	body := api.GetStockHealth200JSONResponse{
		Thresholds: api.StockThresholds{Critical: t.Critical, Low: t.Low, Medium: t.Medium},
		Counts: api.StockCounts{
			Out:      counts.Out,
			Critical: counts.Critical,
			Low:      counts.Low,
			Medium:   counts.Medium,
			High:     counts.High,
		},
		Alerts: counts.Alerts,
		Items:  make([]api.StockHealthItem, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		apart, err := options(row.Options)
		if err != nil {
			return nil, err
		}
		item := api.StockHealthItem{
			VariantID:   row.ID,
			ProductID:   row.ProductID,
			ProductName: row.ProductName,
			Sku:         row.SKU,
			Gtin:        row.GTIN,
			Options:     apart,
			Stock:       int64(row.Stock),
			Level:       s.healthLevel(row.Stock),
			Sold30Days:  row.Sold,
			AlertSince:  row.AlertRaisedAt,
		}
		if row.Sold > 0 {
			item.DaysOfCover = new(
				math.Round(float64(row.Stock)*coverDays/float64(row.Sold)*10) / 10,
			)
		}
		body.Items = append(body.Items, item)
	}
	return body, nil
}

func (s *Stock) healthLevel(stock int32) api.StockHealthLevel {
	switch {
	case stock == 0:
		return api.StockHealthLevelOut
	case stock <= s.settings.Critical:
		return api.StockHealthLevelCritical
	case stock <= s.settings.Low:
		return api.StockHealthLevelLow
	case stock <= s.settings.Medium:
		return api.StockHealthLevelMedium
	}
	return api.StockHealthLevelHigh
}
