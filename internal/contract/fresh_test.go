package contract_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// freshThings create what an operation needs just before it is called. Without them, calls would
// find that earlier ones emptied, ordered, merged or deleted everything, and none would be
// accepted.
func freshThings(t testing.TB, p *crowd) map[string]func(*call) {
	product := func(body apitest.Fields) int64 {
		var made api.AdminProduct
		body["name"] = "Fresh"
		p.shop.As(p.named("administrator").token).
			Post("/api/v1/admin/products", body).
			Want(http.StatusCreated).
			Into(&made)
		return made.ID
	}
	// put adds a product to the cart of the caller, which is emptied before it is full.
	put := func(who *actor) (id int64, token string) {
		caller := p.shop.Caller
		if who != nil {
			caller = p.shop.As(who.token)
			caller.Delete("/api/v1/cart")
		}
		id = product(apitest.Fields{"price": "1000.00", "stock": 1_000_000})
		var cart api.Cart
		caller.Post("/api/v1/cart/items", apitest.Fields{"product_id": id, "quantity": 1}).
			Want(http.StatusOK).
			Into(&cart)
		if who == nil {
			require.NotNil(t, cart.CartToken)
			token = *cart.CartToken
		}
		return id, token
	}
	line := func(c *call) {
		id, token := put(c.actor)
		c.setPath("product_id", fmt.Sprint(id))
		if token != "" {
			c.headers = append(c.headers, pair{"X-Cart-Token", token})
		}
	}
	several := func(c *call) {
		var made api.AdminProduct
		caller := p.shop.As(p.named("administrator").token)
		caller.Post("/api/v1/admin/products", apitest.Fields{
			"name": "Fresh",
			"variants": []apitest.Fields{
				{"price": "1200.00", "options": apitest.Fields{"size": "S"}},
				{"price": "1300.00", "options": apitest.Fields{"size": "M"}},
			},
		}).Want(http.StatusCreated).Into(&made)
		c.setPath("id", fmt.Sprint(made.ID))
		for _, name := range c.op.pathParameters() {
			if name == "variant_id" {
				c.setPath(name, fmt.Sprint(made.Variants[1].ID))
				c.fixed = apitest.Fields{"options": apitest.Fields{"size": "L"}}
			}
		}
	}
	review := func(c *call) {
		id := product(apitest.Fields{"price": "1000.00"})
		p.shop.As(c.actor.token).
			Post(fmt.Sprintf("/api/v1/products/%d/reviews", id), apitest.Fields{"rating": 4}).
			Want(http.StatusCreated)
		c.setPath(c.op.pathParameters()[0], fmt.Sprint(id))
	}
	names := 0
	named := func(collection string) func(*call) {
		return func(c *call) {
			var made struct{ ID int64 }
			names++
			p.shop.As(p.named("administrator").token).
				Post(collection, apitest.Fields{"name": fmt.Sprintf("Fresh %d", names)}).
				Want(http.StatusCreated).
				Into(&made)
			c.setPath("id", fmt.Sprint(made.ID))
		}
	}
	return map[string]func(*call){
		"createVariant":   several,
		"replaceVariant":  several,
		"updateVariant":   several,
		"deleteVariant":   several,
		"getMyReview":     review,
		"replaceMyReview": review,
		"deleteMyReview":  review,
		"deleteBrand":     named("/api/v1/admin/brands"),
		"deleteCategory":  named("/api/v1/admin/categories"),
		"cancelOrder": func(c *call) {
			var order api.Order
			id := product(apitest.Fields{"price": "1000.00", "stock": 5})
			p.shop.As(c.actor.token).
				Post(
					"/api/v1/orders",
					apitest.Fields{"items": []apitest.Fields{{"product_id": id, "quantity": 1}}},
				).
				Want(http.StatusCreated).
				Into(&order)
			c.setPath("id", fmt.Sprint(order.ID))
		},
		"changeCartItem": line,
		"removeCartItem": line,
		"mergeCart": func(c *call) {
			_, token := put(nil)
			c.fixed = apitest.Fields{"cart_token": token}
		},
		"redeliverWebhook": func(c *call) {
			var hook api.NewWebhook
			caller := p.shop.As(c.actor.token)
			p.shop.Exec(
				"DELETE FROM webhooks WHERE id NOT IN (SELECT id FROM webhooks ORDER BY id DESC " +
					"LIMIT 50)",
			) // there may be 100
			caller.Post("/api/v1/admin/webhooks", apitest.Fields{
				"url": "https://example.com/", "events": []string{"import.finished"},
			}).
				Want(http.StatusCreated).
				Into(&hook)
			var sent api.WebhookDelivery
			caller.Post(fmt.Sprintf("/api/v1/admin/webhooks/%d/test", hook.ID), nil).
				Want(http.StatusAccepted).
				Into(&sent)
			c.setPath("id", fmt.Sprint(hook.ID))
			c.setPath("delivery_id", fmt.Sprint(sent.ID))
		},
	}
}
