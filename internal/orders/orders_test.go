package orders_test

import (
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

// createOrder, getOrder: the cart becomes an order, with the prices and addresses of the moment.
func TestOrderFromTheCart(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 5, 5)
	keeper.Patch(
		fmt.Sprintf("/api/v1/admin/products/%d", p[1].ID), apitest.Fields{"discount_price": "9.99"},
	).
		Want(http.StatusOK)
	ada.Post(orders, nil).Problem(http.StatusConflict, "cart_empty")
	home := apitest.Fields{
		"recipient":   "Ada",
		"line1":       "12 St James's Square",
		"city":        "London",
		"postal_code": "SW1Y 4JH",
		"country":     "GB",
	}
	ada.Post("/api/v1/addresses", home).Want(http.StatusCreated)
	var office api.Address
	home["line1"] = "1 Great George Street"
	ada.Post("/api/v1/addresses", home).Want(http.StatusCreated).Into(&office)

	ada.Post(items, of(p[1], 2)).Want(http.StatusOK)
	ada.Post(items, of(p[0], 1)).Want(http.StatusOK)
	before := time.Now()
	order := place(
		ada,
		apitest.Fields{
			"billing_address_id": office.ID,
			"note":               "Ring twice",
			"expected_total":     "29.98",
		},
	)
	assert.Regexp(t, `^SO-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`, order.Number)
	assert.Equal(t, api.OrderStatusPENDING, order.Status)
	assert.Equal(t, "29.98", order.Total)
	assert.Equal(t, int64(3), order.TotalQuantity)
	require.Len(t, order.Items, 2)
	assert.Equal(t, api.OrderItem{
		ProductID: p[1].ID,
		VariantID: p[1].Variants[0].ID,
		Name:      "P1",
		Sku:       "P-1",
		Options:   map[string]string{},
		Quantity:  2,
		UnitPrice: "9.99",
		LineTotal: "19.98",
	}, order.Items[0])
	assert.Equal(t, "12 St James's Square", order.ShippingAddress.Line1)
	assert.Equal(t, "1 Great George Street", order.BillingAddress.Line1)
	assert.Equal(t, "Ring twice", *order.Note)
	assert.WithinDuration(t, before.Add(time.Hour), *order.PayUntil, 10*time.Second)
	require.Len(t, order.History, 1)
	var emptied api.Cart
	ada.Get(cart).Want(http.StatusOK).Into(&emptied)
	assert.Empty(t, emptied.Lines)
	assert.Equal(t, 4, stock(shop, p[0]))
	assert.Equal(t, 3, stock(shop, p[1]))
	assert.Equal(t, []string{"order.created"}, events(shop, order))

	// Later changes of product and address change no order.
	keeper.Patch(
		fmt.Sprintf("/api/v1/admin/products/%d", p[1].ID),
		apitest.Fields{"name": "Renamed", "price": "99.00"},
	).
		Want(http.StatusOK)
	ada.Delete(fmt.Sprintf("/api/v1/addresses/%d", office.ID)).Want(http.StatusNoContent)
	var read api.Order
	tag := ada.Get(address(order)).Want(http.StatusOK).Into(&read).Header.Get("ETag")
	assert.Equal(t, order, read)
	ada.Get(address(order), apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)

	bob := shop.Customer()
	bob.Get(address(order)).Problem(http.StatusNotFound, "order_not_found")
	bob.Post(address(order)+"/cancel", nil).Problem(http.StatusNotFound, "order_not_found")
	bob.Get(address(order)+"/shipment").Problem(http.StatusNotFound, "order_not_found")
	ada.Get(orders+"/0").Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.RequireSound()
}

// events are the kinds of an order's events.
func events(shop *apitest.Shop, order api.Order) []string {
	return apitest.Value[[]string](
		shop,
		`SELECT coalesce(array_agg(kind ORDER BY id), '{}') FROM events WHERE object_type = 'order'
			AND object_id = $1`,
		order.ID,
	)
}

// createOrder: an order of items of its own leaves the cart alone.
func TestOrderWithoutACart(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 5, 5, 0)
	shop.Exec("UPDATE variants SET track_inventory = false WHERE product_id = $1", p[2].ID)
	ada.Post(items, of(p[1], 1)).Want(http.StatusOK)
	order := place(
		ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2), of(p[2], 40), of(p[0], 3)}},
	)
	require.Len(t, order.Items, 2, "units of the same variant add up")
	assert.Equal(t, int32(5), order.Items[0].Quantity)
	assert.Equal(t, "530.00", order.Total)
	assert.Nil(t, order.ShippingAddress)
	assert.Zero(t, stock(shop, p[0]))
	assert.Equal(
		t, "out",
		apitest.Value[string](shop, "SELECT level FROM stock_alerts WHERE cleared_at IS NULL"),
	)
	var kept api.Cart
	ada.Get(cart).Want(http.StatusOK).Into(&kept)
	assert.Len(t, kept.Lines, 1, "the cart has nothing to do with it")
	shop.RequireSound()

	shirt := keeper.Product(apitest.Fields{"name": "Shirt", "variants": []apitest.Fields{
		{
			"price":   "10",
			"options": apitest.Fields{"size": "S"},
			"stock":   3,
		},
		{"price": "12", "options": apitest.Fields{"size": "M"}, "stock": 3},
	}})
	problem := ada.Post(
		orders, apitest.Fields{"items": []apitest.Fields{of(p[1], 1), of(shirt, 1)}},
	).Problem(http.StatusUnprocessableEntity, "variant_required")
	assert.Equal(t, "/items/1/variant_id", problem.Errors[0].Pointer)
	chosen := of(shirt, 1)
	chosen["variant_id"] = shirt.Variants[1].ID
	assert.Equal(
		t, map[string]string{"size": "M"},
		place(ada, apitest.Fields{"items": []apitest.Fields{chosen}}).Items[0].Options,
	)

	for _, body := range []apitest.Fields{
		{"items": []apitest.Fields{}},
		{"items": []apitest.Fields{of(p[0], 0)}},
		{"items": []apitest.Fields{of(p[0], 10_001)}},
		{"item": 1},
		{"expected_total": "1.234", "items": []apitest.Fields{of(p[1], 1)}},
		{"shipping_address_id": 4242, "items": []apitest.Fields{of(p[1], 1)}},
		{"billing_address_id": 4242, "items": []apitest.Fields{of(p[1], 1)}},
		{"note": "", "items": []apitest.Fields{of(p[1], 1)}},
	} {
		ada.Post(orders, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	ada.Post(
		orders, apitest.Fields{"items": []apitest.Fields{of(p[1], 1)}, "expected_total": "10.99"},
	).Problem(http.StatusConflict, "price_changed")
	shop.RequireSound()
}

// createOrder: every line that cannot be sold is named.
func TestEveryLineInTheWayIsNamed(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 5, 5, 5, 5)
	for i := range p {
		ada.Post(items, of(p[i], 4)).Want(http.StatusOK)
	}
	keeper.Patch(
		fmt.Sprintf("/api/v1/admin/products/%d", p[1].ID), apitest.Fields{"is_active": false},
	).Want(http.StatusOK)
	keeper.Delete(fmt.Sprintf("/api/v1/admin/products/%d", p[2].ID)).Want(http.StatusNoContent)
	keeper.Put(
		fmt.Sprintf("/api/v1/admin/products/%d/inventory", p[3].ID), apitest.Fields{"quantity": 1},
	).Want(http.StatusOK)
	problem := ada.Post(orders, apitest.Fields{}).Problem(http.StatusConflict, "insufficient_stock")
	assert.Equal(t, []api.FieldError{
		{Pointer: "/lines/1", Message: "is not sold any more: 0 are available"},
		{Pointer: "/lines/2", Message: "is not sold any more: 0 are available"},
		{Pointer: "/lines/3", Message: "1 are available, not 4"},
	}, problem.Errors)
	problem = ada.Post(orders, apitest.Fields{"items": []apitest.Fields{
		of(p[0], 3), of(p[3], 1), {"product_id": 4242, "quantity": 1}, of(p[0], 3),
	}}).
		Problem(http.StatusConflict, "insufficient_stock")
	assert.Equal(t, []api.FieldError{
		{
			Pointer: "/items/0",
			Message: "5 are available, not 6",
		},
		{Pointer: "/items/2", Message: "is not sold: 0 are available"},
		{Pointer: "/items/3", Message: "5 are available, not 6"},
	}, problem.Errors)
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*) FROM orders"))
	assert.Zero(
		t, apitest.Value[int](shop, "SELECT count(*) FROM events WHERE object_type = 'order'"),
	)

	shop.Exec("UPDATE variants SET price_minor = 99999999999999999 WHERE product_id = $1", p[0].ID)
	ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}}).
		Problem(http.StatusConflict, "total_too_large")
	shop.RequireSound()
}

// createOrder, cancelOrder: units are taken from several locations, and go back there.
func TestOrdersTakeFromSeveralLocations(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 3)
	for _, code := range []string{"berlin", "paris"} {
		keeper.Post("/api/v1/admin/stock/locations", apitest.Fields{"code": code, "name": code}).
			Want(http.StatusCreated)
		keeper.Put(
			"/api/v1/admin/stock", apitest.Fields{"sku": "P-0", "location": code, "quantity": 3},
		).Want(http.StatusOK)
	}
	levels := func() []int32 {
		return apitest.Value[[]int32](
			shop,
			`SELECT array_agg(s.quantity ORDER BY l.position) FROM stock_levels s
				JOIN stock_locations l ON l.id = s.location_id`,
		)
	}
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 5)}})
	assert.Equal(t, []int32{0, 1, 3}, levels(), "by the position of the locations")
	place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}})
	assert.Equal(t, []int32{0, 0, 2}, levels())
	ada.Post(address(order)+"/cancel", nil).Want(http.StatusOK)
	assert.Equal(t, []int32{3, 2, 2}, levels(), "back to where they came from")
	shop.RequireSound()
}

// createOrder, listOrders: the number of unpaid orders of an account is limited.
func TestUnpaidOrdersAreLimited(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "2"})
	p := products(shop.Admin(), 500)
	ada := shop.Customer()
	statuses := apitest.Race(32, func(int) int {
		return ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}}).Status
	})
	assert.Equal(t, map[int]int{http.StatusCreated: 2, http.StatusConflict: 30}, statuses)
	ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}}).
		Problem(http.StatusConflict, "too_many_unpaid_orders")
	var mine api.OrderPage
	ada.Get(orders).Want(http.StatusOK).Into(&mine)
	ada.Post(fmt.Sprintf("%s/%d/cancel", orders, mine.Items[0].ID), nil).Want(http.StatusOK)
	place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})

	free := shop.Restart(apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"})
	bob := free.Customer()
	for range 7 {
		place(bob, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
	}
	shop.RequireSound()
}

// listOrders, adminListOrders: filters and pages.
func TestListsOfOrders(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada, bob := shop.Admin(), shop.Customer(), shop.Customer()
	p := products(keeper, 500)
	var placed []api.Order
	for range 3 {
		placed = append(placed, place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}}))
	}
	other := place(bob, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
	ada.Post(address(placed[1])+"/cancel", nil).Want(http.StatusOK)

	var page api.OrderPage
	ada.Get(orders + "?limit=2").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(3), *page.Total)
	require.Len(t, page.Items, 2)
	assert.Equal(t, placed[2].ID, page.Items[0].ID)
	assert.Nil(t, page.Items[1].PayUntil)
	assert.Equal(t, "20.00", page.Items[0].Total)
	ada.Get(orders + "?limit=2&cursor=" + *page.NextCursor).Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 1)
	assert.Nil(t, page.NextCursor)
	ada.Get(orders + "?status=CANCELLED").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(1), *page.Total)
	ada.Get(orders+"?cursor=nonsense").Problem(http.StatusUnprocessableEntity, "invalid_request")

	var all api.AdminOrderPage
	keeper.Get(admins + "?limit=3").Want(http.StatusOK).Into(&all)
	assert.Equal(t, other.ID, all.Items[0].ID)
	keeper.Get(admins + "?limit=3&cursor=" + *all.NextCursor).Want(http.StatusOK).Into(&all)
	assert.Len(t, all.Items, 1)
	for _, q := range []string{
		other.Number, strings.ToLower(other.Number), strings.ReplaceAll(other.Number[3:], "-", ""),
	} {
		keeper.Get(admins + "?q=" + q).Want(http.StatusOK).Into(&all)
		require.Len(t, all.Items, 1, q)
	}
	keeper.Get(admins + "?q=" + all.Items[0].Customer.Email[3:]).Want(http.StatusOK).Into(&all)
	assert.Len(t, all.Items, 1)
	keeper.Get(admins + "?status=PENDING&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z").
		Want(http.StatusOK).
		Into(&all)
	assert.Len(t, all.Items, 3)
	keeper.Get(admins+"?cursor=nonsense").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// createOrder: the statements a checkout runs in the database. The session is looked up in one of
// them, and the transaction begins and ends.
func TestStatementsOfACheckout(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"})
	ada := shop.Customer()
	p := products(shop.Admin(), 50, 50, 50)
	place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
	// The least of several, lest something else of the server's is counted.
	cart, list := 1000, 1000
	for i := range 5 {
		for i := range p {
			ada.Post(items, of(p[i], 1)).Want(http.StatusOK)
		}
		cart = min(cart, shop.Statements(func() { place(ada, apitest.Fields{}) }))
		list = min(list, shop.Statements(func() {
			place(
				ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}},
				apitest.Key(fmt.Sprint("k", i)),
			)
		}))
	}
	assert.Equal(t, 1+2+5, cart)
	assert.Equal(t, 1+2+5+3, list)
}
