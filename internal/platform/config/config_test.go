package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func secure(extra map[string]string) map[string]string {
	all := map[string]string{"SECRET_KEY": "0123456789abcdef0123456789abcdef"}
	for name, value := range extra {
		all[name] = value
	}
	return all
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, err := Parse(secure(nil))
	require.NoError(t, err)
	assert.Equal(t, 8000, s.Port)
	assert.Equal(t, "postgres://shopd@localhost:5432/shopd", s.DatabaseURL)
	assert.Equal(t, "redis://localhost:6379/0", s.RedisURL)
	assert.Equal(t, "30s", s.RAGGeminiTimeout.String())
	assert.Equal(t, Version, s.AppVersion)
	assert.InDelta(t, 0.5, s.RAGSimilarityThreshold, 0)

	s, err = Parse(
		secure(
			map[string]string{
				"POSTGRES_PASSWORD":      "p@ss/w:rd",
				"POSTGRES_HOST":          "db",
				"PORT":                   "",
				"TRUSTED_PROXIES":        "10.0.0.0/8,::1",
				"FETCH_ALLOWED_NETWORKS": "192.168.7.9,fd00::/8",
			},
		),
	)
	require.NoError(t, err)
	assert.Equal(t, "postgres://shopd:p%40ss%2Fw%3Ard@db:5432/shopd", s.DatabaseURL)
	assert.Equal(t, 8000, s.Port, "an empty variable is an unset one")
	assert.Len(t, s.TrustedProxies, 2)
	assert.Equal(
		t,
		[]netip.Prefix{netip.MustParsePrefix("192.168.7.9/32"), netip.MustParsePrefix("fd00::/8")},
		s.FetchAllowedNetworks,
	)
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"PORT":                        {"eighty", "-1", "70000"},
		"DEBUG":                       {"perhaps"},
		"LOG_FORMAT":                  {"xml"},
		"LOG_LEVEL":                   {"loud"},
		"DRAIN_TIMEOUT":               {"20"},
		"SECRET_KEY":                  {"short", exampleSecret},
		"ALGORITHM":                   {"none", "ES256"},
		"ACCESS_TOKEN_EXPIRE_MINUTES": {"0"},
		"BCRYPT_COST":                 {"4", "20"},
		"DATABASE_POOL":               {"1"},
		"CORS_ALLOWED_ORIGINS":        {"*", "shop.example.com", "https://shop.example.com/"},
		"TRUSTED_PROXIES":             {"nginx"},
		"FETCH_ALLOWED_NETWORKS":      {"intranet", "10.0.0.0/33"},
		"PAYMENT_PROVIDER":            {"paypal", "test"},
		"STRIPE_BASE_URL":             {"stripe", "ftp://stripe"},
		"RATE_LIMIT_FACTOR":           {"-1", "NaN"},
		"STORE_CURRENCY":              {"usd", "DOLLAR"},
		"RAG_PROVIDER":                {"oracle"},
		"RAG_EMBEDDING_DIM":           {"64", "3072"},
		"RAG_TOP_K":                   {"0"},
		"RAG_SIMILARITY_THRESHOLD":    {"1.5"},
		"RAG_GEMINI_TIMEOUT":          {"soon", "0"},
		"RAG_MAX_HISTORY":             {"1"},
	} {
		for _, value := range values {
			_, err := Parse(secure(map[string]string{name: value}))
			require.Error(t, err, "%s=%s", name, value)
			assert.True(t, strings.HasPrefix(err.Error(), name+": "), "%s=%s: %v", name, value, err)
			assert.NotContains(t, err.Error(), "\n", "one line")
		}
	}
	_, err := Parse(map[string]string{"PORT": "-1", "RAG_TOP_K": "0"})
	assert.Len(t, strings.Split(err.Error(), "\n"), 3, "every wrong setting at once: %v", err)
}

func TestDevelopmentNeedsNoSecret(t *testing.T) {
	t.Parallel()
	s, err := Parse(map[string]string{"DEBUG": "true"})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(s.SecretKey), 32)
}

func TestPaymentProviders(t *testing.T) {
	t.Parallel()
	s, err := Parse(secure(nil))
	require.NoError(t, err)
	assert.Empty(t, s.PaymentProvider)
	s, err = Parse(map[string]string{"DEBUG": "true"})
	require.NoError(t, err)
	assert.Equal(t, "test", s.PaymentProvider)
	_, err = Parse(
		secure(map[string]string{"PAYMENT_PROVIDER": "test", "PAYMENT_TEST_ALLOWED": "true"}),
	)
	require.NoError(t, err)
	_, err = Parse(
		secure(map[string]string{"PAYMENT_PROVIDER": "stripe", "STRIPE_SECRET_KEY": "pk_live_1"}),
	)
	require.ErrorContains(t, err, "STRIPE_SECRET_KEY: ")
	assert.NotContains(t, err.Error(), "pk_live_1")
	_, err = Parse(
		secure(
			map[string]string{
				"PAYMENT_PROVIDER":      "stripe",
				"STRIPE_SECRET_KEY":     "sk_live_1",
				"STRIPE_WEBHOOK_SECRET": "secret",
			},
		),
	)
	require.ErrorContains(t, err, "STRIPE_WEBHOOK_SECRET: ")
	_, err = Parse(
		secure(
			map[string]string{
				"PAYMENT_PROVIDER":      "stripe",
				"STRIPE_SECRET_KEY":     "sk_live_1",
				"STRIPE_WEBHOOK_SECRET": "whsec_1",
			},
		),
	)
	require.NoError(t, err)
}

func TestExampleNamesEverySetting(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../../.env.example")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	example, err := godotenv.Parse(file)
	require.NoError(t, err)
	known := map[string]bool{}
	for i := range reflect.TypeFor[Settings]().NumField() {
		tag := reflect.TypeFor[Settings]().Field(i).Tag
		if name := tag.Get("env"); name != "-" {
			known[name] = true
			value, named := example[name]
			assert.True(t, named, "%s is missing from .env.example", name)
			if name != "SECRET_KEY" {
				assert.Equal(t, tag.Get("envDefault"), value, "%s has another default", name)
			}
		}
	}
	for name := range example {
		assert.True(t, known[name], "%s is in .env.example and no setting", name)
	}
}

func TestSecretKeyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret_key")
	variables := func(debug string) map[string]string {
		return map[string]string{"DEBUG": debug, "SECRET_KEY_FILE": file}
	}
	_, err := Parse(variables("false"))
	require.ErrorContains(t, err, "SECRET_KEY_FILE")
	first, err := Parse(variables("true"))
	require.NoError(t, err)
	assert.Len(t, first.SecretKey, 64)
	assert.False(t, first.HasPublicSecret())
	second, err := Parse(variables("false"))
	require.NoError(t, err, "the key is a real one")
	assert.Equal(t, first.SecretKey, second.SecretKey)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "only its owner can read it")
}
