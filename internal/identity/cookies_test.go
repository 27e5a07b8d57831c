package identity_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// jar is a browser's cookies.
type jar map[string]string

func cookies(t *testing.T, answer *apitest.Answer) jar {
	t.Helper()
	out := jar{}
	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		assert.True(t, cookie.Secure, cookie.Name)
		assert.Equal(
			t, cookie.Name != "csrf_token", cookie.HttpOnly, "scripts read %s or not", cookie.Name,
		)
		if cookie.MaxAge >= 0 {
			assert.NotEqual(t, http.SameSiteDefaultMode, cookie.SameSite)
		}
		out[cookie.Name] = cookie.Value
	}
	return out
}

// headers are what a browser sends, and what the storefront's script adds.
func (j jar) headers(csrf string) []apitest.Header {
	var pairs []string
	for name, value := range j {
		pairs = append(pairs, name+"="+value)
	}
	headers := []apitest.Header{{Name: "Cookie", Value: strings.Join(pairs, "; ")}}
	if csrf != "" {
		headers = append(headers, apitest.Header{Name: "X-CSRF-Token", Value: csrf})
	}
	return headers
}

func loginWithCookies(t *testing.T, shop *apitest.Shop) jar {
	t.Helper()
	answer := shop.Post("/api/v1/auth/login?use_cookies=true", fields{
		"username": "ada", "password": "correct horse 9",
	}).
		Want(http.StatusOK)
	j := cookies(t, answer)
	require.Len(t, j, 3)
	return j
}

// login, logout, getCurrentUser, createAddress: tokens in cookies, and the CSRF token that changes
// need.
func TestCookies(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	j := loginWithCookies(t, shop)
	csrf := j["csrf_token"]
	shop.Get("/api/v1/auth/me", j.headers("")...).Want(http.StatusOK)
	assert.Empty(
		t,
		cookies(
			t,
			shop.Post(
				"/api/v1/auth/login", fields{"username": "ada", "password": "correct horse 9"},
			),
		),
		"only who asks gets cookies",
	)

	other := loginWithCookies(t, shop)["csrf_token"]
	address := fields{
		"recipient":   "Ada",
		"line1":       "1 Road",
		"city":        "London",
		"postal_code": "N1 9GU",
		"country":     "GB",
	}
	for _, wrong := range []string{"", "guess", other} {
		shop.Post("/api/v1/addresses", address, j.headers(wrong)...).
			Problem(http.StatusForbidden, "csrf_token_missing")
	}
	shop.Post("/api/v1/addresses", address, j.headers(csrf)...).Want(http.StatusCreated)

	// An Authorization header alone decides when there is one.
	both := append(
		j.headers(""), apitest.Header{Name: "Authorization", Value: "Bearer nonsense.of.mine"},
	)
	shop.Get("/api/v1/auth/me", both...).Problem(http.StatusUnauthorized, "invalid_token")
	bearer := append(
		jar{"access_token": "nonsense"}.headers(""),
		apitest.Header{Name: "Authorization", Value: "Bearer " + login(shop).AccessToken},
	)
	shop.Post("/api/v1/addresses", address, bearer...).Want(http.StatusCreated)

	out := cookies(
		t, shop.Post("/api/v1/auth/logout", nil, j.headers(csrf)...).Want(http.StatusNoContent),
	)
	assert.Equal(
		t, jar{"access_token": "", "refresh_token": "", "csrf_token": ""}, out,
		"the cookies are removed",
	)
	shop.Get("/api/v1/auth/me", j.headers("")...).Problem(http.StatusUnauthorized, "invalid_token")
}

// refreshToken, deleteAccount: the token of the cookie is exchanged, and the cookies are removed
// when the session has ended.
func TestRefreshByCookie(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "REFRESH_LEEWAY", Value: "0s"})
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	j := loginWithCookies(t, shop)
	const refresh = "/api/v1/auth/refresh"
	shop.Post(refresh, nil).Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Post(refresh, nil, j.headers("")...).Problem(http.StatusForbidden, "csrf_token_missing")
	answer := shop.Post(refresh, nil, j.headers(j["csrf_token"])...).Want(http.StatusOK)
	renewed := cookies(t, answer)
	require.Len(t, renewed, 3)
	assert.NotEqual(t, j["refresh_token"], renewed["refresh_token"])
	assert.Equal(t, j["csrf_token"], renewed["csrf_token"], "of the same session")
	shop.Get("/api/v1/auth/me", renewed.headers("")...).Want(http.StatusOK)
	var pair api.TokenPair
	answer.Into(&pair)
	assert.Equal(t, renewed["refresh_token"], pair.RefreshToken)
	none := jar{"access_token": "", "refresh_token": "", "csrf_token": ""}
	over := shop.Post(refresh, nil, j.headers(j["csrf_token"])...)
	over.Problem(http.StatusUnauthorized, "token_reused")
	assert.Equal(t, none, cookies(t, over), "what scripts cannot remove is removed")
	j = loginWithCookies(t, shop)
	assert.Equal(
		t,
		none,
		cookies(
			t,
			shop.Call(http.MethodDelete, "/api/v1/users/me", nil, j.headers(j["csrf_token"])...).
				Want(http.StatusNoContent),
		),
	)
}

// login: Safari takes no Secure cookie from http://localhost, where developers try storefronts.
func TestCookiesOfLocalhostAreNotSecure(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for host, secure := range map[string]bool{
		"localhost:8000": false, "localhost": false, "shop.example": true, "localhost.evil": true,
	} {
		request, err := http.NewRequestWithContext(
			t.Context(), http.MethodPost, shop.URL()+"/api/v1/auth/login?use_cookies=true",
			strings.NewReader(
				`{"email":"`+apitest.AdminEmail+`","password":"`+apitest.AdminPassword+`"}`,
			),
		)
		require.NoError(t, err)
		request.Host = host
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Len(t, response.Cookies(), 3, host)
		for _, cookie := range response.Cookies() {
			assert.Equal(t, secure, cookie.Secure, "%s on %s", cookie.Name, host)
		}
	}
}
