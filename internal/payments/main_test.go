package payments_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/payments/testpay"
)

func TestMain(m *testing.M) { apitest.Main(m, "payments", "payments-admin") }

// Every operation of the tag payments: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "payments") }

// Every operation of the tag payments-admin: token, role, body and parameters.
func TestAdminGuards(t *testing.T) { apitest.Guards(t, "payments-admin") }

// Every operation of the tag payments: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "payments") }

const (
	orders   = "/api/v1/orders"
	payments = "/api/v1/payments"
	methods  = "/api/v1/payments/methods"
	hook     = "/api/v1/payments/test/webhook"
)

var unlimited = apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"}

// stall is a shop that sells one thing, of which it has plenty, at 12.50.
type stall struct {
	*apitest.Shop
	t       *testing.T
	keeper  apitest.Caller
	product int64
}

func open(t *testing.T, settings ...apitest.Setting) stall {
	t.Helper()
	s := stall{Shop: apitest.New(t, append([]apitest.Setting{unlimited}, settings...)...), t: t}
	s.keeper = s.Admin()
	var made api.AdminProduct
	s.keeper.Post(
		"/api/v1/admin/products", apitest.Fields{"name": "Drift", "price": "12.50", "stock": 1000},
	).
		Want(http.StatusCreated).
		Into(&made)
	s.product = made.ID
	return s
}

// order places one of 25.00.
func (s stall) order(caller apitest.Caller) (order api.Order) {
	caller.Post(
		orders, apitest.Fields{"items": []apitest.Fields{{"product_id": s.product, "quantity": 2}}},
	).Want(http.StatusCreated).Into(&order)
	return order
}

func with(token string) apitest.Fields {
	return apitest.Fields{"payment_type": "card", "token": token}
}

func pay(
	caller apitest.Caller, order api.Order, token string, headers ...apitest.Header,
) *apitest.Answer {
	return caller.Post(at(order)+"/pay", with(token), headers...)
}

func at(order api.Order) string { return fmt.Sprintf("%s/%d", orders, order.ID) }

func admin(order api.Order) string { return fmt.Sprintf("/api/v1/admin/orders/%d", order.ID) }

func read(caller apitest.Caller, order api.Order) (now api.Order) {
	caller.Get(at(order)).Want(http.StatusOK).Into(&now)
	return now
}

func (s stall) stock() int {
	return apitest.Value[int](
		s.Shop, "SELECT sum(stock)::int FROM variants WHERE product_id = $1", s.product,
	)
}

func (s stall) ledger() testpay.Ledger {
	s.t.Helper()
	ledger, err := s.App.TestPayments.Ledger()
	require.NoError(s.t, err)
	return ledger
}

// later makes pending payments and refunds some minutes older, and finds out how they ended.
func (s stall) later() {
	s.t.Helper()
	s.Exec(
		`UPDATE payments SET attempted_at = attempted_at - interval '5 minutes',
			asked_at = asked_at - interval '5 minutes',
			checked_at = checked_at - interval '5 minutes'`,
	)
	s.Exec(
		`UPDATE refunds SET created_at = created_at - interval '5 minutes',
			checked_at = checked_at - interval '5 minutes'`,
	)
	require.NoError(s.t, s.App.Payments.Reconcile(s.t.Context()))
}

// tell sends the webhook of a charge or refund of the ledger.
func (s stall) tell(id string) *apitest.Answer {
	s.t.Helper()
	payload, signature, err := s.App.TestPayments.Webhook(s.t.Context(), id)
	require.NoError(s.t, err)
	return s.Post(
		hook, apitest.Raw{ContentType: "application/json", Content: string(payload)},
		apitest.Header{Name: "Test-Signature", Value: signature},
	)
}

func notes(order api.Order) string {
	var all []string
	for _, change := range order.History {
		all = append(all, string(change.To)+" "+change.Note)
	}
	return strings.Join(all, "|")
}

func assertStatus(t *testing.T, want api.OrderStatus, order api.Order) {
	t.Helper()
	assert.Equal(t, want, order.Status, notes(order))
}
