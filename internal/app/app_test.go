package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/postgres"
)

func TestMain(m *testing.M) { apitest.Main(m) }

var quiet = slog.New(slog.DiscardHandler)

// settings of a server on a shop's database.
func settings(t *testing.T, shop *apitest.Shop, extra map[string]string) config.Settings {
	t.Helper()
	variables := map[string]string{
		"DEBUG":             "true",
		"DATABASE_URL":      shop.DatabaseURL,
		"REDIS_URL":         apitest.RedisURL(),
		"REDIS_PREFIX":      "test:" + t.Name() + ":",
		"UPLOAD_DIR":        t.TempDir(),
		"MAIL_DIR":          t.TempDir(),
		"PAYMENT_TEST_DIR":  t.TempDir(),
		"START_TIMEOUT":     "1s",
		"DRAIN_DELAY":       "0s",
		"DRAIN_TIMEOUT":     "10s",
		"RATE_LIMIT_FACTOR": "0",
	}
	for name, value := range extra {
		variables[name] = value
	}
	s, err := config.Parse(variables)
	require.NoError(t, err)
	return s
}

// No operation: app.New and app.Listen return an error that says why the server cannot start.
func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	start := func(extra map[string]string) error {
		a, err := app.New(t.Context(), settings(t, shop, extra), quiet, nil)
		if a != nil && err == nil {
			_ = a.Close()
		}
		return err
	}
	assert.ErrorContains(
		t, start(map[string]string{"DATABASE_URL": "postgres://x:secret@127.0.0.1:1/x"}),
		"PostgreSQL at 127.0.0.1:1 (database x) did not answer within 1s",
	)
	assert.ErrorContains(t, start(map[string]string{"REDIS_URL": "http://nonsense"}), "REDIS_URL")
	assert.ErrorContains(
		t, start(map[string]string{"STORE_CURRENCY": "EUR"}),
		"STORE_CURRENCY: is EUR, but the amounts in this database are in USD",
	)
	assert.ErrorContains(t, start(map[string]string{"UPLOAD_DIR": "/proc/nowhere"}), "UPLOAD_DIR")
	assert.ErrorContains(
		t, start(map[string]string{"GEMINI_API_KEY": "two words"}), "GEMINI_API_KEY",
	)
	assert.NoError(
		t, start(map[string]string{"REDIS_URL": "redis://127.0.0.1:1"}), "Redis may come later",
	)
	require.NoError(t, postgres.MigrateSteps(t.Context(), shop.DatabaseURL, -1))
	assert.ErrorIs(t, start(nil), postgres.ErrPending)

	taken, err := app.Listen(t.Context(), "127.0.0.1", 0)
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	_, err = app.Listen(t.Context(), "127.0.0.1", taken.Addr().(*net.TCPAddr).Port)
	assert.ErrorContains(t, err, "is in use by another program")
}

// No operation: app.New waits for a database that is not there yet, and logs it.
func TestStartWaitsForPostgreSQL(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var log bytes.Buffer
	s := settings(t, shop, map[string]string{"START_TIMEOUT": "20s"})
	// The database's door stays shut until the server has said that it waits.
	door, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := door.Addr().String()
	require.NoError(t, door.Close())
	real := strings.SplitN(strings.SplitN(s.DatabaseURL, "@", 2)[1], "/", 2)[0]
	s.DatabaseURL = strings.Replace(s.DatabaseURL, real, address, 1)
	opened := make(chan struct{})
	waits := func(line []byte) (int, error) {
		select {
		case <-opened:
		default:
			close(opened)
			go forward(t, address, real)
		}
		return log.Write(line)
	}
	a, err := app.New(t.Context(), s, slog.New(slog.NewTextHandler(writer(waits), nil)), nil)
	require.NoError(t, err)
	require.NoError(t, a.Close())
	assert.Contains(t, log.String(), "waiting for PostgreSQL")
}

type writer func([]byte) (int, error)

func (w writer) Write(line []byte) (int, error) { return w(line) }

// forward lets connections to one address through to another, until the test ends.
func forward(t *testing.T, from, to string) {
	door, err := net.Listen("tcp", from)
	if !assert.NoError(t, err) {
		return
	}
	context.AfterFunc(t.Context(), func() { _ = door.Close() })
	for {
		in, err := door.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			_ = in.Close()
			return
		}
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
	}
}

// No operation: SeedAccounts and SeedCatalogue refuse a production shop.
func TestDemoDataIsRefusedOnARealShop(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	a, err := app.New(
		t.Context(),
		settings(
			t, shop, map[string]string{"DEBUG": "false", "SECRET_KEY": strings.Repeat("k", 40)},
		),
		quiet,
		nil,
	)
	require.NoError(t, err)
	defer func() { _ = a.Close() }()
	assert.ErrorIs(t, a.SeedAccounts(t.Context()), app.ErrNoDemo)
	assert.ErrorIs(t, a.SeedCatalogue(t.Context(), app.WithoutImages, nil), app.ErrNoDemo)
}

// listProducts, getMedia: the demo catalogue has its images, and is not seeded twice.
func TestSeedIsWholeAndLeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	a, err := app.New(t.Context(), settings(t, shop, nil), quiet, nil)
	require.NoError(t, err)
	defer func() { _ = a.Close() }()
	seen := 0
	require.NoError(
		t,
		a.SeedCatalogue(
			t.Context(), app.WithImages,
			func(done, total int) { seen = max(seen, done*1000/total) },
		),
	)
	assert.Equal(t, 1000, seen, "progress reaches the end")
	count := func() int64 { return apitest.Value[int64](shop, "SELECT count(*) FROM products") }
	before := count()
	assert.GreaterOrEqual(t, before, int64(200))
	assert.Equal(
		t, before,
		apitest.Value[int64](shop, "SELECT count(*) FROM product_images WHERE is_primary"),
	)
	require.NoError(t, a.SeedAccounts(t.Context()))
	require.NoError(t, a.SeedCatalogue(t.Context(), app.WithImages, nil))
	assert.Equal(t, before, count(), "a second time changes nothing")
	assert.Equal(t, int64(4), apitest.Value[int64](shop, "SELECT count(*) FROM payment_types"))

	// Its images are served.
	server := httptest.NewServer(a.Server)
	defer server.Close()
	response, err := http.Get(server.URL + "/api/v1/products?limit=1")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var page struct {
		Items []struct{ Image struct{ URL string } }
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&page))
	image, err := http.Get(server.URL + page.Items[0].Image.URL)
	require.NoError(t, err)
	defer func() { _ = image.Body.Close() }()
	assert.Equal(t, "image/jpeg", image.Header.Get("Content-Type"))
}

// getProductBySlug, listProducts: amounts in yen have no decimals.
func TestCurrenciesWithOtherDecimals(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec("DELETE FROM store")
	a, err := app.New(
		t.Context(), settings(t, shop, map[string]string{"STORE_CURRENCY": "JPY"}), quiet, nil,
	)
	require.NoError(t, err)
	defer func() { _ = a.Close() }()
	shop.Exec(`WITH p AS (INSERT INTO products (name, slug) VALUES ('Tea', 'tea') RETURNING id)
		INSERT INTO variants (product_id, is_default, sku, price_minor, discount_minor)
			SELECT id, true, 'T', 1200, 980 FROM p`)
	server := httptest.NewServer(a.Server)
	defer server.Close()
	response, err := http.Get(server.URL + "/api/v1/products/slug/tea")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"price":"1200"`)
	assert.Contains(t, string(text), `"discount_price":"980"`)
	assert.Contains(t, string(text), `"currency":"JPY"`)
	wrong, err := http.Get(server.URL + "/api/v1/products?min_price=1.50")
	require.NoError(t, err)
	defer func() { _ = wrong.Body.Close() }()
	assert.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode, "yen have no decimals")
}

// No operation: App.Close leaves no goroutine behind.
func TestCloseLeavesNothingRunning(t *testing.T) {
	shop := apitest.New(t)
	before := goleak.IgnoreCurrent()
	a, err := app.New(t.Context(), settings(t, shop, nil), quiet, nil)
	require.NoError(t, err)
	require.NoError(t, a.Close())
	goleak.VerifyNone(t, before)
}
