package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// prepare creates a little of everything in the shop and learns its ids.
func (e *engine) prepare(t testing.TB) {
	staff, customer := e.people.named("staff"), e.people.named("customer")
	for range 3 {
		e.people.bystander()
	}
	category := e.make(
		t, "createCategory", staff, "/api/v1/admin/categories",
		apitest.Fields{"name": "Lamps", "slug": "lamps"},
	)
	brand := e.make(
		t, "createBrand", staff, "/api/v1/admin/brands",
		apitest.Fields{"name": "Lumen", "slug": "lumen"},
	)
	e.make(
		t, "createLocation", staff, "/api/v1/admin/stock/locations",
		apitest.Fields{"code": "north", "name": "North"},
	)
	e.make(
		t, "createSynonyms", staff, "/api/v1/admin/search/synonyms",
		apitest.Fields{"terms": []string{"lamp", "light"}},
	)
	var products []string
	for i := range 6 {
		product := apitest.Fields{
			"name":        fmt.Sprintf("Lamp %d", i),
			"description": "A lamp that lights a room.",
			"category_id": number(category),
			"brand_id":    number(brand),
			"price":       fmt.Sprintf("%d.50", 1100+i),
			"sku":         fmt.Sprintf("LAMP-%d", i),
			"gtin":        fmt.Sprintf("200000000%04d", 15),
			"stock":       1_000_000,
			"attributes":  apitest.Fields{"color": "black"},
			"is_featured": i%2 == 0,
		}
		if i > 0 {
			delete(product, "gtin")
		}
		if i == 3 {
			product["discount_price"] = "900.00"
		}
		if i == 5 {
			for _, name := range []string{"price", "sku", "stock"} {
				delete(product, name)
			}
			product["variants"] = []apitest.Fields{
				{
					"price":   "1200.00",
					"sku":     "LAMP-S",
					"stock":   1_000_000,
					"options": apitest.Fields{"size": "S"},
				},
				{
					"price":   "1300.00",
					"sku":     "LAMP-M",
					"stock":   1_000_000,
					"options": apitest.Fields{"size": "M"},
				},
			}
		}
		products = append(
			products, e.make(t, "createProduct", staff, "/api/v1/admin/products", product),
		)
	}
	for _, id := range products[:3] {
		e.make(
			t, "createProductImage", staff, "/api/v1/admin/products/"+id+"/images",
			apitest.Fields{"url": e.pictures + "/picture.png"},
		)
	}
	e.make(t, "indexProducts", e.people.named("administrator"), "/api/v1/rag/index", nil)
	for _, who := range []string{"customer", "stranger"} {
		e.make(t, "createAddress", e.people.named(who), "/api/v1/addresses", apitest.Fields{
			"recipient":   "Ada Lovelace",
			"line1":       "12 St James's Square",
			"city":        "London",
			"postal_code": "SW1Y 4LE",
			"country":     "GB",
		})
		e.make(
			t, "createPaymentMethod", e.people.named(who), "/api/v1/payments/methods",
			apitest.Fields{"token": "tok_visa"},
		)
		e.order(t, e.people.named(who), products)
	}
	e.make(
		t, "createReview", customer, "/api/v1/products/"+products[0]+"/reviews",
		apitest.Fields{"rating": 5},
	)
	for _, who := range []string{"customer", "stranger"} {
		e.make(
			t, "addCartItem", e.people.named(who), "/api/v1/cart/items",
			apitest.Fields{"product_id": number(products[1]), "quantity": 1},
		)
	}
	e.make(
		t, "addCartItem", nil, "/api/v1/cart/items",
		apitest.Fields{"product_id": number(products[1]), "quantity": 1},
	)
}

// order places orders in all states.
func (e *engine) order(t testing.TB, who *actor, products []string) {
	for i, status := range []string{"PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"} {
		order := e.make(
			t, "createOrder", who, "/api/v1/orders",
			apitest.Fields{
				"items": []apitest.Fields{{"product_id": number(products[i%4]), "quantity": 1}},
			},
		)
		if status == "PENDING" {
			continue
		}
		if status == "CANCELLED" {
			e.make(t, "cancelOrder", who, "/api/v1/orders/"+order+"/cancel", nil)
			continue
		}
		e.make(
			t, "payOrder", who, "/api/v1/orders/"+order+"/pay",
			apitest.Fields{"payment_type": "card", "token": "tok_visa"},
		)
		if status != "PAID" {
			e.make(
				t, "setShipment", e.people.named("staff"),
				"/api/v1/admin/orders/"+order+"/shipment",
				apitest.Fields{"carrier": "Royal Mail", "tracking_number": "RM" + order},
			)
			e.make(
				t, "setOrderStatus", e.people.named("staff"),
				"/api/v1/admin/orders/"+order+"/status", apitest.Fields{"status": "SHIPPED"},
			)
		}
		if status == "DELIVERED" {
			e.make(
				t, "setOrderStatus", e.people.named("staff"),
				"/api/v1/admin/orders/"+order+"/status", apitest.Fields{"status": "DELIVERED"},
			)
		}
	}
}

func number(id string) any { return jsonNumber(id) }

// make calls an operation that must succeed, learns from its response, and returns the id in it.
func (e *engine) make(
	t testing.TB, id string, who *actor, address string, body apitest.Fields,
) string {
	op := e.operations[slices.IndexFunc(e.operations, func(op *operation) bool {
		return op.id == id
	})]
	c := &call{
		op:      op,
		actor:   who,
		method:  op.method,
		address: address,
		kind:    "valid",
		ids:     map[string]string{},
	}
	if body != nil {
		c.media, c.value = mediaJSON, body
		e.encode(c)
	}
	for i, segment := range segments(op.path) {
		if segment == "{id}" {
			c.parent = segments(address)[i]
		}
	}
	request, err := c.request(e.shop.URL())
	require.NoError(t, err)
	r, v := e.send(c, request)
	require.Nil(t, v, "%v", v)
	require.Less(t, r.status, http.StatusMultipleChoices, "%s: %s", id, r.body)
	e.known.learn(c, address, r.body)
	return idOf(r.body)
}
