package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/apitest"
)

// BenchmarkLargeCatalogue measures reads of 100,000 products at 64 connections, without kept answers, and what the
// database plans for them.
func BenchmarkLargeCatalogue(b *testing.B) {
	shop := apitest.Large(b, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	shop.Log.Discard()
	ids := apitest.Value[[]int64](shop, "SELECT array_agg(product_id) FROM (SELECT product_id FROM product_listings WHERE is_visible ORDER BY product_id * 7919 % 100003 LIMIT 1000) x")
	colours := []string{"black", "white", "red", "blue", "green"}
	nouns := []string{"kettle", "lamp", "backpack", "tent", "keyboard", "speaker", "grinder", "blanket"}
	for _, read := range []struct {
		name string
		path func(i int) string
	}{
		{"detail", func(i int) string { return fmt.Sprintf("/api/v1/products/%d", ids[i%len(ids)]) }},
		{"newest", func(int) string { return "/api/v1/products" }},
		{"category, in stock, by price", func(i int) string {
			return fmt.Sprintf("/api/v1/products?category_id=%d&in_stock=true&sort=price_asc", 11+i%120)
		}},
		{"brand and price", func(i int) string {
			return fmt.Sprintf("/api/v1/products?brand_id=%d&min_price=10.00&max_price=80.00&sort=name_asc", 1+i%200)
		}},
		{"attribute, popular", func(i int) string {
			return "/api/v1/products?attribute=" + url.QueryEscape("color:"+colours[i%len(colours)]) + "&sort=popularity"
		}},
		{"words", func(i int) string { return "/api/v1/products?q=" + nouns[i%len(nouns)] + "+" + colours[i%len(colours)] }},
		{"price range", func(i int) string {
			return fmt.Sprintf("/api/v1/products?min_price=%d.00&sort=price_asc", 5+rand.IntN(300))
		}},
	} {
		b.Run(read.name, func(b *testing.B) {
			apitest.Load(b, shop.URL(), 8, time.Second/2, read.path) // warms up
			alone := apitest.Load(b, shop.URL(), 1, time.Second, read.path)
			rate := apitest.Load(b, shop.URL(), 64, 3*time.Second, read.path)
			b.ReportMetric(rate.PerSecond, "answers/s")
			b.ReportMetric(float64(rate.P95.Microseconds())/1e3, "p95-ms")
			b.ReportMetric(float64(alone.P50.Microseconds())/1e3, "alone-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkDeepPages compares a page at depth 50,000 with the first, by cursor.
func BenchmarkDeepPages(b *testing.B) {
	shop := apitest.Large(b)
	shop.Log.Discard()
	for _, sort := range []string{"created_desc", "price_asc", "name_asc", "popularity"} {
		b.Run(sort, func(b *testing.B) {
			cursorAt := func(offset int) string {
				var page api.ProductPage
				shop.Get(fmt.Sprintf("/api/v1/products?limit=20&sort=%s&offset=%d", sort, offset)).Want(http.StatusOK).Into(&page)
				require.NotNil(b, page.NextCursor)
				return *page.NextCursor
			}
			median := func(cursor string) time.Duration {
				took := make([]time.Duration, 60)
				for i := range took {
					started := time.Now()
					shop.Get("/api/v1/products?limit=20&sort=" + sort + "&cursor=" + cursor).Want(http.StatusOK)
					took[i] = time.Since(started)
				}
				slices.Sort(took)
				return took[len(took)/2]
			}
			second, deep := cursorAt(0), cursorAt(50_000)
			median(second)
			first, last := median(second), median(deep)
			b.ReportMetric(float64(first.Microseconds())/1e3, "first-ms")
			b.ReportMetric(float64(last.Microseconds())/1e3, "deep-ms")
			b.ReportMetric(float64(last)/float64(first), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
