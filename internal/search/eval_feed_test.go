package search_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gosimple/slug"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/money"
)

// feed loads a product feed in Google Shopping columns into an empty shop and indexes it.
func feed(t *testing.T, shop *apitest.Shop, path string) []item {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	l := loader{
		t:          t,
		brands:     map[string]int64{},
		categories: map[string]int64{},
		slugs:      map[string]bool{},
	}
	for _, row := range rows[1:] {
		fields := make(map[string]string, len(row))
		for i, name := range rows[0] {
			fields[name] = row[i]
		}
		l.rows = append(l.rows, fields)
	}
	require.NoError(
		t,
		pgx.BeginFunc(
			t.Context(), shop.Pool, func(tx pgx.Tx) error { return l.load(t.Context(), tx) },
		),
	)
	shop.Exec("ANALYZE")
	require.NoError(t, shop.App.Index(t.Context(), nil))
	return l.items
}

// loader inserts a feed in one transaction: the brands and categories one by one, and all products
// in one statement, because the triggers that make them searchable run once per statement.
type loader struct {
	t                  *testing.T
	rows               []map[string]string
	items              []item
	brands, categories map[string]int64 // id by lower-case name and by path
	slugs              map[string]bool
}

func (l *loader) load(ctx context.Context, tx pgx.Tx) error {
	var ids, names, slugs, descriptions []string
	var brands, categories, prices, stocks, popularity []int64
	for _, row := range l.rows {
		brand, err := l.brand(ctx, db.New(tx), row["brand"])
		if err != nil {
			return err
		}
		category, err := l.category(ctx, db.New(tx), row["product_type"])
		if err != nil {
			return err
		}
		amount, currency, _ := strings.Cut(row["price"], " ")
		require.Equal(l.t, "USD", currency, row["id"])
		minor, err := money.Currency(currency).Parse(amount)
		if err != nil {
			return fmt.Errorf("price of %s: %w", row["id"], err)
		}
		ids, names, descriptions = append(ids, row["id"]), append(
			names, row["title"],
		), append(descriptions, row["description"])
		slugs = append(slugs, l.unique("product", row["title"]))
		brands, categories, prices = append(brands, brand), append(
			categories, category,
		), append(prices, minor)
		stocks, popularity = append(stocks, l.number(row, "quantity")), append(
			popularity, l.number(row, "popularity"),
		)
		l.items = append(
			l.items,
			item{
				key:      row["id"],
				title:    row["title"],
				brand:    row["brand"],
				category: row["product_type"],
				minor:    minor,
			},
		)
	}
	statements := []struct {
		sql  string
		args []any
	}{
		{
			"SET LOCAL statement_timeout = '1min'", nil,
		}, // all products at once take longer than any request may
		{`INSERT INTO products (name, slug, description, brand_id, category_id)
		  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])`,
			[]any{names, slugs, descriptions, brands, categories}},
		{`INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
		  SELECT p.id, true, u.sku, u.price, u.stock
		    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::integer[]) u (slug, sku, price,
		    stock) JOIN products p USING (slug)`,
			[]any{slugs, ids, prices, stocks}},
		{`UPDATE product_listings l SET popularity = u.popularity
		    FROM unnest($1::text[], $2::bigint[]) u (sku, popularity) WHERE l.sku = u.sku`,
			[]any{ids, popularity}},
	}
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) brand(
	ctx context.Context, queries *db.Queries, name string,
) (id int64, err error) {
	key := strings.ToLower(name) // feeds write one brand in several ways
	if id, ok := l.brands[key]; ok {
		return id, nil
	}
	l.brands[key], err = queries.CreateBrand(ctx, name, l.unique("brand", name), "")
	return l.brands[key], err
}

// category returns the last of the categories that a path such as "A > B > C" names.
func (l *loader) category(
	ctx context.Context, queries *db.Queries, path string,
) (id int64, err error) {
	if id, ok := l.categories[path]; ok {
		return id, nil
	}
	params := db.CreateCategoryParams{Name: path}
	if cut := strings.LastIndex(path, " > "); cut >= 0 {
		parent, err := l.category(ctx, queries, path[:cut])
		if err != nil {
			return 0, err
		}
		params.Name, params.ParentID = path[cut+len(" > "):], &parent
	}
	params.Slug = l.unique("category", params.Name)
	l.categories[path], err = queries.CreateCategory(ctx, params)
	return l.categories[path], err
}

// unique makes a slug that nothing of a kind has yet.
func (l *loader) unique(kind, name string) string {
	base := slug.Make(name)
	for n := 1; ; n++ {
		candidate := base
		if n > 1 {
			candidate = fmt.Sprintf("%s-%d", base, n)
		}
		if key := kind + "/" + candidate; !l.slugs[key] {
			l.slugs[key] = true
			return candidate
		}
	}
}

func (l *loader) number(row map[string]string, name string) int64 {
	n, err := strconv.ParseInt(row[name], 10, 64)
	require.NoError(l.t, err, "%s of %s", name, row["id"])
	return n
}
