package vectors_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/model/geministub"
)

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

// sources returns the sources of the assistant's answer to a question.
func sources(caller apitest.Caller, question string) []api.AssistantSource {
	var answer api.AssistantAnswer
	caller.Post("/api/v1/rag/query", map[string]any{"query": question}).
		Want(http.StatusOK).
		Into(&answer)
	return answer.Sources
}

// indexProducts, indexCategories, getIndexStatus: vectors are made for new and changed texts alone.
func TestIndexMakesOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
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

	shop.Exec(
		"UPDATE products SET description = 'New words.', updated_at = now() " +
			"WHERE id = (SELECT min(id) FROM products WHERE is_active)",
	)
	assert.Equal(t, int64(1), status(admin).Stale)
	index(admin)
	assert.Equal(t, products+categories+1, model.Items(), "an edit costs one vector")
	after := status(admin)
	assert.Zero(t, after.Stale)
	assert.Equal(t, int64(products), after.Indexed)
	assert.Equal(t, int64(categories), after.CategoriesIndexed)
	assert.False(t, after.LastRunAt == nil)

	shop.Exec(
		"UPDATE variants SET price_minor = price_minor + 1, stock = stock + 100 WHERE stock > 10",
	)
	index(admin)
	assert.Equal(t, products+categories+1, model.Items(), "a cent or a sale changes no document")
}

// indexProducts, indexCategories, reindexProduct: a product's vector is four parts its own and one
// its category's.
func TestBlendIsFourPartsProductOnePartCategory(t *testing.T) {
	t.Parallel()
	shop, _ := apitest.WithGemini(t, apitest.Demo)
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
		  JOIN category_embeddings ce ON ce.category_id = p.category_id AND ce.model_id =
		  e.model_id`
	assert.Greater(t, apitest.Value[float64](shop, sql), 0.999)

	var report api.IndexReport
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	shop.Exec(
		"UPDATE products SET description = 'Quite another thing.', updated_at = now() "+
			"WHERE id = $1",
		id,
	)
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", id), nil).
		Want(http.StatusOK).
		Into(&report)
	assert.Equal(t, int32(1), report.Indexed)
	assert.Greater(t, apitest.Value[float64](shop, sql), 0.999, "an edit keeps the blend")
}

// reindexProduct: one product, inactive ones too, and what is refused.
func TestReindexProduct(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	for range 2 {
		admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", id), nil).Want(http.StatusOK)
	}
	assert.Equal(t, 2, model.Items(), "made again each time it is requested")
	hidden := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE NOT is_active")
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", hidden), nil).Want(http.StatusOK)
	shop.Exec("UPDATE products SET deleted_at = now() WHERE id = $1", hidden)
	admin.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", hidden), nil).
		Problem(http.StatusNotFound, "product_not_found")
	admin.Put("/api/v1/rag/products/0/reindex", nil).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// indexProducts, getIndexStatus: a run under way is not started twice.
func TestIndexRunsAreShared(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	products := apitest.Value[int](shop, "SELECT count(*) FROM products")
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	model.OnEmbed(func() {
		once.Do(func() { close(entered) })
		<-leave
	})
	reports := make(chan api.IndexReport, 3)
	ask := func() { reports <- index(admin) }
	go ask()
	<-entered
	run := status(admin).Run
	require.NotNil(t, run)
	assert.Equal(t, api.IndexRunStateRunning, run.State)
	assert.Equal(t, int32(products), run.Total)
	go ask()
	go ask()
	close(leave)
	for range 3 {
		assert.Equal(
			t, int32(products), (<-reports).Indexed,
			"all requests return the outcome of the one run",
		)
	}
	assert.Equal(t, products, model.Items(), "the model was asked once for each")
	run = status(admin).Run
	assert.Equal(t, api.IndexRunStateDone, run.State)
	assert.Equal(t, int32(products), run.Done)
	assert.Equal(
		t,
		1,
		apitest.Value[int](
			shop,
			"SELECT count(*) FROM index_runs WHERE model_id = (SELECT max(id) "+
				"FROM embedding_models)",
		),
	)
	assert.Zero(
		t, apitest.Value[int](shop, "SELECT count(*) FROM embedding_models WHERE run IS NOT NULL"),
		"the right to index is given back",
	)
}

// indexProducts, getIndexStatus: a run is resumed after a crash.
func TestARunGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	products := apitest.Value[int](shop, "SELECT count(*) FROM products")
	model.Next(geministub.BatchEmbedContents, 1, geministub.Reply{}) // the first batch passes
	model.Next(geministub.BatchEmbedContents, 1, geministub.QuotaPerDay())
	shop.Admin().
		Post("/api/v1/rag/index", nil).
		Problem(http.StatusTooManyRequests, "assistant_quota_exhausted")
	items := model.Items()
	// As if the server had crashed in the middle: the run is open, and its lease is taken until it
	// ends.
	shop.Exec(
		"UPDATE embedding_models SET run = 'dead', run_until = now() + interval '500 milliseconds'",
	)
	shop.Exec("UPDATE index_runs SET waiting_until = NULL")
	other := shop.Restart(
		apitest.Setting{Name: "RAG_PROVIDER", Value: "auto"},
		apitest.Setting{Name: "GEMINI_API_KEY", Value: "test-key"},
		apitest.Setting{
			Name:  "GEMINI_ENDPOINT",
			Value: model.URL(),
		},
		apitest.Setting{Name: "WORKERS", Value: "true"},
	)
	assert.Equal(t, int32(products), index(other.Admin()).Indexed)
	assert.Equal(t, products-items, model.Items()-items, "what was made before the crash is kept")
	assert.Equal(t, api.IndexRunStateDone, status(other.Admin()).Run.State)
}

// indexProducts, by its job: a worker does a run that was begun.
func TestTheJobOfARunDoesIt(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	shop.Exec("UPDATE product_embeddings SET document_hash = ''")
	shop.Exec(
		`WITH r AS (INSERT INTO index_runs (model_id, kind) SELECT min(id), 'products'
			FROM embedding_models RETURNING id)
		INSERT INTO river_job (args, kind, max_attempts, state) SELECT json_build_object('run', id),
		'assistant.index', 5, 'available' FROM r`,
	)
	other := shop.Restart(apitest.Setting{Name: "WORKERS", Value: "true"})
	require.Eventually(t, func() bool {
		return apitest.Value[int](
			other, "SELECT count(*) FROM index_runs WHERE finished_at IS NULL",
		) == 0
	}, 20*time.Second, 50*time.Millisecond)
	assert.Zero(
		t,
		apitest.Value[int](
			other, "SELECT count(*) FROM product_embeddings WHERE document_hash = ''",
		),
	)
}

// indexProducts, getIndexStatus: a run stops when the day's quota is used up, and resumes later.
func TestIndexStopsAtAnEmptyQuotaAndGoesOnLater(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	model.Next(geministub.BatchEmbedContents, 1, geministub.Reply{}) // the first batch passes
	model.Next(geministub.BatchEmbedContents, 1, geministub.QuotaPerDay())
	answer := admin.Post("/api/v1/rag/index", nil)
	answer.Problem(http.StatusTooManyRequests, "assistant_quota_exhausted")
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
	s := status(admin)
	require.Positive(t, s.Indexed, "what was made before is kept")
	assert.Equal(t, api.IndexRunStateWaiting, s.Run.State)
	assert.NotNil(t, s.Run.WaitingUntil)
	items := model.Items()
	index(admin)
	products := apitest.Value[int](shop, "SELECT count(*) FROM products")
	assert.Equal(
		t, products-int(s.Indexed), model.Items()-items, "the second run makes only the rest",
	)
}

// indexProducts, indexCategories, askAssistant, getIndexStatus: vectors of another model are used
// once all are there.
func TestAnotherModelTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	before := status(admin)
	assert.Contains(
		t, before.ServingModel, "local:",
		"the vectors that are there serve until all new ones are made",
	)
	require.NotEmpty(t, sources(shop.Caller, "coffee grinder"))
	assert.Zero(
		t, model.Calls(geministub.EmbedContent), "questions are asked of the space that serves",
	)

	index(admin)
	assert.Contains(t, status(admin).ServingModel, "local:", "the categories are missing")
	indexCategories(admin)
	assert.Contains(t, status(admin).ServingModel, "gemini:")
	require.NotEmpty(t, sources(shop.Caller, "coffee grinder"))
	assert.Equal(t, 1, model.Calls(geministub.EmbedContent))
	assert.Equal(
		t, "retired",
		apitest.Value[string](shop, "SELECT state FROM embedding_models WHERE name LIKE 'local:%'"),
	)

	// Half the dimensions: the new space is built while the former one serves.
	shorter := shop.Restart(
		apitest.Setting{Name: "RAG_PROVIDER", Value: "gemini"},
		apitest.Setting{Name: "GEMINI_API_KEY", Value: "test-key"},
		apitest.Setting{
			Name:  "GEMINI_ENDPOINT",
			Value: model.URL(),
		},
		apitest.Setting{Name: "RAG_EMBEDDING_DIM", Value: "256"},
	)
	s := status(shorter.Admin())
	assert.Contains(t, s.Model, "@256")
	assert.Contains(t, s.ServingModel, "@768")
	require.NotEmpty(t, sources(shorter.Caller, "a yoga mat"))
	last, _ := model.Last(geministub.EmbedContent)
	assert.Equal(t, 768, last.Texts[0].Dimensions)
	// An edit meanwhile makes vectors in both.
	items := model.Items()
	shorter.Admin().
		Put(
			fmt.Sprintf(
				"/api/v1/rag/products/%d/reindex",
				apitest.Value[int64](shop, "SELECT min(id) FROM products"),
			),
			nil,
		).
		Want(http.StatusOK)
	assert.Equal(t, items+2, model.Items())
	indexCategories(shorter.Admin())
	index(shorter.Admin())
	assert.Contains(t, status(shorter.Admin()).ServingModel, "@256")
}

// indexProducts, getIndexStatus: a product that the model refuses is named, and the others are
// indexed.
func TestIndexFindsTheProductTheModelRefuses(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	index(admin)
	shop.Exec(
		"UPDATE products SET description = description || ' And more.', updated_at = now() " +
			"WHERE id IN (SELECT id FROM products WHERE is_active ORDER BY id LIMIT 4)",
	)
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

// indexProducts, indexCategories, reindexProduct: 503 while the model is down.
func TestIndexWithoutItsModel(t *testing.T) {
	t.Parallel()
	shop, model := apitest.WithGemini(t, apitest.Demo)
	admin := shop.Admin()
	id := apitest.Value[int64](shop, "SELECT min(id) FROM products WHERE is_active")
	reindex := fmt.Sprintf("/api/v1/rag/products/%d/reindex", id)
	model.Next(geministub.BatchEmbedContents, 50, geministub.Overloaded())
	model.Next(geministub.EmbedContent, 50, geministub.Overloaded())
	admin.Post("/api/v1/rag/index", nil).
		Problem(http.StatusServiceUnavailable, "assistant_unavailable")
	admin.Post("/api/v1/rag/index/categories", nil).
		Problem(http.StatusServiceUnavailable, "assistant_unavailable")
	admin.Put(reindex, nil).Problem(http.StatusServiceUnavailable, "assistant_unavailable")

	refused, model := apitest.WithGemini(t, apitest.Demo)
	model.Next(geministub.BatchEmbedContents, 1, geministub.KeyInvalid())
	refused.Admin().
		Post("/api/v1/rag/index", nil).
		Problem(http.StatusServiceUnavailable, "assistant_misconfigured")
	assert.Contains(t, refused.Log.String(), "GEMINI_API_KEY", "the log names the setting")
	assert.NotContains(t, refused.Log.String(), "test-key", "and never its value")
}
