package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// scale is how many products BenchmarkSearchAtScale searches.
const scale = 100_000

// filling makes a catalogue of scale products whose names are brand, adjective, noun and model, and whose vectors lie
// around one centre for each noun, as those of a real catalogue do. Everything follows from the number of the product.
var filling = []string{
	`SELECT setseed(0.5)`,
	`CREATE UNLOGGED TABLE syllables AS SELECT n, (ARRAY['ba','ke','lo','mi','nu','ra','so','ti','vo','za','dre','fen','gor','hal','jun','kri'])[n + 1] AS s FROM generate_series(0, 15) n`,
	`CREATE UNLOGGED TABLE word AS SELECT row_number() OVER () - 1 AS n, a.s || b.s || c.s AS w FROM syllables a, syllables b, syllables c`,
	`CREATE UNIQUE INDEX ON word (n)`,
	`ANALYZE word`,
	`INSERT INTO brands (name, slug) SELECT initcap(w) || 'on', w || 'on' FROM word WHERE n % 20 = 0`,
	`INSERT INTO categories (name, slug) SELECT initcap(w) || 'er', w || 'er' FROM word WHERE n % 40 = 7`,
	`CREATE UNLOGGED TABLE nouns AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, name FROM categories`,
	`CREATE UNLOGGED TABLE makers AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, name FROM brands`,
	`CREATE UNLOGGED TABLE adjectives AS SELECT row_number() OVER () - 1 AS n, w || 'ic' AS w FROM word WHERE n % 40 = 3`,
	`CREATE UNLOGGED TABLE chosen AS
	 SELECT i, m.id AS brand_id, c.id AS category_id, c.n AS noun, m.name || ' ' || initcap(a.w) || ' ' || c.name || ' ' || chr(65 + i %% 26) || (i / 26) AS name,
	        (SELECT string_agg(w.w, ' ') FROM word w WHERE w.n IN (i %% 4096, i * 7 %% 4096, i * 31 %% 4096, i * 101 %% 4096, i * 211 %% 4096, i * 307 %% 4096, i * 401 %% 4096, i * 503 %% 4096))
	        || ' for every ' || lower(c.name) || ' day and more' AS description
	   FROM generate_series(1, %[1]d) i
	   JOIN makers m ON m.n = (i::bigint * 2654435761) %% (SELECT count(*) FROM makers)
	   JOIN nouns c ON c.n = (i::bigint * 40503 / 7) %% (SELECT count(*) FROM nouns)
	   JOIN adjectives a ON a.n = (i::bigint * 69069 / 11) %% (SELECT count(*) FROM adjectives)`,
	`CREATE INDEX ON chosen (i)`,
	`DROP INDEX product_embeddings_nearest_idx`,
}

// chunk adds the products from one number to another.
const chunk = `
WITH made AS (
    INSERT INTO products (name, slug, description, brand_id, category_id, created_at)
    SELECT name, 'product-' || i, description, brand_id, category_id, now() - i * interval '1 minute' FROM chosen WHERE i BETWEEN $1 AND $2
    RETURNING id, substr(slug, 9)::int AS i)
INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
SELECT id, true, 'SKU-' || i, 500 + i::bigint * 7919 % 20000, i % 10 FROM made`

const vectors = `
CREATE UNLOGGED TABLE noise AS
SELECT n, l2_normalize((SELECT array_agg(random() - 0.5) FROM generate_series(1, 768) WHERE n = n)::vector) AS v FROM generate_series(0, 2999) n;
INSERT INTO product_embeddings (model_id, product_id, document_hash, base, embedding, embedded_at)
SELECT (SELECT min(id) FROM embedding_models), p.id, '', x.v, x.v::halfvec, now()
  FROM products p
  JOIN chosen c ON c.i = substr(p.slug, 9)::int
  JOIN noise centre ON centre.n = c.noun
  JOIN noise own ON own.n = 200 + (c.i * 17) % 2800
  JOIN noise other ON other.n = 200 + (c.i * 7919) % 2800
 CROSS JOIN LATERAL (SELECT l2_normalize(centre.v + own.v * array_fill(0.6::real, ARRAY[768])::vector + other.v * array_fill(0.4::real, ARRAY[768])::vector) AS v) x;
SET maintenance_work_mem = '1GB';
SET max_parallel_maintenance_workers = 0;
CREATE INDEX product_embeddings_nearest_idx ON product_embeddings USING hnsw (embedding halfvec_cosine_ops);
UPDATE product_listings SET popularity = product_id * 7919 % 1000;
SELECT recount_search_words();
VACUUM ANALYZE`

func fillShop(b *testing.B, shop *apitest.Shop) {
	b.Helper()
	ctx := b.Context()
	conn, err := pgx.Connect(ctx, shop.DatabaseURL)
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	require.NoError(b, shop.App.Index(ctx, nil)) // makes the vector space
	run := func(sql string, args ...any) {
		_, err := conn.Exec(ctx, sql, args...)
		require.NoError(b, err, sql)
	}
	for _, sql := range filling {
		if strings.Contains(sql, "%[1]d") {
			sql = fmt.Sprintf(sql, scale)
		}
		run(sql)
	}
	for from := 1; from <= scale; from += 10_000 {
		run(chunk, from, from+9_999)
	}
	for sql := range strings.SplitSeq(vectors, ";") {
		run(sql)
	}
	shop.App.Search.Forget()
}

// BenchmarkSearchAtScale measures what shoppers wait for in a shop of 100,000 products, alone and 64 at a time, and holds
// every kind of request to reading by indexes alone.
func BenchmarkSearchAtScale(b *testing.B) {
	shop := apitest.New(b, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	start := time.Now()
	fillShop(b, shop)
	shop.Log.Discard()
	b.Logf("%d products made in %s", scale, time.Since(start).Round(time.Second))

	var names []string
	rows, err := shop.Pool.Query(b.Context(), "SELECT name FROM products WHERE id % 997 = 0 ORDER BY id")
	require.NoError(b, err)
	names, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b, err)
	kinds := []struct {
		name string
		path func(words []string) string
	}{
		{"keyword, one word", func(w []string) string { return "/search?mode=keyword&q=" + w[2] }},
		{"keyword", func(w []string) string { return "/search?mode=keyword&q=" + w[1] + "+" + w[2] }},
		{"keyword, typo", func(w []string) string { return "/search?mode=keyword&q=" + w[0][:3] + w[0][4:] + "+" + w[2] }},
		{"keyword, filtered", func(w []string) string { return "/search?mode=keyword&in_stock=true&q=" + w[2] + "+under+$50" }},
		{"semantic", func(w []string) string { return "/search?mode=semantic&q=" + w[1] + "+" + w[2] }},
		{"semantic, filtered", func(w []string) string { return "/search?mode=semantic&max_price=45&q=" + w[1] + "+" + w[2] }},
		{"hybrid", func(w []string) string { return "/search?q=" + w[1] + "+" + w[2] }},
		{"hybrid, one in three words", func(w []string) string { return "/search?q=" + w[0] + "+" + w[2] + "+nonsense" }},
		{"suggest", func(w []string) string { return "/suggest?q=" + w[0] + "+" + w[1][:3] }},
		{"suggest, two letters", func(w []string) string { return "/suggest?q=" + w[1][:2] }},
		{"search with facets", func(w []string) string { return "/search?mode=keyword&facets=true&q=" + w[2] }},
		{"list with facets", func(w []string) string { return "?facets=true&limit=20&brand=" + w[0] }},
		{"list of all with facets", func([]string) string { return "?facets=true&limit=20" }},
	}
	for _, kind := range kinds {
		paths := make([]string, 0, len(names))
		for _, name := range names {
			paths = append(paths, shop.URL()+products+kind.path(strings.Fields(strings.ToLower(name))))
		}
		before := sequentialScans(shop)
		measure(b, paths, 1, 20)
		alone := measure(b, paths, 1, 60)
		many := measure(b, paths, 64, 640)
		fmt.Printf("%-28s alone p50 %5.1f p95 %5.1f ms | 64 at once p50 %6.1f p95 %6.1f ms, %5.0f/s | sequential scans: %s\n",
			kind.name, alone.p50, alone.p95, many.p50, many.p95, many.rate, strings.Join(sequentialScans(shop).since(before), " "))
	}
	recall(b, shop)
}

type timing struct{ p50, p95, rate float64 }

// measure requests paths in turn, so many in all from so many connections.
func measure(b *testing.B, paths []string, connections, requests int) timing {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	took := make([]float64, requests)
	var wait sync.WaitGroup
	start := time.Now()
	for c := range connections {
		wait.Go(func() {
			for i := c; i < requests; i += connections {
				began := time.Now()
				response, err := client.Get(paths[i%len(paths)])
				if !assert.NoError(b, err) {
					return
				}
				assert.Equal(b, http.StatusOK, response.StatusCode, paths[i%len(paths)])
				_ = response.Body.Close()
				took[i] = float64(time.Since(began).Microseconds()) / 1000
			}
		})
	}
	wait.Wait()
	elapsed := time.Since(start).Seconds()
	slices.Sort(took)
	return timing{took[len(took)/2], took[len(took)*95/100], float64(requests) / elapsed}
}

type scans map[string]int64

// sequentialScans are how often the large tables were read from end to end.
func sequentialScans(shop *apitest.Shop) scans {
	found := scans{}
	for _, table := range []string{"products", "product_search", "product_listings", "product_embeddings"} {
		found[table] = apitest.Value[int64](shop, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = $1", table)
	}
	return found
}

func (s scans) since(before scans) (changed []string) {
	for table, n := range s {
		if n > before[table] {
			changed = append(changed, fmt.Sprintf("%s +%d", table, n-before[table]))
		}
	}
	if changed == nil {
		return []string{"none"}
	}
	return changed
}

// recall holds the index of vectors against comparing all of them, without a filter and with one that a fifth passes.
func recall(b *testing.B, shop *apitest.Shop) {
	b.Helper()
	pool, err := postgres.Open(b.Context(), shop.DatabaseURL, 1, nil)
	require.NoError(b, err)
	defer pool.Close()
	const nearest = `SELECT e.product_id FROM product_embeddings e JOIN product_listings l USING (product_id)
		WHERE l.buyer_minor >= $2 ORDER BY e.embedding <=> $1::text::halfvec LIMIT $3`
	random := rand.New(rand.NewPCG(1, 2))
	for _, filter := range []int64{0, 16_500} {
		for _, limit := range []int{10, 100} {
			hits, all := 0, 0
			for range 20 {
				id := random.IntN(scale) + 1
				query := apitest.Value[string](shop, `SELECT l2_normalize(a.embedding + b.embedding)::text FROM product_embeddings a, product_embeddings b
					WHERE a.product_id = $1 AND b.product_id = $1 % 90000 + 100`, id)
				find := func(setting string) (ids []int64) {
					require.NoError(b, pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
						if _, err := tx.Exec(b.Context(), setting); err != nil {
							return err
						}
						rows, err := tx.Query(b.Context(), nearest, pgx.QueryExecModeCacheDescribe, query, filter, limit)
						if err != nil {
							return err
						}
						ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
						return err
					}))
					return ids
				}
				exact := find("SET LOCAL enable_indexscan = off")
				found := find("SELECT")
				all += len(exact)
				for _, id := range found {
					if slices.Contains(exact, id) {
						hits++
					}
				}
			}
			share := float64(hits) / float64(all)
			fmt.Printf("recall@%d, prices from %d: %.3f\n", limit, filter, share)
		}
	}
}
