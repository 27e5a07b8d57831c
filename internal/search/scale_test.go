package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// BenchmarkSearchAtScale measures what shoppers wait for in a shop of 100,000 products, alone and
// 64 at a time, and holds every kind of request to reading by indexes alone.
func BenchmarkSearchAtScale(b *testing.B) {
	shop := apitest.Large(b, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	shop.Log.Discard()
	_, err := shop.App.Vectors.Understand(
		b.Context(), "tent",
	) // the model learns the words of all products first
	require.NoError(b, err)

	rows, err := shop.Pool.Query(
		b.Context(), "SELECT name FROM products WHERE id % 997 = 0 ORDER BY id",
	)
	require.NoError(b, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b, err)
	// Of a name: brand, series, adjective, one or two words of what it is, model.
	read := func(name, path string) apitest.Read {
		return apitest.Read{Name: name, Path: func(i int) string {
			words := strings.Fields(strings.ToLower(names[i%len(names)]))
			return products + strings.NewReplacer(
				"{brand}", words[0], "{typo}", words[0][:2]+words[0][3:], "{series}", words[1],
				"{adjective}", words[2], "{noun}", words[len(words)-2], "{model}",
				words[len(words)-1], "{ad}", words[2][:3], "{no}", words[len(words)-2][:2],
			).Replace(path)
		}}
	}
	suggest, short := read("suggest", "/suggest?q={brand}+{ad}"), read(
		"suggest, two letters", "/suggest?q={no}",
	)
	suggest.Limit, short.Limit = 20*time.Millisecond, 20*time.Millisecond
	shop.Measure(b, []apitest.Read{
		read("keyword, one word", "/search?mode=keyword&q={noun}"),
		read("keyword, two words", "/search?mode=keyword&q={adjective}+{noun}"),
		read("keyword, a typo", "/search?mode=keyword&q={typo}+{noun}"),
		read("keyword, a model", "/search?mode=keyword&q={brand}+{model}"),
		read(
			"keyword, in stock and under $50",
			"/search?mode=keyword&in_stock=true&q={noun}+under+$50",
		),
		read("semantic", "/search?mode=semantic&q={adjective}+{noun}"),
		read("semantic, under $45", "/search?mode=semantic&max_price=45&q={adjective}+{noun}"),
		read("hybrid", "/search?q={adjective}+{noun}"),
		read("hybrid, black ones", "/search?attribute=color:black&q={adjective}+{noun}"),
		read("hybrid, an unknown word", "/search?q={brand}+{noun}+nonsense"),
		suggest,
		short,
		read("keyword with facets", "/search?mode=keyword&facets=true&q={noun}"),
	})
	recall(b, shop)
}

// Least share of the ten nearest that the index must find.
const leastRecall = 0.95

// recall compares the index of vectors with comparing all vectors, as hybrid search uses it:
// without a filter, and with filters that a fifth and a hundredth of the products pass. Near
// duplicates are equally good, so it compares how near products are, not which they are.
func recall(b *testing.B, shop *apitest.Shop) {
	b.Helper()
	pool, err := postgres.Open(b.Context(), shop.DatabaseURL, 1, nil, nil)
	require.NoError(b, err)
	defer pool.Close()
	price := func(share float64) int64 {
		return apitest.Value[int64](
			shop,
			"SELECT percentile_disc($1) WITHIN GROUP (ORDER BY buyer_minor) "+
				"FROM product_listings WHERE is_visible",
			share,
		)
	}
	fmt.Println("\n| filter | products | recall@10 |\n|---|---|---|")
	for _, filter := range []struct {
		name     string
		from, to int64
	}{{"none", 0, 1 << 40}, {"a fifth", 0, price(0.2)}, {"a hundredth", price(0.5), price(0.51)}} {
		hits, all := 0, 0
		for _, text := range shop.ShoppersWords() {
			meaning, err := shop.App.Vectors.Understand(b.Context(), text)
			require.NoError(b, err)
			find := func(setting string) []float64 {
				return nearest(
					b, pool, setting, meaning.Vector, meaning.ModelID, filter.from, filter.to,
				)
			}
			exact, found := find("SET LOCAL enable_indexscan = off"), find("SELECT")
			all += len(exact)
			for _, distance := range found {
				if distance <= exact[len(exact)-1]+1e-6 {
					hits++
				}
			}
		}
		share := float64(hits) / float64(all)
		passing := apitest.Value[int64](
			shop,
			"SELECT count(*) FROM product_listings WHERE is_visible "+
				"AND buyer_minor BETWEEN $1 AND $2",
			filter.from, filter.to,
		)
		fmt.Printf("| %s | %d | %.3f |\n", filter.name, passing, share)
		assert.GreaterOrEqual(b, share, leastRecall, filter.name)
	}
}

// nearest returns the ten least distances of what hybrid search takes from the vectors.
func nearest(
	b *testing.B, pool *pgxpool.Pool, setting string, vector pgvector.HalfVector, model int16,
	from, to int64,
) (distances []float64) {
	b.Helper()
	const sql = `WITH nearest AS MATERIALIZED (
		SELECT e.embedding <=> $1 AS distance FROM product_embeddings e
		  JOIN product_listings l ON l.product_id = e.product_id AND l.is_visible AND l.buyer_minor
		  BETWEEN $3 AND $4
		 WHERE e.model_id = $2 ORDER BY e.embedding <=> $1 LIMIT 100)
		SELECT distance FROM nearest ORDER BY distance LIMIT 10`
	require.NoError(b, pgx.BeginTxFunc(b.Context(), pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.Context(), setting); err != nil {
			return err
		}
		rows, err := tx.Query(
			b.Context(), sql, pgx.QueryExecModeCacheDescribe, vector, model, from, to,
		)
		if err != nil {
			return err
		}
		distances, err = pgx.CollectRows(rows, pgx.RowTo[float64])
		return err
	}))
	require.Len(b, distances, 10)
	return distances
}
