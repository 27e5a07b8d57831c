package insights

import (
	"context"

	"github.com/oapi-codegen/runtime/types"

	"github.com/shopd/shopd/gen/api"
)

// defaultTop is the length of the dashboard's lists if the request names none, as in the contract.
const defaultTop = 10

// view is what a request asks for.
type view struct {
	days
	zone string
	top  int32
}

func (i *Insights) view(from, to *types.Date, top *int32) (view, error) {
	asked, err := i.daysOf(from, to)
	v := view{days: asked, zone: i.settings.Zone.String(), top: defaultTop}
	if top != nil {
		v.top = *top
	}
	return v, err
}

// GetDashboard returns all figures of a range of days.
func (i *Insights) GetDashboard(
	ctx context.Context, r api.GetDashboardRequestObject,
) (api.GetDashboardResponseObject, error) {
	v, err := i.view(r.Params.From, r.Params.To, r.Params.Top)
	if err != nil {
		return nil, err
	}
	body := api.GetDashboard200JSONResponse{
		From:     types.Date{Time: v.from},
		To:       types.Date{Time: v.until.AddDate(0, 0, -1)},
		TimeZone: v.zone,
		Currency: api.Currency(i.settings.Currency),
	}
	daily, err := i.series(ctx, v)
	if err != nil {
		return nil, err
	}
	body.Days = i.dayBodies(daily)
	if body.Totals, err = i.totals(ctx, v, daily); err != nil {
		return nil, err
	}
	if body.OrdersByStatus, err = i.ordersByStatus(ctx, v); err != nil {
		return nil, err
	}
	if body.TopProducts, body.TopCategories, err = i.bestSellers(ctx, v); err != nil {
		return nil, err
	}
	if body.TopCustomers, err = i.topCustomers(ctx, v); err != nil {
		return nil, err
	}
	if body.LowStock, err = i.lowStock(ctx, v); err != nil {
		return nil, err
	}
	value, err := i.queries.SumStockValue(ctx)
	body.StockValue = api.StockValue{
		Units: value.Units,
		Value: i.settings.Currency.FormatSum(value.Minor),
	}
	return body, err
}
