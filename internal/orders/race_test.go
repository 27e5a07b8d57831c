package orders_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

var unlimited = apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"}

// createOrder: racing orders of one cart come to one order.
func TestACartIsOrderedOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	ada := shop.Customer()
	p := products(shop.Admin(), 1000)
	for range 5 {
		ada.Post(items, of(p[0], 3)).Want(http.StatusOK)
		assert.Equal(
			t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 31},
			apitest.Race(32, func(int) int { return ada.Post(orders, apitest.Fields{}).Status }),
		)
	}
	assert.Equal(t, 985, stock(shop, p[0]))
	shop.RequireSound()
}

// cancelOrder: racing cancellations give the units back once.
func TestStockComesBackOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	keeper, ada := shop.Admin(), shop.Customer()
	p := products(keeper, 1000, 1000)
	for round := range 6 {
		order := place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 7), of(p[1], 2)}})
		shop.Exec(
			"UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1", order.ID,
		)
		statuses := apitest.Race(32, func(i int) int {
			switch {
			case round%2 == 1 && i%2 == 1:
				if err := shop.App.Orders.Expire(t.Context()); err != nil {
					return 0
				}
				return http.StatusNoContent
			case round > 3 && i%4 == 0:
				return keeper.Put(
					admin(order)+"/status",
					apitest.Fields{"status": []string{"CANCELLED", "PAID", "SHIPPED"}[i%3]},
				).Status
			}
			return ada.Post(address(order)+"/cancel", nil).Status
		})
		assert.LessOrEqual(t, statuses[http.StatusOK], 3)
		assert.Zero(t, statuses[0])
		if apitest.Value[string](
			shop, "SELECT status FROM orders WHERE id = $1", order.ID,
		) == "CANCELLED" {
			assert.Equal(
				t,
				2,
				apitest.Value[int](
					shop,
					`SELECT count(*) FROM stock_movements WHERE reason = 'release'
						AND reference = 'order:' || $1::text`,
					fmt.Sprint(order.ID),
				),
			)
			assert.Equal(
				t,
				1,
				apitest.Value[int](
					shop,
					`SELECT count(*) FROM events WHERE kind = 'order.cancelled'
						AND object_id::text = $1`,
					fmt.Sprint(order.ID),
				),
			)
		}
	}
	shop.RequireSound()
}

// createOrder: more buyers than units, in any order of the lines: each call gets an order or a
// clear refusal.
func TestNothingIsSoldTwice(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	keeper := shop.Admin()
	p := products(keeper, 30, 50)
	keeper.Post(
		"/api/v1/admin/stock/locations", apitest.Fields{"code": "berlin", "name": "Berlin"},
	).Want(http.StatusCreated)
	keeper.Put(
		"/api/v1/admin/stock", apitest.Fields{"sku": "P-0", "location": "berlin", "quantity": 20},
	).Want(http.StatusOK)
	buyers := make([]apitest.Caller, 30)
	for i := range buyers {
		buyers[i] = shop.Customer()
	}
	statuses := apitest.Race(300, func(i int) int {
		wanted := []apitest.Fields{of(p[0], 1), of(p[1], 1)}
		if i%2 == 1 {
			slices.Reverse(wanted)
		}
		return buyers[i%30].Post(orders, apitest.Fields{"items": wanted}).Status
	})
	assert.Equal(t, map[int]int{http.StatusCreated: 50, http.StatusConflict: 250}, statuses)
	assert.Zero(t, stock(shop, p[0]))
	assert.Zero(t, stock(shop, p[1]))
	shop.RequireSound()
}

// No operation: the same race against a checkout that looks first and takes afterwards sells more
// than there is or leaves the ledger short, and the checks say so. Without this, a race that never
// happens would look like one that is won.
func TestARaceThatIsLostIsFoundOut(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	p := products(shop.Admin(), 5)
	variant := p[0].Variants[0].ID
	var there sync.WaitGroup
	there.Add(4)
	sold := apitest.Race(4, func(int) int {
		var left int
		if err := shop.Pool.QueryRow(
			t.Context(), "SELECT quantity FROM stock_levels WHERE variant_id = $1", variant,
		).
			Scan(&left); err != nil ||
			left < 3 {
			return http.StatusConflict
		}
		there.Done() // all have looked before anybody takes
		there.Wait()
		if _, err := shop.Pool.Exec(
			t.Context(),
			`WITH taken AS (UPDATE stock_levels SET quantity = $2 WHERE variant_id = $1
				RETURNING variant_id, location_id, quantity)
			INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason)
				SELECT variant_id, location_id, -3, quantity, 'sale' FROM taken`,
			variant,
			left-3,
		); err != nil {
			return http.StatusInternalServerError
		}
		return http.StatusCreated
	})
	assert.Greater(t, sold[http.StatusCreated]*3, 5, "more than there were")
	findings, err := shop.App.Check(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, findings[0].Found, "the ledger tells")
}

// raceRounds is how often adding to a cart races with ordering it: 12 times unless RACE_ROUNDS says
// otherwise (1000 for the figures of a release).
func raceRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("RACE_ROUNDS")
	if text == "" {
		return 12
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// createOrder, addCartItem: a line added while the cart is ordered is in the order or still in the
// cart.
func TestNothingAddedIsLost(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	ada := shop.Customer()
	p := products(shop.Admin(), 100_000, 100_000)
	added := 0
	for range raceRounds(t) {
		var mu sync.Mutex
		apitest.Race(16, func(i int) int {
			if i%4 == 0 {
				return ada.Post(orders, apitest.Fields{}).Status
			}
			status := ada.Post(items, of(p[i%2], i)).Want(http.StatusOK).Status
			mu.Lock()
			added += i
			mu.Unlock()
			return status
		})
	}
	ordered := apitest.Value[int](shop, "SELECT coalesce(sum(quantity), 0)::int FROM order_lines")
	waiting := apitest.Value[int](shop, "SELECT coalesce(sum(quantity), 0)::int FROM cart_lines")
	assert.Equal(t, added, ordered+waiting)
	assert.Positive(t, ordered)
	t.Logf("%d units added, %d of them ordered, %d still in the cart", added, ordered, waiting)
	shop.RequireSound()
}

// createOrder: racing calls with one Idempotency-Key come to one order.
func TestARepeatedOrderIsPlacedOnce(t *testing.T) {
	t.Parallel()
	const keys, copies = 200, 8
	shop := apitest.New(t, unlimited, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	ada, bob := shop.Customer(), shop.Customer()
	p := products(shop.Admin(), 10_000)
	header := func(key int) apitest.Header {
		return apitest.Key(fmt.Sprintf("key %d", key))
	}
	body := func(key int) apitest.Fields {
		return apitest.Fields{"items": []apitest.Fields{of(p[0], 1+key%5)}}
	}
	var mu sync.Mutex
	first := map[int][]byte{}
	units := 0
	for wave := range keys / 4 { // 32 at once
		statuses := apitest.Race(4*copies, func(i int) int {
			key := wave*4 + i/copies
			answer := ada.Post(orders, body(key), header(key))
			if answer.Status != http.StatusCreated {
				answer.Problem(http.StatusConflict, "idempotency_in_flight")
				return answer.Status
			}
			mu.Lock()
			defer mu.Unlock()
			if known, ok := first[key]; ok {
				assert.Equal(t, known, answer.Body)
			}
			first[key] = answer.Body
			return answer.Status
		})
		assert.GreaterOrEqual(t, statuses[http.StatusCreated], 4)
	}
	for key := range keys {
		again := ada.Post(orders, body(key), header(key)).Want(http.StatusCreated)
		require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
		require.Equal(t, string(first[key]), string(again.Body))
		units += 1 + key%5
	}
	assert.Equal(t, keys, apitest.Value[int](shop, "SELECT count(*) FROM orders"))
	assert.Equal(t, 10_000-units, stock(shop, p[0]))

	ada.Post(orders, body(1), header(0)).
		Problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	var hers, his api.Order
	ada.Post(orders, body(0), header(0)).Want(http.StatusCreated).Into(&hers)
	fresh := bob.Post(orders, body(0), header(0)).Want(http.StatusCreated).Into(&his)
	assert.NotEqual(t, hers.ID, his.ID, "keys are an account's own")
	assert.Empty(t, fresh.Header.Get("Idempotent-Replayed"))
	shop.RequireSound()
}

// createOrder: a key whose order was refused may be used again.
func TestARefusedOrderKeepsNoKey(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	ada := shop.Customer()
	p := products(shop.Admin(), 5)
	key := apitest.Key("one")
	ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 6)}}, key).
		Problem(http.StatusConflict, "insufficient_stock")
	ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 0)}}, key).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Post(orders, apitest.Fields{}, key).Problem(http.StatusConflict, "cart_empty")
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*) FROM idempotency_keys"))
	place(ada, apitest.Fields{"items": []apitest.Fields{of(p[0], 5)}}, key)
	for _, bad := range []string{
		"", "tab\there", string(make([]byte, 0, 256)) + fmt.Sprintf("%0256d", 1), "é",
	} {
		ada.Post(orders, apitest.Fields{"items": []apitest.Fields{of(p[0], 5)}}, apitest.Key(bad)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	shop.Exec("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
	ada.Post(orders, apitest.Fields{}, key).
		Problem(http.StatusConflict, "cart_empty")
		// forgotten after a day
	shop.RequireSound()
}

// createOrder, cancelOrder: units that others give back may be bought at once, and no call fails
// meanwhile.
func TestWhatComesBackIsSold(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited, apitest.Setting{Name: "DATABASE_POOL", Value: "16"})
	p := products(shop.Admin(), 6, 6)
	buyers := make([]apitest.Caller, 24)
	for i := range buyers {
		buyers[i] = shop.Customer()
	}
	statuses := apitest.Race(len(buyers), func(i int) int {
		for n := range 25 {
			wanted := []apitest.Fields{of(p[i%2], 1+n%3), of(p[1-i%2], 1+i%3)}
			answer := buyers[i].Post(orders, apitest.Fields{"items": wanted})
			if answer.Status == http.StatusCreated {
				var order api.Order
				answer.Into(&order)
				answer = buyers[i].Post(address(order)+"/cancel", nil)
			}
			if answer.Status != http.StatusOK && answer.Status != http.StatusConflict {
				return answer.Status
			}
		}
		return http.StatusOK
	})
	assert.Equal(t, map[int]int{http.StatusOK: len(buyers)}, statuses)
	assert.Equal(t, 6, stock(shop, p[0]))
	assert.Equal(t, 6, stock(shop, p[1]))
	shop.RequireSound()
}
