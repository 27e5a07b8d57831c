package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/openapi"
)

// getServiceInfo: its links lead somewhere.
func TestServiceInfoLinksWork(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var info api.ServiceInfo
	shop.Get("/").Want(http.StatusOK).Into(&info)
	assert.Equal(t, "shopd", info.Name)
	assert.NotEmpty(t, info.Version)
	for name, link := range info.Links {
		answer := shop.Get(link)
		assert.Contains(t, []int{http.StatusOK, http.StatusMethodNotAllowed}, answer.Status, name)
	}
}

// getReadiness, getHealth, getLiveness: ready without Redis and the model, not without the
// database.
func TestReadinessNeedsTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	shop := apitest.New(
		t,
		apitest.Setting{Name: "REDIS_URL", Value: "redis://127.0.0.1:1/0"},
		apitest.Setting{
			Name:  "RAG_PROVIDER",
			Value: "gemini",
		},
		apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"},
	)
	var ready api.Readiness
	shop.Post("/api/v1/rag/query", map[string]string{"query": "a lamp"}).
		Problem(http.StatusServiceUnavailable, "assistant_misconfigured")
	for _, path := range []string{"/readyz", "/healthz"} {
		shop.Get(path).Want(http.StatusOK).Into(&ready)
		assert.Equal(t, api.ReadinessStatusReady, ready.Status)
		assert.ElementsMatch(t, []string{"redis", "assistant"}, ready.Degraded)
	}
	shop.Post("/api/v1/auth/register", map[string]string{
		"email":      "ada@example.com",
		"password":   "correct horse 9",
		"first_name": "Ada",
		"last_name":  "Lovelace",
	}).Want(http.StatusCreated) // limits are counted in the process while Redis is out

	shop.Exec("UPDATE schema_migrations SET version = 1")
	for _, path := range []string{"/readyz", "/healthz"} {
		answer := shop.Get(path).Want(http.StatusServiceUnavailable).Into(&ready)
		assert.NotEmpty(t, answer.Header.Get("Retry-After"))
		assert.Equal(t, "pending", ready.Checks["migrations"])
		assert.Equal(t, api.ReadinessStatusNotReady, ready.Status)
	}
	shop.Get("/livez").Want(http.StatusOK)
}

// getMetrics: requests are counted by operation, and secrets stay out.
func TestMetricsCountByOperation(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Get("/api/v1/products").Want(http.StatusOK)
	shop.Get("/api/v1/products/4242").Want(http.StatusNotFound)
	shop.Get("/nothing/here?token=secret").Want(http.StatusNotFound)
	text := shop.Get("/metrics").Want(http.StatusOK).String()
	assert.Contains(t, text, `shopd_requests_total{operation="listProducts",status="200"} 1`)
	assert.Contains(t, text, `shopd_requests_total{operation="getProduct",status="404"} 1`)
	assert.Contains(t, text, `shopd_requests_total{operation="none",status="404"} 1`)
	assert.Contains(t, text, `shopd_request_duration_seconds_bucket{operation="listProducts"`)
	assert.Contains(t, text, "shopd_database_connections ")
	assert.NotContains(t, text, "secret")

	elsewhere := apitest.New(t, apitest.Setting{Name: "METRICS_ADDRESS", Value: "127.0.0.1:0"})
	elsewhere.Get("/metrics").Problem(http.StatusNotFound, "route_not_found")
}

// getOpenAPIYAML, getOpenAPIJSON, getOpenAPI31JSON: flat and in the file's order, whole or
// compressed, with an ETag.
func TestContractIsServedAsItIs(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	document, err := openapi.Served(shopd.Contract)
	require.NoError(t, err)
	wantYAML, err := document.YAML()
	require.NoError(t, err)
	wantJSON, err := document.JSON()
	require.NoError(t, err)
	want31, err := document.Version31().JSON()
	require.NoError(t, err)
	for path, want := range map[string][]byte{
		"/openapi.yaml": wantYAML, "/openapi.json": wantJSON, "/openapi-3.1.json": want31,
	} {
		plain := shop.Get(path, apitest.Header{Name: "Accept-Encoding", Value: "gzip;q=0"}).
			Want(http.StatusOK)
		assert.Equal(t, string(want), string(plain.Body))
		assert.Empty(t, plain.Header.Get("Content-Encoding"))
		zipped := shop.Get(path, apitest.Header{Name: "Accept-Encoding", Value: "br, gzip"}).
			Want(http.StatusOK)
		assert.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
		assert.Less(t, len(zipped.Body), len(want)/5)
		reader, err := gzip.NewReader(bytes.NewReader(zipped.Body))
		require.NoError(t, err)
		text, err := io.ReadAll(reader)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(text))
		assert.NotEqual(t, plain.Header.Get("ETag"), zipped.Header.Get("ETag"))
		for _, answer := range []*apitest.Answer{plain, zipped} {
			assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"))
			shop.Get(
				path, apitest.Header{Name: "If-None-Match", Value: answer.Header.Get("ETag")},
				apitest.Header{
					Name: "Accept-Encoding", Value: answer.Header.Get("Content-Encoding"),
				},
			).Want(http.StatusNotModified)
		}
		_, err = openapi3.NewLoader().LoadFromData(text)
		require.NoError(t, err)
	}
}

// getDocs, getReadingView: the pages load nothing from other servers.
func TestDocsNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for address, parts := range map[string]int{"/docs": 4, "/redoc": 1} {
		answer := shop.Get(address).Want(http.StatusOK)
		page := answer.String()
		assert.Contains(t, page, "/openapi.json")
		assert.NotRegexp(
			t, `(src|href)="(https?:)?//`, page, "the page loads nothing from elsewhere",
		)
		assert.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
		found := 0
		for _, piece := range strings.Split(page, `"`) {
			if path, isAsset := strings.CutPrefix(piece, "/docs/"); isAsset && path != "" {
				response, err := http.Get(shop.URL() + piece)
				require.NoError(t, err)
				content, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				assert.Equal(t, http.StatusOK, response.StatusCode, piece)
				assert.Greater(t, len(content), 100, piece)
				require.NoError(t, response.Body.Close())
				found++
			}
		}
		assert.GreaterOrEqual(t, found, parts, address)
	}
	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodGet, shop.URL()+"/docs/redoc.standalone.js", nil,
	)
	require.NoError(t, err)
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.Empty(t, response.Header.Get("Content-Encoding"))
	script, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, string(script), "Redoc")
	assert.NotContains(t, string(script), "cdn.redoc.ly", "the page loads nothing from elsewhere")
}
