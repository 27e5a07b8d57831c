package inventory

import (
	"context"
	"math"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// coverDays is over how many days sales are counted, to tell how long stock will last.
const coverDays = 30

// GetStockHealth returns how many variants are out of stock, critical, low and so on, and a page of
// them, the emptiest first.
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
	rows, err := s.planned.GetStockHealth(ctx, db.GetStockHealthParams{
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
		options, err := decodeOptions(row.Options)
		if err != nil {
			return nil, err
		}
		item := api.StockHealthItem{
			VariantID:   row.ID,
			ProductID:   row.ProductID,
			ProductName: row.ProductName,
			Sku:         row.SKU,
			Gtin:        row.GTIN,
			Options:     options,
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

// healthLevel returns the level of stock health, by the thresholds of the settings.
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
