package server_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/postgres"
)

const (
	benchConnections = 64
	benchPool        = 16
	benchRounds      = 8
)

// BenchmarkPlatformTax measures what the platform costs: the same two reads through the whole
// server, with validation, limits, logs and metrics on, and behind a bare Echo and pgx handler that
// runs the same SQL and sends the same body; besides one that marshals the rows as they are.
// They take turns in one run; rates are requests per second.
func BenchmarkPlatformTax(b *testing.B) {
	shop := apitest.Demo(
		b, apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"},
		apitest.Setting{Name: "DATABASE_POOL", Value: strconv.Itoa(benchPool)},
	)
	shop.Log.Discard()
	id := apitest.Value[int64](
		shop,
		"SELECT product_id FROM product_listings WHERE is_visible ORDER BY product_id DESC LIMIT 1",
	)
	bare := bareServer(b, shop)
	fmt.Println(
		"| read | server, requests/s | bare, requests/s | ratio | against rows |\n" +
			"|---|---|---|---|---|",
	)
	for name, path := range map[string]string{
		"detail": fmt.Sprintf("/api/v1/products/%d", id), "page of 20": "/api/v1/products?limit=20",
	} {
		b.Run(name, func(b *testing.B) {
			turn := time.Second
			var whole, plain, rows float64
			for round := range benchRounds + 1 {
				p, w, r := rate(b, bare, path, turn), rate(
					b, shop.URL(), path, turn,
				), rate(b, bare, "/rows"+path, turn)
				if round > 0 { // the first round warms up
					plain += p / benchRounds
					whole += w / benchRounds
					rows += r / benchRounds
				}
			}
			fmt.Printf(
				"| %s | %.0f | %.0f | %.2f | %.2f |\n", name, whole, plain, whole/plain, whole/rows,
			)
			b.ReportMetric(whole, "server/s")
			b.ReportMetric(plain, "bare/s")
			b.ReportMetric(rows, "rows/s")
			b.ReportMetric(whole/plain, "ratio")
			b.ReportMetric(whole/rows, "rows-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkKeptAnswers compares cached pages with a bare handler that sends the same bytes from
// Redis.
func BenchmarkKeptAnswers(b *testing.B) {
	shop := apitest.Demo(
		b, apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"},
		apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
	)
	shop.Log.Discard()
	client, err := cache.Open(apitest.RedisURL())
	require.NoError(b, err)
	b.Cleanup(func() { _ = client.Close() })
	e := echo.New()
	bare := httptest.NewServer(e)
	b.Cleanup(bare.Close)
	fmt.Println(
		"| kept answer | server, requests/s | bare, requests/s | ratio |\n|---|---|---|---|",
	)
	id := apitest.Value[int64](
		shop,
		"SELECT product_id FROM product_listings WHERE is_visible ORDER BY product_id DESC LIMIT 1",
	)
	for name, path := range map[string]string{
		"detail": fmt.Sprintf("/api/v1/products/%d", id), "page of 20": "/api/v1/products?limit=20",
	} {
		key := "bench:" + rand.Text()
		require.NoError(
			b,
			client.Set(b.Context(), key, shop.Get(path).Want(http.StatusOK).Body, time.Hour).Err(),
		)
		address, _, _ := strings.Cut(path, "?")
		e.GET(address, func(c echo.Context) error {
			body, err := client.Get(c.Request().Context(), key).Bytes()
			if err != nil {
				return err
			}
			return c.Blob(http.StatusOK, "application/json", body)
		})
		b.Run(name, func(b *testing.B) {
			const turn = time.Second
			var kept, plain float64
			for round := range benchRounds + 1 {
				p, k := rate(b, bare.URL, path, turn), rate(b, shop.URL(), path, turn)
				if round > 0 { // the first round warms up
					plain, kept = plain+p/benchRounds, kept+k/benchRounds
				}
			}
			fmt.Printf("| %s | %.0f | %.0f | %.2f |\n", name, kept, plain, kept/plain)
			b.ReportMetric(kept, "server/s")
			b.ReportMetric(plain, "bare/s")
			b.ReportMetric(kept/plain, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// bareServer serves the two reads with nothing but a router, the queries and encoding/json: with
// the same bodies, and under /rows with the rows as they are.
func bareServer(b *testing.B, shop *apitest.Shop) string {
	b.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	pool, err := postgres.Open(b.Context(), shop.DatabaseURL, benchPool, nil, nil)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	queries := db.New(pool)
	e := echo.New()
	products := catalog.New(
		pool, nil, nil,
		catalog.Settings{Log: slog.Default(), Currency: "USD", MediaPrefix: "/media"},
	)
	e.GET("/api/v1/products/:id", func(c echo.Context) error {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return err
		}
		answer, err := products.GetProduct(
			c.Request().Context(), api.GetProductRequestObject{ID: id},
		)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, answer.(api.GetProduct200JSONResponse).Body)
	})
	e.GET("/api/v1/products", func(c echo.Context) error {
		limit, err := strconv.ParseInt(c.QueryParam("limit"), 10, 32)
		if err != nil {
			return err
		}
		answer, err := products.ListProducts(
			c.Request().Context(),
			api.ListProductsRequestObject{Params: api.ListProductsParams{Limit: new(int32(limit))}},
		)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, answer)
	})
	e.GET("/rows/api/v1/products/:id", func(c echo.Context) error {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return err
		}
		row, err := queries.GetProduct(c.Request().Context(), id)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, struct {
			db.ProductDetail
			Attributes, Variants, Images json.RawMessage
		}{row, row.Attributes, row.Variants, row.Images})
	})
	e.GET("/rows/api/v1/products", func(c echo.Context) error {
		limit, err := strconv.ParseInt(c.QueryParam("limit"), 10, 32)
		if err != nil {
			return err
		}
		rows, err := queries.ListNewestProducts(c.Request().Context(), true, 0, int32(limit))
		if err != nil {
			return err
		}
		type item struct {
			db.ProductCard
			ImageSizes json.RawMessage
		}
		items := make([]item, len(rows))
		for i, row := range rows {
			items[i] = item{row.ProductCard, row.ProductCard.ImageSizes}
		}
		return c.JSON(http.StatusOK, map[string]any{"items": items, "total": rows[0].Total})
	})
	listener := httptest.NewServer(e)
	b.Cleanup(listener.Close)
	return listener.URL
}

// rate returns how many responses a second the connections get together.
func rate(b *testing.B, base, path string, turn time.Duration) float64 {
	b.Helper()
	return apitest.Load(b, base, benchConnections, turn, func(int) string { return path }).PerSecond
}
