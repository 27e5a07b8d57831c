package search_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// searchProducts: prices, sales and names in the query become filters.
func TestSearchUnderstands(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	typo := find(shop, "q=wireles+headfones+under+%24100")
	require.NotNil(t, typo.CorrectedQuery)
	assert.Equal(t, "wireless headphones", *typo.CorrectedQuery)
	assert.Equal(t, "99.99", *typo.Interpreted.MaxPrice)
	assert.Nil(t, typo.Interpreted.MinPrice)
	for _, hit := range typo.Items {
		assert.True(
			t, hit.Product.DiscountPrice != nil || len(hit.Product.Price) <= len("99.99"),
			hit.Product.Price,
		)
	}
	assert.Nil(t, find(shop, "q=headphones").CorrectedQuery)
	assert.Nil(
		t, find(shop, "q=headphones+under+%24100&max_price=500").Interpreted.MaxPrice,
		"a parameter wins",
	)
	assert.Equal(t, "sleeping bag", *find(shop, "q=sleepingbag").CorrectedQuery)
	assert.Contains(t, find(shop, "q=dutch+oven+zzzqqq").DroppedWords, "zzzqqq")
	assert.Empty(t, find(shop, "q=dutch+oven").DroppedWords)
	for _, mode := range []string{"keyword", "semantic", "hybrid"} {
		assert.Empty(t, find(shop, "q=zzzqqq&mode="+mode).Items, mode)
	}
	for _, hit := range find(shop, "q=highbean&limit=3").Items {
		assert.Equal(t, "Highbean", hit.Product.Brand.Name)
	}
	least := 9
	for range 5 { // a look whether the vocabulary changed may fall into one of them
		least = min(least, shop.Statements(func() { find(shop, "q=wireles+headfones") }))
	}
	assert.Equal(t, 1, least, "a search is one statement")
}

// suggestProducts: completions while typing.
func TestSuggest(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	suggest := func(query string) []api.Suggestion {
		var found api.Suggestions
		shop.Get(products + "/suggest?" + query).Want(http.StatusOK).Into(&found)
		return found.Items
	}
	kinds := map[api.SuggestionKind]bool{}
	for _, item := range suggest("q=headph") {
		kinds[item.Kind] = true
		assert.True(
			t,
			item.Kind == api.SuggestionKindProduct || strings.Contains(item.Highlighted, "<mark>"),
			item.Text,
		)
	}
	assert.True(
		t,
		kinds[api.SuggestionKindProduct] && kinds[api.SuggestionKindQuery] &&
			kinds[api.SuggestionKindCategory],
		kinds,
	)
	assert.Empty(t, suggest("q=qzxjv")) // an empty list, not null
	assert.Len(t, suggest("q=s&limit=3"), 3)
	assert.NotEmpty(t, suggest("q=headfones"), "typos are mended")
	assert.Empty(t, suggest("q="+url.QueryEscape("%_")), "no wildcards")
	assert.LessOrEqual(t, shop.Statements(func() { suggest("q=cof") }), 2)
	shop.Get(products+"/suggest?q=a&limit=21").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// searchProducts, listProducts: how many products each further filter leaves.
func TestFacets(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	all := list(shop, "facets=true&limit=1")
	require.NotNil(t, all.Facets)
	stock, price := int64(0), int64(0)
	for _, one := range all.Facets.Availability {
		stock += one.Count
	}
	for _, one := range all.Facets.Prices {
		price += one.Count
	}
	assert.Equal(t, *all.Total, stock)
	assert.Equal(t, *all.Total, price)
	assert.LessOrEqual(t, len(all.Facets.Prices), 6)
	band := all.Facets.Prices[1]
	assert.Equal(
		t, band.Count,
		*list(shop, fmt.Sprintf("min_price=%s&max_price=%s", *band.Min, *band.Max)).Total,
		"a band's limits are its filter",
	)
	brand := all.Facets.Brands[0]
	chosen := list(shop, fmt.Sprintf("facets=true&brand_id=%d", brand.ID))
	assert.Equal(t, all.Facets.Brands, chosen.Facets.Brands, "a facet leaves out its own filter")
	assert.Equal(t, brand.Count, *chosen.Total)
	assert.Nil(t, list(shop, "").Facets)
	for _, mode := range []string{"keyword", "semantic", "hybrid"} {
		found := find(shop, "facets=true&q=headphones&mode="+mode)
		require.NotNil(t, found.Facets, mode)
		assert.NotEmpty(t, found.Facets.Brands, mode)
	}
	assert.Empty(t, find(shop, "facets=true&q=zzzqqq").Facets.Brands)
	assert.Empty(t, find(shop, "facets=true&q=zzzqqq&mode=semantic").Facets.Brands)
}

// createSynonyms, listSynonyms, getSynonyms, replaceSynonyms, deleteSynonyms, searchProducts: sets
// of words that mean the same.
func TestSynonyms(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	admin := shop.Admin()
	const path = "/api/v1/admin/search/synonyms"
	assert.Empty(t, find(shop, "q=anorak").Items)
	var set api.SynonymSet
	made := admin.Post(path, map[string]any{"terms": []string{"Anorák", "jacket"}}).
		Want(http.StatusCreated).
		Into(&set)
	assert.Equal(t, []string{"anorak", "jacket"}, set.Terms)
	assert.Len(t, find(shop, "q=anorak").Items, 1, "from the next search on")
	admin.Post(path, map[string]any{"terms": []string{"parka", "anorak"}}).
		Problem(http.StatusConflict, "synonym_taken")
	for _, body := range []map[string]any{
		{"terms": []string{"one"}},
		{"terms": []string{"--", "x"}},
		{"terms": []string{"a"}, "meaning": "A"},
		{"terms": []string{"a"}, "meaning": "?"},
	} {
		admin.Post(path, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	one := fmt.Sprintf("%s/%d", path, set.ID)
	admin.Get(one).Want(http.StatusOK)
	etag := made.Header.Get("ETag")
	admin.Get(one, apitest.IfNoneMatch(etag)).Want(http.StatusNotModified)
	admin.Put(
		one, map[string]any{"terms": []string{"windcheater"}, "meaning": "jacket"},
		apitest.IfMatch(etag),
	).
		Want(http.StatusOK)
	admin.Put(one, map[string]any{
		"terms": []string{"x"}, "meaning": "y",
	}, apitest.IfMatch(etag)).
		Problem(http.StatusPreconditionFailed, "stale")
	assert.Empty(t, find(shop, "q=anorak").Items)
	assert.Len(t, find(shop, "q=windcheater").Items, 1)
	var other api.SynonymSet
	admin.Post(path, map[string]any{"terms": []string{"coat", "mac"}}).
		Want(http.StatusCreated).
		Into(&other)
	admin.Put(
		fmt.Sprintf("%s/%d", path, other.ID),
		map[string]any{"terms": []string{"coat", "windcheater"}},
	).
		Problem(http.StatusConflict, "synonym_taken")
	var page api.SynonymPage
	admin.Get(path).Want(http.StatusOK).Into(&page)
	assert.EqualValues(t, 2, page.Total)
	admin.Call(http.MethodDelete, one, nil, apitest.IfMatch(etag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Delete(one).Want(http.StatusNoContent)
	admin.Delete(one).Problem(http.StatusNotFound, "synonyms_not_found")
	admin.Get(one).Problem(http.StatusNotFound, "synonyms_not_found")
	admin.Put(one, map[string]any{"terms": []string{"x"}, "meaning": "y"}).
		Problem(http.StatusNotFound, "synonyms_not_found")
	assert.Empty(t, find(shop, "q=windcheater").Items)
}

// searchProducts, by RecountWords: words that no product has any more are forgotten.
func TestRecount(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	require.NoError(t, shop.App.Search.RecountWords(t.Context()))
	known := func(word string) bool {
		return apitest.Value[bool](
			shop, "SELECT EXISTS (SELECT FROM search_words WHERE word = $1)", word,
		)
	}
	shop.Exec("UPDATE products SET name = 'Rain jacket'")
	assert.True(t, known("rain"))
	shop.Exec("UPDATE products SET name = 'Snow jacket'")
	require.NoError(t, shop.App.Search.RecountWords(t.Context()))
	assert.False(t, known("rain"), "a word no product has is forgotten")
	assert.False(
		t, apitest.Value[bool](shop, "SELECT recount_search_words()"), "nothing changed since",
	)
}
