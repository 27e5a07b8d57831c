package search_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// searchProducts, createSynonymSet: a change made on one server is found on every other one at
// once, also by a search whose response another server cached a moment before.
func TestChangesOnOneServerAreFoundOnAllAtOnce(t *testing.T) {
	t.Parallel()
	const synonyms = "/api/v1/admin/search/synonyms"
	shared := []apitest.Setting{
		{Name: "CACHE_RESPONSES", Value: "true"},
		{Name: "REDIS_PREFIX", Value: "test:freshness:"},
	}
	one := apitest.New(t, shared...)
	other := one.Restart(shared...)
	admin := one.Admin()
	admin.Product(apitest.Fields{"name": "Enamel Kettle", "price": "19.00"})
	find := func(server *apitest.Shop, word string) int64 {
		var found api.SearchResults
		server.Get("/api/v1/products/search?mode=keyword&q=" + word).
			Want(http.StatusOK).Into(&found)
		return found.Total
	}
	for range 3 { // another word each time: the copies on both servers are a moment old
		for _, word := range []string{"abcx", "qwzx", "vbnx"} {
			assert.Zero(t, find(other, word))
			assert.Equal(t, int64(1), find(other, "kettle"))
			var set api.SynonymSet
			admin.Post(synonyms, apitest.Fields{"terms": []string{word, "kettle"}}).
				Want(http.StatusCreated).
				Into(&set)
			assert.Equal(t, int64(1), find(other, word), "on the server that did not change it")
			assert.Equal(t, int64(1), find(one, word), "on the server that did")
			admin.Delete(fmt.Sprintf("%s/%d", synonyms, set.ID)).Want(http.StatusNoContent)
			assert.Zero(t, find(other, word))
		}
	}
}
