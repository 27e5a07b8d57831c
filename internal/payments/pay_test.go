package payments_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// payOrder, getPayment: an order is paid once, with a one-time token.
func TestPay(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	assert.Empty(t, order.Payments)
	var payment api.Payment
	pay(ada, order, "tok_visa", apitest.Key("one")).Want(http.StatusCreated).Into(&payment)
	assert.Equal(t, api.PaymentStatusPaid, payment.Status)
	assert.True(t, payment.IsPaid)
	assert.Equal(t, "25.00", payment.Amount)
	assert.Equal(t, "0.00", payment.Refunded)
	assert.Equal(t, order.Number, payment.OrderNumber)
	assert.Equal(t, s.ledger().Charges[0].ID, *payment.ProviderPaymentID)
	assert.Equal(t, fmt.Sprintf("order:%d", order.ID), s.ledger().Charges[0].OrderReference)

	now := read(ada, order)
	assertStatus(t, api.OrderStatusPAID, now)
	require.Len(t, now.Payments, 1)
	assert.Equal(t, payment, now.Payments[0])
	assert.NotNil(t, now.History[1].ActorID, "the customer did it")
	pay(ada, order, "tok_visa").Problem(http.StatusConflict, "order_already_paid")
	var seen api.AdminOrder
	s.keeper.Get(admin(order)).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, now.Payments[0].ID, seen.Payments[0].ID)

	address := fmt.Sprintf("%s/%d", payments, payment.ID)
	tag := ada.Get(address).Want(http.StatusOK).Header.Get("ETag")
	ada.Get(address, apitest.IfNoneMatch(tag)).Want(http.StatusNotModified)
	bob := s.Customer()
	bob.Get(address).Problem(http.StatusNotFound, "payment_not_found")
	pay(bob, order, "tok_visa").Problem(http.StatusNotFound, "order_not_found")
	s.RequireSound()
}

// listPaymentTypes, payOrder: the payment types, and payments that are refused.
func TestPaymentTypes(t *testing.T) {
	t.Parallel()
	s := open(t)
	var types api.PaymentTypeList
	s.Get("/api/v1/payment-types").Want(http.StatusOK).Into(&types)
	assert.Equal(t, api.PaymentType{Code: "card", Name: "Credit or debit card"}, types.Items[0])
	ada := s.Customer()
	order := s.order(ada)
	s.Exec("UPDATE payment_types SET is_active = false WHERE code = 'paypal'")
	ada.Post(at(order)+"/pay", apitest.Fields{"payment_type": "paypal", "token": "tok_visa"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	for _, body := range []apitest.Fields{
		{},
		{"token": "tok_visa"},
		{"payment_type": "card"},
		{"payment_method_id": 1, "token": "tok_visa"},
		{"payment_method_id": 1, "payment_type": "card"},
		with(""), with(
			"tok_of_nobody",
		), {"payment_type": "card", "token": "tok_visa", "amount": "1.00"},
	} {
		ada.Post(at(order)+"/pay", body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	ada.Post(at(order)+"/pay", apitest.Fields{"payment_method_id": 4242}).
		Problem(http.StatusNotFound, "payment_method_not_found")
	assert.Empty(t, s.ledger().Charges)
	s.RequireSound()
}

// payOrder, listPayments, adminListPayments: a declined payment is recorded, and the order can be
// paid otherwise.
func TestADeclinedPaymentLeavesTheOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	problem := pay(
		ada, order, "tok_insufficient_funds", apitest.Key("one"),
	).Problem(http.StatusPaymentRequired, "payment_declined")
	assert.Contains(t, problem.Detail, "too little money")
	again := pay(ada, order, "tok_insufficient_funds", apitest.Key("one"))
	assert.Equal(
		t, problem.Detail, again.Problem(http.StatusPaymentRequired, "payment_declined").Detail,
	)
	assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	assert.Len(t, s.ledger().Charges, 1, "asked once")
	now := read(ada, order)
	assertStatus(t, api.OrderStatusPENDING, now)
	assert.Equal(t, api.PaymentStatusFailed, now.Payments[0].Status)
	pay(ada, order, "tok_expired").Problem(http.StatusPaymentRequired, "payment_declined")
	pay(
		ada, order, "tok_visa", apitest.Key("one"),
	).Problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	pay(ada, order, "tok_visa", apitest.Key("two")).Want(http.StatusCreated)

	var page api.PaymentPage
	ofOrder := fmt.Sprintf("%s?order_id=%d&limit=2", payments, order.ID)
	ada.Get(ofOrder).Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(3), *page.Total)
	require.Len(t, page.Items, 2)
	ada.Get(payments+"?limit=2&cursor="+*page.NextCursor).
		Problem(http.StatusUnprocessableEntity, "invalid_request") // of other filters
	ada.Get(ofOrder + "&cursor=" + *page.NextCursor).Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 1)
	assert.Equal(
		t, "The card has too little money for this payment. Use another payment method.",
		*page.Items[0].DeclineMessage,
	)
	ada.Get(payments + "?status=paid").Want(http.StatusOK).Into(&page)
	assert.Len(t, page.Items, 1)
	s.Customer().Get(payments).Want(http.StatusOK).Into(&page)
	assert.Empty(t, page.Items)
	var all api.AdminPaymentPage
	s.keeper.Get(fmt.Sprintf(
		"/api/v1/admin/payments?status=failed&provider=test&user_id=%d"+
			"&from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z", now.Payments[0].ID,
	)).
		Want(http.StatusOK).
		Into(&all)
	assert.Empty(t, all.Items, "no such account")
	s.keeper.Get(
		fmt.Sprintf("/api/v1/admin/payments?status=failed&provider=test&order_id=%d", order.ID),
	).
		Want(http.StatusOK).
		Into(&all)
	require.Len(t, all.Items, 2)
	assert.Equal(t, "expired_card", *all.Items[0].DeclineCode)
	assert.Equal(t, "Ada", all.Items[0].Customer.FirstName)
	s.RequireSound()
}

// payOrder: if the provider's response was lost, or the request, nothing is charged twice, and the
// outcome is found out.
func TestUnknownOutcomesAreFoundOut(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	for _, c := range []struct {
		token   string
		payment api.PaymentStatus
		order   api.OrderStatus
	}{
		{"tok_timeout", api.PaymentStatusPaid, api.OrderStatusPAID},
		{"tok_timeout_lost", api.PaymentStatusFailed, api.OrderStatusPENDING},
		{"tok_pending", api.PaymentStatusPending, api.OrderStatusPENDING},
	} {
		order := s.order(ada)
		var payment api.Payment
		first := pay(ada, order, c.token, apitest.Key(c.token)).Want(http.StatusAccepted).
			Into(&payment)
		assert.Equal(t, api.PaymentStatusPending, payment.Status)
		assert.Equal(
			t, first.Body,
			pay(ada, order, c.token, apitest.Key(c.token)).Want(http.StatusAccepted).Body,
			"the first answer again",
		)
		pay(
			ada, order, "tok_visa", apitest.Key("other"),
		).Problem(http.StatusConflict, "payment_in_progress")
		s.keeper.Put(admin(order)+"/status", apitest.Fields{"status": "PAID"}).
			Problem(http.StatusConflict, "payment_in_progress")
		s.Exec("UPDATE orders SET expires_at = now() - interval '1 hour' WHERE id = $1", order.ID)
		require.NoError(t, s.App.Orders.Expire(t.Context()))
		require.NoError(t, s.App.Payments.Reconcile(t.Context()))
		// The provider is asked later, and the order does not expire meanwhile.
		assertStatus(t, api.OrderStatusPENDING, read(ada, order))
		s.later()
		now := read(ada, order)
		assertStatus(t, c.order, now)
		assert.Equal(t, c.payment, now.Payments[0].Status, c.token)
		s.RequireSound()
	}
	assert.Len(t, s.ledger().Charges, 2)
}

// payOrder, testWebhook: a pending payment is settled by the provider's webhook.
func TestPendingPaymentsAreSettledByWebhook(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	for token, want := range map[string]api.OrderStatus{
		"tok_pending": api.OrderStatusPAID, "tok_pending_declined": api.OrderStatusPENDING,
	} {
		order := s.order(ada)
		var payment api.Payment
		pay(ada, order, token).Want(http.StatusAccepted).Into(&payment)
		require.NotNil(t, payment.ProviderPaymentID)
		require.NoError(t, s.App.TestPayments.Settle(t.Context(), *payment.ProviderPaymentID, ""))
		for range 10 {
			s.tell(*payment.ProviderPaymentID).Want(http.StatusOK)
		}
		assertStatus(t, want, read(ada, order))
	}
	s.RequireSound()
}

// payOrder, createPaymentMethod: 503, and nothing is charged or saved.
func TestAProviderOutOfReachChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	answer := pay(ada, order, "tok_unavailable", apitest.Key("one"))
	answer.Problem(http.StatusServiceUnavailable, "payments_unavailable")
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
	assert.Zero(
		t, apitest.Value[int](s.Shop, "SELECT count(*) FROM idempotency_keys"),
		"the key is as good as new",
	)
	pay(ada, order, "tok_visa", apitest.Key("one")).Want(http.StatusCreated)

	none := s.Restart(
		apitest.Setting{Name: "DEBUG", Value: "false"},
		apitest.Setting{Name: "BCRYPT_COST", Value: "10"}, unlimited,
	)
	assert.Contains(t, none.Log.String(), "PAYMENT_PROVIDER is not set")
	order = s.order(ada)
	problem := pay(
		none.As(ada.Token()), order, "tok_visa",
	).Problem(http.StatusServiceUnavailable, "payments_unavailable")
	assert.Contains(t, problem.Detail, "no payment provider is set up")
	none.As(ada.Token()).
		Post(methods, apitest.Fields{"token": "tok_visa"}).
		Problem(http.StatusServiceUnavailable, "payments_unavailable")
	require.NoError(t, none.App.Payments.Reconcile(t.Context()))
	s.RequireSound()
}

// cardNumber matches the card number in any of its forms.
var cardNumber = regexp.MustCompile("4242.{0,3}4242|４２４２")

// payOrder, createPaymentMethod, refundOrder: card numbers are refused, and stored and logged
// nowhere.
func TestNoCardNumberComesNear(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	for _, number := range []string{
		"4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "４２４２４２４２４２４２４２４２",
		"tok_4242424242424242", "4242\u200b424242424242",
	} {
		for _, body := range []apitest.Fields{
			with(number), {"payment_type": number, "token": "tok_visa"},
		} {
			answer := ada.Post(at(order)+"/pay", body, apitest.Key("card"))
			answer.Problem(http.StatusUnprocessableEntity, "card_number_refused")
			assert.NotRegexp(t, cardNumber, answer.String())
		}
		ada.Post(methods, apitest.Fields{"token": number}).
			Problem(http.StatusUnprocessableEntity, "card_number_refused")
		s.keeper.Post(admin(order)+"/refunds", apitest.Fields{"reason": "To " + number}).
			Problem(http.StatusUnprocessableEntity, "card_number_refused")
	}
	assert.NotRegexp(t, cardNumber, s.Log.String())
	assert.Zero(t, apitest.Value[int](s.Shop, "SELECT count(*) FROM idempotency_keys"))
	assert.Zero(t, apitest.Value[int](s.Shop, "SELECT count(*) FROM payments"))
}

// setOrderStatus, refundOrder: money that staff records as paid is in the books too, and is
// refunded outside the shop as well.
func TestMoneyBesideTheShop(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	s.keeper.Put(
		admin(order)+"/status", apitest.Fields{"status": "PAID", "note": "Paid by bank transfer."},
	).
		Want(http.StatusOK)
	now := read(ada, order)
	assert.Equal(t, api.PaymentProviderManual, now.Payments[0].Provider)
	assert.Equal(t, "bank_transfer", now.Payments[0].PaymentType)
	pay(ada, order, "tok_visa").Problem(http.StatusConflict, "order_already_paid")
	s.keeper.Post(admin(order)+"/refunds", apitest.Fields{"reason": "Sold out.", "cancel": true}).
		Want(http.StatusCreated)
	assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
	pay(ada, order, "tok_visa").Problem(http.StatusConflict, "order_not_payable")
	assert.Equal(t, 1000, s.stock())
	s.RequireSound()
}
