package search_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/model/geministub"
)

const products = "/api/v1/products"

// jacket is a product of three variants.
const jacket = `
WITH brand AS (INSERT INTO brands (name, slug) VALUES ('Northwind', 'northwind') RETURNING id),
category AS (INSERT INTO categories (name, slug) VALUES ('Jackets', 'jackets') RETURNING id),
product AS (
	INSERT INTO products (name, slug, description, brand_id, category_id, attributes)
	SELECT 'Storm jacket', 'storm-jacket', 'Keeps you dry.', brand.id, category.id,
	'{"material": "wool"}' FROM brand, category RETURNING id)
INSERT INTO variants (product_id, is_default, position, sku, gtin, options, price_minor,
discount_minor, stock)
SELECT id, false, 0, 'STORM-S', NULL, '{"size": "S"}'::jsonb, 9000, NULL::bigint, 0 FROM product
UNION ALL
SELECT id, true, 1, 'STORM-M', '04000000000019', '{"size": "M"}', 10000, 7499, 3 FROM product
UNION ALL
SELECT id, false, 2, 'STORM-L', NULL, '{"size": "L"}', 11000, NULL, 4 FROM product`

func list(shop *apitest.Shop, query string) api.ProductPage {
	var page api.ProductPage
	shop.Get(products + "?" + query).Want(http.StatusOK).Into(&page)
	return page
}

func find(shop *apitest.Shop, query string) api.SearchResults {
	var results api.SearchResults
	shop.Get(products + "/search?" + query).Want(http.StatusOK).Into(&results)
	return results
}

// searchProducts: what is found in each mode, and its pages.
func TestSearch(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	sample := list(shop, "in_stock=true&sort=name_asc&limit=100").Items[50]
	for _, mode := range []string{"hybrid", "keyword", "semantic"} {
		results := find(shop, "mode="+mode+"&q="+url.QueryEscape(sample.Name))
		require.NotEmpty(t, results.Items, mode)
		assert.Equal(
			t, sample.ID, results.Items[0].Product.ID, "%s: its own name finds a product first",
			mode,
		)
		assert.Equal(t, api.SearchMode(mode), results.ModeUsed)
		assert.Contains(t, results.Items[0].Highlights.Name, "<mark>")
		for i := 1; i < len(results.Items); i++ {
			assert.GreaterOrEqual(t, results.Items[i-1].Score, results.Items[i].Score)
		}
	}
	assert.Equal(
		t, sample.ID, find(shop, "q="+sample.Sku).Items[0].Product.ID, "an exact sku comes first",
	)
	assert.Equal(
		t, sample.ID, find(shop, "q="+*sample.Gtin).Items[0].Product.ID,
		"an exact GTIN comes first",
	)
	assert.Equal(
		t, sample.ID, find(shop, "q="+(*sample.Gtin)[1:]).Items[0].Product.ID,
		"in any of its lengths",
	)
	assert.LessOrEqual(
		t, shop.Statements(func() { find(shop, "q=coffee") }), 1, "a search is one statement",
	)
	assert.Empty(t, find(shop, "q=%3F%21").Items, "no word, no match")
	assert.Empty(t, find(shop, "q=coffee&max_price=0.01").Items, "filters hold in every mode")

	page := find(shop, "q=coffee&limit=2")
	next := find(shop, "q=coffee&limit=2&offset=2")
	assert.Equal(t, page.Total, next.Total)
	assert.NotEqual(t, page.Items[0].Product.ID, next.Items[0].Product.ID)
	behind := find(shop, "q=coffee&offset=500")
	assert.Empty(t, behind.Items)
	assert.Equal(t, page.Total, behind.Total)
}

// searchProducts: mistyped words are corrected.
func TestSearchForgivesTypos(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	for _, query := range []string{"strom+jackett", "storn+jaket", "nortwind"} {
		results := find(shop, "mode=keyword&q="+query)
		require.Len(t, results.Items, 1, query)
		assert.Equal(t, "storm-jacket", results.Items[0].Product.Slug)
	}
	assert.Empty(t, find(shop, "mode=keyword&q=toaster").Items)
}

// searchProducts: highlights are safe HTML.
func TestHighlightsEscapeWhatSellersWrite(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	shop.Exec(`UPDATE products SET name = 'Storm <script>alert(1)</script> jacket & hood'`)
	name := find(shop, "q=storm").Items[0].Highlights.Name
	assert.Contains(t, name, "<mark>Storm</mark>")
	assert.Contains(t, name, "&lt;script&gt;")
	assert.NotContains(t, name, "<script")
}

// searchProducts: while the model is down, words alone are searched.
func TestSearchWithoutItsModel(t *testing.T) {
	t.Parallel()
	model := geministub.New()
	listener := httptest.NewServer(model)
	t.Cleanup(listener.Close)
	shop := apitest.New(
		t,
		apitest.Setting{Name: "RAG_PROVIDER", Value: "gemini"},
		apitest.Setting{Name: "GEMINI_API_KEY", Value: "a-key"},
		apitest.Setting{
			Name:  "GEMINI_ENDPOINT",
			Value: listener.URL,
		},
		apitest.Setting{Name: "RAG_GEMINI_TIMEOUT", Value: "4"},
	)
	shop.Exec(jacket)
	listener.CloseClientConnections()
	listener.Close()
	results := find(shop, "q=storm")
	assert.Equal(
		t, api.SearchModeKeyword, results.ModeUsed, "words must do when meaning is out of reach",
	)
	assert.Len(t, results.Items, 1)
	shop.Get(products+"/search?mode=semantic&q=storm").
		Problem(http.StatusServiceUnavailable, "assistant_unavailable")
}

// searchProducts: what is refused.
func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for query, pointer := range map[string]string{
		"": "/q", "q=": "/q", "q=a&mode=psychic": "/mode", "q=a&sort=price_asc": "/sort",
		"q=a%00b": "/q",
	} {
		problem := shop.Get(products+"/search?"+query).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		require.NotEmpty(t, problem.Errors, query)
		assert.Equal(t, pointer, problem.Errors[0].Pointer, query)
	}
	shop.Get(products+"/search?q=%ff").Problem(http.StatusBadRequest, "malformed_utf8")
}
