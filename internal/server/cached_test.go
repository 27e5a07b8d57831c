package server_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

var cacheOn = apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"}

// listProducts, getProduct, listSynonyms, getMetrics: a cached response is the same response, and
// only public reads are cached.
func TestAKeptAnswerIsTheSameAnswer(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t, cacheOn)
	id := apitest.Value[int64](
		shop, "SELECT product_id FROM product_listings WHERE is_visible LIMIT 1",
	)
	for _, path := range []string{
		fmt.Sprintf("/api/v1/products/%d", id), "/api/v1/products?limit=3",
		"/api/v1/products/search?q=coffee", "/api/v1/categories",
	} {
		var first, again *apitest.Answer
		assert.Positive(
			t, shop.Statements(func() { first = shop.Get(path).Want(http.StatusOK) }), path,
		)
		assert.Zero(t, shop.Statements(func() { again = shop.Get(path).Want(http.StatusOK) }), path)
		assert.Equal(t, first.Body, again.Body)
		for _, header := range []string{
			"Content-Type", "ETag", "Content-Length", "X-Content-Type-Options",
		} {
			assert.Equal(t, first.Header.Get(header), again.Header.Get(header), header)
		}
		assert.NotEqual(t, first.Header.Get("X-Request-Id"), again.Header.Get("X-Request-Id"))
		if tag := first.Header.Get("ETag"); tag != "" {
			known := shop.Get(path, apitest.Header{Name: "If-None-Match", Value: tag}).
				Want(http.StatusNotModified)
			assert.Empty(t, known.Body)
		}
		head := shop.Call(http.MethodHead, path, nil).Want(http.StatusOK)
		assert.Equal(t, first.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
	}
	assert.Positive(t, shop.Statements(func() {
		shop.Get("/api/v1/products/4242424242").Problem(http.StatusNotFound, "product_not_found")
		shop.Get("/api/v1/products/4242424242").Problem(http.StatusNotFound, "product_not_found")
		shop.Get("/api/v1/products?limit=0").
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}), "problems are not kept")
	metrics := shop.Get("/metrics").Want(http.StatusOK).String()
	assert.Contains(t, metrics, `shopd_cache_requests_total{result="hit"}`)
	assert.Contains(t, metrics, "shopd_cache_hit_ratio 0.")
}

// createProduct, createCategory, listProducts, listCategories: after the response to a change, no
// reader gets the state before. Many readers fill the cache all the time, and another server uses
// the same database and Redis.
func TestChangesAreSeenByTheNextReader(t *testing.T) {
	t.Parallel()
	prefix := apitest.Setting{Name: "REDIS_PREFIX", Value: "test:" + t.Name() + rand.Text() + ":"}
	shop := apitest.New(t, cacheOn, prefix)
	elsewhere := shop.Restart(cacheOn, prefix)
	admin := shop.Admin()
	var product api.AdminProduct
	admin.Post(
		"/api/v1/admin/products",
		map[string]any{"name": "Version 0", "price": "10.00", "stock": 1000, "slug": "it"},
	).
		Want(http.StatusCreated).
		Into(&product)
	address := fmt.Sprintf("/api/v1/admin/products/%d", product.ID)

	var known atomic.Int64 // the newest version whose change was answered
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 16 {
		reader := shop.Caller
		if i%2 == 1 {
			reader = elsewhere.Caller
		}
		path := []string{"/api/v1/products/slug/it", "/api/v1/products?limit=20"}[i/2%2]
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := known.Load()
				body := reader.Get(path).Want(http.StatusOK).String()
				_, rest, found := strings.Cut(body, `"name":"Version `)
				require.True(t, found, body)
				var seen int64
				_, err := fmt.Sscanf(rest, "%d", &seen)
				require.NoError(t, err)
				if seen < least {
					t.Errorf("%s shows version %d after the answer to change %d", path, seen, least)
					return
				}
			}
		})
	}
	for version := range 60 {
		admin.Patch(address, map[string]any{"name": fmt.Sprintf("Version %d", version+1)}).
			Want(http.StatusOK)
		known.Store(int64(version + 1))
	}
	close(stop)
	readers.Wait()

	for _, change := range []func(){
		func() {
			admin.Put(
				address+"/inventory", map[string]any{"quantity": 7},
			).Want(http.StatusOK)
		},
		func() { admin.Delete(address).Want(http.StatusNoContent) },
		func() {
			admin.Post(
				"/api/v1/admin/categories", map[string]any{"name": "New"},
			).Want(http.StatusCreated)
		},
	} {
		before := elsewhere.Get("/api/v1/products").
			String() +
			elsewhere.Get("/api/v1/categories").
				String()
		change()
		assert.NotEqual(
			t, before,
			elsewhere.Get("/api/v1/products").String()+elsewhere.Get("/api/v1/categories").String(),
		)
	}
}

// listProducts, listBrands: a hundred readers of a page that is not cached yet cost the database
// one.
func TestAStampedeCostsOneAnswer(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t, cacheOn)
	shop.Get("/api/v1/brands").Want(http.StatusOK) // the connections are open
	statements := shop.Statements(func() {
		var readers sync.WaitGroup
		for range 100 {
			readers.Go(
				func() { shop.Get("/api/v1/products?limit=50&sort=price_asc").Want(http.StatusOK) },
			)
		}
		readers.Wait()
	})
	assert.LessOrEqual(
		t, statements, 3, "one, or up to three if a page was stored just after a reader looked",
	)
}

// listProducts, listCategories, createCategory: without Redis nothing is cached, and all is served.
func TestWithoutRedisAnswersComeFromTheDatabase(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(
		t, cacheOn, apitest.Setting{Name: "REDIS_URL", Value: "redis://127.0.0.1:1/0"},
	)
	for range 3 {
		assert.Positive(
			t, shop.Statements(func() { shop.Get("/api/v1/products").Want(http.StatusOK) }),
		)
	}
	admin := shop.Admin()
	admin.Post("/api/v1/admin/categories", map[string]any{"name": "New"}).Want(http.StatusCreated)
	assert.Contains(
		t, shop.Get("/api/v1/categories?limit=100").Want(http.StatusOK).String(), `"New"`,
	)
}

// listProducts, createProduct: a total is not counted again for another page of the same list,
// until the catalogue changes.
func TestTotalsAreCountedOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t, cacheOn)
	admin := shop.Admin()
	total := func(path string) int64 {
		var page api.ProductPage
		shop.Get(path).Want(http.StatusOK).Into(&page)
		return *page.Total
	}
	before := total("/api/v1/products?in_stock=true&limit=5")
	assert.Equal(t, before, total("/api/v1/products?in_stock=true&limit=5&offset=5"))
	assert.Equal(t, 1, shop.Statements(func() {
		assert.Equal(t, before, total("/api/v1/products?in_stock=true&limit=5&offset=100000"))
	}), "behind the end, where a page has no row to say how many there are")
	admin.Post(
		"/api/v1/admin/products", map[string]any{"name": "One more", "price": "1.00", "stock": 1},
	).
		Want(http.StatusCreated)
	assert.Equal(t, before+1, total("/api/v1/products?in_stock=true&limit=5&offset=5"))
}

// getProduct, createOrder: a sale leaves cached responses alone, as there are many; the sale of the
// last unit does not.
func TestTheLastUnitIsSeenToGo(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, cacheOn)
	var product api.AdminProduct
	shop.Admin().
		Post(
			"/api/v1/admin/products", map[string]any{"name": "Drift", "price": "10.00", "stock": 2},
		).
		Want(http.StatusCreated).
		Into(&product)
	customer := shop.Customer()
	inStock := func() bool {
		var seen api.Product
		shop.Get(fmt.Sprintf("/api/v1/products/%d", product.ID)).Want(http.StatusOK).Into(&seen)
		return seen.InStock
	}
	buy := func() {
		customer.Post(
			"/api/v1/orders",
			map[string]any{"items": []any{map[string]any{"product_id": product.ID, "quantity": 1}}},
		).
			Want(http.StatusCreated)
	}
	require.True(t, inStock())
	buy()
	assert.Zero(t, shop.Statements(func() { assert.True(t, inStock()) }), "kept")
	buy()
	assert.False(t, inStock())
}

// getProductBySlug: a redirect is not cached, and ends with the slug's next change.
func TestRedirectsPassTheCache(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"true", "false"} {
		shop := apitest.New(t, apitest.Setting{Name: "CACHE_RESPONSES", Value: setting})
		admin := shop.Admin()
		var product api.AdminProduct
		admin.Post("/api/v1/admin/products", map[string]any{"name": "Mug", "price": "5.00"}).
			Want(http.StatusCreated).Into(&product)
		address := fmt.Sprint("/api/v1/admin/products/", product.ID)
		rename := func(slug string) {
			admin.Patch(address, map[string]any{"slug": slug}).Want(http.StatusOK)
		}
		shop.Get("/api/v1/products/slug/mug").Want(http.StatusOK)
		rename("cup")
		var readers sync.WaitGroup
		for range 8 { // some of them share one response
			readers.Go(func() {
				moved := shop.Get("/api/v1/products/slug/mug").Want(http.StatusMovedPermanently)
				assert.Equal(t, "cup", moved.Header.Get("Location"))
				assert.Equal(t, "no-cache", moved.Header.Get("Cache-Control"))
				assert.NotEmpty(t, moved.Header.Get("X-Request-Id"))
			})
		}
		readers.Wait()
		rename("mug")
		shop.Get("/api/v1/products/slug/mug").Want(http.StatusOK)
		back := shop.Get("/api/v1/products/slug/cup").Want(http.StatusMovedPermanently)
		assert.Equal(t, "mug", back.Header.Get("Location"))
	}
}
