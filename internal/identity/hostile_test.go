package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// header is one header of a call.
func header(name, value string) apitest.Header { return apitest.Header{Name: name, Value: value} }

// getCurrentUser: tokens whose header points at keys of the caller's choosing, or whose claims are
// of the wrong type.
func TestTokensWithWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	_, payload, _ := parts(login(shop).AccessToken)
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	require.NoError(t, err)
	sign := func(claims []byte, extra map[string]any) string {
		headers := jws.NewHeaders()
		require.NoError(t, headers.Set(jws.TypeKey, "at+jwt"))
		for name, value := range extra {
			require.NoError(t, headers.Set(name, value))
		}
		token, err := jws.Sign(
			claims, jws.WithKey(jwa.HS256, []byte(testSecret), jws.WithProtectedHeaders(headers)),
		)
		require.NoError(t, err)
		return string(token)
	}
	edited := func(name string, value any) []byte {
		var all map[string]any
		require.NoError(t, json.Unmarshal(claims, &all))
		all[name] = value
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return text
	}
	shop.As(sign(claims, nil)).
		Get("/api/v1/auth/me").
		Want(http.StatusOK)
		// what is signed so is taken
	for name, token := range map[string]string{
		"crit":               sign(claims, map[string]any{"crit": []string{"exp"}}),
		"another type":       sign(claims, map[string]any{"typ": "JWT"}),
		"exp as text":        sign(edited("exp", "4102444800"), nil),
		"sub as a number":    sign(edited("sub", 1), nil),
		"another issuer":     sign(edited("iss", "elsewhere"), nil),
		"a session as text":  sign(edited("sid", "1 OR 1=1"), nil),
		"a negative session": sign(edited("sid", -1), nil),
	} {
		answer := shop.As(token).Get("/api/v1/auth/me")
		assert.Equal(t, http.StatusUnauthorized, answer.Status, name)
	}
	for name, extra := range map[string]map[string]any{
		"jku": {"jku": "http://127.0.0.1:1/keys"}, "x5u": {"x5u": "http://127.0.0.1:1/cert"},
		"kid": {"kid": "../../dev/null"},
	} { // pointers to keys are not followed: the key is the server's own
		forged := strings.Split(sign(claims, extra), ".")
		answer := shop.As(forged[0] + "." + forged[1] + "." + strings.Repeat("A", 43)).
			Get("/api/v1/auth/me")
		assert.Equal(t, http.StatusUnauthorized, answer.Status, name)
	}
}

// login: a thousand guesses under a hundred forged addresses: the real address is limited, and the
// owner gets in from elsewhere.
func TestGuessingPasswordsStops(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	statuses := map[int]int{}
	for guess := range 1000 {
		answer := shop.Post(
			"/api/v1/auth/login",
			fields{"email": "nobody@example.com", "password": fmt.Sprint("guess ", guess)},
			header("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", guess%100)),
		)
		statuses[answer.Status]++
	}
	assert.Greater(t, statuses[http.StatusTooManyRequests], 900, statuses)
	elsewhere := shop.Restart(
		apitest.Setting{Name: "TRUSTED_PROXIES", Value: "127.0.0.0/8"},
		apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"},
	)
	elsewhere.Post(
		"/api/v1/auth/login", fields{"email": "ada@example.com", "password": "correct horse 9"},
		header("X-Forwarded-For", "198.51.100.9"),
	).
		Want(http.StatusOK)
}

// login, listProducts: hashing is slow on purpose, and limited: the shop stays quick while many log
// in.
func TestManyLoginsDoNotSlowTheShop(t *testing.T) {
	shop := apitest.New(
		t, apitest.Setting{Name: "BCRYPT_COST", Value: "10"},
		apitest.Setting{Name: "LOGIN_FREE_FAILURES", Value: "0"},
	)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					shop.Post(
						"/api/v1/auth/login",
						fields{"email": "ada@example.com", "password": "wrong"},
					)
				}
			}
		})
	}
	took := make([]time.Duration, 60)
	for i := range took {
		started := time.Now()
		shop.Get("/api/v1/products").Want(http.StatusOK)
		took[i] = time.Since(started)
	}
	close(stop)
	all.Wait()
	slices.Sort(took)
	assert.Less(t, took[len(took)*95/100], 200*time.Millisecond, took)
}

// register, login: every byte of a password counts.
func TestPasswordsAreNeverCut(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for _, password := range []string{
		"password1", strings.Repeat("a1", 36) + "b", strings.Repeat("é", 37), "short 1",
	} {
		body := ada()
		body["password"] = password
		shop.Post("/api/v1/auth/register", body).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	body := ada()
	body["password"] = strings.Repeat("a1", 36)
	shop.Post("/api/v1/auth/register", body).Want(http.StatusCreated)
	shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": body["password"] + "b",
	}).
		Want(http.StatusUnauthorized)
	shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": body["password"],
	}).
		Want(http.StatusOK)
}

// login, getCurrentUser, listProducts: a form on another site can post to a login, since no cookie
// and no preflight prevents it.
func TestOtherSitesCannotLogABrowserIn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(
		t, apitest.Setting{Name: "CORS_ALLOWED_ORIGINS", Value: "https://shop.example.com"},
	)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	form := apitest.Raw{
		ContentType: "application/x-www-form-urlencoded",
		Content:     "username=ada&password=correct+horse+9",
	}
	const address = "/api/v1/auth/login?use_cookies=true"
	for _, headers := range [][]apitest.Header{
		{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example.com")},
		{header("Sec-Fetch-Site", "same-site"), header("Origin", "https://blog.example.com")},
		{header("Origin", "https://evil.example.com")},
		{header("Origin", "null")},
	} {
		answer := shop.Post(address, form, headers...)
		answer.Problem(http.StatusForbidden, "cross_origin")
		assert.Empty(t, answer.Header.Values("Set-Cookie"))
	}
	for _, headers := range [][]apitest.Header{
		nil,
		{header("Sec-Fetch-Site", "same-origin")},
		{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://shop.example.com")},
	} {
		shop.Post(address, form, headers...).Want(http.StatusOK)
	}
	for _, origin := range []string{
		"null", "https://shop.example.com.evil.example.com", "http://shop.example.com",
		"https://shop.example.com:8443",
	} {
		assert.Empty(
			t,
			shop.Get("/api/v1/auth/me", header("Origin", origin)).Header.Get(
				"Access-Control-Allow-Origin",
			),
			origin,
		)
	}
	assert.Contains(
		t,
		shop.Get("/api/v1/products", header("Origin", "https://shop.example.com")).Header.Values(
			"Vary",
		),
		"Origin",
	)
}

// forgotPassword, resetPassword: a mailed link leads where the settings say, and the mail goes to
// the address that is stored.
func TestResetMailsCannotBeLedAstray(t *testing.T) {
	t.Parallel()
	shop, box := withMail(t)
	body := ada()
	body["email"] = "mike@example.com"
	shop.Post("/api/v1/auth/register", body).Want(http.StatusCreated)
	box.next(t, "mike@example.com", verifyBase)
	shop.Post("/api/v1/auth/forgot-password", fields{"email": "m\u0131ke@example.com"}).
		Want(http.StatusAccepted)
	shop.Post(
		"/api/v1/auth/forgot-password",
		fields{"email": "mike@example.com\r\nBcc: evil@example.com"},
	).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Post(
		"/api/v1/auth/forgot-password", fields{"email": "MIKE@example.com"},
		header("X-Forwarded-Host", "evil.example.com"),
		header("Forwarded", "host=evil.example.com"),
	).Want(http.StatusAccepted)
	mail, older := box.next(t, "mike@example.com", resetBase)
	assert.NotContains(t, mail.text+mail.html, "evil")
	assert.Empty(t, box.mails, "the look-alike gets none")

	shop.Exec("DELETE FROM river_job") // so that another may be asked for at once
	shop.Post("/api/v1/auth/forgot-password", fields{"email": "mike@example.com"}).
		Want(http.StatusAccepted)
	_, newer := box.next(t, "mike@example.com", resetBase)
	shop.Post(reset, fields{"token": older, "new_password": "another horse 9"}).
		Problem(http.StatusBadRequest, "spent_token")
	shop.Post(reset, fields{"token": newer, "new_password": "another horse 9"}).
		Want(http.StatusAccepted)
}
