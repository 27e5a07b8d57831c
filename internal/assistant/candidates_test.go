package assistant_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// askAssistant, by Assistant.Ways: in a small shop, all products that meet a condition are
// compared. The queries for large shops must find the same.
func TestAllWaysFindTheNearest(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	// The demo's largest department, and conditions of every kind on it.
	name := apitest.Value[string](shop, `
		SELECT c.name FROM categories c WHERE c.parent_id IS NULL
		 ORDER BY (SELECT count(*) FROM product_listings l
		 WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id))) DESC, c.id
		 LIMIT 1`)
	for _, question := range []string{
		"%s", "something black in %s", "%s under $80", "%s between $20 and $60", "discounted %s",
	} {
		question = fmt.Sprintf(question, name)
		ways, err := shop.App.Assistant.Ways(t.Context(), question)
		require.NoError(t, err)
		require.NotEmpty(t, ways["compared"], question)
		for name, found := range ways {
			assert.Equal(t, ways["compared"], found, "%s %s", question, name)
		}
	}
}

// askAssistant, by Assistant.Words: words weighed in the server and in the database rank alike.
func TestWordsAreWeighedAsTheyAreFound(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	for _, question := range []string{
		"black lamp under $100", "wool throw blanket below $90", "discounted jacket",
		"a bag under $60",
	} {
		weighed, found, err := shop.App.Assistant.Words(t.Context(), question)
		require.NoError(t, err)
		assert.NotEmpty(t, weighed[0], question)
		assert.NotEmpty(t, weighed[1], question)
		assert.Equal(t, found, weighed, question)
	}
}

// reindexProduct: the code of a vector follows the product to another category.
func TestCodesFollowProductsToTheirCategory(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	const stray = "SELECT count(*) FROM product_embeddings e " +
		"JOIN products p ON p.id = e.product_id WHERE e.category_id IS DISTINCT FROM p.category_id"
	assert.Zero(t, apitest.Value[int](shop, stray))
	id := apitest.Value[int64](
		shop, "SELECT min(id) FROM products WHERE is_active AND category_id IS NOT NULL",
	)
	other := apitest.Value[int64](
		shop,
		"SELECT max(id) FROM categories WHERE id <> (SELECT category_id FROM products "+
			"WHERE id = $1)",
		id,
	)
	shop.Exec("UPDATE products SET category_id = $2, updated_at = now() WHERE id = $1", id, other)
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", id), nil).Want(http.StatusOK)
	assert.Zero(t, apitest.Value[int](shop, stray))
}

// askAssistant, by Assistant.Retrieve: planning the statements that find sources takes as long as
// running them, so PostgreSQL must see that all plans cost the same.
func TestSourcesAreFoundByPlansThatAreKept(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t, apitest.Setting{Name: "DATABASE_POOL", Value: "2"})
	for range 8 {
		for _, question := range []string{"a gift", "lamp under $100", "black shoes", "on sale"} {
			_, err := shop.App.Assistant.Ways(t.Context(), question)
			require.NoError(t, err)
			_, err = shop.App.Assistant.Retrieve(t.Context(), question)
			require.NoError(t, err)
		}
	}
	for _, statement := range []string{
		"ListNearestSources", "ListNearestOfCategories", "ListSourcesWithWords", "WeighSources",
		"CompareSources", "ListSources",
	} {
		kept, made := shop.App.Assistant.Plans(t.Context(), statement)
		assert.LessOrEqual(
			t, made, 5, "%s: PostgreSQL plans five times before it compares costs", statement,
		)
		assert.Greater(t, kept, 2, statement)
	}
}
