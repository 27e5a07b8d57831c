package identity_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

func writeKey(t *testing.T, path string, key any) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(
		t,
		os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600),
	)
}

func ed(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func keySet(t *testing.T, shop *apitest.Shop) jwk.Set {
	t.Helper()
	answer := shop.Get("/.well-known/jwks.json").Want(http.StatusOK)
	shop.Get("/.well-known/jwks.json", apitest.Header{
		Name:  "If-None-Match",
		Value: answer.Header.Get("ETag"),
	}).
		Want(http.StatusNotModified)
	assert.NotContains(t, answer.String(), `"d"`, "no private part")
	set, err := jwk.Parse(answer.Body)
	require.NoError(t, err)
	return set
}

// getJWKS, getCurrentUser: tokens signed with a private key are checked with the published one.
func TestTokensOthersCanCheck(t *testing.T) {
	t.Parallel()
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for algorithm, key := range map[jwa.SignatureAlgorithm]any{
		jwa.EdDSA: ed(t), jwa.RS256: strong,
	} {
		dir := t.TempDir()
		writeKey(t, filepath.Join(dir, "2026-01.pem"), key)
		shop := apitest.New(
			t, apitest.Setting{Name: "ALGORITHM", Value: string(algorithm)},
			apitest.Setting{Name: "JWT_KEYS_DIR", Value: dir},
		)
		shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
		pair := login(shop)
		shop.As(pair.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK)
		set := keySet(t, shop)
		_, err := jwt.ParseString(pair.AccessToken, jwt.WithKeySet(set))
		require.NoError(t, err, "another service checks it with what is published")

		public, _ := set.Key(0)
		_, payload, _ := parts(pair.AccessToken)
		var raw any
		require.NoError(t, public.Raw(&raw))
		der, err := x509.MarshalPKIXPublicKey(raw)
		require.NoError(t, err)
		for name, secret := range map[string][]byte{
			"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "DER": der,
		} {
			headers := jws.NewHeaders()
			require.NoError(t, headers.Set(jws.TypeKey, "at+jwt"))
			require.NoError(t, headers.Set(jws.KeyIDKey, public.KeyID()))
			claims, err := jwt.ParseInsecure([]byte(pair.AccessToken))
			require.NoError(t, err)
			forged, err := jwt.Sign(
				claims, jwt.WithKey(jwa.HS256, secret, jws.WithProtectedHeaders(headers)),
			)
			require.NoError(t, err)
			shop.As(string(forged)).
				Get("/api/v1/auth/me").
				Problem(http.StatusUnauthorized, "invalid_token")
			assert.NotEmpty(t, name)
		}
		stranger := ed(t)
		headers := jws.NewHeaders()
		require.NoError(t, headers.Set(jws.TypeKey, "at+jwt"))
		require.NoError(t, headers.Set(jws.KeyIDKey, "no-such-key"))
		claims, err := jwt.ParseInsecure([]byte(pair.AccessToken))
		require.NoError(t, err)
		forged, err := jwt.Sign(
			claims, jwt.WithKey(jwa.EdDSA, stranger, jws.WithProtectedHeaders(headers)),
		)
		require.NoError(t, err)
		shop.As(string(forged)).
			Get("/api/v1/auth/me").
			Problem(http.StatusUnauthorized, "invalid_token")
		shop.As(strings.Repeat("a", 100_000)).
			Get("/api/v1/auth/me").
			Problem(http.StatusUnauthorized, "invalid_token")
		assert.NotContains(t, shop.Log.String(), payload)
	}
}

// getJWKS, getCurrentUser: tokens of the key before stay valid after a change of keys.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeKey(t, filepath.Join(dir, "2026-01.pem"), ed(t))
	settings := []apitest.Setting{
		{Name: "ALGORITHM", Value: "EdDSA"},
		{Name: "JWT_KEYS_DIR", Value: dir},
	}
	before := apitest.New(t, settings...)
	before.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	old := login(before)

	writeKey(t, filepath.Join(dir, "2026-02.pem"), ed(t))
	after := before.Restart(settings...)
	assert.Equal(t, 2, keySet(t, after).Len())
	after.As(old.AccessToken).Get("/api/v1/auth/me").Want(http.StatusOK) // signed by the old key
	assert.NotEqual(
		t, keyID(t, old.AccessToken), keyID(t, login(after).AccessToken), "the new key signs",
	)

	require.NoError(t, os.Remove(filepath.Join(dir, "2026-01.pem")))
	later := before.Restart(settings...)
	later.As(old.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
}

func keyID(t *testing.T, token string) string {
	t.Helper()
	message, err := jws.ParseString(token)
	require.NoError(t, err)
	return message.Signatures()[0].ProtectedHeaders().KeyID()
}

// getJWKS: a shared secret is not published.
func TestNoKeysWithASharedSecret(t *testing.T) {
	t.Parallel()
	assert.Zero(t, keySet(t, apitest.New(t)).Len())
}
