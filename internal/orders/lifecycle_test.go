package orders_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	domain "github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// setOrderStatus, adminGetOrder, cancelOrder: which status may follow which.
func TestTheWayOfAnOrder(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 100)
	status := func(order api.Order, to string) *apitest.Answer {
		return keeper.Put(admin(order)+"/status", apitest.Fields{"status": to})
	}
	all := []string{"PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"}
	allowed := map[string]string{
		"PENDING":   "PAID CANCELLED",
		"PAID":      "SHIPPED",
		"SHIPPED":   "DELIVERED",
		"DELIVERED": "",
		"CANCELLED": "",
	}
	ways := map[string][]string{
		"PENDING":   {},
		"PAID":      {"PAID"},
		"SHIPPED":   {"PAID", "SHIPPED"},
		"DELIVERED": {"PAID", "SHIPPED", "DELIVERED"},
		"CANCELLED": {"CANCELLED"},
	}
	for from, way := range ways {
		for _, to := range all {
			order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
			for _, step := range way {
				status(order, step).Want(http.StatusOK)
			}
			if strings.Contains(allowed[from], to) {
				var moved api.AdminOrder
				status(order, to).Want(http.StatusOK).Into(&moved)
				assert.Equal(t, to, string(moved.Status))
			} else {
				status(order, to).Problem(http.StatusBadRequest, "invalid_transition")
			}
			if apitest.Value[string](
				shop, "SELECT status FROM orders WHERE id = $1", order.ID,
			) == "PENDING" {
				ada.Post(address(order)+"/cancel", nil).Want(http.StatusOK)
			} else {
				ada.Post(address(order)+"/cancel", nil).
					Problem(http.StatusBadRequest, "invalid_transition")
			}
		}
	}
	shop.RequireSound()

	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}})
	var seen api.AdminOrder
	tag := keeper.Get(admin(order)).Want(http.StatusOK).Header.Get("ETag")
	keeper.Get(admin(order), apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	keeper.Put(
		admin(order)+"/status", apitest.Fields{"status": "PAID", "note": "By bank"},
		apitest.IfMatch(tag),
	).
		Want(http.StatusOK).
		Into(&seen)
	require.Len(t, seen.History, 2)
	assert.Equal(t, "By bank", seen.History[1].Note)
	assert.NotNil(t, seen.History[1].ActorID)
	var mine api.Order
	ada.Get(address(order)).Want(http.StatusOK).Into(&mine)
	assert.Nil(t, mine.History[1].ActorID, "customers do not see which member of staff it was")
	assert.Nil(t, mine.PayUntil)
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "SHIPPED"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	keeper.Put(admins+"/4242/status", apitest.Fields{"status": "PAID"}).
		Problem(http.StatusNotFound, "order_not_found")
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "LOST"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	keeper.Get(admins+"/4242").Problem(http.StatusNotFound, "order_not_found")
	assert.Equal(t, []string{"order.created", "order.paid"}, events(shop, order))

	lenient := shop.Restart(apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"})
	lenient.As(ada.Token()).Post(address(order)+"/cancel", nil).Want(http.StatusOK).Into(&order)
	assert.Equal(t, api.OrderStatusCANCELLED, order.Status)
	require.Len(t, order.Payments, 1)
	assert.Equal(
		t, api.PaymentStatusRefunded, order.Payments[0].Status,
		"a payment outside the shop is refunded outside the shop",
	)
	shop.RequireSound()
}

// setShipment, getShipment: a parcel and its number.
func TestShipment(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(products(keeper, 5)[0], 1)}})
	parcel := apitest.Fields{"carrier": "DHL", "tracking_number": "JD0146"}
	keeper.Put(admin(order)+"/shipment", parcel).Problem(http.StatusConflict, "order_not_shippable")
	keeper.Put(admin(order)+"/status", apitest.Fields{"status": "PAID"}).Want(http.StatusOK)
	ada.Get(address(order)+"/shipment").Problem(http.StatusNotFound, "shipment_not_found")
	tag := keeper.Put(admin(order)+"/shipment", parcel).Want(http.StatusOK).Header.Get("ETag")
	parcel["status"], parcel["tracking_url"] = "in_transit", "https://dhl.example.com/JD0146"
	keeper.Put(admin(order)+"/shipment", parcel, apitest.IfMatch(tag)).
		Want(http.StatusOK)
	keeper.Put(admin(order)+"/shipment", parcel, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	parcel["event"] = apitest.Fields{
		"at":          "2026-01-02T03:04:05Z",
		"location":    "Leipzig",
		"description": "At the depot",
	}
	keeper.Put(admin(order)+"/shipment", parcel).Want(http.StatusOK)
	delete(parcel, "event")
	keeper.Put(admin(order)+"/shipment", parcel).Want(http.StatusOK) // nothing new happened
	var seen api.Shipment
	tag = ada.Get(address(order) + "/shipment").Want(http.StatusOK).Into(&seen).Header.Get("ETag")
	ada.Get(address(order)+"/shipment", apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	assert.Equal(t, api.ShipmentStatusInTransit, seen.Status)
	require.Len(t, seen.Events, 3)
	assert.Equal(t, "Leipzig", *seen.Events[0].Location)
	assert.Equal(t, api.ShipmentStatusPreparing, seen.Events[1].Status)
	parcel["tracking_url"] = "javascript:alert(1)"
	keeper.Put(admin(order)+"/shipment", parcel).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	keeper.Put(admins+"/4242/shipment", apitest.Fields{"carrier": "DHL", "tracking_number": "1"}).
		Problem(http.StatusNotFound, "order_not_found")
	ada.Get(orders+"/0/shipment").Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Post(orders+"/0/cancel", nil).Problem(http.StatusUnprocessableEntity, "invalid_request")
	keeper.Get(admins+"/0").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// getOrder, createOrder: an order that is not paid in time is cancelled, and its units come back.
func TestUnpaidOrdersExpire(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"})
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 100, 30)
	var late []api.Order
	for i := range 45 { // more than a batch
		late = append(
			late,
			place(
				ada,
				apitest.Fields{"items": []apitest.Fields{of(p[0], 1+i%2), of(p[1], 1)}[:2-i%2]},
			),
		)
	}
	shop.Exec("UPDATE orders SET expires_at = now() - interval '1 second'")
	paid := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}})
	keeper.Put(admin(paid)+"/status", apitest.Fields{"status": "PAID"}).Want(http.StatusOK)
	shop.Exec("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", paid.ID)
	waiting := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 2)}})
	require.NoError(t, shop.App.Orders.Expire(t.Context()))
	assert.Equal(t, 96, stock(shop, p[0]))
	assert.Equal(t, 30, stock(shop, p[1]))
	var read api.Order
	ada.Get(address(late[0])).Want(http.StatusOK).Into(&read)
	assert.Equal(t, api.OrderStatusCANCELLED, read.Status)
	assert.Equal(t, "It was not paid in time.", read.History[1].Note)
	assert.Nil(t, read.History[1].ActorID)
	assert.Equal(t, []string{"order.created", "order.cancelled"}, events(shop, late[0]))
	ada.Get(address(waiting)).Want(http.StatusOK).Into(&read)
	assert.Equal(t, api.OrderStatusPENDING, read.Status)
	shop.RequireSound()
}

// getOrder: a payment moves the order in its own transaction: its event and the order are committed
// together.
func TestMoneyMovesAnOrder(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	ada := shop.Customer()
	order := place(
		ada, apitest.Fields{"items": []apitest.Fields{of(products(shop.Admin(), 5)[0], 1)}},
	)
	pay := func() error {
		return postgres.Tx(t.Context(), shop.Pool, func(q *db.Queries) error {
			locked, err := q.LockOrder(t.Context(), order.ID, nil)
			require.NoError(t, err)
			if err := shop.App.Orders.
				MarkPaid(t.Context(), q, locked, nil, "Paid by card."); err != nil {
				return err
			}
			return shop.App.Payments.PaidByHand(t.Context(), q, locked)
		})
	}
	require.NoError(t, pay())
	require.ErrorIs(t, pay(), domain.ErrTransition, "paid once")
	assert.Equal(t, []string{"order.created", "order.paid"}, events(shop, order))
	var read api.Order
	ada.Get(address(order)).Want(http.StatusOK).Into(&read)
	assert.Equal(t, api.OrderStatusPAID, read.Status)
	assert.Equal(t, "Paid by card.", read.History[1].Note)
	shop.RequireSound()
}

// setOrderStatus, payOrder: while the provider still decides about a payment, staff cannot say that
// the money came by hand.
func TestAPaymentUnderWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, ada := shop.Admin(), shop.Customer()
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(products(admin, 5)[0], 1)}})
	ada.Post(address(order)+"/pay", apitest.Fields{"payment_type": "card", "token": "tok_pending"}).
		Want(http.StatusAccepted)
	admin.Put(fmt.Sprintf("%s/%d/status", admins, order.ID), apitest.Fields{"status": "PAID"}).
		Problem(http.StatusConflict, "payment_in_progress")
	shop.RequireSound()
}

// createOrder, addCartItem: workers cancel late orders and delete old carts.
func TestJobsOfTheShop(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	ada := shop.Customer()
	p := products(shop.Admin(), 5)
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}}, apitest.Key("k"))
	shop.Post(items, of(p[0], 1)).Want(http.StatusOK)
	shop.Post(items, of(p[0], 1)).Want(http.StatusOK)
	shop.Exec("UPDATE orders SET expires_at = now() - interval '1 second'")
	shop.Exec("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
	shop.Exec(
		`UPDATE carts SET updated_at = now() - interval '31 days'
			WHERE id = (SELECT max(id) FROM carts)`,
	)
	shop.Restart(apitest.Setting{Name: "WORKERS", Value: "true"})
	require.Eventually(t, func() bool {
		return apitest.Value[bool](
			shop,
			`SELECT (SELECT status FROM orders) = 'CANCELLED'
				AND NOT EXISTS (SELECT FROM idempotency_keys)
			AND (SELECT count(*) FROM carts WHERE user_id IS NULL) = 1
			AND (SELECT count(*) FROM events WHERE told_at IS NOT NULL) = 2`,
		)
	}, 20*time.Second, 20*time.Millisecond)
	assert.Equal(t, 5, stock(shop, p[0]))
	assert.Equal(t, []string{"order.created", "order.cancelled"}, events(shop, order))
	shop.RequireSound()
}

// deleteAccount, adminGetOrder: orders of a deleted account stay, without personal data.
func TestOrdersStayWhenAnAccountGoes(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	keeper, ada := shop.Admin(), shop.Customer()
	order := place(ada, apitest.Fields{"items": []apitest.Fields{of(products(keeper, 5)[0], 1)}})
	ada.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	var seen api.AdminOrder
	keeper.Get(admin(order)).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, "Deleted", seen.Customer.FirstName)
}
