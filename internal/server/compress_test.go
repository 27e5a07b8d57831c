package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

var (
	readsGzip  = apitest.Header{Name: "Accept-Encoding", Value: "gzip, deflate, br"}
	wantsPlain = apitest.Header{Name: "Accept-Encoding", Value: "gzip;q=0, identity"}
)

// unzip returns the body of a compressed answer.
func unzip(t *testing.T, answer *apitest.Answer) []byte {
	t.Helper()
	require.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
	assert.Equal(t, fmt.Sprint(len(answer.Body)), answer.Header.Get("Content-Length"))
	reader, err := gzip.NewReader(bytes.NewReader(answer.Body))
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	return text
}

// getProduct, listProducts, searchProducts, listCategories, adminListProducts, adminGetProduct,
// askAssistant: JSON over 1 kB is compressed for clients that read gzip, from the cache and without
// it, and says the same.
func TestAnswersAreCompressedForWhoReadsGzip(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]apitest.Setting{"cached": {cacheOn}, "made": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := apitest.Demo(t, settings...)
			admin := shop.Admin()
			id := apitest.Value[int64](
				shop, "SELECT product_id FROM product_listings WHERE is_visible LIMIT 1",
			)
			for _, path := range []string{
				fmt.Sprintf("/api/v1/products/%d", id), "/api/v1/products?limit=20",
				"/api/v1/products/search?q=coffee", "/api/v1/categories?limit=100",
				"/api/v1/admin/products", fmt.Sprintf("/api/v1/admin/products/%d", id),
			} {
				plain := admin.Get(path).Want(http.StatusOK)
				for range 2 { // the second one finds what the first one left in the cache
					zipped := admin.Get(path, readsGzip).Want(http.StatusOK)
					assert.Equal(t, string(plain.Body), string(unzip(t, zipped)), path)
					assert.Less(t, len(zipped.Body), len(plain.Body)*2/3, path)
					assert.Equal(t, []string{"Accept-Encoding"}, zipped.Header["Vary"], path)
					head := admin.Call(http.MethodHead, path, nil, readsGzip).Want(http.StatusOK)
					for _, header := range []string{"Content-Encoding", "Content-Length", "ETag"} {
						assert.Equal(t, zipped.Header.Get(header), head.Header.Get(header), path)
					}
				}
				again := admin.Get(path, wantsPlain).Want(http.StatusOK)
				assert.Equal(t, string(plain.Body), string(again.Body), path)
				assert.Empty(t, again.Header.Get("Content-Encoding"), path)
				assert.Equal(t, []string{"Accept-Encoding"}, again.Header["Vary"], path)
				assert.Equal(t, plain.Header.Get("ETag"), again.Header.Get("ETag"), path)
			}
			answer := shop.Post(
				"/api/v1/rag/query", map[string]string{"query": "headphones"}, readsGzip,
			).Want(http.StatusOK)
			assert.Contains(t, string(unzip(t, answer)), "Headphones")
		})
	}
}

// getProduct, adminGetProduct, updateProduct: each form has an ETag of its own, and both name one
// version.
func TestCompressedAnswersHaveETagsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, settings := range [][]apitest.Setting{{cacheOn}, nil} {
		shop := apitest.Demo(t, settings...)
		admin := shop.Admin()
		id := apitest.Value[int64](
			shop, "SELECT product_id FROM product_listings WHERE is_visible LIMIT 1",
		)
		path := fmt.Sprintf("/api/v1/products/%d", id)
		address := fmt.Sprintf("/api/v1/admin/products/%d", id)
		for _, one := range []string{path, address} {
			plain := admin.Get(one).Want(http.StatusOK).Header.Get("ETag")
			zipped := admin.Get(one, readsGzip).Want(http.StatusOK).Header.Get("ETag")
			assert.NotEqual(t, plain, zipped)
			assert.Regexp(t, `^"[^"]+-gzip"$`, zipped)
			for _, known := range []string{plain, zipped, "W/" + zipped, `"x", ` + plain} {
				known := apitest.Header{Name: "If-None-Match", Value: known}
				answer := admin.Get(one, known, readsGzip).Want(http.StatusNotModified)
				assert.Equal(t, zipped, answer.Header.Get("ETag"))
				assert.Equal(t, []string{"Accept-Encoding"}, answer.Header["Vary"])
				assert.Empty(t, answer.Header.Get("Content-Encoding"))
				answer = admin.Get(one, known, wantsPlain).Want(http.StatusNotModified)
				assert.Equal(t, plain, answer.Header.Get("ETag"))
			}
			admin.Get(one, readsGzip, apitest.Header{Name: "If-None-Match", Value: `"x-gzip"`}).
				Want(http.StatusOK)
		}
		read := admin.Get(address, readsGzip).Want(http.StatusOK).Header.Get("ETag")
		ifMatch := apitest.Header{Name: "If-Match", Value: read}
		changed := admin.Patch(address, map[string]any{"name": "Renamed"}, ifMatch, readsGzip).
			Want(http.StatusOK)
		assert.Contains(t, string(unzip(t, changed)), "Renamed")
		admin.Patch(address, map[string]any{"name": "Again"}, ifMatch).
			Problem(http.StatusPreconditionFailed, "stale")
		seen := shop.Get(path, readsGzip, apitest.Header{Name: "If-None-Match", Value: read}).
			Want(http.StatusOK)
		assert.Contains(t, string(unzip(t, seen)), "Renamed")
	}
}

// login, refresh, getMe, getLiveness, exportProducts, getProduct: what may hold secrets, what is
// small, and what is no JSON is sent as it is.
func TestSomeAnswersAreNeverCompressed(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	var pair api.TokenPair
	login := shop.Post("/api/v1/auth/login", map[string]string{
		"email": apitest.AdminEmail, "password": apitest.AdminPassword,
	}, readsGzip).Want(http.StatusOK).Into(&pair)
	events := apitest.Header{Name: "Accept", Value: "text/event-stream"}
	question := map[string]string{"query": "headphones"}
	token := map[string]string{"refresh_token": pair.RefreshToken}
	for name, answer := range map[string]*apitest.Answer{
		"tokens":    login,
		"refreshed": shop.Post("/api/v1/auth/refresh", token, readsGzip),
		"account":   admin.Get("/api/v1/auth/me", readsGzip),
		"small":     shop.Get("/livez", readsGzip),
		"problem":   shop.Get("/api/v1/products/4242424242", readsGzip),
		"CSV":       admin.Get("/api/v1/admin/exports/products.csv", readsGzip),
		"stream":    shop.Post("/api/v1/rag/query", question, readsGzip, events),
		"no body":   admin.Call(http.MethodDelete, "/api/v1/cart", nil, readsGzip),
	} {
		assert.Empty(t, answer.Header.Get("Content-Encoding"), name)
		assert.Less(t, answer.Status, 500, name)
	}
}
