package safehttp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var loopback = Settings{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// server starts a server, and counts the connections made to it.
func server(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, &connections
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Port()
}

// fetch reads a whole download and returns its size in bytes.
func fetch(c *Client, address string, maxBytes int64) (int64, error) {
	d, err := c.Get(context.Background(), address, maxBytes)
	if err != nil {
		return 0, err
	}
	defer func() { _ = d.Close() }()
	return io.Copy(io.Discard, d)
}

func TestFetch(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:3128")
	var asked *http.Request
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/here", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "sku,name\n")
	})
	d, err := New(loopback).Get(t.Context(), s.URL+"/moved?token=secret", 9)
	require.NoError(t, err)
	content, err := io.ReadAll(d)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	assert.Equal(
		t, "sku,name\n", string(content), "exactly as many bytes as the limit are allowed",
	)
	assert.Equal(t, "text/csv", d.ContentType)
	assert.Equal(t, "shopd", asked.UserAgent())
	assert.Empty(t, asked.Cookies())
	assert.Empty(t, asked.Referer())
}

func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	canary, connections := server(t, func(http.ResponseWriter, *http.Request) {})
	port := portOf(t, canary.URL)
	client := New(Settings{})
	for _, address := range []string{
		"http://127.0.0.1", "http://[::1]", "http://169.254.169.254", "http://10.0.0.1",
		"http://0.0.0.0", "http://[::]", "http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]",
		"http://[64:ff9b::7f00:1]", "http://[2002:7f00:1::]", "http://[fe80::1%25lo]",
		"http://2130706433", "http://0x7f000001", "http://0x7f.1", "http://127.1",
		"http://017700000001", "http://127.0.0.1.", "http://localhost", "http://LOCALHOST",
		"https://127.0.0.1", "http://user:pass@127.0.0.1", "http://user@127.0.0.1",
		"file://127.0.0.1", "gopher://127.0.0.1", "ftp://127.0.0.1", "dict://127.0.0.1",
		"http://", "//127.0.0.1",
	} {
		for _, whole := range []string{address + ":" + port + "/", address + "/"} {
			_, err := fetch(client, whole, 1<<20)
			require.ErrorIs(t, err, ErrRefused, whole)
			assert.EqualError(t, err, ErrRefused.Error(), whole)
		}
	}
	for _, address := range []string{
		"", "file:///etc/passwd", "data:text/plain,x", "http://a b/",
		"http://" + strings.Repeat("a", 3000),
	} {
		_, err := fetch(client, address, 1<<20)
		require.ErrorIs(t, err, ErrRefused, address)
	}
	assert.Zero(t, connections.Load())
}

func TestUserIsRefusedEvenWhereTheAddressIsAllowed(t *testing.T) {
	t.Parallel()
	s, connections := server(t, func(http.ResponseWriter, *http.Request) {})
	for _, address := range []string{
		"http://user:pass@127.0.0.1:", "http://2130706433:", "gopher://127.0.0.1:",
	} {
		_, err := fetch(New(loopback), address+portOf(t, s.URL), 1)
		require.ErrorIs(t, err, ErrRefused)
	}
	assert.Zero(t, connections.Load())
}

func TestPortsOfPublicAddresses(t *testing.T) {
	t.Parallel()
	check := guard(nil)
	for address, allowed := range map[string]bool{
		"93.184.216.34:80":         true,
		"93.184.216.34:443":        true,
		"93.184.216.34:22":         false,
		"93.184.216.34:8080":       false,
		"[2606:2800:220:1::1]:443": true,
		"[2606:2800:220:1::1]:25":  false,
		"192.168.0.1:80":           false,
		"nonsense":                 false,
	} {
		network := "tcp4"
		if address[0] == '[' {
			network = "tcp6"
		}
		assert.Equal(t, allowed, check(network, address, nil) == nil, address)
	}
}

// The errors do not show which ports of a machine are open.
func TestClosedLooksLikeForbidden(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	_, forbidden := fetch(New(Settings{}), closed.URL, 1)
	_, unreachable := fetch(New(loopback), closed.URL, 1)
	dumb, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = dumb.Close() }()
	go func() {
		for {
			conn, err := dumb.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 mail ready\r\n"))
			_ = conn.Close()
		}
	}()
	_, noWeb := fetch(New(loopback), "http://"+dumb.Addr().String(), 1)
	_, noTLS := fetch(New(loopback), "https://"+dumb.Addr().String(), 1)
	_, noName := fetch(New(loopback), "http://nowhere.invalid", 1)
	for _, err := range []error{forbidden, unreachable, noWeb, noTLS, noName} {
		require.ErrorIs(t, err, ErrRefused)
		assert.EqualError(t, err, ErrRefused.Error())
		assert.Error(t, errors.Unwrap(err), "the cause is for the log")
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	canary, connections := server(t, func(http.ResponseWriter, *http.Request) {})
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to" {
			w.Header().Set("Location", r.URL.Query().Get("url"))
			w.WriteHeader(http.StatusFound)
			return
		}
		var left int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &left)
		if left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", left-1), http.StatusFound)
		}
	})
	// The canary listens only on 127.0.0.1, which is the only allowed address: other loopback
	// addresses are not allowed.
	client := New(Settings{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	port := portOf(t, canary.URL)
	for _, target := range []string{
		"http://127.0.0.2:" + port, "http://[::1]:" + port, "http://2130706433:" + port,
		"http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
		"gopher://127.0.0.1:" + port, "http://user:pass@127.0.0.1:" + port,
	} {
		_, err := fetch(client, s.URL+"/to?url="+url.QueryEscape(target), 1<<20)
		require.ErrorIs(t, err, ErrRefused, target)
	}
	assert.Zero(t, connections.Load())

	_, err := fetch(client, s.URL+"/3", 1)
	require.NoError(t, err)
	_, err = fetch(client, s.URL+"/4", 1)
	require.ErrorIs(t, err, ErrRefused)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s, _ := server(
		t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
	)
	_, err := fetch(New(loopback), s.URL, 1)
	require.ErrorIs(t, err, ErrStatus)
}

// TestTooLarge runs alone, since it counts the memory of the process.
func TestTooLarge(t *testing.T) {
	zeros := make([]byte, 1<<20)
	forever := func(w io.Writer) {
		for {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
	}
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/declared":
			w.Header().Set("Content-Length", "1000001")
			w.WriteHeader(http.StatusOK)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			forever(gzip.NewWriter(w))
		default:
			forever(w)
		}
	})
	d, err := New(loopback).Get(t.Context(), s.URL+"/declared", 1_000_000)
	require.ErrorIs(t, err, ErrTooLarge, "before anything is read")
	require.Nil(t, d)

	for _, path := range []string{"/endless", "/bomb"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := fetch(New(loopback), s.URL+path, 32<<20)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, ErrTooLarge, path)
		assert.EqualValues(t, 32<<20, n, path)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), path)
	}
}

func TestTooLargeStays(t *testing.T) {
	t.Parallel()
	s, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ab")
		w.(http.Flusher).Flush() // so that no length is declared
	})
	d, err := New(loopback).Get(t.Context(), s.URL, 1)
	require.NoError(t, err)
	defer func() { _ = d.Close() }()
	content, err := io.ReadAll(d)
	require.ErrorIs(t, err, ErrTooLarge)
	assert.Equal(t, "a", string(content))
	_, err = d.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrTooLarge)
}

func TestSlowServers(t *testing.T) {
	t.Parallel()
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	client := New(loopback)
	client.headerWithin, client.endWithin = 20*time.Millisecond, time.Minute
	_, err := fetch(client, s.URL+"/headers", 1)
	require.ErrorIs(t, err, ErrRefused)

	client = New(loopback)
	client.endWithin = 200 * time.Millisecond
	_, err = fetch(client, s.URL+"/body", 1)
	require.ErrorIs(t, err, ErrRefused)

	ctx, cancel := context.WithCancel(t.Context())
	d, err := New(loopback).Get(ctx, s.URL+"/body", 1)
	require.NoError(t, err)
	defer func() { _ = d.Close() }()
	cancel()
	_, err = d.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled, "the caller cancelled it, so it was not refused")
}

// A server that sends a byte now and then is left, however long a fetch may take. One that sends as
// little at the end, or whose reader is slow, is not.
func TestDripsAreLeft(t *testing.T) {
	t.Parallel()
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fast" {
			_, _ = w.Write(make([]byte, 3*minPerWindow+1))
			return
		}
		for every := time.NewTicker(20 * time.Millisecond); ; {
			_, _ = w.Write([]byte("a"))
			w.(http.Flusher).Flush()
			select {
			case <-every.C:
			case <-r.Context().Done():
				return
			}
		}
	})
	client := New(Settings{Allowed: loopback.Allowed, EndWithin: time.Hour})
	assert.Equal(t, 30*time.Second, client.stalledAfter)
	client.stalledAfter = 200 * time.Millisecond
	started := time.Now()
	_, err := fetch(client, s.URL+"/drip", 1<<20)
	require.ErrorIs(t, err, ErrRefused)
	assert.Less(t, time.Since(started), 10*time.Second)

	d, err := client.Get(t.Context(), s.URL+"/fast", 1<<20)
	require.NoError(t, err)
	defer func() { _ = d.Close() }()
	d.waited = 100 * time.Millisecond
	n, err := io.Copy(io.Discard, d)
	require.NoError(t, err)
	assert.EqualValues(t, 3*minPerWindow+1, n)
}
