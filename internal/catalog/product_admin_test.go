package catalog_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func productAddress(p api.AdminProduct) string {
	return fmt.Sprintf("/api/v1/admin/products/%d", p.ID)
}

// updateProduct, listProducts, searchProducts: a product is found as soon as it is active, and no
// longer when it is not.
func TestPublishingIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	product := admin.Product(
		apitest.Fields{
			"name":      "Zebrafish aquarium pump",
			"price":     "20.00",
			"stock":     3,
			"is_active": false,
		},
	)
	require.NoError(t, shop.App.Index(t.Context(), nil))
	found := func() int {
		count := 0
		for _, path := range []string{
			"/api/v1/products?q=zebrafish", "/api/v1/products?sort=created_desc&limit=1",
			"/api/v1/products/featured?limit=1",
			"/api/v1/products/search?q=zebrafish+aquarium+pump&mode=keyword",
			"/api/v1/products/search?q=zebrafish+aquarium+pump&mode=semantic",
		} {
			if strings.Contains(shop.Get(path).Want(http.StatusOK).String(), "Zebrafish") {
				count++
			}
		}
		return count
	}
	assert.Zero(t, found(), "kept out of the shop")
	admin.Patch(productAddress(product), apitest.Fields{"is_active": true, "is_featured": true}).
		Want(http.StatusOK)
	assert.Equal(t, 5, found(), "in every list and search, by meaning too")
	admin.Delete(productAddress(product)).Want(http.StatusNoContent)
	assert.Zero(t, found())
}

// deleteProduct, restoreProduct, adminListProducts, adminGetProduct: a deleted product keeps its
// slug and skus, and comes back inactive.
func TestADeletedProductCanBeRestored(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{"name": "Drift", "price": "79.00", "sku": "D-1"})
	admin.Delete(productAddress(product)).Want(http.StatusNoContent)
	admin.Delete(productAddress(product)).Problem(http.StatusNotFound, "product_not_found")
	shop.Get(fmt.Sprintf("/api/v1/products/%d", product.ID)).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Patch(productAddress(product), apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Put(productAddress(product), apitest.Fields{"name": "x", "price": "1"}).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Post(productAddress(product)+"/variants", apitest.Fields{"price": "1"}).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Post(
		"/api/v1/admin/products", apitest.Fields{"name": "Other", "price": "1", "sku": "D-1"},
	).Problem(http.StatusConflict, "sku_taken")
	admin.Get(productAddress(product)).Want(http.StatusOK).Into(&product)
	assert.Equal(t, api.ProductStatusDeleted, product.Status)
	assert.NotNil(t, product.DeletedAt)
	var page api.AdminProductPage
	admin.Get("/api/v1/admin/products?status=deleted").Want(http.StatusOK).Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get("/api/v1/admin/products").Want(http.StatusOK).Into(&page)
	assert.Empty(t, page.Items)

	for range 2 {
		admin.Post(productAddress(product)+"/restore", nil).Want(http.StatusOK).Into(&product)
		assert.Equal(t, api.ProductStatusActive, product.Status)
	}
	shop.Get(fmt.Sprintf("/api/v1/products/%d", product.ID)).Want(http.StatusOK)
	admin.Post("/api/v1/admin/products/4242/restore", nil).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Post("/api/v1/admin/products/0/restore", nil).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Get("/api/v1/admin/products/4242").Problem(http.StatusNotFound, "product_not_found")
}

// createProduct, updateProduct: what is refused.
func TestProductsThatCannotBe(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{
		"name":           "Drift",
		"slug":           "drift",
		"sku":            "D-1",
		"gtin":           "4006381333931",
		"price":          "79.00",
		"discount_price": "10",
	})
	for name, wrong := range map[string]apitest.Fields{
		"/price":          {"name": "x"},
		"/price decimals": {"name": "x", "price": "1.001"},
		"/discount_price": {"name": "x", "price": "1", "discount_price": "1.00"},
		"/gtin":           {"name": "x", "price": "1", "gtin": "4006381333930"},
		"/brand_id":       {"name": "x", "price": "1", "brand_id": 4242},
		"/category_id":    {"name": "x", "price": "1", "category_id": 4242},
		"/stock":          {"name": "x", "variants": []apitest.Fields{{"price": "1"}}, "stock": 1},
		"/variants/1/options": {
			"name": "x",
			"variants": []apitest.Fields{
				{"price": "1", "options": apitest.Fields{"size": "S"}},
				{"price": "1", "options": apitest.Fields{"color": "red"}},
			},
		},
		"/variants": {
			"name": "x",
			"variants": []apitest.Fields{
				{"price": "1", "options": apitest.Fields{"size": "S"}},
				{"price": "1", "options": apitest.Fields{"size": "S"}},
			},
		},
		"/variants/0/image_id": {
			"name": "x", "variants": []apitest.Fields{{"price": "1", "image_id": 1}},
		},
		"/variants/0/price": {"name": "x", "variants": []apitest.Fields{{"price": "1.001"}}},
		"/name":             {"name": " \t ", "price": "1"},
		"/slug":             {"name": "x", "price": "1", "slug": "Not A Slug"},
		"/attributes/color": {
			"name": "x", "price": "1", "attributes": apitest.Fields{"color": ""},
		},
		"/attributes":              {"name": "x", "price": "1", "attributes": manyAttributes(101)},
		"/stock below zero":        {"name": "x", "price": "1", "stock": -1},
		"/is_admin is not a field": {"name": "x", "price": "1", "is_admin": true},
	} {
		problem := admin.Post("/api/v1/admin/products", wrong).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		pointer, _, _ := strings.Cut(name, " ")
		if pointer != "/is_admin" {
			assert.Equal(t, pointer, problem.Errors[0].Pointer, "%v", problem.Errors)
		}
	}
	admin.Post(
		"/api/v1/admin/products", apitest.Fields{"name": "x", "price": "1", "slug": "drift"},
	).Problem(http.StatusConflict, "slug_taken")
	admin.Post("/api/v1/admin/products", apitest.Fields{"name": "x", "price": "1", "sku": "D-1"}).
		Problem(http.StatusConflict, "sku_taken")
	admin.Post("/api/v1/admin/products", apitest.Fields{
		"name": "x", "price": "1", "gtin": "04006381333931",
	}).
		Problem(http.StatusConflict, "gtin_taken")
	assert.Equal(
		t, 1, apitest.Value[int](shop, "SELECT count(*) FROM products"), "nothing half made",
	)

	other := admin.Product(apitest.Fields{"name": "Other", "price": "5"})
	admin.Patch(productAddress(other), apitest.Fields{"slug": "drift"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Put(productAddress(other), apitest.Fields{"name": "x", "price": "1", "sku": "D-1"}).
		Problem(http.StatusConflict, "sku_taken")
	admin.Patch(productAddress(other), apitest.Fields{"gtin": "4006381333931"}).
		Problem(http.StatusConflict, "gtin_taken")
	admin.Patch(productAddress(other), apitest.Fields{"discount_price": "5"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Patch(productAddress(product), apitest.Fields{"price": "9"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Patch(productAddress(other), apitest.Fields{"brand_id": 4242}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Patch(productAddress(other), apitest.Fields{"attributes": manyAttributes(100)}).
		Want(http.StatusOK)
	admin.Patch(
		productAddress(other), apitest.Fields{"attributes": apitest.Fields{"one more": "x"}},
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
}

func manyAttributes(n int) apitest.Fields {
	attributes := apitest.Fields{}
	for i := range n {
		attributes[fmt.Sprintf("a%d", i)] = "x"
	}
	return attributes
}

// createProduct: names that are alike at the same moment: each product gets a slug and a sku of its
// own.
func TestMadeNamesAreUniqueUnderRace(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var all sync.WaitGroup
	var mu sync.Mutex
	slugs := map[string]bool{}
	for range 8 {
		all.Go(func() {
			product := admin.Product(
				apitest.Fields{"name": "Ärmel – " + strings.Repeat("lang ", 50), "price": "5"},
			)
			mu.Lock()
			defer mu.Unlock()
			slugs[product.Slug] = true
		})
	}
	all.Wait()
	assert.Len(t, slugs, 8)
}

// adminListProducts: filters, order and pages.
func TestListProductsToKeepThem(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	total := apitest.Value[int64](shop, "SELECT count(*) FROM products")
	var page api.AdminProductPage
	statements := shop.Statements(
		func() { admin.Get("/api/v1/admin/products?limit=100").Want(http.StatusOK).Into(&page) },
	)
	assert.Equal(t, 2, statements, "who asks, and the page")
	assert.Equal(t, total, *page.Total)
	seen := len(page.Items)
	for page.NextCursor != nil {
		admin.Get("/api/v1/admin/products?limit=100&cursor=" + *page.NextCursor).
			Want(http.StatusOK).
			Into(&page)
		seen += len(page.Items)
	}
	assert.Equal(t, int(total), seen)
	admin.Get("/api/v1/admin/products?status=inactive").Want(http.StatusOK).Into(&page)
	assert.Equal(
		t, apitest.Value[int64](shop, "SELECT count(*) FROM products WHERE NOT is_active"),
		*page.Total,
	)
	sku := apitest.Value[string](shop, "SELECT sku FROM variants ORDER BY id LIMIT 1")
	admin.Get(
		"/api/v1/admin/products?status=active&q=" + url.QueryEscape(strings.ToLower(sku[1:])),
	).
		Want(http.StatusOK).
		Into(&page)
	assert.Equal(t, sku, page.Items[0].Sku)
	gtin := apitest.Value[string](shop, "SELECT gtin FROM variants WHERE gtin IS NOT NULL LIMIT 1")
	admin.Get("/api/v1/admin/products?gtin=" + gtin).Want(http.StatusOK).Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get("/api/v1/admin/products?offset=100000").Want(http.StatusOK).Into(&page)
	assert.Equal(t, total, *page.Total)
	category := apitest.Value[int64](shop, "SELECT category_id FROM products LIMIT 1")
	brand := apitest.Value[int64](
		shop, "SELECT brand_id FROM products WHERE category_id = $1 LIMIT 1", category,
	)
	admin.Get(fmt.Sprintf("/api/v1/admin/products?category_id=%d&brand_id=%d", category, brand)).
		Want(http.StatusOK).
		Into(&page)
	assert.NotEmpty(t, page.Items)
	admin.Get("/api/v1/admin/products?cursor=nonsense").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Get("/api/v1/admin/products?cursor=MQ&offset=1").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// adminListProducts: staff find a product by any form of the GTIN of one of its variants.
func TestStaffFindProductsByGTIN(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	kettle := admin.Product(apitest.Fields{"gtin": "4006381333931"})
	admin.Product(apitest.Fields{"gtin": "4006381333924"})
	for _, query := range []string{"4006381333931", "04006381333931", "%204006381333931%20"} {
		var page api.AdminProductPage
		admin.Get("/api/v1/admin/products?q=" + query).Want(http.StatusOK).Into(&page)
		require.Len(t, page.Items, 1, query)
		assert.Equal(t, kettle.ID, page.Items[0].ID)
	}
	var page api.AdminProductPage
	admin.Get("/api/v1/admin/products?q=4006381333999").Want(http.StatusOK).Into(&page)
	assert.Empty(t, page.Items)
}
