package insights

import (
	"context"
	"math"

	"github.com/oapi-codegen/runtime/types"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// series holds the figures of each day of a range; its slices have the same length.
type series struct {
	revenue   []db.ListDailyRevenueRow
	orders    []db.ListDailyOrdersRow
	customers []db.ListDailyCustomersRow
}

func (i *Insights) series(ctx context.Context, v view) (s series, err error) {
	if s.revenue, err = i.planned.ListDailyRevenue(ctx, v.first(), v.end(), v.zone); err != nil {
		return s, err
	}
	if s.orders, err = i.planned.ListDailyOrders(ctx, v.first(), v.end(), v.zone); err != nil {
		return s, err
	}
	s.customers, err = i.planned.ListDailyCustomers(ctx, v.first(), v.end(), v.zone)
	return s, err
}

func (i *Insights) dayBodies(s series) []api.DashboardDay {
	bodies := make([]api.DashboardDay, len(s.revenue))
	for n, row := range s.revenue {
		bodies[n] = api.DashboardDay{
			Date:         types.Date{Time: row.Day.Time},
			Revenue:      i.settings.Currency.FormatSum(row.Minor),
			PaidOrders:   row.Orders,
			Orders:       s.orders[n].Orders,
			NewCustomers: s.customers[n].Customers,
		}
	}
	return bodies
}

// totals adds up the series, so that both agree, and counts shoppers and buyers.
func (i *Insights) totals(ctx context.Context, v view, s series) (api.DashboardTotals, error) {
	var body api.DashboardTotals
	var minor int64
	for n, row := range s.revenue {
		minor, _ = i.settings.Currency.Plus(minor, row.Minor)
		body.PaidOrders += row.Orders
		body.Orders += s.orders[n].Orders
		body.NewCustomers += s.customers[n].Customers
	}
	body.Revenue = i.settings.Currency.FormatSum(minor)
	if body.PaidOrders > 0 {
		body.AverageOrder = new(
			i.settings.Currency.Format((minor + body.PaidOrders/2) / body.PaidOrders),
		)
	}
	conversion, err := i.planned.CountConversion(ctx, v.first(), v.zone, v.end())
	if err != nil {
		return body, err
	}
	body.Shoppers, body.Buyers = conversion.Shoppers, conversion.Buyers
	if body.Shoppers > 0 {
		body.Conversion = new(math.Round(float64(body.Buyers)/float64(body.Shoppers)*1e4) / 1e4)
	}
	return body, nil
}

func (i *Insights) ordersByStatus(ctx context.Context, v view) ([]api.StatusCount, error) {
	rows, err := i.planned.CountOrdersByStatus(ctx, v.first(), v.zone, v.end())
	bodies := make([]api.StatusCount, 0, len(rows))
	for _, row := range rows {
		bodies = append(
			bodies, api.StatusCount{Status: api.OrderStatus(row.Status), Orders: row.Orders},
		)
	}
	return bodies, err
}

// bestSellers returns the products and the categories with the highest revenue.
func (i *Insights) bestSellers(
	ctx context.Context, v view,
) ([]api.TopProduct, []api.TopCategory, error) {
	rows, err := i.planned.ListBestSellers(
		ctx, db.ListBestSellersParams{
			FromDay:  v.first(),
			TimeZone: v.zone,
			UntilDay: v.end(),
			Most:     v.top,
		},
	)
	products, categories := []api.TopProduct{}, []api.TopCategory{}
	for _, row := range rows {
		revenue := i.settings.Currency.FormatSum(row.Minor)
		if !row.IsCategory {
			products = append(products, api.TopProduct{
				ProductID: row.ID,
				Name:      row.Name,
				Quantity:  row.Quantity,
				Revenue:   revenue,
			})
			continue
		}
		category := api.TopCategory{Quantity: row.Quantity, Revenue: revenue}
		if row.ID != 0 {
			category.CategoryID, category.Name = &row.ID, &row.Name
		}
		categories = append(categories, category)
	}
	return products, categories, err
}

func (i *Insights) topCustomers(ctx context.Context, v view) ([]api.TopCustomer, error) {
	rows, err := i.planned.ListTopCustomers(
		ctx, db.ListTopCustomersParams{
			FromDay:  v.first(),
			TimeZone: v.zone,
			UntilDay: v.end(),
			Most:     v.top,
		},
	)
	bodies := make([]api.TopCustomer, 0, len(rows))
	for _, row := range rows {
		bodies = append(bodies, api.TopCustomer{
			CustomerID: row.UserID,
			Email:      row.Email,
			FirstName:  row.FirstName,
			LastName:   row.LastName,
			Orders:     row.Orders,
			Revenue:    i.settings.Currency.FormatSum(row.Minor),
		})
	}
	return bodies, err
}

func (i *Insights) lowStock(ctx context.Context, v view) ([]api.LowStockItem, error) {
	rows, err := i.queries.ListLowStock(ctx, i.settings.Low, v.top)
	bodies := make([]api.LowStockItem, 0, len(rows))
	for _, row := range rows {
		bodies = append(bodies, api.LowStockItem{
			VariantID:   row.ID,
			ProductID:   row.ProductID,
			ProductName: row.ProductName,
			Sku:         row.SKU,
			Stock:       int64(row.Stock),
		})
	}
	return bodies, err
}
