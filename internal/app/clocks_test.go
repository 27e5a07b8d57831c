package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// on makes a request to a process and decodes its response.
func on(
	t *testing.T, p *apitest.Process, method, path, token, body string, headers ...apitest.Header,
) (status int, text []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(
		t.Context(), method, p.URL+path, strings.NewReader(body),
	)
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, text
}

// login, refreshToken, getCurrentUser, createOrder, createWebhook: servers whose clocks are an hour
// fast or slow, or jump while they run, work with one that is right: tokens hold everywhere, unpaid
// orders expire when they should, jobs stay with their workers, and webhooks are signed with a time
// that receivers take.
//
// A clock is moved by the way the test is built: tools/clock/run.
func TestClocksThatJump(t *testing.T) {
	if os.Getenv("CLOCKS") == "" {
		t.Skip("needs another time.Now: tools/clock/run")
	}
	var mu sync.Mutex
	var late []time.Duration
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		at, _ := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		mu.Lock()
		defer mu.Unlock()
		late = append(late, time.Since(time.Unix(at, 0)))
	}))
	defer receiver.Close()
	shop := apitest.New(
		t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"},
		apitest.Setting{Name: "ORDER_PAYMENT_WINDOW", Value: "30m"},
		apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
		apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
	)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{"stock": 1_000_000})
	admin.Post("/api/v1/admin/webhooks", apitest.Fields{
		"url": receiver.URL, "events": []string{"*"},
	}).Want(http.StatusCreated)
	right := shop.Process()
	login := fmt.Sprintf(`{"email": %q, "password": %q}`, apitest.AdminEmail, apitest.AdminPassword)
	logIn := func(p *apitest.Process) (pair api.TokenPair) {
		status, text := on(t, p, "POST", "/api/v1/auth/login", "", login)
		require.Equal(t, http.StatusOK, status, "%s", text)
		require.NoError(t, json.Unmarshal(text, &pair))
		return pair
	}
	// A job of a living worker.
	job := apitest.Value[int64](shop, `INSERT INTO river_job
			(state, kind, args, attempt, max_attempts, attempted_at)
		VALUES ('running', 'notifications.mail', '{"mail": "order_paid", "events": []}',
			1, 15, now())
		RETURNING id`)
	for _, moved := range []string{"3600@0", "-3600@0", "3600@4", "-3600@4"} {
		t.Run(moved, func(t *testing.T) {
			wrong := shop.Process(
				apitest.Setting{Name: "SHOPD_TEST_CLOCK", Value: moved},
				apitest.Setting{Name: "WORKERS", Value: "true"},
			)
			defer wrong.Kill()
			began := time.Now()
			check := func() {
				servers := map[*apitest.Process]*apitest.Process{right: wrong, wrong: right}
				for issuer, user := range servers {
					pair := logIn(issuer)
					status, text := on(t, user, "GET", "/api/v1/auth/me", pair.AccessToken, "")
					assert.Equal(t, http.StatusOK, status, "a token of the other: %s", text)
					status, text = on(t, user, "POST", "/api/v1/auth/refresh", "",
						fmt.Sprintf(`{"refresh_token": %q}`, pair.RefreshToken))
					assert.Equal(t, http.StatusOK, status, "%s", text)
				}
				token := logIn(wrong).AccessToken
				key := apitest.Header{Name: "Idempotency-Key", Value: fmt.Sprint(moved, time.Now())}
				body := fmt.Sprintf(`{"items": [{"product_id": %d, "quantity": 1}]}`, product.ID)
				status, first := on(t, wrong, "POST", "/api/v1/orders", token, body, key)
				require.Equal(t, http.StatusCreated, status, "%s", first)
				_, second := on(t, right, "POST", "/api/v1/orders", token, body, key)
				assert.Equal(t, string(first), string(second), "replayed by the other")
			}
			check()
			for time.Since(began) < 6*time.Second { // over the jump
				check()
			}
			const pending = "SELECT count(*) FROM orders WHERE status <> 'PENDING'"
			assert.Zero(t, apitest.Value[int](shop, pending), "none has expired")
			assert.Equal(t, "running",
				apitest.Value[string](shop, "SELECT state::text FROM river_job WHERE id = $1", job))
			require.Eventually(t, func() bool {
				return apitest.Value[bool](shop, "SELECT bool_and(told_at IS NOT NULL) FROM events")
			}, 20*time.Second, 50*time.Millisecond)
		})
	}
	right.Kill()
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, late)
	for _, by := range late {
		require.InDelta(t, 0, by.Minutes(), 2, "the time of a webhook's signature")
	}
	shop.RequireSound()
}
