package identity_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// listSessions, endSession: an account's sessions, and the end of another one.
func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	phone, laptop := login(shop), login(shop)
	var page api.SessionPage
	shop.As(laptop.AccessToken).Get("/api/v1/auth/sessions").Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 2)
	assert.Equal(t, int64(2), page.Total)
	assert.True(t, page.Items[0].IsCurrent, "the last used first")
	assert.False(t, page.Items[1].IsCurrent)
	assert.Equal(t, "127.0.0.1", *page.Items[0].Address)
	assert.NotEmpty(t, page.Items[0].UserAgent)

	// A stranger's session is not there.
	shop.Customer().
		Delete(fmt.Sprintf("/api/v1/auth/sessions/%d", page.Items[1].ID)).
		Problem(http.StatusNotFound, "session_not_found")
	shop.As(phone.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)

	end := fmt.Sprintf("/api/v1/auth/sessions/%d", page.Items[1].ID)
	shop.As(laptop.AccessToken).Delete(end).Want(http.StatusNoContent)
	shop.As(phone.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.As(laptop.AccessToken).Delete(end).Problem(http.StatusNotFound, "session_not_found")
	shop.As(laptop.AccessToken).
		Get("/api/v1/auth/sessions?offset=5").
		Want(http.StatusOK).
		Into(&page)
	assert.Empty(t, page.Items)
	assert.Equal(t, int64(1), page.Total)
}

// logoutAll: ends all sessions of the account.
func TestLogoutAll(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	phone, laptop := login(shop), login(shop)
	shop.As(phone.AccessToken).Post("/api/v1/auth/logout-all", nil).Want(http.StatusNoContent)
	for _, pair := range []api.TokenPair{phone, laptop} {
		shop.As(pair.AccessToken).
			Get("/api/v1/auth/me").
			Problem(http.StatusUnauthorized, "invalid_token")
		shop.Post("/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken}).
			Problem(http.StatusUnauthorized, "invalid_refresh_token")
	}
}

// refreshToken: each exchange prolongs the session.
func TestRefreshKeepsASessionAlive(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	shop.Exec("UPDATE sessions SET expires_at = now() + interval '1 minute'")
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken}).
		Want(http.StatusOK)
	assert.Greater(
		t,
		apitest.Value[float64](
			shop, "SELECT extract(epoch FROM max(expires_at) - now()) / 86400 FROM sessions",
		),
		6.9,
	)
}

// changePassword: sets a new password and ends the other sessions.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	here, elsewhere := login(shop), login(shop)
	change := func(current, replacement string) *apitest.Answer {
		return shop.As(here.AccessToken).
			Post("/api/v1/auth/change-password", fields{
				"current_password": current, "new_password": replacement,
			})
	}
	change("wrong", "another horse 10").Problem(http.StatusForbidden, "wrong_password")
	problem := change(
		"correct horse 9", "password123",
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Equal(t, "/new_password", problem.Errors[0].Pointer)
	change("correct horse 9", "another horse 10").Want(http.StatusNoContent)
	shop.As(here.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)
	shop.As(elsewhere.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.Post("/api/v1/auth/login", fields{"username": "ada", "password": "correct horse 9"}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	shop.Post("/api/v1/auth/login", fields{"username": "ada", "password": "another horse 10"}).
		Want(http.StatusOK)
	assert.Equal(
		t,
		int64(1),
		apitest.Value[int64](
			shop,
			"SELECT count(*) FROM audit_events WHERE event = 'password.changed' "+
				"AND actor_id::text = object_id",
		),
	)
}

// login: after wrong passwords the account is locked for a while.
func TestLockout(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "LOGIN_FREE_FAILURES", Value: "3"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	attempt := func(name, password string) *apitest.Answer {
		return shop.Post("/api/v1/auth/login", fields{"username": name, "password": password})
	}
	for _, name := range []string{"ada", "nobody"} { // whether there is such an account or not
		for range 3 {
			attempt(name, "wrong").Problem(http.StatusUnauthorized, "invalid_credentials")
		}
		locked := attempt(name, "wrong")
		locked.Problem(http.StatusTooManyRequests, "login_locked")
		assert.Equal(t, "15", locked.Header.Get("Retry-After"))
	}
	attempt("Ada", "correct horse 9").Problem(http.StatusTooManyRequests, "login_locked")
	shop.Exec("UPDATE login_failures SET locked_until = now()") // the time is over
	attempt("ada", "wrong").Problem(http.StatusUnauthorized, "invalid_credentials")
	assert.InDelta(
		t,
		30,
		apitest.Value[float64](
			shop,
			"SELECT extract(epoch FROM locked_until - now()) FROM login_failures "+
				"WHERE subject LIKE 'account:% at %'",
		),
		2,
		"twice as long",
	)
	shop.Exec("UPDATE login_failures SET locked_until = now()")
	attempt("ada", "correct horse 9").Want(http.StatusOK)
	attempt("ada", "wrong").Problem(http.StatusUnauthorized, "invalid_credentials")
	attempt("ada", "correct horse 9").Want(http.StatusOK)

	shop.Exec(
		"UPDATE login_failures SET failures = 29, locked_until = NULL " +
			"WHERE subject LIKE 'address:%'",
	)
	attempt("somebody", "wrong").Problem(http.StatusUnauthorized, "invalid_credentials")
	attempt("ada", "correct horse 9").Problem(http.StatusTooManyRequests, "login_locked")
	assert.Positive(
		t,
		apitest.Value[int64](
			shop, "SELECT count(*) FROM audit_events WHERE event = 'login.locked'",
		),
	)
	assert.Zero(
		t,
		apitest.Value[int64](
			shop,
			"SELECT count(*) FROM audit_events WHERE detail::text LIKE '%wrong%' "+
				"OR detail::text LIKE '%horse%'",
		),
	)
}

// login: a password hashed at a lower cost is hashed again.
func TestPasswordsAreRehashedAtLogin(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	// A hash of "correct horse 9" with cost 5; the server's is 4.
	shop.Exec(
		"UPDATE users SET password_hash = $1 WHERE username = 'ada'",
		hashOf(t, "correct horse 9", 5),
	)
	login(shop)
	assert.Equal(
		t,
		"$2a$04$",
		apitest.Value[string](
			shop, "SELECT left(password_hash, 7) FROM users WHERE username = 'ada'",
		),
	)
	login(shop)
}
