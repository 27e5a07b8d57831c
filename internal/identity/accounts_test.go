package identity_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

type fields = map[string]string

func ada() fields {
	return fields{
		"email":      "ada@example.com",
		"password":   "correct horse 9",
		"first_name": "Ada",
		"last_name":  "Lovelace",
		"username":   "ada",
	}
}

// register, login, getCurrentUser: an account is made, and logged in to with JSON or a form.
func TestRegisterAndLogIn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var user api.User
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated).Into(&user)
	assert.Equal(t, "ada@example.com", user.Email)
	assert.Equal(t, api.RoleCustomer, user.Role)
	assert.True(t, user.IsActive)
	assert.False(t, user.EmailVerified)
	assert.True(t, user.Phone == nil)
	stored := apitest.Value[string](shop, "SELECT password_hash FROM users WHERE id = $1", user.ID)
	assert.True(t, strings.HasPrefix(stored, "$2a$"), "only a bcrypt hash is kept")

	for name, body := range map[string]any{
		"by e-mail address": fields{
			"email": "ADA@example.com", "password": "correct horse 9",
		},
		"by user name": fields{"username": "Ada", "password": "correct horse 9"},
		"by form and e-mail address": form(
			"username", "ada@example.com", "password", "correct horse 9", "grant_type", "password",
		),
		"by form and user name": form("username", "ada", "password", "correct horse 9"),
	} {
		var pair api.TokenPair
		shop.Post("/api/v1/auth/login", body).Want(http.StatusOK).Into(&pair)
		assert.Equal(t, int32(1800), pair.ExpiresIn, name)
		assert.Equal(t, user.ID, pair.User.ID, name)
		var me api.User
		shop.As(pair.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK).Into(&me)
		assert.Equal(t, user, me, name)
	}
	assert.NotContains(t, shop.Log.String(), "correct horse")
}

func form(pairs ...string) apitest.Raw {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return apitest.Raw{ContentType: "application/x-www-form-urlencoded", Content: values.Encode()}
}

// register: what is refused.
func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	with := func(name, value string) fields {
		f := ada()
		f["email"], f["username"] = "grace@example.com", "grace"
		f[name] = value
		return f
	}
	shop.Post("/api/v1/auth/register", with("email", "Ada@Example.com")).
		Problem(http.StatusConflict, "email_taken")
	shop.Post("/api/v1/auth/register", with("username", "ADA")).
		Problem(http.StatusConflict, "username_taken")
	for name, value := range map[string]string{
		"password": "password123", "email": "no address", "first_name": "", "username": "a b",
		"phone": "call me", "role": "administrator",
	} {
		problem := shop.Post("/api/v1/auth/register", with(name, value)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		require.NotEmpty(t, problem.Errors, name)
		assert.Contains(t, problem.Errors[0].Pointer+problem.Errors[0].Message, name)
	}
	for what, password := range map[string]string{
		"short": "1234567", "long in bytes": strings.Repeat("é", 37),
		"the address": "grace@example.com",
	} {
		problem := shop.Post("/api/v1/auth/register", with("password", password)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		assert.Equal(t, "/password", problem.Errors[0].Pointer, what)
	}
	assert.Equal(
		t, int64(2), apitest.Value[int64](shop, "SELECT count(*) FROM users"),
		"there are only ada and the administrator",
	)
}

// login: what is refused.
func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	wrong := shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": "wrong",
	}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	unknown := shop.Post("/api/v1/auth/login", fields{
		"email": "nobody@example.com", "password": "wrong",
	}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	assert.Equal(
		t, wrong.Detail, unknown.Detail, "an unknown account and a wrong password look the same",
	)
	shop.Post("/api/v1/auth/login", fields{"password": "wrong"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Post("/api/v1/auth/login", fields{"email": "a@b.c", "username": "a", "password": "wrong"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")

	shop.Exec("UPDATE users SET is_active = false WHERE email = 'ada@example.com'")
	shop.Post("/api/v1/auth/login", fields{"email": "ada@example.com", "password": "wrong"}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": "correct horse 9",
	}).
		Problem(http.StatusForbidden, "account_inactive")
}

// login: an unknown account is refused after as long as a wrong password.
func TestUnknownAccountsTakeTheSameTime(t *testing.T) {
	apitest.NotWithRace(t)
	// Alone, not in parallel: time is what it measures. The cost is one a real shop may have.
	shop := apitest.New(
		t, apitest.Setting{Name: "BCRYPT_COST", Value: "7"},
		apitest.Setting{Name: "LOGIN_FREE_FAILURES", Value: "0"},
	)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	took := map[string][]time.Duration{}
	for range 200 {
		for _, email := range []string{"ada@example.com", "nobody@example.com"} {
			started := time.Now()
			shop.Post("/api/v1/auth/login", fields{"email": email, "password": "wrong"}).
				Want(http.StatusUnauthorized)
			took[email] = append(took[email], time.Since(started))
		}
	}
	median := func(email string) float64 {
		slices.Sort(took[email])
		return took[email][100].Seconds()
	}
	known, unknown := median("ada@example.com"), median("nobody@example.com")
	assert.InEpsilon(
		t, known, unknown, 0.1, "medians of 200 tries: %.2f ms and %.2f ms", known*1e3, unknown*1e3,
	)
}

// logout, getCurrentUser, refreshToken: the tokens of a session end with it.
func TestTokensEndWithTheirSession(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	other := login(shop)
	shop.As(pair.AccessToken).Post("/api/v1/auth/logout", nil).Want(http.StatusNoContent)
	shop.As(pair.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken}).
		Problem(http.StatusUnauthorized, "invalid_refresh_token")
	shop.As(other.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)

	shop.Exec("UPDATE users SET is_active = false WHERE email = 'ada@example.com'")
	shop.As(other.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": other.RefreshToken}).
		Problem(http.StatusUnauthorized, "invalid_refresh_token")
}

func login(shop *apitest.Shop) api.TokenPair {
	var pair api.TokenPair
	shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": "correct horse 9",
	}).
		Want(http.StatusOK).
		Into(&pair)
	return pair
}

// getCurrentUser: its ETag.
func TestCurrentUserIsTagged(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	caller := shop.Customer()
	first := caller.Get("/api/v1/auth/me").Want(http.StatusOK)
	tag := first.Header.Get("ETag")
	require.NotEmpty(t, tag)
	again := caller.Get("/api/v1/auth/me", apitest.Header{Name: "If-None-Match", Value: tag}).
		Want(http.StatusNotModified)
	assert.Empty(t, again.Body)
	statements := shop.Statements(func() { caller.Get("/api/v1/auth/me").Want(http.StatusOK) })
	assert.Equal(t, 2, statements, "one for the session, one for the account")
}

// refreshToken: each token is good for one exchange; one that comes back later ends the session.
func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "REFRESH_LEEWAY", Value: "0s"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	first := login(shop)
	var second api.TokenPair
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": first.RefreshToken}).
		Want(http.StatusOK).
		Into(&second)
	assert.NotEqual(t, first.RefreshToken, second.RefreshToken)
	shop.As(second.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)

	// The spent token is used again: a thief has a copy, so the session ends.
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": first.RefreshToken}).
		Problem(http.StatusUnauthorized, "token_reused")
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": second.RefreshToken}).
		Problem(http.StatusUnauthorized, "invalid_refresh_token")
	shop.As(second.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.As(first.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	assert.Equal(
		t, "token_reused",
		apitest.Value[string](shop, "SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL"),
	)
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": "never issued"}).
		Problem(http.StatusUnauthorized, "invalid_refresh_token")
}

// refreshToken: of racing calls with one token one wins, and the session stays valid.
func TestRacingRefreshesHaveOneWinner(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	for range 5 {
		pair := login(shop)
		const clients = 32
		answers := make([]*apitest.Answer, clients)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range clients {
			done.Go(func() {
				start.Wait()
				answers[i] = shop.Post(
					"/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken},
				)
			})
		}
		start.Done()
		done.Wait()
		var winners []api.TokenPair
		reused := false
		for _, answer := range answers {
			switch answer.Status {
			case http.StatusOK:
				var won api.TokenPair
				answer.Into(&won)
				winners = append(winners, won)
			case http.StatusConflict:
				answer.Problem(http.StatusConflict, "refresh_in_progress")
			default:
				answer.Want(http.StatusUnauthorized)
				reused = true
			}
		}
		require.Len(t, winners, 1)
		// A call that reached the server after the winner's response had been sent is reuse by
		// definition. All others lose a race, and the winner's session continues.
		if !reused {
			shop.As(winners[0].AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)
			shop.Post("/api/v1/auth/refresh", fields{"refresh_token": winners[0].RefreshToken}).
				Want(http.StatusOK)
		}
	}
}
