package payments_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// payOrder: racing payments of one order come to one charge.
func TestAnOrderIsPaidOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	for round, token := range []string{"tok_visa", "tok_timeout", "tok_slow", "tok_visa"} {
		order := s.order(ada)
		statuses := apitest.Race(
			32,
			func(i int) int {
				return pay(ada, order, token, apitest.Key(fmt.Sprintf("%d-%d", round, i))).Status
			},
		)
		assert.Equal(t, 1, statuses[http.StatusCreated]+statuses[http.StatusAccepted])
		assert.Equal(t, 31, statuses[http.StatusConflict])
		assert.Len(t, s.ledger().Charges, round+1)
		s.later()
		assertStatus(t, api.OrderStatusPAID, read(ada, order))
	}
	order := s.order(ada)
	statuses := apitest.Race(
		32, func(int) int { return pay(ada, order, "tok_slow", apitest.Key("same")).Status },
	)
	assert.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 31}, statuses)
	assert.Len(t, s.ledger().Charges, 5)
	s.RequireSound()
}

// payOrder, cancelOrder, setOrderStatus: an order ends up paid or cancelled, with its money where
// it belongs.
func TestPayingAndCancellingAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	for round := range 8 {
		order := s.order(ada)
		s.Exec("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", order.ID)
		apitest.Race(32, func(i int) int {
			switch {
			case i%4 == 1:
				return ada.Post(at(order)+"/cancel", nil).Status
			case i%4 == 2 && round%2 == 1:
				assert.NoError(t, s.App.Orders.Expire(t.Context()))
				return http.StatusOK
			case i%4 == 3 && round > 5:
				return s.keeper.Put(
					admin(order)+"/status",
					apitest.Fields{"status": []string{"PAID", "SHIPPED", "CANCELLED"}[i%3]},
				).Status
			}
			return pay(
				ada, order, []string{"tok_visa", "tok_timeout"}[round%2],
				apitest.Key(fmt.Sprintf("%d-%d", round, i)),
			).Status
		})
		s.later()
		s.later()
		now := read(ada, order)
		kept := 0
		for _, payment := range now.Payments {
			if payment.IsPaid {
				kept++
			}
		}
		if now.Status == api.OrderStatusCANCELLED {
			assert.Zero(t, kept, notes(now))
		} else {
			assert.Equal(t, 1, kept, notes(now))
		}
		s.RequireSound()
	}
}

// refundOrder: racing refunds give back no more than was paid.
func TestRefundsNeverExceedThePayment(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	order := s.order(ada)
	pay(ada, order, "tok_visa").Want(http.StatusCreated)
	statuses := apitest.Race(
		32,
		func(i int) int {
			return s.refund(
				order, apitest.Fields{"amount": "3.00"}, apitest.Key(fmt.Sprint(i)),
			).Status
		},
	)
	assert.Equal(t, map[int]int{http.StatusCreated: 8, http.StatusConflict: 24}, statuses)
	s.RequireSound()

	order = s.order(ada)
	pay(ada, order, "tok_visa").Want(http.StatusCreated)
	statuses = apitest.Race(
		32,
		func(i int) int {
			return s.refund(
				order, apitest.Fields{"cancel": true}, apitest.Key(fmt.Sprint("all", i)),
			).Status
		},
	)
	assert.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 31}, statuses)
	assert.Equal(
		t, 1,
		apitest.Value[int](s.Shop, "SELECT count(*) FROM stock_movements WHERE reason = 'release'"),
	)

	order = s.order(ada)
	pay(ada, order, "tok_visa").Want(http.StatusCreated)
	statuses = apitest.Race(32, func(int) int {
		return s.refund(order, apitest.Fields{"amount": "5.00"}, apitest.Key("same")).Status
	})
	assert.GreaterOrEqual(t, statuses[http.StatusCreated], 1)
	assert.Equal(t, "5.00", read(ada, order).Payments[0].Refunded)
	s.RequireSound()
}
