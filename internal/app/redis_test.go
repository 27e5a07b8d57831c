//go:build unix

package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// login, refreshToken, logoutAll, listProducts, createCategory, forgotPassword, verifyEmail,
// getReadiness: Redis holds only what may be lost. Whatever happens to it, sessions, revocation,
// the catalogue and jobs continue, since their truth is in PostgreSQL. A mailed link, which Redis
// alone knows, gets 503. All is well when Redis is back.
func TestTheShopGoesOnWithoutRedis(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		begin, end func(*testing.T, *apitest.Redis)
		degraded   bool // readiness says so
		gone       bool // nothing can be asked of it
	}{
		"dead": {
			func(_ *testing.T, r *apitest.Redis) { r.Kill() },
			func(_ *testing.T, r *apitest.Redis) { r.Start() }, true, true,
		},
		"hung": {
			func(_ *testing.T, r *apitest.Redis) { r.Hang() },
			func(_ *testing.T, r *apitest.Redis) { r.Resume() }, true, true,
		},
		"empty": {func(t *testing.T, r *apitest.Redis) {
			require.NoError(t, r.FlushAll(t.Context()).Err())
		}, func(*testing.T, *apitest.Redis) {}, false, false},
		"full": {func(t *testing.T, r *apitest.Redis) {
			require.NoError(t, r.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err())
			require.NoError(
				t, r.Set(t.Context(), "ballast", bytes.Repeat([]byte("x"), 2<<20), 0).Err(),
			)
			require.NoError(t, r.ConfigSet(t.Context(), "maxmemory", "1mb").Err())
		}, func(t *testing.T, r *apitest.Redis) {
			require.NoError(t, r.ConfigSet(t.Context(), "maxmemory", "0").Err())
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := apitest.StartRedis(t)
			shop := apitest.Demo(
				t, redis.Setting(), apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
				apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"},
			)
			revoked := shop.Admin()
			revoked.Post("/api/v1/auth/logout-all", nil).Want(http.StatusNoContent)
			admin := shop.Admin()
			shop.Get("/api/v1/products").Want(http.StatusOK)
			goroutines := runtime.NumGoroutine()

			fault.begin(t, redis)
			shop.Get("/api/v1/products") // the first call may wait for Redis
			everything := func() {
				shop.Get("/api/v1/products").Want(http.StatusOK)
				shop.Get("/api/v1/products/search?q=coffee").Want(http.StatusOK)
				admin.Get("/api/v1/auth/me").Want(http.StatusOK)
				revoked.Get("/api/v1/auth/me").Want(http.StatusUnauthorized)
				admin.Post(
					"/api/v1/admin/categories",
					map[string]any{"name": "Made while Redis was " + name},
				).
					Want(http.StatusCreated)
				assert.Contains(
					t, shop.Get("/api/v1/categories?limit=100").Want(http.StatusOK).String(),
					"Made while Redis was "+name,
				)
				var pair api.TokenPair
				shop.Post("/api/v1/auth/login", map[string]string{
					"email": apitest.AdminEmail, "password": apitest.AdminPassword,
				}).
					Want(http.StatusOK).
					Into(&pair)
				shop.Post(
					"/api/v1/auth/refresh", map[string]string{"refresh_token": pair.RefreshToken},
				).
					Want(http.StatusOK)
				shop.Post(
					"/api/v1/rag/query", map[string]any{"query": "coffee", "history": []any{}},
				).
					Want(http.StatusOK)
				shop.Post(
					"/api/v1/auth/forgot-password", map[string]string{"email": apitest.AdminEmail},
				).
					Want(http.StatusAccepted)
			}
			started := time.Now()
			everything()
			assert.Less(
				t, time.Since(started), 5*time.Second, "ten calls, none of which waits long",
			)
			if fault.gone {
				started = time.Now()
				shop.Post(
					"/api/v1/auth/verify-email",
					map[string]string{"token": strings.Repeat("a", 43)},
				).
					Want(http.StatusServiceUnavailable)
				assert.Less(t, time.Since(started), 2*time.Second)
			}
			if fault.degraded {
				var ready api.Readiness
				shop.Get("/readyz").Want(http.StatusOK).Into(&ready)
				assert.Equal(t, []string{"redis"}, ready.Degraded)
			}
			assert.Less(t, runtime.NumGoroutine(), goroutines+200)

			fault.end(t, redis)
			require.Eventually(
				t,
				func() bool {
					return shop.Statements(
						func() { shop.Get("/api/v1/products") },
					) == 0
				},
				5*time.Second, 50*time.Millisecond, "answers are kept again by itself",
			)
			everything()
			var ready api.Readiness
			shop.Get("/readyz").Want(http.StatusOK).Into(&ready)
			assert.Empty(t, ready.Degraded, fmt.Sprint(ready.Checks))
		})
	}
}
