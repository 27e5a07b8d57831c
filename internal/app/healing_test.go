//go:build unix

package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// getCurrentUser, listProducts, createOrder, login: after any fault the shop works again within
// five seconds, by itself, and then every request succeeds. FAULTS says how often each fault is
// made, once unless it is set; with -v it prints how long each took.
func TestTheShopHealsItself(t *testing.T) {
	t.Parallel()
	redis := apitest.StartRedis(t)
	base := apitest.New(t)
	cut := base.Cut()
	shop := base.Restart(
		redis.Setting(), apitest.Setting{Name: "DATABASE_URL", Value: cut.URL},
		apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
		apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1000"},
		apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
		apitest.Setting{Name: "WORKERS", Value: "true"},
	)
	product := shop.Admin().Product(apitest.Fields{"stock": 1_000_000})
	ada := shop.Customer()
	calls := map[string]func() *apitest.Answer{
		"me":       func() *apitest.Answer { return ada.Get("/api/v1/auth/me") },
		"products": func() *apitest.Answer { return shop.Get("/api/v1/products") },
		"order": func() *apitest.Answer {
			return ada.Post("/api/v1/orders", apitest.Fields{
				"items": []apitest.Fields{{"product_id": product.ID, "quantity": 1}},
			})
		},
		"login": func() *apitest.Answer {
			return shop.Post("/api/v1/auth/login", apitest.Fields{
				"email": apitest.AdminEmail, "password": apitest.AdminPassword,
			})
		},
	}
	all := func() (failed string) {
		for name, call := range calls {
			if answer := call(); answer.Status >= 300 {
				const want = http.StatusServiceUnavailable
				assert.Equal(t, want, answer.Status, "%s: %s", name, answer)
				failed = name
			}
		}
		return failed
	}
	const terminate = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'shopd'
		  AND pid <> pg_backend_pid()`
	for name, fault := range map[string]func(){
		"all connections ended": func() { _, _ = base.Pool.Exec(t.Context(), terminate) },
		"PostgreSQL hung for two seconds": func() {
			resume := cut.Hang(t)
			for began := time.Now(); time.Since(began) < 2*time.Second; {
				all()
			}
			resume()
		},
		"Redis killed": func() { redis.Kill(); all(); redis.Start() },
		"Redis hung":   func() { redis.Hang(); all(); redis.Resume() },
		"Redis empty":  func() { require.NoError(t, redis.FlushAll(t.Context()).Err()) },
	} {
		slowest := time.Duration(0)
		for range times(t, "FAULTS", 1) {
			require.Empty(t, all(), "before")
			fault()
			ended := time.Now()
			require.Eventually(
				t, func() bool { return all() == "" }, 5*time.Second, time.Millisecond, name,
			)
			slowest = max(slowest, time.Since(ended))
			for range 20 {
				require.Empty(t, all(), "%s: once good, all are", name)
			}
		}
		t.Logf("%s: all good after %s at most", name, slowest.Round(time.Millisecond))
	}
	require.Eventually(t, func() bool { // its own connections were ended as well
		_, err := base.App.Check(t.Context())
		return err == nil
	}, 5*time.Second, time.Millisecond)
	base.RequireSound()
}
