package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/app"
)

// production are the settings of a shop that went live on the database of a demo shop.
var production = map[string]string{"DEBUG": "false", "SECRET_KEY": strings.Repeat("k", 40)}

// login: the demo administrator of a shop that goes live is deactivated, with all its sessions.
func TestDemoAdminIsClosedInProduction(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	secret := map[string]string{"SECRET_KEY": production["SECRET_KEY"]}
	demo, err := app.New(t.Context(), settings(t, shop, secret), quiet, nil)
	require.NoError(t, err)
	require.NoError(t, demo.SeedAccounts(t.Context()))
	status, pair := logIn(t, demo)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, demo.Close())

	var log bytes.Buffer
	live, err := app.New(
		t.Context(), settings(t, shop, production), slog.New(slog.NewTextHandler(&log, nil)), nil,
	)
	require.NoError(t, err)
	defer func() { _ = live.Close() }()
	status, _ = logIn(t, live)
	assert.Equal(t, http.StatusUnauthorized, status)
	_, err = live.Identity.Authenticate(t.Context(), pair.AccessToken)
	assert.Error(t, err, "its sessions have ended")
	assert.Equal(t, 1, strings.Count(log.String(), "the demo administrator was deactivated"))
	assert.False(
		t, apitest.Value[bool](shop, "SELECT is_active FROM users WHERE username = 'admin'"),
	)

	log.Reset()
	again, err := app.New(
		t.Context(), settings(t, shop, production), slog.New(slog.NewTextHandler(&log, nil)), nil,
	)
	require.NoError(t, err)
	require.NoError(t, again.Close())
	assert.NotContains(t, log.String(), "deactivated", "once is enough")

	shop.Exec("UPDATE users SET is_active = true")
	status, _ = logIn(t, live)
	assert.Equal(t, http.StatusUnauthorized, status, "the pair is refused in any case")
}

// login: a demo administrator with a password of its own stays.
func TestDemoAdminWithAnotherPasswordStays(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	demo, err := app.New(t.Context(), settings(t, shop, nil), quiet, nil)
	require.NoError(t, err)
	require.NoError(t, demo.SeedAccounts(t.Context()))
	require.NoError(t, demo.Close())
	// Not the hash of admin1234.
	shop.Exec("UPDATE users SET password_hash = '$2a$04$' || repeat('a', 53)")
	live, err := app.New(t.Context(), settings(t, shop, production), quiet, nil)
	require.NoError(t, err)
	require.NoError(t, live.Close())
	assert.True(
		t, apitest.Value[bool](shop, "SELECT is_active FROM users WHERE username = 'admin'"),
	)
}

// No operation: without a key of its own a server that others can reach does not start.
func TestPublicSecretStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	run := func(host string, extra map[string]string) error {
		a, err := app.New(t.Context(), settings(t, shop, extra), quiet, nil)
		require.NoError(t, err)
		defer func() { _ = a.Close() }()
		listener, err := app.Listen(t.Context(), host, 0)
		require.NoError(t, err)
		defer func() { _ = listener.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		stop()
		return a.Run(ctx, listener)
	}
	assert.ErrorContains(t, run("0.0.0.0", nil), "SECRET_KEY: must be set, or HOST to 127.0.0.1")
	assert.NoError(t, run("127.0.0.1", nil))
	assert.NoError(t, run("0.0.0.0", map[string]string{"SECRET_KEY": "of-our-own"}))
	file := map[string]string{"SECRET_KEY_FILE": t.TempDir() + "/secret_key"}
	assert.NoError(t, run("0.0.0.0", file), "compose.yaml names a file, which is created")
}

// logIn logs the demo administrator in.
func logIn(t *testing.T, a *app.App) (status int, pair api.TokenPair) {
	t.Helper()
	request := httptest.NewRequest(
		http.MethodPost, "/api/v1/auth/login", strings.NewReader(
			`{"email":"`+app.DemoAdminEmail+`","password":"`+app.DemoAdminPassword+`"}`,
		),
	)
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	a.Server.ServeHTTP(recorder, request)
	if recorder.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &pair))
	}
	return recorder.Code, pair
}
