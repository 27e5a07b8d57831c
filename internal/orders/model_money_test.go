package orders_test

import (
	"context"
	"fmt"
	"net/http"

	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

func (o *modelOrder) at() string    { return fmt.Sprintf("%s/%d", orders, o.id) }
func (o *modelOrder) admin() string { return fmt.Sprintf("%s/%d", admins, o.id) }
func (o *modelOrder) left() int     { return o.paid - o.refunded }

// pay says what paying with a token comes to.
func (o *modelOrder) pay(token string) (status int) {
	if o.status != "PENDING" || o.unknown {
		return http.StatusConflict
	}
	switch token {
	case testpay.TokenDeclined:
		return http.StatusPaymentRequired
	case testpay.TokenWrongAmount:
		o.owed += o.total*100 + testpay.WrongBy
		return http.StatusConflict
	case testpay.TokenTimeout:
		o.unknown = true
		return http.StatusAccepted
	}
	o.status, o.paid = "PAID", o.total*100
	return http.StatusCreated
}

// giveBack says what a refund comes to: of some cents, or below zero of all that is left.
func (m *model) giveBack(o *modelOrder, cents int, cancel bool) (status int) {
	if cents < 0 {
		cents = o.left()
	}
	switch {
	case cancel && o.status != "PAID":
		return http.StatusConflict
	case cancel && o.left() == 0:
		m.cancel(o)
		if o.paid == 0 {
			return http.StatusNoContent
		}
		return http.StatusCreated
	case o.left() == 0, cents > o.left(), cancel && cents != o.left():
		return http.StatusConflict
	}
	o.refunded += cents
	if cancel {
		m.cancel(o)
	}
	return http.StatusCreated
}

// findOut is what happens after some minutes: the provider is asked for lost responses, and
// unneeded charges that were known before are refunded.
func (m *model) findOut() {
	for i := range m.orders {
		o := &m.orders[i]
		o.owed = 0
		switch {
		case o.unknown && o.status == "PENDING":
			o.status, o.paid = "PAID", o.total*100
		case o.unknown:
			o.owed = o.total * 100
		}
		o.unknown = false
	}
}

// afterwards is what happens to orders.
func (m *model) afterwards() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"pay": func(t *rapid.T) {
			o := m.order(t)
			token := rapid.SampledFrom([]string{
				testpay.TokenVisa, testpay.TokenVisa, testpay.TokenDeclined, testpay.TokenTimeout,
				testpay.TokenWrongAmount,
			}).
				Draw(t, "token")
			requireStatus(
				t,
				m.buyers[o.buyer].Post(
					o.at()+"/pay", apitest.Fields{"payment_type": "card", "token": token},
				),
				o.pay(token),
			)
		},
		"refund": func(t *rapid.T) {
			o, cents, cancel := m.order(t), rapid.IntRange(-2, 30).
				Draw(t, "dollars")*
				100, rapid.Bool().
				Draw(t, "cancel")
			body := apitest.Fields{"reason": "A dent.", "cancel": cancel}
			if cents = max(cents, -1); cents == 0 {
				cents = 1
			}
			if cents > 0 {
				body["amount"] = fmt.Sprintf("%d.%02d", cents/100, cents%100)
			}
			requireStatus(
				t, m.keeper.Post(o.admin()+"/refunds", body), m.giveBack(o, cents, cancel),
			)
		},
		"find out": func(t *rapid.T) {
			m.shop.Exec(
				"UPDATE payments SET attempted_at = attempted_at - interval '5 minutes', " +
					"checked_at = checked_at - interval '5 minutes' WHERE status = 'pending'",
			)
			m.shop.Exec(
				"UPDATE refunds SET created_at = created_at - interval '5 minutes', " +
					"checked_at = checked_at - interval '5 minutes' WHERE status = 'pending'",
			)
			if err := m.shop.App.Payments.Reconcile(context.Background()); err != nil {
				t.Fatal(err)
			}
			m.findOut()
		},
		"cancel": func(t *rapid.T) {
			o, status := m.order(t), http.StatusBadRequest
			if o.status == "PENDING" || o.status == "PAID" {
				o.refunded = o.paid
				m.cancel(o)
				status = http.StatusOK
			}
			requireStatus(t, m.buyers[o.buyer].Post(o.at()+"/cancel", nil), status)
		},
		"expire": func(t *rapid.T) {
			o := m.order(t)
			m.shop.Exec(
				"UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", o.id,
			)
			if err := m.shop.App.Orders.Expire(context.Background()); err != nil {
				t.Fatal(err)
			}
			if o.status == "PENDING" && !o.unknown {
				m.cancel(o)
			}
		},
		"move": func(t *rapid.T) {
			o, to := m.order(
				t,
			), rapid.SampledFrom([]string{"PAID", "SHIPPED", "DELIVERED", "CANCELLED"}).
				Draw(t, "to")
			status := http.StatusOK
			switch o.status + ">" + to {
			case "PENDING>PAID":
				if o.unknown {
					status = http.StatusConflict
					break
				}
				o.status, o.paid, o.byHand = to, o.total*100, true
			case "PAID>SHIPPED", "SHIPPED>DELIVERED":
				o.status = to
			case "PENDING>CANCELLED":
				m.cancel(o)
			default:
				status = http.StatusBadRequest
			}
			requireStatus(
				t, m.keeper.Put(o.admin()+"/status", apitest.Fields{"status": to}), status,
			)
		},
	}
}

// agreeWithLedger compares the charges and refunds in the provider's ledger with the model, for
// each order, except payments by hand.
func (m *model) agreeWithLedger(t *rapid.T) {
	ledger, err := m.shop.App.TestPayments.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	kept, reference := map[string]int{}, map[string]string{}
	for _, charge := range ledger.Charges {
		if reference[charge.ID] = charge.OrderReference; charge.Status == provider.Succeeded {
			kept[charge.OrderReference] += int(charge.AmountMinor)
		}
	}
	for _, refund := range ledger.Refunds {
		kept[reference[refund.ProviderPaymentID]] -= int(refund.AmountMinor)
	}
	for _, o := range m.orders {
		want := o.left() + o.owed
		if o.byHand {
			want = o.owed
		}
		if o.unknown {
			want += o.total * 100
		}
		if got := kept[fmt.Sprintf("order:%d", o.id)]; got != want {
			t.Fatalf("the provider keeps %d of order %d, not %d", got, o.id, want)
		}
	}
}
