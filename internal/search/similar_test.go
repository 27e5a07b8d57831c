package search_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// buyer returns what a shopper pays, in cents.
func buyer(t *testing.T, p api.ProductSummary) int64 {
	t.Helper()
	return apitest.Cents(t, p.Price, p.DiscountPrice)
}

func similar(shop *apitest.Shop, id int64, query string) (body api.SimilarProducts) {
	shop.Get(fmt.Sprintf("%s/%d/similar%s", products, id, query)).Want(http.StatusOK).Into(&body)
	return body
}

// listSimilarProducts: what is like a product, in stock, at most three of a brand.
func TestSimilarProducts(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	hasVisible := false
	for _, page := range []api.ProductPage{
		list(shop, "limit=30"), list(shop, "limit=30&in_stock=false"),
	} {
		for _, product := range page.Items {
			found := similar(shop, product.ID, "?limit=24")
			require.NotEmpty(t, found.Items)
			assert.GreaterOrEqual(t, found.Total, int64(len(found.Items)))
			brands, left := map[int64]int{}, false
			for _, item := range found.Items {
				assert.NotEqual(t, product.ID, item.ID)
				assert.True(t, item.InStock)
				brands[item.Brand.ID]++
				assert.LessOrEqual(t, brands[item.Brand.ID], 3)
				inBand := float64(buyer(t, item)) >= 0.4*float64(buyer(t, product)) &&
					float64(buyer(t, item)) <= 2.5*float64(buyer(t, product))
				assert.False(t, inBand && left, "those in the price band come first")
				left = left || !inBand
				hasVisible = true
			}
		}
	}
	assert.True(t, hasVisible)
	headphones := apitest.Value[int64](
		shop,
		"SELECT p.id FROM products p JOIN product_listings l ON l.product_id = p.id "+
			"WHERE l.is_visible AND p.name ILIKE '%headphones%' LIMIT 1",
	)
	found := similar(shop, headphones, "")
	assert.Len(t, found.Items, 8)
	assert.Contains(t, found.Items[0].Name+found.Items[1].Name+found.Items[2].Name, "phones")
	assert.Equal(t, 1, shop.Statements(func() { similar(shop, headphones, "?limit=3") }))

	gone := found.Items[0].ID
	shop.Exec("UPDATE products SET is_active = false WHERE id = $1", gone)
	for _, item := range similar(shop, headphones, "?limit=24").Items {
		assert.NotEqual(t, gone, item.ID)
	}
	shop.Get(fmt.Sprintf("%s/%d/similar", products, gone)).
		Problem(http.StatusNotFound, "product_not_found")
	shop.Get(products+"/4242424242/similar").Problem(http.StatusNotFound, "product_not_found")
	shop.Get(fmt.Sprintf("%s/%d/similar?limit=25", products, headphones)).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// listSimilarProducts: without vectors, the newest of the category.
func TestSimilarWithoutAVectorIsTheNewestOfTheCategory(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var category api.Category
	admin.Post("/api/v1/admin/categories", map[string]any{"name": "Mugs"}).
		Want(http.StatusCreated).
		Into(&category)
	made := func(name string, stock int) api.AdminProduct {
		return admin.Product(map[string]any{
			"name": name, "price": "10.00", "stock": stock, "category_id": category.ID,
		})
	}
	old, sold, young, asked := made("Old", 1), made("Sold out", 0), made("Young", 1), made(
		"Asked", 1,
	)
	elsewhere := admin.Product(map[string]any{
		"name": "Elsewhere", "price": "10.00", "stock": 1,
	})
	found := similar(shop, asked.ID, "")
	require.Len(t, found.Items, 2, "neither %d nor %d", sold.ID, elsewhere.ID)
	assert.Equal(t, []int64{young.ID, old.ID}, []int64{found.Items[0].ID, found.Items[1].ID})
	assert.Equal(t, int64(2), found.Total)
	assert.Empty(t, similar(shop, elsewhere.ID, "").Items, "it has no category")
}
