package catalog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// listProducts, getProduct, searchProducts and the other public reads: counts the statements each
// runs in the database, once the words of the catalogue are known. With -v it prints the table of
// docs/performance.md.
func TestStatementsOfReads(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	product := shop.Admin().Product(apitest.Fields{"name": "Drift lamp", "price": "79.00"})
	shop.Exec("INSERT INTO brands (name, slug) VALUES ('Aurelle', 'aurelle')")
	shop.Exec("INSERT INTO categories (name, slug) VALUES ('Lamps', 'lamps')")
	shop.Exec(
		"UPDATE products SET brand_id = (SELECT id FROM brands), category_id = (SELECT id " +
			"FROM categories), attributes = '{\"color\": \"black\"}'",
	)
	require.NoError(t, shop.App.Index(t.Context(), nil))
	one := func(table string) int64 { return apitest.Value[int64](shop, "SELECT id FROM "+table) }

	var table strings.Builder
	table.WriteString("| read | SQL statements |\n|---|---|\n")
	for _, read := range []struct {
		name, path string
		statements int
	}{
		{"product by id", fmt.Sprintf("products/%d", product.ID), 1},
		{"product by slug", "products/slug/" + product.Slug, 1},
		{"category", fmt.Sprintf("categories/%d", one("categories")), 1},
		{"brand", fmt.Sprintf("brands/%d", one("brands")), 1},
		{"page of categories", "categories", 2},
		{"page of brands", "brands", 2},
		{"page of products", "products", 1},
		{
			"page of products, filtered and sorted",
			"products?brand=aurelle&category=lamps&min_price=1&max_price=100&in_stock=false" +
				"&attribute=color:black&q=lamp&sort=price_asc",
			1,
		},
		{"page of products with facets", "products?facets=true", 2},
		{"page of products behind the end", "products?offset=500", 2},
		{"featured products, offers", "products/featured", 1},
		{"similar products, none", fmt.Sprintf("products/%d/similar", product.ID), 2},
		{"bought together, none", fmt.Sprintf("products/%d/bought-together", product.ID), 2},
		{"search, keyword", "products/search?mode=keyword&q=lamp", 1},
		{"search, semantic", "products/search?mode=semantic&q=lamp", 1},
		{"search, hybrid", "products/search?q=drift+lmap", 1},
		{"search, hybrid with facets", "products/search?facets=true&q=lamp", 2},
		{"suggestions", "products/suggest?q=dri", 1},
	} {
		path := "/api/v1/" + read.path
		shop.Get(path).Want(http.StatusOK) // whatever is read once
		ran := shop.Statements(func() { shop.Get(path).Want(http.StatusOK) })
		assert.Equal(t, read.statements, ran, read.name)
		fmt.Fprintf(&table, "| %s | %d |\n", read.name, ran)
	}
	if testing.Verbose() {
		fmt.Println(table.String())
	}
}
