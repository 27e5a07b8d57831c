package catalog_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const products = "/api/v1/products"

func list(shop *apitest.Shop, query string) api.ProductPage {
	var page api.ProductPage
	shop.Get(products + "?" + query).Want(http.StatusOK).Into(&page)
	return page
}

func ids(page api.ProductPage) []int64 {
	out := []int64{}
	for _, item := range page.Items {
		out = append(out, item.ID)
	}
	return out
}

// buyer is what a shopper pays, in cents.
func buyer(t *testing.T, p api.ProductSummary) int64 {
	t.Helper()
	return apitest.Cents(t, p.Price, p.DiscountPrice)
}

// listProducts: fields of a product in a list, and its pages.
func TestListProducts(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	page := list(shop, "")
	active := apitest.Value[int64](shop, "SELECT count(*) FROM products WHERE is_active")
	assert.Equal(t, active, *page.Total, "inactive products are not counted")
	assert.Len(t, page.Items, 20)
	assert.True(
		t,
		slices.IsSortedFunc(
			page.Items,
			func(a, b api.ProductSummary) int { return b.CreatedAt.Compare(a.CreatedAt) },
		),
		"newest first",
	)
	for _, item := range page.Items {
		assert.Equal(t, item.Stock > 0, item.InStock)
		assert.Equal(t, item.DiscountPrice == nil, item.DiscountPercent == nil)
		var detail api.Product
		shop.Get(fmt.Sprintf("/api/v1/products/%d", item.ID)).Want(http.StatusOK).Into(&detail)
		assert.Len(t, detail.Variants, int(item.VariantCount), item.Name)
		assert.Equal(t, detail.Variants[0].ID, item.DefaultVariantID, item.Name)
	}
	behind := list(shop, "offset=100000")
	assert.Empty(t, behind.Items)
	assert.Equal(t, active, *behind.Total)
	assert.Equal(
		t, 1, shop.Statements(func() { list(shop, "limit=100") }), "a page is one statement",
	)
	assert.Equal(
		t, 1, shop.Statements(func() { list(shop, "sort=price_asc&in_stock=true") }),
		"a filtered page is one statement",
	)
}

// listProducts: every filter, alone and with others.
func TestListProductsFilters(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	sample := list(shop, "sort=price_asc&in_stock=true&limit=100").Items[40]
	brand, category := *sample.Brand, *sample.Category
	price := buyer(t, sample)
	dollars := fmt.Sprintf("%d.%02d", price/100, price%100)
	parent := apitest.Value[int64](
		shop, "SELECT coalesce(parent_id, id) FROM categories WHERE id = $1", category.ID,
	)
	attribute := apitest.Value[string](
		shop,
		"SELECT min(key || ':' || value) FROM products p, jsonb_each_text(p.attributes) "+
			"WHERE p.id = $1",
		sample.ID,
	)

	// Each filter with what must hold of every product it lets through, in SQL over the tables
	// themselves.
	inCategory := "p.category_id = " + fmt.Sprint(category.ID)
	ofBrand := "p.brand_id = " + fmt.Sprint(brand.ID)
	const buyer = "coalesce(v.discount_minor, v.price_minor)"
	const units = "(SELECT sum(stock) FROM variants WHERE product_id = p.id)"
	where := map[string]string{
		"category_id=" + fmt.Sprint(category.ID): inCategory,
		"category_id=" + fmt.Sprint(parent): fmt.Sprintf(
			"p.category_id IN (SELECT id FROM categories WHERE %d IN (id, parent_id))", parent,
		),
		"category=" + url.QueryEscape(strings.ToUpper(category.Name)): inCategory,
		"category=" + category.Slug:                                   inCategory,
		"brand_id=" + fmt.Sprint(brand.ID):                            ofBrand,
		"brand=" + url.QueryEscape(strings.ToLower(brand.Name)):       ofBrand,
		"min_price=" +
			dollars: fmt.Sprintf("%s >= %d", buyer, price),
		"max_price=" + dollars:      fmt.Sprintf("%s <= %d", buyer, price),
		"in_stock=true":             units + " > 0",
		"in_stock=false":            units + " = 0",
		"availability=out_of_stock": units + " = 0",
		"on_sale=true":              "v.discount_minor IS NOT NULL",
		"on_sale=false":             "v.discount_minor IS NULL",
		"featured=true":             "p.is_featured",
		"gtin=" + *sample.Gtin: "EXISTS (SELECT FROM variants x " +
			"WHERE x.product_id = p.id AND x.gtin = '" + *sample.Gtin + "')",
		"attribute=" + url.QueryEscape(attribute): fmt.Sprintf(
			"p.attributes ->> split_part('%[1]s', ':', 1) = substr('%[1]s', position(':' in "+
				"'%[1]s') + 1)",
			strings.ReplaceAll(attribute, "'", "''"),
		),
		"min_price=10&max_price=50&on_sale=true&in_stock=true": "coalesce(v.discount_minor, " +
			"v.price_minor) BETWEEN 1000 AND 5000 AND v.discount_minor IS NOT NULL AND (SELECT " +
			"sum(stock) FROM variants WHERE product_id = p.id) > 0",
		"min_price=50&max_price=10":            "false",
		"attribute=no:such&attribute=no:other": "false",
		"brand=nobody":                         "false",
	}
	for query, condition := range where {
		want := apitest.Value[int64](
			shop,
			"SELECT count(*) FROM products p JOIN variants v ON v.product_id = p.id "+
				"AND v.is_default WHERE p.is_active AND "+condition,
		)
		for _, sort := range []string{"", "&sort=name_asc"} {
			page := list(shop, query+sort+"&limit=100")
			assert.Equal(t, want, *page.Total, query)
			assert.Len(t, page.Items, int(min(want, 100)), query)
		}
	}
	words := list(shop, "q="+url.QueryEscape(sample.Name))
	require.NotEmpty(t, words.Items)
	assert.Contains(t, ids(words), sample.ID)
	assert.Equal(
		t, sample.ID, list(shop, "sort=relevance&q="+url.QueryEscape(sample.Name)).Items[0].ID,
	)
	assert.Equal(t, []int64{sample.ID}, ids(list(shop, "q="+url.QueryEscape(sample.Sku))), "by sku")
	// each excludes, and PostgreSQL counts to 32
	for _, dashes := range []string{"-", "-%20", "-("} {
		shop.Get("/api/v1/products?q=" + strings.Repeat(dashes, 60)).Want(http.StatusOK)
	}
}

// listProducts: every value of sort.
func TestListProductsOrders(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	names := func(a, b api.ProductSummary) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}
	for sort, compare := range map[string]func(a, b api.ProductSummary) int{
		"created_desc": func(a, b api.ProductSummary) int {
			return b.CreatedAt.Compare(a.CreatedAt)
		},
		"created_asc": func(a, b api.ProductSummary) int {
			return a.CreatedAt.Compare(b.CreatedAt)
		},
		"price_asc":  func(a, b api.ProductSummary) int { return int(buyer(t, a) - buyer(t, b)) },
		"price_desc": func(a, b api.ProductSummary) int { return int(buyer(t, b) - buyer(t, a)) },
		"name_asc":   names,
		"popularity": func(api.ProductSummary, api.ProductSummary) int { return 0 },
	} {
		whole := list(shop, "limit=100&sort="+sort)
		assert.True(t, slices.IsSortedFunc(whole.Items, compare), sort)

		// Pages by cursor are the same list, cut.
		var paged []int64
		next := "limit=7&sort=" + sort
		for next != "" && len(paged) < 98 {
			page := list(shop, next)
			paged = append(paged, ids(page)...)
			next = ""
			if page.NextCursor != nil {
				next = "limit=7&sort=" + sort + "&cursor=" + *page.NextCursor
			}
		}
		require.GreaterOrEqual(t, len(paged), min(98, len(whole.Items)), sort)
		assert.Equal(t, ids(whole)[:min(98, len(paged))], paged[:min(98, len(paged))], sort)
	}
}

// listProducts: products added meanwhile shift no page by cursor.
func TestCursorsAreStableUnderInserts(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	first := list(shop, "limit=10")
	second := list(shop, "limit=10&cursor="+*first.NextCursor)
	shop.Exec(
		`WITH p AS (INSERT INTO products (name, slug) VALUES ('Newest of all', 'newest-of-all')
			RETURNING id)
		INSERT INTO variants (product_id, is_default, sku, price_minor) SELECT id, true, 'NEWEST',
		100 FROM p`,
	)
	assert.Equal(t, "newest-of-all", list(shop, "limit=1").Items[0].Slug)
	again := list(shop, "limit=10&cursor="+*first.NextCursor)
	assert.Equal(t, ids(second), ids(again))
	assert.Nil(t, again.Total, "a page by cursor does not count")
}

// listProducts: pages by cursor have every product once, in any order.
func TestCursorsWalkToTheEnd(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	seen := map[int64]bool{}
	query := "limit=50&on_sale=true&sort=price_desc"
	for next := query; next != ""; {
		page := list(shop, next)
		for _, id := range ids(page) {
			assert.False(t, seen[id], "twice")
			seen[id] = true
		}
		next = ""
		if page.NextCursor != nil {
			next = query + "&cursor=" + *page.NextCursor
		}
	}
	assert.Equal(t, *list(shop, query).Total, int64(len(seen)))
}

// listProducts: filters and cursors that are refused.
func TestListProductsRefuses(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	cursor := *list(shop, "limit=5").NextCursor
	for query, pointer := range map[string]string{
		"limit=0": "/limit", "limit=101": "/limit", "limit=x": "/limit", "limit=": "/limit",
		"limit=99999999999999999999": "/limit", "offset=-1": "/offset", "sort=random": "/sort",
		"sort=relevance": "/sort", "min_price=abc": "/min_price", "min_price=1.001": "/min_price",
		"max_price=-1": "/max_price", "in_stock=maybe": "/in_stock", "gtin=12": "/gtin",
		"category_id=0": "/category_id", "brand_id=9223372036854775808": "/brand_id",
		"attribute=colour": "/attribute/0", "q=": "/q", "q=" + strings.Repeat("a", 201): "/q",
		"in_stock=true&availability=out_of_stock": "/availability", "cursor=!!": "/cursor",
		"cursor=AAAA": "/cursor", "cursor=" + cursor + "&sort=name_asc": "/cursor",
		"cursor=" + cursor + "&on_sale=true": "/cursor",
		"cursor=" + cursor + "&offset=5":     "/cursor", "page=2": "/page",
		"limit=1&limit=2": "/limit",
	} {
		problem := shop.Get(products+"?"+query).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		require.NotEmpty(t, problem.Errors, query)
		assert.Equal(t, pointer, problem.Errors[0].Pointer, query)
		assert.NotEmpty(t, problem.Errors[0].Message, query)
	}
}

// listFeaturedProducts, listProductOffers: which products they list.
func TestFeaturedAndOffers(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	for path, condition := range map[string]string{
		"/featured": "is_featured", "/offers": "on_sale",
	} {
		var page api.ProductPage
		shop.Get(products + path + "?limit=5").Want(http.StatusOK).Into(&page)
		assert.Equal(
			t,
			apitest.Value[int64](
				shop, "SELECT count(*) FROM product_listings WHERE is_visible AND "+condition,
			),
			*page.Total,
		)
		for _, item := range page.Items {
			assert.True(t, item.IsFeatured || path == "/offers")
			assert.True(t, item.DiscountPrice != nil || path == "/featured")
		}
		var next api.ProductPage
		shop.Get(products + path + "?limit=5&cursor=" + *page.NextCursor).
			Want(http.StatusOK).
			Into(&next)
		assert.NotContains(t, ids(next), page.Items[4].ID)
	}
}
