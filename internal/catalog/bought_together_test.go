package catalog_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// buy has a customer order one of each product, and staff note the money unless unpaid.
func buy(shop *apitest.Shop, customer apitest.Caller, paid bool, products ...api.AdminProduct) {
	items := make([]apitest.Fields, len(products))
	for i, p := range products {
		items[i] = apitest.Fields{"product_id": p.ID, "quantity": 1}
	}
	var order api.Order
	customer.Post("/api/v1/orders", apitest.Fields{"items": items}).
		Want(http.StatusCreated).
		Into(&order)
	if paid {
		shop.Admin().Put(
			fmt.Sprintf("/api/v1/admin/orders/%d/status", order.ID),
			apitest.Fields{"status": "PAID"},
		).Want(http.StatusOK)
	}
}

// listBoughtTogether: products that several customers paid for together, the strongest tie first.
func TestWhatIsBoughtTogether(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var pan, lid, spoon, bag, rare api.AdminProduct
	for name, product := range map[string]*api.AdminProduct{
		"Pan": &pan, "Lid": &lid, "Spoon": &spoon, "Bag": &bag, "Rare": &rare,
	} {
		*product = admin.Product(apitest.Fields{"name": name, "price": "5.00", "stock": 50})
	}
	for range 4 {
		buy(shop, shop.Customer(), true, pan, lid, bag)
	}
	for range 2 {
		buy(shop, shop.Customer(), true, pan, spoon, bag)
	}
	for range 20 { // everybody buys a bag
		buy(shop, shop.Customer(), true, bag)
	}
	bulk := shop.Customer()
	for range 3 { // one voice a day
		buy(shop, bulk, true, pan, rare)
	}
	for range 3 { // nobody paid
		buy(shop, shop.Customer(), false, lid, rare)
	}
	require.NoError(t, shop.App.Catalog.CountSales(t.Context()))

	names := func(path string) []string {
		var list api.BoughtTogether
		shop.Get(path).Want(http.StatusOK).Into(&list)
		assert.Equal(t, len(list.Items), int(list.Total))
		found := []string{}
		for _, item := range list.Items {
			found = append(found, item.Name)
		}
		return found
	}
	address := func(p api.AdminProduct) string {
		return fmt.Sprintf("/api/v1/products/%d/bought-together", p.ID)
	}
	assert.Equal(
		t, []string{"Lid", "Bag", "Spoon"}, names(address(pan)),
		"the bag is bought by everybody, so it says less than the lid",
	)
	assert.Equal(t, []string{"Lid"}, names(address(pan)+"?limit=1"))
	assert.Empty(t, names(address(rare)), "one customer is no tie, and an unpaid order none either")
	admin.Put(
		fmt.Sprintf("/api/v1/admin/products/%d/inventory", lid.ID), apitest.Fields{"quantity": 0},
	).Want(http.StatusOK)
	assert.Equal(
		t, []string{"Bag", "Spoon"}, names(address(pan)), "what is sold out is not offered",
	)
	assert.Equal(t, 1, shop.Statements(func() { names(address(pan)) }))
	shop.Get("/api/v1/products/4242/bought-together").
		Problem(http.StatusNotFound, "product_not_found")
	shop.Get(address(pan)+"?limit=100").Problem(http.StatusUnprocessableEntity, "invalid_request")

	var popular api.ProductPage
	shop.Get("/api/v1/products?sort=popularity").Want(http.StatusOK).Into(&popular)
	require.Len(t, popular.Items, 5)
	assert.Equal(t, "Bag", popular.Items[0].Name, "26 customers")
	assert.Equal(t, "Pan", popular.Items[1].Name, "7 customers, however often one of them bought")
}
