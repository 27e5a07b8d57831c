package assistant_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// loadFeed puts a product feed in Google Shopping columns into an empty shop.
func loadFeed(t *testing.T, shop *apitest.Shop, path string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var ids, names, brands, categories, texts []string
	var prices, stocks []int64
	for _, row := range rows[1:] {
		get := func(name string) string { return row[column[name]] }
		amount, _, _ := strings.Cut(get("price"), " ")
		price, err := strconv.ParseFloat(amount, 64)
		require.NoError(t, err)
		stock, err := strconv.ParseInt(get("quantity"), 10, 64)
		require.NoError(t, err)
		ids, names, brands, categories = append(ids, get("id")), append(
			names, get("title"),
		), append(brands, strings.ToLower(get("brand"))), append(categories, get("product_type"))
		texts, prices, stocks = append(texts, get("description")), append(
			prices, int64(price*100+0.5),
		), append(stocks, stock)
	}
	tx, err := shop.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	exec := func(sql string, args ...any) {
		_, err := tx.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	exec("SET LOCAL statement_timeout = 0")
	exec(
		`INSERT INTO brands (name, slug) SELECT DISTINCT b, 'b-' || md5(b)
			FROM unnest($1::text[]) b`,
		brands,
	)
	// A category for each path, under that of the path before it.
	exec(
		`INSERT INTO categories (name, slug) SELECT DISTINCT split_part(p, ' > ', 1),
			'c-' || md5(split_part(p, ' > ', 1)) FROM unnest($1::text[]) p`,
		categories,
	)
	for depth := 2; depth <= 6; depth++ {
		exec(`INSERT INTO categories (name, slug, parent_id)
			SELECT DISTINCT parts[$2], 'c-' || md5(array_to_string(parts[1:$2], ' > ')), c.id
			  FROM (SELECT string_to_array(p, ' > ') AS parts FROM unnest($1::text[]) p) x
			  JOIN categories c ON c.slug = 'c-' || md5(array_to_string(parts[1:$2 - 1], ' > '))
			 WHERE cardinality(parts) >= $2`, categories, depth)
	}
	exec(`INSERT INTO products (name, slug, description, brand_id, category_id)
		SELECT u.name, 'p-' || u.sku, u.text, b.id, c.id
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) u (sku, name, text,
		brand, path)
		  JOIN brands b ON b.slug = 'b-' || md5(u.brand)
		  JOIN categories c ON c.slug = 'c-' || md5(u.path)`, ids, names, texts, brands, categories)
	exec(`INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
		SELECT p.id, true, u.sku, u.price, u.stock
		FROM unnest($1::text[], $2::bigint[], $3::integer[]) u (sku, price, stock)
		JOIN products p ON p.slug = 'p-' || u.sku`, ids, prices, stocks)
	require.NoError(t, tx.Commit(t.Context()))
	shop.Exec("ANALYZE")
}
