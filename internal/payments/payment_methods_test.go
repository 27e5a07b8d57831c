package payments_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func save(caller apitest.Caller, body apitest.Fields) (saved api.PaymentMethod) {
	caller.Post(methods, body).Want(http.StatusCreated).Into(&saved)
	return saved
}

func of(m api.PaymentMethod) string { return fmt.Sprintf("%s/%d", methods, m.ID) }

// createPaymentMethod, listPaymentMethods, getPaymentMethod, updatePaymentMethod,
// deletePaymentMethod: a saved method from its creation to its end.
func TestSavedMethods(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada, bob := s.Customer(), s.Customer()
	first := save(ada, apitest.Fields{"token": "tok_visa"})
	assert.True(t, first.IsDefault, "the first is")
	assert.Equal(t, "visa 4242", first.Brand+" "+first.LastFour)
	second := save(
		ada, apitest.Fields{"token": "tok_mastercard", "payment_type": "card", "is_default": true},
	)
	var page api.PaymentMethodPage
	ada.Get(methods).Want(http.StatusOK).Into(&page)
	assert.Equal(t, []int64{second.ID, first.ID}, []int64{page.Items[0].ID, page.Items[1].ID})
	assert.False(t, page.Items[1].IsDefault)
	ada.Patch(of(first), apitest.Fields{"is_default": true}).Want(http.StatusOK).Into(&first)
	assert.True(t, first.IsDefault)
	ada.Patch(of(first), apitest.Fields{"is_default": false}).Want(http.StatusOK)
	assert.Zero(
		t, apitest.Value[int](s.Shop, "SELECT count(*) FROM payment_methods WHERE is_default"),
	)
	ada.Patch(of(first), apitest.Fields{}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	tag := ada.Get(of(first)).Want(http.StatusOK).Header.Get("ETag")
	ada.Get(of(first), apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)

	order := s.order(ada)
	var payment api.Payment
	ada.Post(at(order)+"/pay", apitest.Fields{"payment_method_id": second.ID}).
		Want(http.StatusCreated).
		Into(&payment)
	assert.Equal(t, api.PaidWith{Brand: "mastercard", LastFour: "4444"}, *payment.Method)

	his := s.order(bob)
	bob.Post(at(his)+"/pay", apitest.Fields{"payment_method_id": first.ID}).
		Problem(http.StatusNotFound, "payment_method_not_found")
	bob.Get(of(first)).Problem(http.StatusNotFound, "payment_method_not_found")
	bob.Patch(of(first), apitest.Fields{"is_default": true}).
		Problem(http.StatusNotFound, "payment_method_not_found")
	bob.Delete(of(first)).Problem(http.StatusNotFound, "payment_method_not_found")

	for token, code := range map[string]int{
		"tok_declined": http.StatusPaymentRequired, "tok_of_nobody": http.StatusUnprocessableEntity,
		"tok_unavailable": http.StatusServiceUnavailable,
	} {
		ada.Post(methods, apitest.Fields{"token": token}).Want(code)
	}
	ada.Post(methods, apitest.Fields{"token": "tok_visa", "payment_type": "barter"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Delete(of(second)).Want(http.StatusNoContent)
	ada.Get(of(second)).Problem(http.StatusNotFound, "payment_method_not_found")
	assert.Equal(
		t, 1, apitest.Value[int](s.Shop, "SELECT count(*) FROM payment_methods"),
		"removed at the provider, nothing is kept",
	)
	s.RequireSound()
}

// createPaymentMethod: racing calls leave one default, and twenty methods at most.
func TestOneDefaultAndAtMostTwentyUnderRace(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	statuses := apitest.Race(
		32,
		func(i int) int {
			return ada.Post(
				methods, apitest.Fields{"token": "tok_visa", "is_default": i%2 == 0},
			).Status
		},
	)
	assert.Equal(t, map[int]int{http.StatusCreated: 20, http.StatusConflict: 12}, statuses)
	assert.Equal(
		t, 1, apitest.Value[int](s.Shop, "SELECT count(*) FROM payment_methods WHERE is_default"),
	)
}

// deletePaymentMethod, deleteAccount: a method removed here cannot be charged at the provider, even
// if that was out of reach at first, or the account was deleted.
func TestRemovedMethodsAreRemovedAtTheProvider(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada, bob := s.Customer(), s.Customer()
	hers := save(ada, apitest.Fields{"token": "tok_visa"})
	save(bob, apitest.Fields{"token": "tok_visa"})
	elsewhere := s.Restart(stripeSettings("http://127.0.0.1:1")...)
	elsewhere.As(ada.Token()).Delete(of(hers)).Want(http.StatusNoContent)
	order := s.order(ada)
	ada.Post(at(order)+"/pay", apitest.Fields{"payment_method_id": hers.ID}).
		Problem(http.StatusNotFound, "payment_method_not_found")
	bob.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	assert.Equal(
		t,
		2,
		apitest.Value[int](
			s.Shop,
			"SELECT count(*) FROM payment_methods WHERE removed_at IS NOT NULL AND NOT is_default",
		),
	)
	require.NoError(t, s.App.Payments.Reconcile(t.Context()))
	assert.Zero(t, apitest.Value[int](s.Shop, "SELECT count(*) FROM payment_methods"))

	gone := save(ada, apitest.Fields{"token": "tok_visa"})
	other := s.order(ada)
	elsewhere.As(ada.Token()).
		Post(at(other)+"/pay", apitest.Fields{"payment_method_id": gone.ID}).
		Problem(http.StatusConflict, "payment_method_unusable")
	s.RequireSound()
}

// createOrder, payOrder: an order names the method it is to be paid with, and is paid with it when
// the payment names none.
func TestAnOrderRemembersItsMethod(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada, bob := s.Customer(), s.Customer()
	var hers, his api.PaymentMethod
	ada.Post(methods, apitest.Fields{"token": "tok_mastercard"}).
		Want(http.StatusCreated).
		Into(&hers)
	bob.Post(methods, apitest.Fields{"token": "tok_visa"}).Want(http.StatusCreated).Into(&his)
	body := func(method int64) apitest.Fields {
		return apitest.Fields{
			"items":             []apitest.Fields{{"product_id": s.product, "quantity": 2}},
			"payment_method_id": method,
		}
	}
	ada.Post(orders, body(his.ID)).Problem(http.StatusUnprocessableEntity, "invalid_request")
	var order api.Order
	ada.Post(orders, body(hers.ID)).Want(http.StatusCreated).Into(&order)
	assert.Equal(t, hers.ID, *order.PaymentMethodID)
	assert.Empty(t, order.Payments, "nothing is charged yet")
	bob.Post(at(order)+"/pay", apitest.Fields{}).Problem(http.StatusNotFound, "order_not_found")
	var payment api.Payment
	ada.Post(at(order)+"/pay", apitest.Fields{}, apitest.Key("one")).
		Want(http.StatusCreated).
		Into(&payment)
	assert.Equal(t, "mastercard", payment.Method.Brand)
	assert.Equal(t, hers.ID, *read(ada, order).PaymentMethodID)

	ada.Post(orders, body(hers.ID)).Want(http.StatusCreated).Into(&order)
	ada.Delete(of(hers)).Want(http.StatusNoContent)
	ada.Post(at(order)+"/pay", apitest.Fields{}).
		Problem(http.StatusNotFound, "payment_method_not_found")
	ada.Post(at(s.order(ada))+"/pay", apitest.Fields{}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	s.RequireSound()
}
