package orders_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createOrder: the connection to the database is lost at the COMMIT of an order, and the response
// says that the outcome is unknown. The same request with the same key comes to one order, whether
// the COMMIT was done or not.
func TestAnOrderWhoseCommitNobodyHeard(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, unlimited)
	p := products(shop.Admin(), 1000)
	cut := shop.Cut()
	ada := shop.Restart(unlimited, apitest.Setting{Name: "DATABASE_URL", Value: cut.URL}).
		As(shop.Customer().Token())
	body := apitest.Fields{"items": []apitest.Fields{of(p[0], 1)}}
	again := func(key apitest.Header) (answer *apitest.Answer) {
		require.Eventually(
			t,
			func() bool { // PostgreSQL may not have noticed yet that the connection is gone
				answer = ada.Post(orders, body, key)
				return answer.Status != http.StatusConflict
			},
			5*time.Second,
			5*time.Millisecond,
		)
		return answer.Want(http.StatusCreated)
	}
	for round := range 10 {
		key := apitest.Key(fmt.Sprint(round))
		done := round%2 == 0
		cut.Commit(0, done)
		unknown := ada.Post(orders, body, key)
		problem := unknown.Problem(http.StatusServiceUnavailable, "outcome_unknown")
		assert.Equal(t, api.ResolutionRetry, *problem.Resolution)
		assert.NotEmpty(t, unknown.Header.Get("Retry-After"))
		before := apitest.Value[int](shop, "SELECT count(*) FROM orders")
		second := again(key)
		if done {
			assert.Equal(t, round+1, before, "it was placed")
			assert.Equal(t, "true", second.Header.Get("Idempotent-Replayed"))
		} else {
			assert.Equal(t, round, before, "it was not")
			assert.Empty(t, second.Header.Get("Idempotent-Replayed"))
		}
		require.Equal(t, round+1, apitest.Value[int](shop, "SELECT count(*) FROM orders"))
		require.Equal(t, 1000-round-1, stock(shop, p[0]))
	}
	for range 3 { // lost before the COMMIT, it surely did not happen
		cut.Transaction()
		ada.Post(orders, body).Problem(http.StatusServiceUnavailable, "dependency_unavailable")
	}
	assert.Equal(t, 990, stock(shop, p[0]))
	shop.RequireSound()
}
