package catalog_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// BenchmarkLargeCatalogue measures reads of 100,000 products, without cached responses, and
// requires that each reads by indexes alone.
func BenchmarkLargeCatalogue(b *testing.B) {
	shop := apitest.Large(b, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	shop.Log.Discard()
	ids := apitest.Value[[]int64](
		shop,
		"SELECT array_agg(product_id) FROM (SELECT product_id FROM product_listings "+
			"WHERE is_visible ORDER BY product_id * 7919 % 100003 LIMIT 1000) x",
	)
	colours := []string{"black", "white", "red", "blue", "green"}
	nouns := []string{
		"kettle", "lamp", "backpack", "tent", "keyboard", "speaker", "grinder", "jumper",
	}
	const products = "/api/v1/products"
	shop.Measure(b, []apitest.Read{
		{
			Name: "detail",
			Path: func(i int) string { return fmt.Sprintf("%s/%d", products, ids[i%len(ids)]) },
		},
		{Name: "newest", Path: func(int) string { return products }},
		{Name: "category, in stock, by price", Path: func(i int) string {
			return fmt.Sprintf("%s?category_id=%d&in_stock=true&sort=price_asc", products, 11+i%120)
		}},
		{Name: "brand and price, by name", Path: func(i int) string {
			return fmt.Sprintf(
				"%s?brand_id=%d&min_price=10.00&max_price=80.00&sort=name_asc", products, 1+i%200,
			)
		}},
		{Name: "attribute, by popularity", Path: func(i int) string {
			return products + "?attribute=" + url.QueryEscape(
				"color:"+colours[i%len(colours)],
			) + "&sort=popularity"
		}},
		{
			Name: "words",
			Path: func(i int) string {
				return products + "?q=" + nouns[i%len(nouns)] + "+" + colours[i%len(colours)]
			},
		},
		{
			Name: "price range, by price",
			Path: func(i int) string {
				return fmt.Sprintf("%s?min_price=%d.00&sort=price_asc", products, 5+i*7%300)
			},
		},
		{
			Name: "similar",
			Path: func(i int) string {
				return fmt.Sprintf("%s/%d/similar", products, ids[i%len(ids)])
			},
		},
		{Name: "facets of all", Path: func(int) string { return products + "?facets=true" }},
		{
			Name: "facets of a category",
			Path: func(i int) string {
				return fmt.Sprintf("%s?facets=true&category_id=%d", products, 11+i%120)
			},
		},
		{
			Name: "facets of a brand",
			Path: func(i int) string {
				return fmt.Sprintf("%s?facets=true&brand_id=%d", products, 1+i%200)
			},
		},
	})
}

// BenchmarkDeepPages compares a page at depth 50,000 with the first, by cursor.
func BenchmarkDeepPages(b *testing.B) {
	shop := apitest.Large(b)
	shop.Log.Discard()
	fmt.Println("| order | second page, ms | page at 50,000, ms | ratio |\n|---|---|---|---|")
	for _, sort := range []string{"created_desc", "price_asc", "name_asc", "popularity"} {
		b.Run(sort, func(b *testing.B) {
			cursorAt := func(offset int) string {
				var page api.ProductPage
				shop.Get(fmt.Sprintf("/api/v1/products?limit=20&sort=%s&offset=%d", sort, offset)).
					Want(http.StatusOK).
					Into(&page)
				require.NotNil(b, page.NextCursor)
				return *page.NextCursor
			}
			took := func(cursor string) time.Duration {
				started := time.Now()
				shop.Get("/api/v1/products?limit=20&sort=" + sort + "&cursor=" + cursor).
					Want(http.StatusOK)
				return time.Since(started)
			}
			second, deep := cursorAt(0), cursorAt(50_000)
			const times = 60
			near, far := make([]time.Duration, times), make([]time.Duration, times)
			// in turn, as the machine's speed changes; the first half warms up
			for i := range 2 * times {
				near[i%times], far[i%times] = took(second), took(deep)
			}
			slices.Sort(near)
			slices.Sort(far)
			first, last := near[times/2], far[times/2]
			ratio := float64(last) / float64(first)
			fmt.Printf(
				"| %s | %.1f | %.1f | %.2f |\n", sort, float64(first.Microseconds())/1e3,
				float64(last.Microseconds())/1e3, ratio,
			)
			assert.LessOrEqual(b, ratio, 1.5, "a page costs the same however deep")
			b.ReportMetric(ratio, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
