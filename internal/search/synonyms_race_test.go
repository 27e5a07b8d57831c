package search_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// clients is how many edit synonyms at once.
const clients = 16

const synonyms = "/api/v1/admin/search/synonyms"

// replaceSynonyms: of racing edits with one If-Match one wins.
func TestOneOfRacingEditsOfASetWins(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var set api.SynonymSet
	made := admin.Post(synonyms, map[string]any{"terms": []string{"coat", "mac"}}).
		Want(http.StatusCreated).
		Into(&set)
	one := fmt.Sprintf("%s/%d", synonyms, set.ID)
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			answer := admin.Put(
				one, map[string]any{"terms": []string{"coat", fmt.Sprintf("mac%d", i)}},
				apitest.IfMatch(made.Header.Get("ETag")),
			)
			if answer.Status == http.StatusOK {
				won.Add(1)
				return
			}
			assert.Equal(t, http.StatusPreconditionFailed, answer.Status)
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, won.Load())
	assertOneState(t, shop)
}

// createSynonyms, replaceSynonyms, deleteSynonyms, searchProducts: after racing edits every server
// searches by the same sets.
func TestRacingSynonymEditsEndInOneState(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(jacket)
	admin := shop.Admin()
	words := []string{"anorak", "parka", "coat", "mac", "windcheater", "cagoule", "jacket"}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for range 8 {
				pick := random.Perm(len(words))
				body := map[string]any{"terms": []string{words[pick[0]], words[pick[1]]}}
				one := fmt.Sprintf("%s/%d", synonyms, 1+random.IntN(20))
				var answer *apitest.Answer
				switch random.IntN(4) {
				case 0:
					answer = admin.Delete(one)
				case 1:
					answer = admin.Put(one, body)
				default:
					answer = admin.Post(synonyms, body)
				}
				assert.Contains(
					t,
					[]int{
						http.StatusCreated, http.StatusOK, http.StatusNoContent,
						http.StatusNotFound, http.StatusConflict,
					},
					answer.Status,
					"%s",
					answer,
				)
			}
		})
	}
	all.Wait()
	assertOneState(t, shop)

	// Search does as the sets say that are left.
	var page api.SynonymPage
	admin.Get(synonyms).Want(http.StatusOK).Into(&page)
	meant := map[string]bool{"jacket": true}
	for _, set := range page.Items {
		for _, term := range set.Terms {
			if term == "jacket" {
				for _, other := range set.Terms {
					meant[other] = true
				}
			}
		}
	}
	for _, word := range words {
		assert.Equal(t, meant[word], len(find(shop, "mode=keyword&q="+word).Items) > 0, word)
	}
}

// assertOneState requires that every term is taken by the one set that names it, and by no other.
func assertOneState(t *testing.T, shop *apitest.Shop) {
	t.Helper()
	assert.Zero(
		t,
		apitest.Value[int](
			shop,
			`SELECT count(*) FROM (SELECT s.id, unnest(s.terms) AS term FROM search_synonyms s)
				named
		FULL JOIN search_synonym_terms taken ON taken.term = named.term AND taken.synonym_id =
		named.id
		WHERE named.id IS NULL OR taken.term IS NULL`,
		),
		"terms named and terms taken are the same",
	)
	assert.Zero(
		t,
		apitest.Value[int](
			shop,
			`SELECT count(*) FROM (SELECT term FROM search_synonyms, unnest(terms) AS term
				GROUP BY term HAVING count(*) > 1) x`,
		),
	)
}
