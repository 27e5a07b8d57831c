package insights_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const (
	admin     = "/api/v1/admin"
	dashboard = admin + "/dashboard"
)

// seller sells in the past.
type seller struct {
	*apitest.Shop
	t      *testing.T
	keeper apitest.Caller
}

func open(t *testing.T, settings ...apitest.Setting) seller {
	shop := apitest.New(t, settings...)
	return seller{shop, t, shop.Admin()}
}

// product creates a product and returns its id.
func (s seller) product(body apitest.Fields) int64 {
	var made api.AdminProduct
	s.keeper.Post(admin+"/products", body).Want(http.StatusCreated).Into(&made)
	return made.ID
}

// sell has a customer order units of a product at a time, and pay for them at once if paid.
func (s seller) sell(
	buyer apitest.Caller, product int64, quantity int, at string, paid bool,
) int64 {
	var order api.Order
	buyer.Post(
		"/api/v1/orders",
		apitest.Fields{"items": []apitest.Fields{{"product_id": product, "quantity": quantity}}},
	).
		Want(http.StatusCreated).
		Into(&order)
	if paid {
		s.keeper.Put(
			fmt.Sprintf("%s/orders/%d/status", admin, order.ID), apitest.Fields{"status": "PAID"},
		).Want(http.StatusOK)
		s.Exec("UPDATE payments SET settled_at = $1::timestamptz WHERE order_id = $2", at, order.ID)
	}
	s.Exec("UPDATE orders SET created_at = $1::timestamptz WHERE id = $2", at, order.ID)
	return order.ID
}

// registered moves everybody's registration to a time.
func (s seller) registered(at string) {
	s.Exec("UPDATE users SET created_at = $1::timestamptz", at)
}

func (s seller) show(query string) api.Dashboard {
	var body api.Dashboard
	s.keeper.Get(dashboard + query).Want(http.StatusOK).Into(&body)
	return body
}

// getDashboard, getDashboardReport: figures of a period, by day and in total, as JSON and CSV.
func TestDashboard(t *testing.T) {
	t.Parallel()
	s := open(t, apitest.Setting{Name: "STORE_TIME_ZONE", Value: "Europe/Paris"})
	var kitchen api.Category
	s.keeper.Post(admin+"/categories", apitest.Fields{"name": "Kitchen"}).
		Want(http.StatusCreated).
		Into(&kitchen)
	kettle := s.product(
		apitest.Fields{"name": "Kettle", "price": "20.00", "stock": 100, "category_id": kitchen.ID},
	)
	pan := s.product(
		apitest.Fields{
			"name":           "=HYPERLINK(\"x\")",
			"price":          "15.00",
			"discount_price": "10.00",
			"stock":          6,
			"sku":            "PAN",
		},
	)
	s.product(apitest.Fields{"name": "Hidden", "price": "15.00", "stock": 1, "is_active": false})
	ada, bob, eve := s.Customer(), s.Customer(), s.Customer()
	s.registered("2026-03-29T10:00:00Z")

	// The clock goes forward on 29 March: the day begins at 23:00Z the day before and ends at
	// 22:00Z.
	s.sell(ada, kettle, 1, "2026-03-28T22:59:59Z", true)         // the 28th
	s.sell(ada, kettle, 2, "2026-03-28T23:00:00Z", true)         // the 29th
	back := s.sell(bob, pan, 3, "2026-03-29T21:59:59Z", true)    // the 29th
	gone := s.sell(bob, kettle, 1, "2026-03-29T12:00:00Z", true) // the 29th
	s.sell(bob, kettle, 1, "2026-03-29T22:00:00Z", true)         // the 30th
	s.sell(eve, kettle, 1, "2026-03-29T15:00:00Z", false)        // never paid
	s.keeper.Post(
		fmt.Sprintf("%s/orders/%d/refunds", admin, back),
		apitest.Fields{"amount": "5.00", "reason": "Dented"},
	).
		Want(http.StatusCreated)
	s.keeper.Post(
		fmt.Sprintf("%s/orders/%d/refunds", admin, gone),
		apitest.Fields{"reason": "Lost", "cancel": true},
	).
		Want(http.StatusCreated)
	guest := s.Post("/api/v1/cart/items", apitest.Fields{"product_id": kettle, "quantity": 1}).
		Want(http.StatusOK)
	require.NotEmpty(t, guest.Body)
	ada.Post("/api/v1/cart/items", apitest.Fields{"product_id": pan, "quantity": 1}).
		Want(http.StatusOK)
	s.Exec("UPDATE cart_lines SET added_at = '2026-03-29T12:00:00Z'")

	day := s.show("?from=2026-03-29&to=2026-03-29")
	assert.Equal(t, "Europe/Paris", day.TimeZone)
	assert.Equal(
		t, "65.00", day.Totals.Revenue, "40 and 30, less 5; what went back in full adds nothing",
	)
	assert.EqualValues(t, 3, day.Totals.PaidOrders)
	assert.Equal(t, "21.67", *day.Totals.AverageOrder)
	assert.EqualValues(t, 4, day.Totals.Orders)
	assert.EqualValues(t, 3, day.Totals.NewCustomers, "the administrator is none")
	assert.EqualValues(
		t, 4, day.Totals.Shoppers, "three who ordered, one of them with a cart too, and a guest",
	)
	assert.EqualValues(t, 2, day.Totals.Buyers)
	assert.InDelta(t, 0.5, *day.Totals.Conversion, 0)
	assert.Equal(
		t,
		[]api.StatusCount{
			{Orders: 1, Status: "PENDING"},
			{Orders: 2, Status: "PAID"},
			{Status: "SHIPPED"},
			{Status: "DELIVERED"},
			{Orders: 1, Status: "CANCELLED"},
		},
		day.OrdersByStatus,
	)
	require.Len(t, day.TopProducts, 2)
	assert.Equal(
		t, api.TopProduct{ProductID: kettle, Name: "Kettle", Quantity: 2, Revenue: "40.00"},
		day.TopProducts[0],
	)
	assert.Equal(
		t, api.TopProduct{ProductID: pan, Name: "=HYPERLINK(\"x\")", Quantity: 3, Revenue: "30.00"},
		day.TopProducts[1],
	)
	require.Len(t, day.TopCategories, 2)
	assert.Equal(
		t,
		api.TopCategory{
			CategoryID: &kitchen.ID,
			Name:       new("Kitchen"),
			Quantity:   2,
			Revenue:    "40.00",
		},
		day.TopCategories[0],
	)
	assert.Nil(t, day.TopCategories[1].Name)
	require.Len(t, day.TopCustomers, 2)
	assert.Equal(t, "40.00", day.TopCustomers[0].Revenue)
	assert.Equal(t, "25.00", day.TopCustomers[1].Revenue)
	assert.EqualValues(t, 1, day.TopCustomers[1].Orders)
	require.Len(t, day.LowStock, 1, "those in the shop")
	assert.Equal(t, "PAN", day.LowStock[0].Sku)
	assert.EqualValues(t, 3, day.LowStock[0].Stock)
	assert.Equal(t, api.StockValue{Units: 95 + 3 + 1, Value: "1945.00"}, day.StockValue)

	all := s.show("?from=2026-03-27&to=2026-03-31&top=1")
	require.Len(t, all.Days, 5)
	var revenue, dates []string
	for _, d := range all.Days {
		revenue, dates = append(revenue, d.Revenue), append(dates, d.Date.String())
	}
	assert.Equal(
		t, []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"}, dates,
	)
	assert.Equal(t, []string{"0.00", "20.00", "65.00", "20.00", "0.00"}, revenue)
	assert.Equal(t, "105.00", all.Totals.Revenue)
	assert.Len(t, all.TopProducts, 1)
	none := s.show("?from=2025-01-01&to=2026-01-01")
	assert.Len(t, none.Days, 366)
	assert.Nil(t, none.Totals.AverageOrder)
	assert.Nil(t, none.Totals.Conversion)
	assert.Empty(t, none.TopProducts)

	s.show("")
	assert.Equal(
		t, 10, s.Statements(func() { s.show("?from=2026-03-01&to=2026-03-31") }),
		"nine, and who asks",
	)
	s.reports(kettle)
}

// reports looks at the same as CSV.
func (s seller) reports(kettle int64) {
	t := s.t
	read := func(report, query string) [][]string {
		answer := s.keeper.Get(dashboard + "/" + report + query).Want(http.StatusOK)
		assert.Equal(
			t, fmt.Sprintf("attachment; filename=%q", report+".csv"),
			answer.Header.Get("Content-Disposition"),
		)
		lines, err := csv.NewReader(strings.NewReader(string(answer.Body))).ReadAll()
		require.NoError(t, err)
		return lines
	}
	const march = "?from=2026-03-28&to=2026-03-30"
	column := func(lines [][]string, name string) (cells []string) {
		for n, title := range lines[0] {
			if title == name {
				for _, line := range lines[1:] {
					cells = append(cells, line[n])
				}
			}
		}
		return cells
	}
	days := read("days", march)
	assert.Equal(t, []string{"2026-03-28", "2026-03-29", "2026-03-30"}, column(days, "date"))
	assert.Equal(t, []string{"20.00", "65.00", "20.00"}, column(days, "revenue"))
	assert.Equal(t, []string{"105.00"}, column(read("totals", march), "revenue"))
	assert.Equal(
		t, []string{""}, column(read("totals", "?from=2020-01-01&to=2020-01-02"), "average_order"),
	)
	assert.Equal(
		t, []string{"PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"},
		column(read("orders_by_status", march), "status"),
	)
	assert.Equal(
		t, []string{"Kettle", "'=HYPERLINK(\"x\")"}, column(read("top_products", march), "name"),
		"no formula",
	)
	assert.Equal(t, fmt.Sprint(kettle), column(read("top_products", march), "product_id")[0])
	assert.Equal(t, []string{"Kitchen", ""}, column(read("top_categories", march), "name"))
	assert.Len(t, read("top_customers", march), 3)
	assert.Equal(t, []string{"3"}, column(read("low_stock", march), "stock"))
	assert.Equal(t, 2, s.Statements(func() { read("orders_by_status", march) }))
	s.keeper.Get(dashboard+"/secrets").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// getDashboard: days are those of the store's time zone.
func TestDaysOfTheStore(t *testing.T) {
	t.Parallel()
	s := open(t, apitest.Setting{Name: "STORE_TIME_ZONE", Value: "Pacific/Auckland"})
	kettle := s.product(apitest.Fields{"name": "Kettle", "price": "20.00", "stock": 100})
	ada := s.Customer()
	// The clock goes back on 5 April: the day begins at 11:00Z the day before and has 25 hours.
	s.sell(ada, kettle, 1, "2026-04-04T11:00:00Z", true)
	s.sell(ada, kettle, 1, "2026-04-05T11:59:59Z", true)
	s.sell(ada, kettle, 1, "2026-04-05T12:00:00Z", true)
	body := s.show("?from=2026-04-05&to=2026-04-06")
	assert.Equal(t, "40.00", body.Days[0].Revenue)
	assert.Equal(t, "20.00", body.Days[1].Revenue)

	zone, err := time.LoadLocation("Pacific/Auckland")
	require.NoError(t, err)
	before := time.Now().In(zone).Format(time.DateOnly)
	now := s.show("")
	assert.Contains(
		t, []string{before, time.Now().In(zone).Format(time.DateOnly)}, now.To.String(),
		"today is the store's",
	)
	assert.Len(t, now.Days, 30)
	assert.Len(t, s.show("?from="+before).Days, 1)
	assert.Equal(t, "2026-03-07", s.show("?to=2026-04-05").From.String())

	for _, wrong := range []string{
		"?from=2026-04-06&to=2026-04-05", "?from=2025-01-01&to=2026-01-02",
		"?from=0001-01-01&to=0001-01-02", "?from=2026-02-30", "?from=x", "?top=101",
		"?to=1969-12-31&from=1969-12-01",
	} {
		s.keeper.Get(dashboard+wrong).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
}
