package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createOrder, payOrder, getReadiness, and more: a server goes on while a newer program adds tables
// and columns, and one of the same version can still be started. That is how servers are replaced
// one by one.
func TestThePreviousProgramServesOnANewerSchema(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin, ada := shop.Admin(), shop.Customer()
	walk := func(shop *apitest.Shop) {
		admin, ada := shop.As(admin.Token()), shop.As(ada.Token())
		shop.Get("/readyz").Want(http.StatusOK)
		shop.Get("/api/v1/products?facets=true").Want(http.StatusOK)
		shop.Get("/api/v1/products/search?q=lamp").Want(http.StatusOK)
		shop.Get("/api/v1/categories").Want(http.StatusOK)
		shop.Post("/api/v1/rag/query", apitest.Fields{"query": "Which lamps are there?"}).
			Want(http.StatusOK)
		product := admin.Product(apitest.Fields{"stock": 9})
		admin.Patch(
			fmt.Sprintf("/api/v1/admin/products/%d", product.ID),
			apitest.Fields{"description": "new"},
		).Want(http.StatusOK)
		ada.Post("/api/v1/cart/items", apitest.Fields{"product_id": product.ID, "quantity": 2}).
			Want(http.StatusOK)
		var order api.Order
		ada.Post("/api/v1/orders", nil).Want(http.StatusCreated).Into(&order)
		ada.Post(
			fmt.Sprintf("/api/v1/orders/%d/pay", order.ID),
			apitest.Fields{"payment_type": "card", "token": "tok_visa"},
		).Want(http.StatusCreated)
		for _, path := range []string{
			"orders", "customers", "stock", "audit", "webhooks", "imports", "dashboard", "jobs",
		} {
			answer := admin.Get("/api/v1/admin/" + path)
			assert.Contains(t, []int{http.StatusOK, http.StatusNotFound}, answer.Status, path)
		}
		shop.Customer()
	}
	walk(shop)

	rows, err := shop.Pool.Query(t.Context(), `SELECT tablename::text FROM pg_tables
		WHERE schemaname = 'public' AND tablename NOT LIKE 'river%'
		  AND tablename <> 'schema_migrations'`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(tables), 40)
	for _, table := range tables {
		name := pgx.Identifier{table}.Sanitize()
		shop.Exec("ALTER TABLE " + name + " ADD COLUMN future_note text")
		shop.Exec("ALTER TABLE " + name + " ADD COLUMN future_count int NOT NULL DEFAULT 7")
	}
	shop.Exec("CREATE TABLE future (id bigint)")
	shop.Exec("UPDATE schema_migrations SET version = version + 1")

	walk(shop)
	walk(shop.Restart())
	shop.RequireSound()
}
