package assistant_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/assistant/geministub"
	"github.com/shopd/shopd/internal/platform/apitest"
)

// withGemini starts a shop whose assistant talks to a stand-in of Google's API.
func withGemini(t *testing.T, start func(testing.TB, ...apitest.Setting) *apitest.Shop, settings ...apitest.Setting) (*apitest.Shop, *geministub.Server) {
	t.Helper()
	model := geministub.New()
	listener := httptest.NewServer(model)
	t.Cleanup(listener.Close)
	settings = append([]apitest.Setting{
		{Name: "RAG_PROVIDER", Value: "auto"}, {Name: "GEMINI_API_KEY", Value: "test-key"}, {Name: "GEMINI_ENDPOINT", Value: listener.URL},
		{Name: "RAG_GEMINI_TIMEOUT", Value: "10"},
	}, settings...)
	return start(t, settings...), model
}

func index(caller apitest.Caller) api.IndexReport {
	var report api.IndexReport
	caller.Post("/api/v1/rag/index", nil).Want(http.StatusOK).Into(&report)
	return report
}

func indexCategories(caller apitest.Caller) api.CategoryIndexReport {
	var report api.CategoryIndexReport
	caller.Post("/api/v1/rag/index/categories", nil).Want(http.StatusOK).Into(&report)
	return report
}

func status(caller apitest.Caller) api.IndexStatus {
	var s api.IndexStatus
	caller.Get("/api/v1/rag/status").Want(http.StatusOK).Into(&s)
	return s
}

func TestIndexMakesOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	shop, model := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	products := apitest.Value[int](shop, "SELECT count(*) FROM products")
	categories := apitest.Value[int](shop, "SELECT count(*) FROM categories")

	before := status(admin)
	assert.Equal(t, "gemini", before.Provider)
	assert.Equal(t, int64(products), before.Products)
	assert.Zero(t, before.Indexed, "another model's vectors do not count")
	assert.True(t, before.LastRunAt == nil)

	report := index(admin)
	assert.Equal(t, products, int(report.Indexed))
	assert.Zero(t, report.Errors)
	assert.Equal(t, products, model.Items())
	blended := indexCategories(admin)
	assert.Equal(t, categories, int(blended.CategoriesProcessed))
	assert.Equal(t, products, int(blended.ProductsUpdated))
	assert.Equal(t, products+categories, model.Items())

	again, blendedAgain := index(admin), indexCategories(admin)
	assert.Equal(t, products, int(again.Indexed))
	assert.Zero(t, blendedAgain.ProductsUpdated)
	assert.Equal(t, products+categories, model.Items(), "a second run asks the model for nothing")

	shop.Exec("UPDATE products SET description = 'New words.', updated_at = now() WHERE id = (SELECT min(id) FROM products WHERE is_active)")
	assert.Equal(t, int64(1), status(admin).Stale)
	index(admin)
	assert.Equal(t, products+categories+1, model.Items(), "an edit costs one vector")
	after := status(admin)
	assert.Zero(t, after.Stale)
	assert.Equal(t, int64(products), after.Indexed)
	assert.Equal(t, int64(categories), after.CategoriesIndexed)
	assert.False(t, after.LastRunAt == nil)

	shop.Exec("UPDATE variants SET price_minor = price_minor + 1, stock = stock + 100 WHERE stock > 10")
	index(admin)
	assert.Equal(t, products+categories+1, model.Items(), "a cent or a sale changes no document")
}

func TestBlendIsFourPartsProductOnePartCategory(t *testing.T) {
	t.Parallel()
	shop, _ := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	index(admin)
	indexCategories(admin)
	// Computed from the two vectors in another way than the server does it.
	sql := `
		SELECT min(1 - (e.embedding <=> (
			SELECT array_agg(0.8 * p.x + 0.2 * c.x ORDER BY p.i)::real[]::vector::halfvec
			  FROM unnest(l2_normalize(e.base)::real[]) WITH ORDINALITY p(x, i)
			  JOIN unnest(l2_normalize(ce.base)::real[]) WITH ORDINALITY c(x, i) USING (i))))
		  FROM product_embeddings e
		  JOIN products p ON p.id = e.product_id
		  JOIN category_embeddings ce ON ce.category_id = p.category_id AND ce.model_id = e.model_id`
	assert.Greater(t, apitest.Value[float64](shop, sql), 0.999)

	var report api.IndexReport
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	shop.Exec("UPDATE products SET description = 'Quite another thing.', updated_at = now() WHERE id = $1", id)
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", id), nil).Want(http.StatusOK).Into(&report)
	assert.Equal(t, int32(1), report.Indexed)
	assert.Greater(t, apitest.Value[float64](shop, sql), 0.999, "an edit keeps the blend")
}

func TestReindexProduct(t *testing.T) {
	t.Parallel()
	shop, model := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	for range 2 {
		admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", id), nil).Want(http.StatusOK)
	}
	assert.Equal(t, 2, model.Items(), "asked for, so made anew each time")
	hidden := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE NOT is_active")
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", hidden), nil).Want(http.StatusOK)
	shop.Exec("UPDATE products SET deleted_at = now() WHERE id = $1", hidden)
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", hidden), nil).Problem(http.StatusNotFound, "product_not_found")
	admin.Put("/api/v1/rag/products/0/reindex", nil).Problem(http.StatusUnprocessableEntity, "invalid_request")
}

func TestIndexRunsOneAtATime(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	shop.Exec("UPDATE embedding_models SET run = 'another server', run_until = now() + interval '1 minute'")
	admin.Post("/api/v1/rag/index", nil).Problem(http.StatusConflict, "index_running")
	admin.Post("/api/v1/rag/index/categories", nil).Problem(http.StatusConflict, "index_running")
	shop.Exec("UPDATE embedding_models SET run_until = now() - interval '1 second'") // it crashed
	index(admin)
	assert.Equal(t, int64(0), apitest.Value[int64](shop, "SELECT count(*) FROM embedding_models WHERE run IS NOT NULL"), "the right to index is given back")
}

func TestIndexStopsAtAnEmptyQuotaAndGoesOnLater(t *testing.T) {
	t.Parallel()
	shop, model := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	model.Next(geministub.BatchEmbedContents, 1, geministub.Reply{}) // the first batch passes
	model.Next(geministub.BatchEmbedContents, 1, geministub.QuotaPerMinute("46s"))
	answer := admin.Post("/api/v1/rag/index", nil)
	answer.Problem(http.StatusTooManyRequests, "assistant_quota_exhausted")
	assert.Equal(t, "46", answer.Header.Get("Retry-After"))
	done := status(admin).Indexed
	require.Positive(t, done, "what was made before is kept")
	items := model.Items()
	index(admin)
	products := apitest.Value[int](shop, "SELECT count(*) FROM products")
	assert.Equal(t, products-int(done), model.Items()-items, "the second run makes only the rest")
}

func TestIndexFindsTheProductTheModelRefuses(t *testing.T) {
	t.Parallel()
	shop, model := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	index(admin)
	shop.Exec("UPDATE products SET description = description || ' And more.', updated_at = now() WHERE id IN (SELECT id FROM products WHERE is_active ORDER BY id LIMIT 4)")
	// Four are embedded together, then two, then one alone: refused each time.
	model.Next(geministub.BatchEmbedContents, 2, geministub.InvalidArgument())
	model.Next(geministub.EmbedContent, 1, geministub.InvalidArgument())
	report := index(admin)
	assert.Equal(t, int32(1), report.Errors)
	assert.Contains(t, report.Message, "1 could not be indexed")
	s := status(admin)
	assert.Equal(t, int64(1), s.Failing)
	assert.Equal(t, int64(1), s.Stale, "the others of its batch are current")
	report = index(admin)
	assert.Zero(t, report.Errors)
	assert.Zero(t, status(admin).Failing, "what succeeds is forgiven")
}

func TestIndexWithoutItsModel(t *testing.T) {
	t.Parallel()
	shop, model := withGemini(t, apitest.Demo)
	admin := shop.Admin()
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	reindex := fmt.Sprintf("/api/v1/rag/products/%d/reindex", id)
	model.Next(geministub.BatchEmbedContents, 50, geministub.Overloaded())
	model.Next(geministub.EmbedContent, 50, geministub.Overloaded())
	admin.Post("/api/v1/rag/index", nil).Problem(http.StatusServiceUnavailable, "assistant_unavailable")
	admin.Post("/api/v1/rag/index/categories", nil).Problem(http.StatusServiceUnavailable, "assistant_unavailable")
	admin.Put(reindex, nil).Problem(http.StatusServiceUnavailable, "assistant_unavailable")

	refused, model := withGemini(t, apitest.Demo)
	model.Next(geministub.BatchEmbedContents, 1, geministub.KeyInvalid())
	refused.Admin().Post("/api/v1/rag/index", nil).Problem(http.StatusServiceUnavailable, "assistant_misconfigured")
	assert.Contains(t, refused.Log.String(), "GEMINI_API_KEY", "the log names the setting")
	assert.NotContains(t, refused.Log.String(), "test-key", "and never its value")
}
