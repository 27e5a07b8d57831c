package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

const testSecret = apitest.Secret

// forge signs the claims of a real token after a change, with the server's own secret unless told
// otherwise.
func forge(
	t *testing.T, token, secret string, algorithm jwa.SignatureAlgorithm, change func(jwt.Token),
) string {
	t.Helper()
	claims, err := jwt.ParseInsecure([]byte(token))
	require.NoError(t, err)
	if change != nil {
		change(claims)
	}
	headers := jws.NewHeaders()
	message, err := jws.Parse([]byte(token))
	require.NoError(t, err)
	require.NoError(t, headers.Set(jws.TypeKey, message.Signatures()[0].ProtectedHeaders().Type()))
	signed, err := jwt.Sign(
		claims, jwt.WithKey(algorithm, []byte(secret), jws.WithProtectedHeaders(headers)),
	)
	require.NoError(t, err)
	return string(signed)
}

// getCurrentUser, refreshToken: tokens that are forged, changed or of another kind are refused.
func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	header, payload, signature := parts(pair.AccessToken)
	edited := func(change func(map[string]any)) string {
		var claims map[string]any
		text, err := base64.RawURLEncoding.DecodeString(payload)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &claims))
		change(claims)
		text, err = json.Marshal(claims)
		require.NoError(t, err)
		return header + "." + base64.RawURLEncoding.EncodeToString(text) + "." + signature
	}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	forged := map[string]string{
		"no signature":   header + "." + payload + ".",
		"alg none":       encode(`{"alg":"none","typ":"at+jwt"}`) + "." + payload + ".",
		"edited payload": edited(func(c map[string]any) { c["sub"] = "1" }),
		"another secret": forge(
			t, pair.AccessToken, "another-secret-that-is-long-enough-here", jwa.HS256, nil,
		),
		"another algorithm": forge(t, pair.AccessToken, testSecret, jwa.HS512, nil),
		"expired": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Set(jwt.ExpirationKey, time.Now().Add(-2*time.Minute)) },
		),
		"from the future": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Set(jwt.NotBeforeKey, time.Now().Add(time.Hour)) },
		),
		"without an end": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Remove(jwt.ExpirationKey) },
		),
		"another audience": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Set(jwt.AudienceKey, []string{"elsewhere"}) },
		),
		"another user's session": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Set(jwt.SubjectKey, "1") },
		),
		"the refresh token":  pair.RefreshToken,
		"JSON serialisation": `{"payload":"` + payload + `"}`,
		"padded":             header + "=." + payload + "." + signature,
		"too long":           strings.Repeat("a", 16_000),
		"empty":              "",
		"a session that never was": forge(
			t, pair.AccessToken, testSecret, jwa.HS256,
			func(c jwt.Token) { _ = c.Set("sid", "424242") },
		),
	}
	for name, token := range forged {
		answer := shop.Get(
			"/api/v1/auth/me", apitest.Header{Name: "Authorization", Value: "Bearer " + token},
		)
		assert.Equal(t, http.StatusUnauthorized, answer.Status, name)
	}
	shop.As(forge(t, pair.AccessToken, testSecret, jwa.HS256, nil)).
		Get("/api/v1/auth/me").
		Want(http.StatusOK)
		// the forge itself works
	assert.NotContains(t, shop.Log.String(), payload)
}

func parts(token string) (header, payload, signature string) {
	p := strings.Split(token, ".")
	return p[0], p[1], p[2]
}
