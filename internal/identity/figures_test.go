package identity_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// rounds returns how often a race is run: often enough to notice a fault each time, and with
// FIGURES=1 (task figures) as often as the figure that is promised.
func rounds(usual, promised int) int {
	if os.Getenv("FIGURES") != "" {
		return promised
	}
	return usual
}

// heldRefresh is a refresh the server has begun to handle, whose body it still waits for.
type heldRefresh struct {
	conn net.Conn
	in   *bufio.Reader
	body string
}

// holdRefresh sends the head of a refresh and returns when the server asks for its body, so that it
// has surely arrived.
func holdRefresh(t *testing.T, shop *apitest.Shop, token string) *heldRefresh {
	t.Helper()
	address, err := url.Parse(shop.URL())
	require.NoError(t, err)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	held := &heldRefresh{conn, bufio.NewReader(conn), fmt.Sprintf(`{"refresh_token":%q}`, token)}
	_, err = fmt.Fprintf(
		conn,
		"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"+
			"Content-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
		len(held.body),
	)
	require.NoError(t, err)
	line, err := held.in.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	_, err = held.in.ReadString('\n')
	require.NoError(t, err)
	return held
}

// release sends the body and returns the response.
func (h *heldRefresh) release() (status int, pair api.TokenPair, err error) {
	defer func() { _ = h.conn.Close() }()
	if _, err := io.WriteString(h.conn, h.body); err != nil {
		return 0, pair, err
	}
	response, err := http.ReadResponse(h.in, nil)
	if err != nil {
		return 0, pair, err
	}
	defer func() { _ = response.Body.Close() }()
	err = json.NewDecoder(response.Body).Decode(&pair)
	return response.StatusCode, pair, err
}

// refreshToken, getCurrentUser: of refreshes that all arrived before any was done, one wins, and
// the tokens it gets work: the others are not taken for thieves.
func TestAnHonestRefreshRaceHarmsNobody(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "REFRESH_LEEWAY", Value: "0s"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	for round := range rounds(25, 1000) {
		const clients = 32
		held := make([]*heldRefresh, clients)
		for i := range held {
			held[i] = holdRefresh(t, shop, pair.RefreshToken)
		}
		statuses, pairs := make([]int, clients), make([]api.TokenPair, clients)
		var done sync.WaitGroup
		for i, h := range held {
			done.Go(func() {
				var err error
				statuses[i], pairs[i], err = h.release()
				assert.NoError(t, err)
			})
		}
		done.Wait()
		winner := slices.Index(statuses, http.StatusOK)
		require.GreaterOrEqual(t, winner, 0, "round %d: %v", round, statuses)
		for i, status := range statuses {
			if i != winner {
				require.Contains(
					t, []int{http.StatusUnauthorized, http.StatusConflict}, status, "round %d",
					round,
				)
			}
		}
		spent := pair
		pair = pairs[winner]
		shop.As(pair.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)
		if round%25 == 24 { // later it is theft: the family ends, its access tokens too
			shop.Post("/api/v1/auth/refresh", fields{"refresh_token": spent.RefreshToken}).
				Problem(http.StatusUnauthorized, "token_reused")
			shop.As(pair.AccessToken).Get("/api/v1/auth/me").Want(http.StatusUnauthorized)
			shop.Post("/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken}).
				Want(http.StatusUnauthorized)
			pair = login(shop)
		}
	}
}

// logout, logoutAll, getCurrentUser: once the response to the end of a session has arrived, not one
// of ten thousand calls with its tokens succeeds.
func TestNothingIsAcceptedAfterRevocation(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var user api.User
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated).Into(&user)
	account := fmt.Sprintf("/api/v1/admin/customers/%d", user.ID)
	for name, end := range map[string]struct {
		revoke, restore func(apitest.Caller)
	}{
		"logout": {revoke: func(c apitest.Caller) {
			c.Post("/api/v1/auth/logout", nil).Want(http.StatusNoContent)
		}},
		"logout-all": {revoke: func(c apitest.Caller) {
			c.Post("/api/v1/auth/logout-all", nil).Want(http.StatusNoContent)
		}},
		"status": {
			func(apitest.Caller) {
				admin.Put(account+"/status", map[string]bool{"is_active": false}).
					Want(http.StatusOK)
			},
			func(apitest.Caller) {
				admin.Put(account+"/status", map[string]bool{"is_active": true}).Want(http.StatusOK)
			},
		},
		"role": {
			func(apitest.Caller) {
				admin.Put(account+"/role", fields{"role": "staff"}).Want(http.StatusOK)
			},
			func(apitest.Caller) {
				admin.Put(account+"/role", fields{"role": "customer"}).Want(http.StatusOK)
			},
		},
	} {
		caller := shop.As(login(shop).AccessToken)
		caller.Get("/api/v1/auth/me").Want(http.StatusOK)
		end.revoke(caller)
		var accepted atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for range rounds(400, 10_000) / 16 {
					answer := caller.Get("/api/v1/auth/me")
					var me api.User
					if answer.Status == http.StatusOK && name != "role" {
						accepted.Add(1)
					} else if answer.Status == http.StatusOK &&
						answer.Into(&me).Status == http.StatusOK && me.Role != "staff" {
						accepted.Add(1)
					}
				}
			})
		}
		all.Wait()
		assert.Zero(t, accepted.Load(), name)
		if end.restore != nil {
			end.restore(caller)
		}
	}
}

// getCurrentUser: a forged token costs the server less than a millisecond, and the log says only
// that it was refused.
func TestForgedTokensCostNothing(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	header, payload, _ := parts(pair.AccessToken)
	for name, token := range map[string]string{
		"no signature": header + "." + payload + ".", "100 kB": strings.Repeat("a", 100_000),
		"another secret": forge(
			t, pair.AccessToken, "another-secret-that-is-long-enough-here", jwa.HS256, nil,
		),
	} {
		before := len(shop.Log.String())
		for range 100 {
			shop.As(token).Get("/api/v1/auth/me").Want(http.StatusUnauthorized)
		}
		var took []time.Duration
		for line := range strings.SplitSeq(strings.TrimSpace(shop.Log.String()[before:]), "\n") {
			var entry struct{ Took time.Duration }
			require.NoError(t, json.Unmarshal([]byte(line), &entry))
			took = append(took, entry.Took)
			assert.NotContains(t, line, token[:20])
		}
		slices.Sort(took)
		require.Len(t, took, 100)
		assert.Less(t, took[len(took)/2], time.Millisecond, name)
	}
}
