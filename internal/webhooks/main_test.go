package webhooks_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "webhooks") }

// Every operation of the tag webhooks: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "webhooks") }

const (
	hooks  = "/api/v1/admin/webhooks"
	orders = "/api/v1/orders"
)

// shop is one that may call this machine, and sells one thing at 12.50.
type shop struct {
	*apitest.Shop
	t       *testing.T
	keeper  apitest.Caller
	product int64
}

func open(t *testing.T, settings ...apitest.Setting) shop {
	t.Helper()
	s := shop{Shop: apitest.New(t, append([]apitest.Setting{
		{
			Name:  "FETCH_ALLOWED_NETWORKS",
			Value: "127.0.0.1",
		},
		{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
	}, settings...)...), t: t}
	s.keeper = s.Admin()
	var made api.AdminProduct
	s.keeper.Post(
		"/api/v1/admin/products",
		apitest.Fields{"name": "Drift", "price": "12.50", "stock": 100000},
	).Want(http.StatusCreated).Into(&made)
	s.product = made.ID
	return s
}

func (s shop) order(caller apitest.Caller) (order api.Order) {
	caller.Post(
		orders, apitest.Fields{"items": []apitest.Fields{{"product_id": s.product, "quantity": 2}}},
	).Want(http.StatusCreated).Into(&order)
	return order
}

func (s shop) pay(caller apitest.Caller, order api.Order, token string) *apitest.Answer {
	return caller.Post(
		fmt.Sprintf("%s/%d/pay", orders, order.ID),
		apitest.Fields{"payment_type": "card", "token": token},
	)
}

// work creates the deliveries of all events and makes those that are due.
func (s shop) work() {
	s.t.Helper()
	require.NoError(s.t, s.App.Events.Dispatch(s.t.Context()))
	require.NoError(s.t, s.App.Webhooks.Deliver(s.t.Context()))
}

// later makes it so much later for what waits, and works.
func (s shop) later(interval string) {
	s.t.Helper()
	s.Exec(
		`UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - $1::interval,
			leased_until = leased_until - $1::interval`,
		interval,
	)
	s.Exec(
		`UPDATE webhooks SET failing_since = failing_since - $1::interval,
			old_secret_until = old_secret_until - $1::interval`,
		interval,
	)
	s.work()
}

// hook adds a webhook for some events.
func (s shop) hook(url string, events ...string) (made api.NewWebhook) {
	s.keeper.Post(hooks, apitest.Fields{"url": url, "events": events}).
		Want(http.StatusCreated).
		Into(&made)
	return made
}

func at(id int64) string { return fmt.Sprintf("%s/%d", hooks, id) }

func (s shop) read(id int64) (now api.Webhook) {
	s.keeper.Get(at(id)).Want(http.StatusOK).Into(&now)
	return now
}

// deliveries of a webhook, oldest first.
func (s shop) deliveries(id int64) []api.WebhookDelivery {
	var page api.WebhookDeliveryPage
	s.keeper.Get(at(id) + "/deliveries?limit=100").Want(http.StatusOK).Into(&page)
	slices.Reverse(page.Items)
	return page.Items
}

// message is what a receiver got.
type message struct {
	ID        string
	Signature string
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// receiver is a receiver of webhooks. It responds as answer does, and records the requests. A
// request that the reference library does not verify fails the test.
type receiver struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	secret string
	got    []message
	answer func(w http.ResponseWriter, r *http.Request, m message)
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// trusts has the receiver verify by a secret from now on.
func (r *receiver) trusts(secret string) *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
	return r
}

func (r *receiver) answers(answer func(w http.ResponseWriter, r *http.Request, m message)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) status(status int) {
	r.answers(func(w http.ResponseWriter, _ *http.Request, _ message) { w.WriteHeader(status) })
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil { // the sender died
		return
	}
	r.mu.Lock()
	verifier, err := standardwebhooks.NewWebhook(r.secret)
	if err == nil {
		err = verifier.Verify(body, request.Header)
	}
	m := message{
		ID:        request.Header.Get("webhook-id"),
		Signature: request.Header.Get("webhook-signature"),
	}
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		r.t.Errorf("not verified: %v: %s %v", err, body, request.Header)
	}
	r.got = append(r.got, m)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, request, m)
	}
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// types of what it got since the last call, in order.
func (r *receiver) types() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var types []string
	for _, m := range r.got {
		types = append(types, m.Type)
	}
	r.got = nil
	return strings.Join(types, " ")
}
