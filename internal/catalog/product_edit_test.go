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

// headphones creates a product with one variant, a GTIN, a discount and attributes.
func headphones(admin apitest.Caller) api.AdminProduct {
	return admin.Product(apitest.Fields{
		"name":           "Drift wireless headphones",
		"price":          "79",
		"discount_price": "59.90",
		"stock":          25,
		"gtin":           "2000000000015",
		"attributes":     apitest.Fields{"color": "black", "weight": "250 g"},
		"description":    "Forty hours of music.",
	})
}

// createProduct, getProductBySlug: a product with one variant, its first movement and its job.
func TestAProductIsCreated(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	product := headphones(shop.Admin())
	assert.Equal(t, "drift-wireless-headphones", product.Slug)
	assert.Equal(t, "DRIFT-WIRELESS-HEADPHONES", product.Sku)
	assert.Equal(t, "02000000000015", *product.Gtin)
	assert.Equal(t, api.ProductStatusActive, product.Status)
	assert.Equal(t, "79.00", product.Price)
	assert.Equal(t, "59.90", *product.DiscountPrice)
	assert.Equal(t, int64(25), product.Stock)
	require.Len(t, product.Variants, 1)
	assert.Equal(t, 1, apitest.Value[int](
		shop, "SELECT count(*) FROM stock_movements WHERE reason = 'initial' AND delta = 25 "+
			"AND actor_id IS NOT NULL",
	))
	assert.Equal(t, 1, apitest.Value[int](
		shop, "SELECT count(*) FROM river_job WHERE kind = 'catalog.product_changed'",
	))

	var seen api.Product
	shop.Get("/api/v1/products/slug/" + product.Slug).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, product.ID, seen.ID)
}

// updateProduct, adminGetProduct, replaceProduct, deleteProduct: a change of the version that was
// read, and of one that is no longer current.
func TestAProductIsUpdated(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	product := headphones(admin)
	address := productAddress(product)
	tag := admin.Get(address).Want(http.StatusOK).Header.Get("ETag")
	admin.Get(address, apitest.IfNoneMatch(tag)).Want(http.StatusNotModified)
	changed := admin.Patch(address, apitest.Fields{
		"discount_price": nil, "attributes": apitest.Fields{"color": "red", "weight": nil},
		"is_featured": true,
	}, apitest.IfMatch(tag)).Want(http.StatusOK).Into(&product)
	assert.Nil(t, product.DiscountPrice)
	assert.Equal(t, map[string]string{"color": "red"}, product.Attributes)
	assert.True(t, product.IsFeatured)
	assert.Equal(t, "Forty hours of music.", product.Description, "what was not sent stays")

	admin.Patch(address, apitest.Fields{"price": "1.00"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "x", "price": "1.00"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, address, nil, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(
		address, apitest.Fields{"name": "Drift II", "price": "89.00"},
		apitest.IfMatch(changed.Header.Get("ETag")),
	).Want(http.StatusOK)
}

// replaceProduct: what is left out goes, save the slug, the SKU and the stock.
func TestAProductIsReplaced(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	product := headphones(admin)
	admin.Put(productAddress(product), apitest.Fields{"name": "Drift II", "price": "89.00"}).
		Want(http.StatusOK).
		Into(&product)
	assert.Equal(t, "Drift II", product.Name)
	assert.Empty(t, product.Attributes, "what is left out of a replacement is gone")
	assert.Nil(t, product.Gtin)
	assert.Equal(t, "drift-wireless-headphones", product.Slug, "addresses stay")
	assert.Equal(t, "DRIFT-WIRELESS-HEADPHONES", product.Sku)
	assert.Equal(t, int64(25), product.Stock, "stock is another operation's")
}

// updateProduct, getProduct: a product that is not active is not in the shop.
func TestAnInactiveProductIsNotFound(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	product := headphones(admin)
	admin.Patch(productAddress(product), apitest.Fields{"is_active": false}).
		Want(http.StatusOK).
		Into(&product)
	assert.Equal(t, api.ProductStatusInactive, product.Status)
	shop.Get(fmt.Sprintf("/api/v1/products/%d", product.ID)).
		Problem(http.StatusNotFound, "product_not_found")
}
