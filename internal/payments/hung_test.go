package payments_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// getCurrentUser, getOrder, payOrder, createOrder, askAssistant, getReadiness: while PostgreSQL
// hangs, with connections that are open and never reply, no request waits longer than two seconds.
// A second after it resumes, all is well.
func TestPostgreSQLHangs(t *testing.T) {
	t.Parallel()
	s := open(t)
	cut := s.Cut()
	elsewhere := s.Restart(unlimited, apitest.Setting{Name: "DATABASE_URL", Value: cut.URL})
	ada := elsewhere.As(s.Customer().Token())
	order := s.order(ada)
	calls := map[string]func() *apitest.Answer{
		"me": func() *apitest.Answer { return ada.Get("/api/v1/auth/me") },
		"order": func() *apitest.Answer {
			return ada.Get(fmt.Sprintf("/api/v1/orders/%d", order.ID))
		},
		"pay": func() *apitest.Answer { return pay(ada, order, "tok_visa", apitest.Key("hung")) },
		"question": func() *apitest.Answer {
			return ada.Post("/api/v1/rag/query", apitest.Fields{"query": "Which mugs are there?"})
		},
		"readiness": func() *apitest.Answer { return elsewhere.Get("/readyz") },
	}
	resume := cut.Hang(t)
	for range 3 { // the first calls find it out, later ones fail at once
		var all sync.WaitGroup
		for name, call := range calls {
			all.Go(func() {
				started := time.Now()
				answer := call()
				assert.Equal(t, http.StatusServiceUnavailable, answer.Status, name)
				assert.Less(t, time.Since(started), 2*time.Second, name)
			})
		}
		all.Wait()
	}
	started := time.Now()
	ada.Get("/api/v1/auth/me").Problem(http.StatusServiceUnavailable, "dependency_unavailable")
	assert.Less(t, time.Since(started), 200*time.Millisecond, "it is known by now")

	resume()
	require.Eventually(
		t, func() bool { return ada.Get("/api/v1/auth/me").Status == http.StatusOK },
		time.Second, 5*time.Millisecond,
	)
	pay(ada, order, "tok_visa", apitest.Key("hung")).Want(http.StatusCreated)
	require.Len(t, s.ledger().Charges, 1)
	log := elsewhere.Log.String()
	assert.Equal(t, 1, strings.Count(log, "PostgreSQL hangs"), "one line, not one a request")
	assert.Equal(t, 1, strings.Count(log, "PostgreSQL responds again"))
}

// getCurrentUser, listCategories: when all connections are in use, a request gives up after a
// second. Its client is asked to come again instead of waiting in a queue that grows.
func TestNoConnectionIsFree(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "DATABASE_POOL", Value: "2"})
	ada := shop.Customer()
	lock, err := shop.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = lock.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = lock.Exec(t.Context(), "LOCK TABLE categories")
	require.NoError(t, err)
	// On a slow machine the two give up their connections before the second is over: then again.
	var answer *apitest.Answer
	var took time.Duration
	require.Eventually(t, func() bool {
		var holders sync.WaitGroup
		defer holders.Wait()
		for range 2 {
			holders.Go(func() {
				ada.Get("/api/v1/categories").Problem(http.StatusServiceUnavailable, "busy")
			})
		}
		for apitest.Value[int](shop, "SELECT count(*) FROM pg_locks WHERE NOT granted") < 2 {
			if t.Context().Err() != nil {
				return false
			}
		}
		started := time.Now()
		answer = ada.Get("/api/v1/auth/me")
		took = time.Since(started)
		return answer.Status == http.StatusServiceUnavailable
	}, time.Minute, time.Millisecond)
	answer.Problem(http.StatusServiceUnavailable, "timeout")
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
	assert.InDelta(t, time.Second, took, float64(500*time.Millisecond))
	ada.Get("/api/v1/auth/me").Want(http.StatusOK)
}
