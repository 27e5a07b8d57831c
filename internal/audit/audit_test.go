package audit_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const (
	log      = "/api/v1/admin/audit-log"
	products = "/api/v1/admin/products"
)

func list(caller apitest.Caller, query string) api.AuditPage {
	var body api.AuditPage
	caller.Get(log + query).Want(http.StatusOK).Into(&body)
	return body
}

// listAuditLog, createProduct, updateProduct: an entry has the fields before and after; the filters
// of the list.
func TestTheLogTellsWhatWasAndWhatIs(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper := shop.Admin()
	started := time.Now()
	var product api.AdminProduct
	keeper.Post(
		products,
		apitest.Fields{"name": "50% O'Neill kettle", "price": "20.00", "sku": "K-1", "stock": 5},
	).Want(http.StatusCreated).Into(&product)
	address := fmt.Sprintf("%s/%d", products, product.ID)
	keeper.Patch(
		address, apitest.Fields{"is_featured": true, "discount_price": "15.00"},
		apitest.Header{Name: "X-Request-Id", Value: "mine-1"},
	).Want(http.StatusOK)
	keeper.Patch(address, apitest.Fields{"is_featured": true}).
		Want(http.StatusOK) // changes nothing
	keeper.Delete(address).Want(http.StatusNoContent)
	keeper.Post(address+"/restore", nil).Want(http.StatusOK)

	of := fmt.Sprintf("?object_type=product&object_id=%d", product.ID)
	all := list(keeper, of)
	require.Len(t, all.Items, 4)
	var events []string
	for _, entry := range all.Items {
		events = append(events, entry.Event)
		assert.Equal(t, "50% O'Neill kettle", *entry.Label)
		assert.Equal(t, apitest.AdminEmail, *entry.Actor.Email)
		assert.Equal(t, "127.0.0.1", *entry.Address)
	}
	assert.Equal(
		t, []string{"product.restored", "product.deleted", "product.updated", "product.created"},
		events,
	)
	changed := all.Items[2]
	assert.Equal(t, map[string]any{"is_featured": false}, changed.Before, "only what changed")
	assert.Equal(t, map[string]any{"is_featured": true}, changed.After)
	assert.Equal(t, "updateProduct", *changed.Operation)
	assert.Equal(t, "mine-1", *changed.RequestID)
	created := all.Items[3]
	assert.Nil(t, created.Before)
	assert.Equal(t, "50% O'Neill kettle", created.After["name"])

	request := list(keeper, "?request_id=mine-1")
	require.Len(t, request.Items, 2, "the product and its variant")
	for _, entry := range request.Items {
		if entry.ObjectType == "variant" {
			assert.Equal(t, map[string]any{"discount_minor": nil}, entry.Before)
			assert.Equal(t, map[string]any{"discount_minor": float64(1500)}, entry.After)
			assert.Equal(t, map[string]any{"product_id": float64(product.ID)}, entry.Detail)
			assert.Equal(t, "K-1", *entry.Label)
		}
	}

	count := func(query string) int { return len(list(keeper, query).Items) }
	assert.Equal(t, 4, count("?q="+url.QueryEscape("50% o'neill")))
	assert.Zero(t, count("?q="+url.QueryEscape("50_ o")), "no wildcards")
	assert.Equal(t, 1, count("?operation=restoreProduct"))
	assert.Equal(t, 1, count("?event=product.deleted"))
	actor := fmt.Sprintf("?actor_id=%d", created.Actor.ID)
	assert.Equal(
		t, 7, count(actor+"&from="+url.QueryEscape(started.UTC().Format(time.RFC3339Nano))),
		"four of the product, two of its variant, one of its stock",
	)
	assert.Zero(
		t, count("?to="+url.QueryEscape(started.Add(-time.Hour).UTC().Format(time.RFC3339))),
	)
	assert.Positive(t, count("?object_type=account&event=login.succeeded"))
	keeper.Get(log+"?q=").Problem(http.StatusUnprocessableEntity, "invalid_request")
	keeper.Get(log+"?cursor=abc").Problem(http.StatusUnprocessableEntity, "invalid_request")

	var walked []int64
	for query := of + "&limit=3"; ; {
		page := list(keeper, query)
		for _, entry := range page.Items {
			walked = append(walked, entry.ID)
		}
		if page.NextCursor == nil {
			break
		}
		query = of + "&limit=3&cursor=" + *page.NextCursor
	}
	assert.Len(t, walked, 4)
	assert.LessOrEqual(t, shop.Statements(func() { keeper.Get(log) }), 2, "who asks, and the page")
}

// listAuditLog, createOrder, setOrderStatus, setCustomerRole: entries hold no secrets and no
// personal data.
func TestSecretsAndPersonsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	customer := apitest.Value[int64](shop, "SELECT max(id) FROM users")
	var home api.Address
	ada.Post("/api/v1/addresses", apitest.Fields{
		"recipient": "Canary Person", "line1": "Canary Street 1", "city": "Ulm",
		"postal_code": "89073", "country": "DE",
	}).Want(http.StatusCreated).Into(&home)
	keeper.Post(products, apitest.Fields{"name": "Kettle", "price": "20.00", "stock": 5}).
		Want(http.StatusCreated)
	var order api.Order
	ada.Post(
		"/api/v1/orders",
		apitest.Fields{
			"items":               []apitest.Fields{{"product_id": 1, "quantity": 1}},
			"shipping_address_id": home.ID,
		},
	).Want(http.StatusCreated).Into(&order)
	keeper.Put(
		fmt.Sprintf("/api/v1/admin/orders/%d/status", order.ID), apitest.Fields{"status": "PAID"},
	).Want(http.StatusOK)
	keeper.Put(
		fmt.Sprintf("/api/v1/admin/customers/%d/role", customer), apitest.Fields{"role": "staff"},
	).Want(http.StatusOK)

	// A change of a masked column is logged without its values.
	shop.Exec("CREATE TABLE hooks (id bigint PRIMARY KEY, url text, secret text)")
	shop.Exec("SELECT audit_table('hooks', 'hook', label => 'url', masked => '{secret}')")
	shop.Exec(`BEGIN; SET LOCAL shopd.audit = '{"operation":"createHook","actor":1}';
		INSERT INTO hooks VALUES (1, 'https://example.com', 'canary-secret'); UPDATE hooks
			SET secret = 'canary-other';
		UPDATE hooks SET secret = NULL; COMMIT`)
	hooks := list(keeper, "?object_type=hook")
	require.Len(t, hooks.Items, 3)
	assert.Equal(
		t, map[string]any{"id": float64(1), "url": "https://example.com", "secret": "[masked]"},
		hooks.Items[2].After,
	)
	assert.Equal(t, map[string]any{"secret": "[masked]"}, hooks.Items[1].Before)
	assert.Equal(t, map[string]any{"secret": nil}, hooks.Items[0].After)

	assert.Zero(
		t,
		apitest.Value[int](
			shop,
			`SELECT count(*) FROM audit_events e
				WHERE e::text ~* 'canary|customer-|lovelace|correct horse|\$2[aby]\$'`,
		),
	)
	role := list(keeper, "?event=account.role_changed").Items[0]
	assert.Equal(t, map[string]any{"role": "customer"}, role.Before)
	assert.Equal(t, map[string]any{"role": "staff"}, role.After)
	assert.Nil(t, role.Label)
}

// listAuditLog, createWebhook, startImport, cancelImport: what the server does by itself to them is
// no entry.
func TestOnlyPeopleChangeWebhooksAndImports(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper := shop.Admin()
	logged := func(object string) (events []string, all []api.AuditEntry) {
		all = list(keeper, "?object_type="+object).Items
		for _, entry := range all {
			events = append(events, entry.Event)
		}
		return events, all
	}
	const hooks = "/api/v1/admin/webhooks"
	var made api.NewWebhook
	keeper.Post(hooks, apitest.Fields{"url": "https://example.com/", "events": []string{"*"}}).
		Want(http.StatusCreated).
		Into(&made)
	keeper.Post(fmt.Sprintf("%s/%d/rotate-secret", hooks, made.ID), nil).Want(http.StatusOK)
	shop.Exec("UPDATE webhooks SET failing_since = now()")
	keeper.Patch(fmt.Sprintf("%s/%d", hooks, made.ID), apitest.Fields{"is_active": false}).
		Want(http.StatusOK)
	events, entries := logged("webhook")
	require.Equal(t, []string{"webhook.updated", "webhook.updated", "webhook.created"}, events)
	assert.Equal(t, "https://example.com/", *entries[0].Label)
	assert.Equal(t, false, entries[0].After["is_active"])
	assert.Equal(t, "[masked]", entries[1].After["secret"])
	assert.Equal(t, "[masked]", entries[1].After["old_secret"])
	assert.Equal(t, "[masked]", entries[2].After["secret"])

	var begun api.Import
	keeper.Post(
		"/api/v1/admin/imports", apitest.Fields{"url": "https://example.com/feed.csv?key=canary"},
	).Want(http.StatusAccepted).Into(&begun)
	shop.Exec("UPDATE imports SET position = 1, rows_total = 7, created = 3")
	keeper.Post(fmt.Sprintf("/api/v1/admin/imports/%d/cancel", begun.ID), nil).Want(http.StatusOK)
	events, entries = logged("import")
	require.Equal(t, []string{"import.updated", "import.created"}, events)
	assert.Equal(t, "https://example.com/feed.csv", *entries[1].Label)
	assert.Equal(t, map[string]any{"status": "queued", "finished_at": nil}, entries[0].Before)
	assert.Equal(t, "cancelled", entries[0].After["status"])
	assert.Zero(
		t,
		apitest.Value[int](shop, "SELECT count(*) FROM audit_events e WHERE e::text ~* 'canary'"),
	)
}

// listAuditLog, createBrand, updateBrand: entries cannot be changed or removed, not even by the
// database's owner.
func TestTheLogIsFinal(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper := shop.Admin()
	keeper.Post("/api/v1/admin/brands", apitest.Fields{"name": "Acme"}).Want(http.StatusCreated)
	for _, sql := range []string{
		"UPDATE audit_events SET event = 'a.b'", "DELETE FROM audit_events",
		"TRUNCATE audit_events",
	} {
		_, err := shop.Pool.Exec(t.Context(), sql)
		assert.ErrorContains(t, err, "never changed", sql)
	}
	assert.Equal(
		t,
		"A",
		apitest.Value[string](
			shop, "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'audit_events_are_final'",
		),
		"in replicas too",
	)

	// An entry is there if and only if the change is.
	keeper.Post("/api/v1/admin/brands", apitest.Fields{"name": "acme"}).
		Problem(http.StatusConflict, "brand_name_taken")
	assert.Equal(
		t,
		1,
		apitest.Value[int](
			shop, "SELECT count(*) FROM audit_events WHERE operation = 'createBrand'",
		),
	)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(
			func() {
				keeper.Patch(
					"/api/v1/admin/brands/1",
					apitest.Fields{"description": fmt.Sprintf("No. %d", i)},
				)
			},
		)
	}
	all.Wait()
	assert.Equal(
		t,
		16,
		apitest.Value[int](
			shop, "SELECT count(*) FROM audit_events WHERE operation = 'updateBrand'",
		),
	)
	assert.Equal(
		t,
		apitest.Value[string](shop, "SELECT description FROM brands"),
		apitest.Value[string](
			shop, "SELECT after->>'description' FROM audit_events ORDER BY id DESC LIMIT 1",
		),
	)
}

// createOrder: what customers do in their own account is no entry.
func TestCustomersLeaveNoEntries(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Admin().
		Post(products, apitest.Fields{"name": "Kettle", "price": "20.00", "stock": 5}).
		Want(http.StatusCreated)
	keeper := shop.Admin() // staff may buy, too
	before := apitest.Value[int](shop, "SELECT count(*) FROM audit_events")
	keeper.Post(
		"/api/v1/orders",
		apitest.Fields{"items": []apitest.Fields{{"product_id": 1, "quantity": 1}}},
	).Want(http.StatusCreated)
	assert.Equal(t, before, apitest.Value[int](shop, "SELECT count(*) FROM audit_events"))
}
