package orders_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "orders", "orders-admin") }

// Every operation of the tag orders: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "orders") }

// Every operation of the tag orders-admin: token, role, body and parameters.
func TestAdminGuards(t *testing.T) { apitest.Guards(t, "orders-admin") }

// Every operation of the tag orders: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "orders") }

const (
	cart   = "/api/v1/cart"
	items  = "/api/v1/cart/items"
	orders = "/api/v1/orders"
	admins = "/api/v1/admin/orders"
)

// products makes some products with so much stock each, at 10.00, 11.00 and so on.
func products(admin apitest.Caller, stocks ...int) []api.AdminProduct {
	made := make([]api.AdminProduct, 0, len(stocks))
	for i, stock := range stocks {
		made = append(
			made,
			admin.Product(apitest.Fields{
				"name":  fmt.Sprintf("P%d", i),
				"sku":   fmt.Sprintf("P-%d", i),
				"price": fmt.Sprintf("%d.00", 10+i),
				"stock": stock,
			}),
		)
	}
	return made
}

func of(p api.AdminProduct, quantity int) apitest.Fields {
	return apitest.Fields{"product_id": p.ID, "quantity": quantity}
}

func place(
	caller apitest.Caller, body apitest.Fields, headers ...apitest.Header,
) (order api.Order) {
	caller.Post(orders, body, headers...).Want(http.StatusCreated).Into(&order)
	return order
}

func address(order api.Order) string { return fmt.Sprintf("%s/%d", orders, order.ID) }

func admin(order api.Order) string { return fmt.Sprintf("%s/%d", admins, order.ID) }

func stock(shop *apitest.Shop, p api.AdminProduct) int {
	return apitest.Value[int](
		shop, "SELECT sum(stock)::int FROM variants WHERE product_id = $1", p.ID,
	)
}
