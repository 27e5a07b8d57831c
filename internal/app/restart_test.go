package app_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/app"
)

// balancer sends requests to the servers whose last readiness check succeeded, and counts those
// that a server refused or cut off. It never repeats one.
type balancer struct {
	backends []*backend
	next     atomic.Int64
	lost     atomic.Int64
}

type backend struct {
	address string
	ready   atomic.Bool
	proxy   *httputil.ReverseProxy
}

func newBalancer(addresses ...string) *balancer {
	b := &balancer{}
	for _, address := range addresses {
		proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
		proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 16}
		proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
			b.lost.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		}
		b.backends = append(b.backends, &backend{address: address, proxy: proxy})
	}
	return b
}

// check asks each server for readiness, again and again, on connections of its own.
func (b *balancer) check(ctx context.Context, every time.Duration) {
	client := http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second,
	}
	for ctx.Err() == nil {
		for _, s := range b.backends {
			request, _ := http.NewRequestWithContext(
				ctx, http.MethodGet, "http://"+s.address+"/readyz", nil,
			)
			response, err := client.Do(request)
			s.ready.Store(err == nil && response.StatusCode == http.StatusOK)
			if err == nil {
				_ = response.Body.Close()
			}
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
		}
	}
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first := b.next.Add(1)
	for i := range int64(len(b.backends)) {
		s := b.backends[(first+i)%int64(len(b.backends))]
		if s.ready.Load() {
			s.proxy.ServeHTTP(w, r)
			return
		}
	}
	b.lost.Add(1)
	w.WriteHeader(http.StatusServiceUnavailable)
}

// runOn serves the shop on an address until stop, which waits for the end.
func runOn(t *testing.T, shop *apitest.Shop, address string) (taken string, stop func()) {
	t.Helper()
	a, err := app.New(
		t.Context(), settings(t, shop, map[string]string{
			"DRAIN_DELAY": "1s", "WORKERS": "false", "BCRYPT_COST": "4",
		}),
		quiet, nil,
	)
	require.NoError(t, err)
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	return listener.Addr().String(), func() {
		cancel()
		assert.NoError(t, <-ended)
		assert.NoError(t, a.Close())
	}
}

// times returns how often a measurement is repeated: a few times, or as often as a variable of the
// environment says.
func times(t *testing.T, variable string, few int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, variable)
	return n
}

// getReadiness, listProducts, login: servers are restarted one by one behind a balancer that asks
// for readiness, and no request is refused or cut off. RESTARTS says how often each server is
// restarted, three times unless it is set, and BALANCER_ASKS every how many milliseconds the
// balancer asks, 50 unless it is set.
func TestRestartsLoseNoRequest(t *testing.T) {
	apitest.NotWithRace(t) // a second must be enough for the balancer to notice
	t.Parallel()
	shop := apitest.Demo(t)
	first, stopFirst := runOn(t, shop, "127.0.0.1:0")
	second, stopSecond := runOn(t, shop, "127.0.0.1:0")
	b := newBalancer(first, second)
	front := httptest.NewServer(b)
	defer front.Close()
	checking, endChecks := context.WithCancel(t.Context())
	var running sync.WaitGroup
	every := time.Duration(times(t, "BALANCER_ASKS", 50)) * time.Millisecond
	running.Go(func() { b.check(checking, every) })
	bothReady := func() bool { return b.backends[0].ready.Load() && b.backends[1].ready.Load() }
	require.Eventually(t, bothReady, 10*time.Second, 5*time.Millisecond)

	loading, endLoad := context.WithCancel(t.Context())
	var made atomic.Int64
	for client := range 8 {
		running.Go(func() {
			for i := client; loading.Err() == nil; i++ {
				var response *http.Response
				var err error
				if i%4 == 0 { // one that no transport may repeat by itself
					response, err = http.Post(
						front.URL+"/api/v1/auth/login", "application/json",
						strings.NewReader(
							`{"email":"nobody@example.com","password":"wrong password"}`,
						),
					)
				} else {
					response, err = http.Get(front.URL + "/api/v1/products?limit=5")
				}
				if assert.NoError(t, err) {
					assert.Less(t, response.StatusCode, http.StatusInternalServerError)
					assert.NoError(t, response.Body.Close())
				}
				made.Add(1)
			}
		})
	}
	began := time.Now()
	for range times(t, "RESTARTS", 3) {
		stopFirst()
		_, stopFirst = runOn(t, shop, first)
		require.Eventually(t, bothReady, 10*time.Second, 5*time.Millisecond)
		stopSecond()
		_, stopSecond = runOn(t, shop, second)
		require.Eventually(t, bothReady, 10*time.Second, 5*time.Millisecond)
	}
	t.Logf("%d of %d requests lost, %.0f a second", b.lost.Load(), made.Load(),
		float64(made.Load())/time.Since(began).Seconds())
	endLoad()
	endChecks()
	running.Wait()
	stopFirst()
	stopSecond()
	assert.Zero(t, b.lost.Load(), "of %d requests", made.Load())
	assert.Greater(t, made.Load(), int64(100))
}
