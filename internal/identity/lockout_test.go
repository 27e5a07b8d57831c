package identity_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/apitest"
)

// logInFrom logs an account in from an address of the tests.
func logInFrom(shop *apitest.Shop, address, password string) *apitest.Answer {
	return shop.Post(
		"/api/v1/auth/login", fields{"username": "ada", "password": password},
		header("X-Forwarded-For", address),
	)
}

// login: guesses from anywhere lock an account for strangers only. Its owner logs in at the first
// try from an address seen before.
func TestNobodyLocksAnOwnerOut(t *testing.T) {
	t.Parallel()
	shop := apitest.New(
		t, apitest.Setting{Name: "TRUSTED_PROXIES", Value: "127.0.0.0/8"},
		apitest.Setting{Name: "LOGIN_FREE_FAILURES", Value: "3"},
	)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	const home, office = "198.51.100.9", "2001:db8:7:7::1"
	logInFrom(shop, home, "correct horse 9").Want(http.StatusOK)
	logInFrom(shop, office, "correct horse 9").Want(http.StatusOK)

	hashed := 0
	for guess := range 200 {
		answer := logInFrom(shop, fmt.Sprintf("203.0.113.%d", guess%100), "guess")
		if answer.Status == http.StatusUnauthorized {
			hashed++
		}
	}
	assert.Equal(t, 60, hashed, "twenty times the free failures, from all addresses together")
	logInFrom(shop, home, "correct horse 9").Want(http.StatusOK)
	logInFrom(shop, "2001:db8:7:7::2", "correct horse 9").Want(http.StatusOK)
	logInFrom(shop, "192.0.2.1", "correct horse 9").
		Problem(http.StatusTooManyRequests, "login_locked")

	for range 3 { // a guesser at the owner's address locks that address
		logInFrom(shop, home, "guess").Problem(http.StatusUnauthorized, "invalid_credentials")
	}
	logInFrom(shop, home, "correct horse 9").Problem(http.StatusTooManyRequests, "login_locked")
	logInFrom(shop, office, "correct horse 9").Want(http.StatusOK)
}

// login: racing guesses are hashed no more often than guesses in a row, by either name of the
// account, and leave the account locked.
func TestRacingGuessesAreBounded(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	other := shop.Restart()
	for _, names := range [][]fields{
		{{"username": "ada"}, {"email": "ada@example.com"}, {"username": "ADA"}},
		{{"username": "nobody"}},
	} {
		var hashed atomic.Int64
		var start, done sync.WaitGroup
		start.Add(1)
		for guess := range 64 {
			done.Go(func() {
				body := fields{"password": fmt.Sprint("guess ", guess)}
				for name, value := range names[guess%len(names)] {
					body[name] = value
				}
				start.Wait()
				if other.Post("/api/v1/auth/login", body).Status == http.StatusUnauthorized {
					hashed.Add(1)
				}
			})
		}
		start.Done()
		done.Wait()
		assert.LessOrEqual(t, hashed.Load(), int64(10))
		assert.Positive(t, hashed.Load())
		for name, value := range names[0] {
			other.Post("/api/v1/auth/login", fields{name: value, "password": "correct horse 9"}).
				Problem(http.StatusTooManyRequests, "login_locked")
		}
	}
}

// login: many tabs may log one account in at once.
func TestRacingLoginsAllSucceed(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "LOGIN_FREE_FAILURES", Value: "3"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	var done sync.WaitGroup
	for range 32 {
		done.Go(func() {
			answer := shop.Post(
				"/api/v1/auth/login", fields{"username": "ada", "password": "correct horse 9"},
			)
			assert.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
		})
	}
	done.Wait()
	assert.Zero(t, apitest.Value[int](shop, "SELECT sum(failures + pending) FROM login_failures"))
}

// refreshToken: a second tab that sends the same token a moment later is asked to use the tokens of
// the first. After REFRESH_LEEWAY the token counts as stolen, and the session ends.
func TestTwoTabsRefreshTheSameToken(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	first := login(shop)
	refresh := func(server *apitest.Shop) *apitest.Answer {
		return server.Post("/api/v1/auth/refresh", fields{"refresh_token": first.RefreshToken})
	}
	refresh(shop).Want(http.StatusOK)
	other := shop.Restart() // knows the exchange by the database only
	for _, server := range []*apitest.Shop{shop, other} {
		refresh(server).Problem(http.StatusConflict, "refresh_in_progress")
	}
	shop.As(first.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)
	shop.Exec("UPDATE refresh_tokens SET settled_at = settled_at - interval '11 seconds'")
	refresh(other).Problem(http.StatusUnauthorized, "token_reused")
	shop.As(first.AccessToken).Get("/api/v1/auth/me").Want(http.StatusUnauthorized)
}
