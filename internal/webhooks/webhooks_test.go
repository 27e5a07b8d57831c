package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// createWebhook, listWebhookDeliveries, redeliverWebhook: every event is sent once, verified by the
// reference library, with the object as it was.
func TestEveryEventArrives(t *testing.T) {
	t.Parallel()
	s := open(t, apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"})
	r := receive(t)
	made := s.hook(r.URL, "*")
	r.trusts(made.Secret)

	product := s.keeper.Product(apitest.Fields{"name": "Vase", "price": "3.00", "stock": 2})
	address := fmt.Sprintf("/api/v1/admin/products/%d", product.ID)
	s.keeper.Patch(address, apitest.Fields{"name": "Tall vase"}).Want(http.StatusOK)
	s.keeper.Put(address+"/inventory", apitest.Fields{"quantity": 11}).Want(http.StatusOK)
	s.keeper.Put(address+"/inventory", apitest.Fields{"quantity": 2}).Want(http.StatusOK)
	s.work()
	assert.ElementsMatch(
		t, []string{"product.created", "product.updated", "stock.low"}, strings.Fields(r.types()),
	)

	ada := s.Customer()
	var order api.Order
	ada.Post(
		orders,
		apitest.Fields{
			"items": []apitest.Fields{{"product_id": product.ID, "quantity": 2}},
			"note":  "Ring twice",
		},
	).Want(http.StatusCreated).Into(&order)
	s.pay(ada, order, "tok_declined").Want(http.StatusPaymentRequired)
	s.pay(ada, order, "tok_visa").Want(http.StatusCreated)
	status := fmt.Sprintf("/api/v1/admin/orders/%d/status", order.ID)
	s.keeper.Put(status, apitest.Fields{"status": "SHIPPED"}).Want(http.StatusOK)
	s.keeper.Put(status, apitest.Fields{"status": "DELIVERED"}).Want(http.StatusOK)
	second := s.order(ada)
	s.pay(ada, second, "tok_visa").Want(http.StatusCreated)
	ada.Post(fmt.Sprintf("%s/%d/cancel", orders, second.ID), nil).Want(http.StatusOK)
	s.keeper.Delete(address).Want(http.StatusNoContent)
	require.NoError(t, postgres.Tx(t.Context(), s.Pool, func(q *db.Queries) error {
		return events.RecordImportFinished(
			t.Context(), q,
			events.ImportSummary{ID: 7, Status: "completed", Total: 3, FinishedAt: time.Now()},
		)
	}))
	s.work()
	messages := r.messages()
	kinds := map[string]int{}
	var ofOrder []string
	for _, m := range messages {
		kinds[m.Type]++
		var data struct {
			ID     int64
			Number string
		}
		require.NoError(t, json.Unmarshal(m.Data, &data))
		if data.Number == order.Number {
			ofOrder = append(ofOrder, m.Type)
		}
	}
	assert.Equal(t, map[string]int{
		"customer.registered": 1,
		"order.created":       2,
		"stock.out":           1,
		"payment.failed":      1,
		"order.paid":          2,
		"order.shipped":       1,
		"order.delivered":     1,
		"payment.refunded":    1,
		"order.cancelled":     1,
		"product.deleted":     1,
		"import.finished":     1,
	}, kinds)
	assert.Equal(
		t, []string{"order.created", "order.paid", "order.shipped", "order.delivered"}, ofOrder,
	)
	byType := map[string]map[string]any{}
	for _, m := range messages {
		if byType[m.Type] == nil {
			var data map[string]any
			require.NoError(t, json.Unmarshal(m.Data, &data))
			byType[m.Type] = data
		}
	}
	created, paid := byType["order.created"], byType["order.paid"]
	assert.EqualValues(t, order.ID, created["id"])
	assert.Equal(t, "PENDING", created["status"])
	assert.Equal(t, "PAID", paid["status"])
	assert.Equal(
		t, order.CreatedAt.Format(time.RFC3339Nano),
		strings.Replace(created["created_at"].(string), "+00:00", "Z", 1),
	)
	assert.Equal(t, created["customer"], paid["customer"])
	for _, field := range []string{
		"id", "number", "items", "total", "currency", "note", "shipping_address", "total_quantity",
	} {
		assert.Equal(t, created[field], paid[field], field)
	}
	assert.Equal(t, "25.00", byType["payment.refunded"]["refund"].(map[string]any)["amount"])
	assert.Equal(t, "Tall vase", byType["stock.out"]["product_name"])

	delivered := s.deliveries(made.ID)
	require.Len(t, delivered, 3+len(messages))
	for _, d := range delivered {
		assert.Equal(t, api.WebhookDeliveryStatusDelivered, d.Status)
		assert.EqualValues(t, 1, d.Attempts)
		assert.EqualValues(t, 200, *d.ResponseStatus)
		assert.Nil(t, d.NextAttemptAt)
	}
	var page api.WebhookDeliveryPage
	s.keeper.Get(at(made.ID) + "/deliveries?limit=2&event=order.paid&status=delivered").
		Want(http.StatusOK).
		Into(&page)
	require.Len(t, page.Items, 2)
	s.keeper.Get(at(made.ID) + "/deliveries?limit=2&event=order.paid&status=delivered&cursor=" +
		*page.NextCursor).
		Want(http.StatusOK).
		Into(&page)
	assert.Empty(t, page.Items)

	// An event that no webhook wants is not stored, unless the shop itself needs it.
	s.keeper.Patch(at(made.ID), apitest.Fields{"is_active": false}).Want(http.StatusOK)
	before := apitest.Value[int](s.Shop, "SELECT count(*) FROM events")
	s.keeper.Patch(
		fmt.Sprintf("/api/v1/admin/products/%d", s.product), apitest.Fields{"name": "Drifted"},
	).Want(http.StatusOK)
	s.order(ada)
	assert.Equal(t, before+1, apitest.Value[int](s.Shop, "SELECT count(*) FROM events"))

	s.Exec(
		`UPDATE events SET at = at - interval '31 days', told_at = now()
			WHERE id <> (SELECT max(id) FROM events)`,
	)
	require.NoError(t, s.App.Events.Purge(t.Context()))
	assert.Equal(t, 1, apitest.Value[int](s.Shop, "SELECT count(*) FROM events"))
	assert.Empty(t, s.deliveries(made.ID))
}

// rotateWebhookSecret, pingWebhook: for a day after a change of the secret both verify, then only
// the new one.
func TestSecretsOverlap(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := receive(t)
	made := s.hook(r.URL, "order.created")
	var rotated api.NewWebhook
	s.keeper.Post(at(made.ID)+"/rotate-secret", nil).Want(http.StatusOK).Into(&rotated)
	assert.NotEqual(t, made.Secret, rotated.Secret)
	assert.WithinDuration(
		t, time.Now().Add(24*time.Hour), *rotated.PreviousSecretUntil, time.Minute,
	)
	for _, secret := range []string{made.Secret, rotated.Secret} {
		r.trusts(secret)
		var ping api.WebhookDelivery
		s.keeper.Post(at(made.ID)+"/test", nil).Want(http.StatusAccepted).Into(&ping)
		assert.Equal(t, api.WebhookDeliveryStatusPending, ping.Status)
		s.work()
		assert.Equal(t, "webhook.ping", r.types())
	}
	s.later("25 hours")
	s.keeper.Post(at(made.ID)+"/test", nil).Want(http.StatusAccepted)
	s.work()
	got := r.messages()
	require.Len(t, got, 1)
	assert.Len(t, strings.Fields(got[0].Signature), 1)
	_, err := standardwebhooks.NewWebhook(rotated.Secret)
	require.NoError(t, err)

	// With another SECRET_KEY no secret can be read: nothing is sent, and the delivery says why.
	s.order(s.Customer())
	other := shop{
		Shop: s.Restart(
			apitest.Setting{Name: "SECRET_KEY", Value: "another-secret-that-only-this-test-has"},
		),
		t: t,
	}
	other.work()
	all := s.deliveries(made.ID)
	last := all[len(all)-1]
	assert.Equal(t, api.WebhookDeliveryStatusPending, last.Status)
	assert.Contains(t, *last.Error, "SECRET_KEY")
}

// createWebhook: however many workers there are, each event arrives once, and in order while
// nothing fails.
func TestManyWorkersDeliverOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := receive(t)
	made := s.hook(r.URL, "order.created", "order.cancelled")
	r.trusts(made.Secret)
	ada := s.Customer()
	for range 8 {
		order := s.order(ada)
		ada.Post(fmt.Sprintf("%s/%d/cancel", orders, order.ID), nil).Want(http.StatusOK)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := s.App.Events.Dispatch(context.Background()); err != nil {
				t.Error(err)
			}
			if err := s.App.Webhooks.Deliver(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.work()
	got := r.messages()
	var ids []string
	last := map[string]string{}
	for _, m := range got {
		ids = append(ids, m.ID)
		var data struct{ Number string }
		require.NoError(t, json.Unmarshal(m.Data, &data))
		last[data.Number] += m.Type + " "
	}
	sort.Strings(ids)
	for i := range ids[1:] {
		assert.NotEqual(t, ids[i], ids[i+1])
	}
	require.Len(t, last, 8)
	for number, types := range last {
		assert.Equal(t, "order.created order.cancelled ", types, number)
	}
}
