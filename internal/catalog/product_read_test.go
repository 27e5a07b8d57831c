package catalog_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// jacket is a product of three variants with two images.
const jacket = `
WITH brand AS (INSERT INTO brands (name, slug) VALUES ('Northwind', 'northwind') RETURNING id),
category AS (INSERT INTO categories (name, slug) VALUES ('Jackets', 'jackets') RETURNING id),
product AS (
	INSERT INTO products (name, slug, description, brand_id, category_id, attributes)
	SELECT 'Storm jacket', 'storm-jacket', 'Keeps you dry.', brand.id, category.id,
	'{"material": "wool"}' FROM brand, category RETURNING id),
images AS (
	INSERT INTO product_images (product_id, position, is_primary, alt, sizes)
	SELECT id, 0, false, 'From behind',
	'[{"path": "behind-320.jpg", "width": 320, "height": 240}]'::jsonb FROM product UNION ALL
	SELECT id, 1, true, 'In front',
	'[{"path": "front-320.jpg", "width": 320, "height": 240},
	{"path": "front-800.jpg", "width": 800, "height": 600}]'::jsonb FROM product)
INSERT INTO variants (product_id, is_default, position, sku, gtin, options, price_minor,
discount_minor, stock)
SELECT id, false, 0, 'STORM-S', NULL, '{"size": "S"}'::jsonb, 9000, NULL::bigint, 0 FROM product
UNION ALL
SELECT id, true, 1, 'STORM-M', '04000000000019', '{"size": "M"}', 10000, 7499, 3 FROM product
UNION ALL
SELECT id, false, 2, 'STORM-L', NULL, '{"size": "L"}', 11000, NULL, 4 FROM product`

// getProduct, getProductBySlug: all that a product's page shows.
func TestProductDetail(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	id := apitest.Value[int64](shop, "SELECT id FROM products")
	var product, bySlug api.Product
	answer := shop.Get(fmt.Sprintf("%s/%d", products, id)).Want(http.StatusOK).Into(&product)
	shop.Get(products + "/slug/storm-jacket").Want(http.StatusOK).Into(&bySlug)
	assert.Equal(t, product, bySlug)

	assert.Equal(t, "STORM-M", product.Sku, "the default variant stands for the product")
	assert.Equal(t, "04000000000019", *product.Gtin)
	assert.Equal(t, "100.00", product.Price)
	assert.Equal(t, "74.99", *product.DiscountPrice)
	assert.Equal(t, int32(25), *product.DiscountPercent)
	assert.Equal(t, int64(7), product.Stock, "stock is the sum")
	assert.True(t, product.InStock)
	assert.Equal(t, api.AvailabilityInStock, product.Availability)
	assert.Equal(t, "USD", product.Currency)
	assert.Equal(t, "Northwind", product.Brand.Name)
	assert.Equal(t, "jackets", product.Category.Slug)
	assert.Equal(t, map[string]string{"material": "wool"}, product.Attributes)
	assert.Equal(t, api.Condition("new"), product.Condition)

	require.Len(t, product.Variants, 3)
	assert.Equal(t, "STORM-M", product.Variants[0].Sku, "default first")
	assert.Equal(t, map[string]string{"size": "S"}, product.Variants[1].Options)
	assert.False(t, product.Variants[1].InStock)
	require.Len(t, product.Images, 2)
	assert.Equal(
		t, "/media/front-800.jpg", product.Images[0].URL, "primary first, in its largest size",
	)
	assert.Len(t, product.Images[0].Sizes, 2)
	assert.Equal(t, int32(320), product.Images[1].Width)

	tag := answer.Header.Get("ETag")
	for _, path := range []string{
		fmt.Sprintf("%s/%d", products, id), products + "/slug/storm-jacket",
	} {
		shop.Get(path, apitest.IfNoneMatch(tag)).
			Want(http.StatusNotModified)
		shop.Get(path, apitest.IfNoneMatch(`"other", W/`+tag)).
			Want(http.StatusNotModified)
		assert.Equal(t, 1, shop.Statements(func() { shop.Get(path).Want(http.StatusOK) }))
	}
	shop.Exec("UPDATE variants SET stock = 2 WHERE sku = 'STORM-M'")
	changed := shop.Get(products+"/slug/storm-jacket", apitest.IfNoneMatch(tag)).
		Want(http.StatusOK)
	assert.NotEqual(t, tag, changed.Header.Get("ETag"), "a sale changes the version")
}

// getProduct, getProductBySlug, listProducts, searchProducts: inactive products are not found.
func TestOnlyActiveProductsAreFound(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	id := apitest.Value[int64](shop, "SELECT id FROM products")
	for _, gone := range []string{"is_active = false", "is_active = true, deleted_at = now()"} {
		shop.Exec("UPDATE products SET " + gone)
		shop.Get(fmt.Sprintf("%s/%d", products, id)).
			Problem(http.StatusNotFound, "product_not_found")
		shop.Get(products+"/slug/storm-jacket").Problem(http.StatusNotFound, "product_not_found")
		assert.Empty(t, list(shop, "").Items)
		var found api.SearchResults
		shop.Get(products + "/search?q=storm+jacket").Want(http.StatusOK).Into(&found)
		assert.Empty(t, found.Items)
	}
}

// getProduct, getProductBySlug: what is refused.
func TestDetailRefusesIdsThatAreNone(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for _, id := range []string{
		"0", "-1", "9223372036854775808", "1.5", "abc", "%00", "1%20", "%F0%28",
	} {
		answer := shop.Get(products + "/" + id)
		assert.Contains(
			t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Status, id,
		)
	}
	shop.Get(products+"/9223372036854775807").Problem(http.StatusNotFound, "product_not_found")
	shop.Get(products+"/slug/No_Slug").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// listCategories, getCategory, listBrands, getBrand: the tree, and how many products each has.
func TestCategoriesAndBrands(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	var categories api.CategoryPage
	shop.Get("/api/v1/categories?limit=100").Want(http.StatusOK).Into(&categories)
	assert.Equal(t, int64(len(categories.Items)), categories.Total)
	for _, category := range categories.Items {
		assert.Equal(
			t, *list(shop, fmt.Sprintf("limit=1&category_id=%d", category.ID)).Total,
			category.ProductCount, category.Name,
		)
		var one api.Category
		answer := shop.Get(fmt.Sprintf("/api/v1/categories/%d", category.ID)).
			Want(http.StatusOK).
			Into(&one)
		assert.Equal(t, category, one)
		shop.Get(
			fmt.Sprintf("/api/v1/categories/%d", category.ID),
			apitest.IfNoneMatch(answer.Header.Get("ETag")),
		).Want(http.StatusNotModified)
		if category.ParentID == nil {
			var children api.CategoryPage
			shop.Get(fmt.Sprintf("/api/v1/categories?parent_id=%d", category.ID)).
				Want(http.StatusOK).
				Into(&children)
			for _, child := range children.Items {
				assert.Equal(t, category.ID, *child.ParentID)
			}
		}
	}
	shop.Get("/api/v1/categories/4242").Problem(http.StatusNotFound, "category_not_found")

	var brands api.BrandPage
	shop.Get("/api/v1/brands?limit=3&offset=1").Want(http.StatusOK).Into(&brands)
	assert.Len(t, brands.Items, 3)
	for _, brand := range brands.Items {
		assert.Equal(
			t, *list(shop, fmt.Sprintf("limit=1&brand_id=%d", brand.ID)).Total, brand.ProductCount,
			brand.Name,
		)
		answer := shop.Get(fmt.Sprintf("/api/v1/brands/%d", brand.ID)).Want(http.StatusOK)
		shop.Get(
			fmt.Sprintf("/api/v1/brands/%d", brand.ID),
			apitest.IfNoneMatch(answer.Header.Get("ETag")),
		).Want(http.StatusNotModified)
	}
	shop.Get("/api/v1/brands/4242").Problem(http.StatusNotFound, "brand_not_found")
}

// getMedia: which files are served, and with which headers.
func TestMedia(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	shop := apitest.New(t, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})
	require.NoError(
		t, os.WriteFile(filepath.Join(folder, "mug-320.jpg"), []byte("\xff\xd8 an image"), 0o644),
	)
	require.NoError(
		t, os.WriteFile(filepath.Join(folder, "secret.txt"), []byte("not for you"), 0o644),
	)
	answer := shop.Get("/media/mug-320.jpg").Want(http.StatusOK)
	assert.Equal(t, "\xff\xd8 an image", string(answer.Body))
	assert.Equal(t, "image/jpeg", answer.Header.Get("Content-Type"))
	assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "public, max-age=31536000, immutable", answer.Header.Get("Cache-Control"))
	shop.Get("/media/mug-320.jpg", apitest.IfNoneMatch(answer.Header.Get("ETag"))).
		Want(http.StatusNotModified)
	shop.Get("/media/no-such-file.jpg").Problem(http.StatusNotFound, "media_not_found")
	for _, path := range []string{
		"secret.txt", "..%2fsecret.jpg", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", ".jpg", "a%00.jpg",
		strings.Repeat("a", 300) + ".jpg",
	} {
		answer := shop.Get("/media/" + path)
		assert.GreaterOrEqual(t, answer.Status, 400, path)
		assert.Less(t, answer.Status, 500, path)
	}
	assert.Equal(t, http.StatusNotFound, shop.Get("/media/").Status, "no directory listing")
}
