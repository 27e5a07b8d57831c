package app_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// register, login, refreshToken, forgotPassword, resetPassword, payOrder, createWebhook: passwords,
// tokens, links, card numbers, keys and secrets are in no log, metric, table, job or error, also
// where what they were used for fails.
func TestSecretsStayIn(t *testing.T) {
	t.Parallel()
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no", http.StatusInternalServerError)
	}))
	t.Cleanup(failing.Close)
	const (
		password = "canary-password-5d1f"
		second   = "canary-password-9a0b"
		wrong    = "canary-guess-77c2"
		apiKey   = "canary-api-key-31aa"
		card     = "4242424242424242"
	)
	mails := t.TempDir()
	settings := []apitest.Setting{
		{Name: "LOG_LEVEL", Value: "debug"},
		{Name: "WORKERS", Value: "true"},
		{Name: "MAIL_DIR", Value: mails},
		{Name: "PASSWORD_RESET_BASE_URL", Value: "https://shop.example.com/reset"},
		{Name: "RAG_PROVIDER", Value: "gemini"},
		{Name: "GEMINI_API_KEY", Value: apiKey},
		{Name: "GEMINI_ENDPOINT", Value: failing.URL},
		{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"},
	}
	shop := apitest.New(t, settings...)
	var errors bytes.Buffer
	note := func(answer *apitest.Answer) *apitest.Answer {
		if answer.Status >= http.StatusBadRequest {
			_, _ = errors.Write(answer.Body)
		}
		return answer
	}
	secrets := map[string]string{
		"password": password, "new password": second, "guess": wrong, "API key": apiKey,
		"card number": card, "key of signatures": "a-secret-of-the-tests",
	}
	account := apitest.Fields{
		"email": "ada@example.com", "password": password,
		"first_name": "Ada", "last_name": "Lovelace",
	}
	shop.Post("/api/v1/auth/register", account).Want(http.StatusCreated)
	note(shop.Post("/api/v1/auth/register", account)).Want(http.StatusConflict)
	credentials := apitest.Fields{"email": "ada@example.com", "password": password}
	for _, email := range []any{"ada@example.com", 7} {
		guess := apitest.Fields{"email": email, "password": wrong}
		note(shop.Post("/api/v1/auth/login", guess))
	}
	var pair, next api.TokenPair
	shop.Post("/api/v1/auth/login", credentials).Want(http.StatusOK).Into(&pair)
	cookies := shop.Post("/api/v1/auth/login?use_cookies=true", credentials).Want(http.StatusOK)
	for _, cookie := range cookies.Header.Values("Set-Cookie") {
		name, rest, _ := strings.Cut(cookie, "=")
		value, _, _ := strings.Cut(rest, ";")
		require.Greater(t, len(value), 20, name)
		secrets["cookie "+name] = value
	}
	shop.Post("/api/v1/auth/refresh", apitest.Fields{"refresh_token": pair.RefreshToken}).
		Want(http.StatusOK).Into(&next)
	forged := apitest.Fields{"refresh_token": pair.RefreshToken + "x"}
	note(shop.Post("/api/v1/auth/refresh", forged))
	note(shop.As(next.AccessToken + "x").Get("/api/v1/auth/me")).Want(http.StatusUnauthorized)
	secrets["access token"], secrets["refresh token"] = next.AccessToken, next.RefreshToken
	secrets["former refresh token"] = pair.RefreshToken

	ada := shop.As(next.AccessToken)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{"stock": 5})
	var order api.Order
	ada.Post("/api/v1/orders", apitest.Fields{
		"items": []apitest.Fields{{"product_id": product.ID, "quantity": 1}},
	}).Want(http.StatusCreated).Into(&order)
	at := "/api/v1/orders/" + itoa(order.ID)
	for _, spelled := range []string{card, "4242 4242 4242 4242", "4242-4242-4242-4242"} {
		note(ada.Post(at+"/pay", apitest.Fields{"payment_type": "card", "token": spelled})).
			Want(http.StatusUnprocessableEntity)
	}
	ada.Post(at+"/pay", apitest.Fields{"payment_type": "card", "token": "tok_visa"}).
		Want(http.StatusCreated)
	var hook api.NewWebhook
	admin.Post("/api/v1/admin/webhooks", apitest.Fields{
		"url": failing.URL, "events": []string{"*"},
	}).Want(http.StatusCreated).Into(&hook)
	secrets["secret of a webhook"] = strings.TrimPrefix(hook.Secret, "whsec_")
	admin.Get("/api/v1/admin/webhooks").Want(http.StatusOK)
	note(shop.Post("/api/v1/rag/query", apitest.Fields{"query": "Which lamps are there?"}))

	shop.Post("/api/v1/auth/forgot-password", apitest.Fields{"email": "ada@example.com"}).
		Want(http.StatusAccepted)
	link := regexp.MustCompile(`/reset\?token=(?:3D)?([A-Za-z0-9_-]{43})`)
	require.Eventually(t, func() bool {
		files, err := filepath.Glob(filepath.Join(mails, "*.eml"))
		require.NoError(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			plain := strings.ReplaceAll(strings.ReplaceAll(string(content), "=\r\n", ""), "=\n", "")
			if found := link.FindStringSubmatch(plain); found != nil {
				secrets["link"] = found[1]
			}
		}
		return secrets["link"] != ""
	}, 20*time.Second, 10*time.Millisecond)
	note(shop.Post("/api/v1/auth/reset-password",
		apitest.Fields{"token": secrets["link"], "new_password": "short"}))
	require.Less(t, shop.Post("/api/v1/auth/reset-password",
		apitest.Fields{"token": secrets["link"], "new_password": second}).Status, 300)
	note(shop.Post("/api/v1/auth/reset-password",
		apitest.Fields{"token": secrets["link"], "new_password": second}))
	require.NoError(t, shop.App.Events.Dispatch(t.Context()))
	require.NoError(t, shop.App.Webhooks.Deliver(t.Context()))

	places := map[string]string{
		"errors": errors.String(), "log": shop.Log.String(),
		"metrics": string(shop.Get("/metrics").Want(http.StatusOK).Body),
	}
	rows, err := shop.Pool.Query(
		t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
	)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		places["table "+table] = apitest.Value[string](shop,
			"SELECT coalesce(string_agg(r::text, E'\n'), '') FROM "+
				pgx.Identifier{table}.Sanitize()+" r")
	}
	require.NotEmpty(t, places["log"])
	require.NotEmpty(t, places["errors"])
	require.NotEmpty(t, places["table river_job"])
	for place, text := range places {
		for name, secret := range secrets {
			assert.NotContains(t, text, secret, "%s in the %s", name, place)
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
