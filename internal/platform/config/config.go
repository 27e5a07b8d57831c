// Package config reads the settings: environment variables, and in development a .env file beside the
// program. Every wrong setting is one line that names it.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // STORE_TIME_ZONE, also where the system knows no time zones

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"github.com/shopd/shopd/internal/platform/money"
)

// Version is the server's own version, the default of APP_VERSION.
const Version = "0.1.0"

// exampleSecret is what .env.example shows; it protects nothing.
const exampleSecret = "change-me-to-a-random-string-of-32-characters-or-more"

// Settings are all there are. The zero value is not usable; take it from Load.
type Settings struct {
	AppName    string `env:"APP_NAME" envDefault:"shopd"`
	AppVersion string `env:"APP_VERSION"`
	Debug      bool   `env:"DEBUG" envDefault:"false"`

	Host      string `env:"HOST" envDefault:"0.0.0.0"`
	Port      int    `env:"PORT" envDefault:"8000"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"json"` // json or text
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`  // debug, info, warn or error
	// MetricsAddress moves /metrics off the public address, such as 127.0.0.1:9100.
	MetricsAddress string        `env:"METRICS_ADDRESS"`
	DrainTimeout   time.Duration `env:"DRAIN_TIMEOUT" envDefault:"20s"`
	// StartTimeout is how long to wait for PostgreSQL to come up.
	StartTimeout time.Duration `env:"START_TIMEOUT" envDefault:"60s"`

	SecretKey           string `env:"SECRET_KEY"`
	Algorithm           string `env:"ALGORITHM" envDefault:"HS256"`
	JWTKeysDir          string `env:"JWT_KEYS_DIR"`
	AccessTokenMinutes  int    `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"30"`
	RefreshTokenDays    int    `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"7"`
	BcryptCost          int    `env:"BCRYPT_COST" envDefault:"12"`
	RegisterEnumeration string `env:"REGISTER_ENUMERATION" envDefault:"open"` // open or hidden
	LoginFreeFailures   int    `env:"LOGIN_FREE_FAILURES" envDefault:"10"`

	DatabaseURL      string `env:"DATABASE_URL"`
	PostgresUser     string `env:"POSTGRES_USER" envDefault:"shopd"`
	PostgresPassword string `env:"POSTGRES_PASSWORD"`
	PostgresDB       string `env:"POSTGRES_DB" envDefault:"shopd"`
	PostgresHost     string `env:"POSTGRES_HOST" envDefault:"localhost"`
	PostgresPort     int    `env:"POSTGRES_PORT" envDefault:"5432"`
	DatabasePool     int32  `env:"DATABASE_POOL" envDefault:"16"`

	RedisURL    string `env:"REDIS_URL"`
	RedisHost   string `env:"REDIS_HOST" envDefault:"localhost"`
	RedisPort   int    `env:"REDIS_PORT" envDefault:"6379"`
	RedisPrefix string `env:"REDIS_PREFIX" envDefault:"shopd:"`
	// CacheResponses keeps the answers of public reads that many people ask for.
	CacheResponses bool `env:"CACHE_RESPONSES" envDefault:"true"`

	// Workers: this process works jobs beside serving.
	Workers                  bool   `env:"WORKERS" envDefault:"true"`
	SMTPURL                  string `env:"SMTP_URL"`
	MailFrom                 string `env:"MAIL_FROM" envDefault:"shopd <shop@localhost>"`
	MailDir                  string `env:"MAIL_DIR" envDefault:"mail"`
	PasswordResetBaseURL     string `env:"PASSWORD_RESET_BASE_URL" envDefault:"http://localhost:3000/reset-password"`
	EmailVerificationBaseURL string `env:"EMAIL_VERIFICATION_BASE_URL" envDefault:"http://localhost:3000/verify-email"`
	UnsubscribeBaseURL       string `env:"UNSUBSCRIBE_BASE_URL" envDefault:"http://localhost:8000/api/v1/mails/unsubscribe"`
	// WebhookTimeout is how long a receiver of webhooks may take to answer.
	WebhookTimeout time.Duration `env:"WEBHOOK_TIMEOUT" envDefault:"15s"`

	UploadDir string `env:"UPLOAD_DIR" envDefault:"uploads"`
	// MediaBucket keeps images instead of UploadDir; a gocloud.dev/blob URL.
	MediaBucket    string `env:"MEDIA_BUCKET"`
	MediaURLPrefix string `env:"MEDIA_URL_PREFIX" envDefault:"/media"`
	// StorefrontURL is where the shop's pages are, for feeds: product pages are at /products/ and their slug below it.
	StorefrontURL string `env:"STOREFRONT_URL" envDefault:"http://localhost:3000"`
	// FeedToken opens the feed for Google; empty: there is none.
	FeedToken          string         `env:"FEED_TOKEN"`
	CORSAllowedOrigins []string       `env:"CORS_ALLOWED_ORIGINS" envSeparator:","`
	TrustedProxies     []netip.Prefix `env:"-"`
	TrustedProxyText   []string       `env:"TRUSTED_PROXIES" envSeparator:","`
	// FetchAllowedNetworks are private networks that addresses given by users may lead to.
	FetchAllowedNetworks    []netip.Prefix `env:"-"`
	FetchAllowedNetworkText []string       `env:"FETCH_ALLOWED_NETWORKS" envSeparator:","`
	RateLimitFactor         float64        `env:"RATE_LIMIT_FACTOR" envDefault:"1"`

	StoreCurrency money.Currency `env:"STORE_CURRENCY" envDefault:"USD"`
	// StoreTimeZone is whose days the dashboard counts.
	StoreTimeZone     *time.Location `env:"-"`
	StoreTimeZoneName string         `env:"STORE_TIME_ZONE" envDefault:"UTC"`
	// Most units at which a variant's stock is critical, low or medium.
	StockCritical int32 `env:"STOCK_CRITICAL" envDefault:"3"`
	StockLow      int32 `env:"STOCK_LOW" envDefault:"10"`
	StockMedium   int32 `env:"STOCK_MEDIUM" envDefault:"50"`

	// OrderPaymentWindow is how long an order may stay unpaid before it is cancelled.
	OrderPaymentWindow time.Duration `env:"ORDER_PAYMENT_WINDOW" envDefault:"60m"`
	OrderMaxOpenUnpaid int           `env:"ORDER_MAX_OPEN_UNPAID" envDefault:"5"` // 0: no limit
	OrderCancelUntil   string        `env:"ORDER_CANCEL_UNTIL" envDefault:"paid"` // paid or shipped

	PaymentProvider string `env:"PAYMENT_PROVIDER"` // test or stripe; empty: test with DEBUG, else none
	// PaymentTestAllowed lets the test provider, which moves no money, be used without DEBUG.
	PaymentTestAllowed bool   `env:"PAYMENT_TEST_ALLOWED" envDefault:"false"`
	PaymentTestDir     string `env:"PAYMENT_TEST_DIR" envDefault:"payments"`
	// PaymentCallTimeout is how long a call that asks the payment provider may take. A key is free again, and a payment nobody
	// heard of is asked for, after one and a half times that.
	PaymentCallTimeout  time.Duration `env:"PAYMENT_CALL_TIMEOUT" envDefault:"40s"`
	StripeSecretKey     string        `env:"STRIPE_SECRET_KEY"`
	StripeWebhookSecret string        `env:"STRIPE_WEBHOOK_SECRET"`
	StripeBaseURL       string        `env:"STRIPE_BASE_URL"` // empty: Stripe's

	RAGProvider            string        `env:"RAG_PROVIDER" envDefault:"auto"` // auto, gemini, openai or local
	GeminiAPIKey           string        `env:"GEMINI_API_KEY"`
	GeminiEndpoint         string        `env:"GEMINI_ENDPOINT"` // empty: Google's
	RAGEmbeddingModel      string        `env:"RAG_EMBEDDING_MODEL" envDefault:"models/gemini-embedding-001"`
	RAGGenerationModel     string        `env:"RAG_GENERATION_MODEL" envDefault:"gemini-2.5-flash"`
	RAGEmbeddingDim        int           `env:"RAG_EMBEDDING_DIM" envDefault:"768"`
	RAGCommitBatchSize     int           `env:"RAG_COMMIT_BATCH_SIZE" envDefault:"10"`
	RAGTopK                int           `env:"RAG_TOP_K" envDefault:"5"`
	RAGSimilarityThreshold float64       `env:"RAG_SIMILARITY_THRESHOLD" envDefault:"0.5"`
	RAGCandidateMultiplier int           `env:"RAG_CANDIDATE_MULTIPLIER" envDefault:"3"`
	RAGGeminiTimeoutText   string        `env:"RAG_GEMINI_TIMEOUT" envDefault:"30"` // seconds, or a duration such as 45s
	RAGGeminiTimeout       time.Duration `env:"-"`
	RAGMaxHistory          int           `env:"RAG_MAX_HISTORY" envDefault:"10"`
	RAGOutage              string        `env:"RAG_OUTAGE" envDefault:"error"`       // error or local: what shoppers get while the model is out
	RAGDailyTokens         int64         `env:"RAG_DAILY_TOKENS" envDefault:"0"`     // 0: no limit
	RAGIndexPerMinute      int           `env:"RAG_INDEX_PER_MINUTE" envDefault:"0"` // texts; 0: as many as the provider takes
	OpenAIAPIKey           string        `env:"OPENAI_API_KEY"`
	OpenAIBaseURL          string        `env:"OPENAI_BASE_URL" envDefault:"https://api.openai.com/v1"`
	OpenAIQueryPrefix      string        `env:"OPENAI_QUERY_PREFIX"`
	OpenAIDocumentPrefix   string        `env:"OPENAI_DOCUMENT_PREFIX"`
}

// ReadDotenv adds the variables of .env, if there is one, to the environment; those that are set win.
func ReadDotenv() error {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(".env: %w", err)
	}
	return nil
}

// Load reads .env if there is one, then the environment, then defaults, which may be nil; what comes first wins.
// The error lists every wrong setting.
func Load(defaults map[string]string) (Settings, error) {
	if err := ReadDotenv(); err != nil {
		return Settings{}, err
	}
	variables := env.ToMap(os.Environ())
	for name, value := range defaults {
		if variables[name] == "" {
			variables[name] = value
		}
	}
	return Parse(variables)
}

// Parse reads settings from the given variables alone.
func Parse(variables map[string]string) (Settings, error) {
	// An empty variable is an unset one: compose files pass settings on that way.
	for name, value := range variables {
		if value == "" {
			delete(variables, name)
		}
	}
	var s Settings
	if err := env.ParseWithOptions(&s, env.Options{Environment: variables}); err != nil {
		return Settings{}, describe(err)
	}
	return s, errors.Join(s.check()...)
}

// describe names the variable of each failure, which the parser knows only by its field.
func describe(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	var lines []error
	for _, one := range all.Errors {
		var parse env.ParseError
		if errors.As(one, &parse) {
			lines = append(lines, fmt.Errorf("%s: not a valid %s", variableOf(parse.Name), parse.Type))
			continue
		}
		lines = append(lines, one)
	}
	return errors.Join(lines...)
}

func (s *Settings) check() []error {
	var wrong []error
	refuse := func(name, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf(name+": "+format, args...))
	}
	within := func(name string, value, least, most int) {
		if value < least || value > most {
			refuse(name, "%d is not from %d to %d", value, least, most)
		}
	}
	oneOf := func(name, value string, allowed ...string) {
		for _, a := range allowed {
			if value == a {
				return
			}
		}
		refuse(name, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}

	if s.AppVersion == "" {
		s.AppVersion = Version
	}
	within("PORT", s.Port, 0, 65535)
	oneOf("LOG_FORMAT", s.LogFormat, "json", "text")
	oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")

	switch {
	case s.SecretKey == "" && s.Debug:
		s.SecretKey = "development-only-secret-key-of-shopd"
	case s.Debug:
	case len(s.SecretKey) < 32:
		refuse("SECRET_KEY", "must have at least 32 characters unless DEBUG=true; try: openssl rand -base64 48")
	case s.SecretKey == exampleSecret:
		refuse("SECRET_KEY", "is the example's value, which everybody knows; try: openssl rand -base64 48")
	}
	oneOf("ALGORITHM", s.Algorithm, "HS256", "HS384", "HS512", "RS256", "EdDSA")
	within("ACCESS_TOKEN_EXPIRE_MINUTES", s.AccessTokenMinutes, 1, 24*60)
	within("REFRESH_TOKEN_EXPIRE_DAYS", s.RefreshTokenDays, 1, 365)
	least := 10
	if s.Debug {
		least = 4
	}
	within("BCRYPT_COST", s.BcryptCost, least, 16)
	oneOf("REGISTER_ENUMERATION", s.RegisterEnumeration, "open", "hidden")
	within("LOGIN_FREE_FAILURES", s.LoginFreeFailures, 0, 1000)

	if s.DatabaseURL == "" {
		u := url.URL{Scheme: "postgres", Host: fmt.Sprintf("%s:%d", s.PostgresHost, s.PostgresPort), Path: s.PostgresDB}
		u.User = url.User(s.PostgresUser)
		if s.PostgresPassword != "" {
			u.User = url.UserPassword(s.PostgresUser, s.PostgresPassword)
		}
		s.DatabaseURL = u.String()
	}
	within("DATABASE_POOL", int(s.DatabasePool), 2, 500)
	if s.RedisURL == "" {
		s.RedisURL = fmt.Sprintf("redis://%s:%d/0", s.RedisHost, s.RedisPort)
	}

	for name, text := range map[string]string{"PASSWORD_RESET_BASE_URL": s.PasswordResetBaseURL, "EMAIL_VERIFICATION_BASE_URL": s.EmailVerificationBaseURL, "UNSUBSCRIBE_BASE_URL": s.UnsubscribeBaseURL} {
		if u, err := url.Parse(text); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" {
			refuse(name, "%q is not an address such as https://shop.example.com/reset-password", text)
		}
	}
	if u, err := url.Parse(s.StorefrontURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" {
		refuse("STOREFRONT_URL", "%q is not an address such as https://shop.example.com", s.StorefrontURL)
	}
	if s.FeedToken != "" && len(s.FeedToken) < 16 {
		refuse("FEED_TOKEN", "must have at least 16 characters; try: openssl rand -hex 24")
	}
	for _, origin := range s.CORSAllowedOrigins {
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" {
			refuse("CORS_ALLOWED_ORIGINS", "%q is not an origin such as https://shop.example.com", origin)
		}
	}
	var unknown []string
	s.TrustedProxies, unknown = parseNetworks(s.TrustedProxyText)
	for _, text := range unknown {
		refuse("TRUSTED_PROXIES", "%q is neither an address nor a network such as 10.0.0.0/8", text)
	}
	s.FetchAllowedNetworks, unknown = parseNetworks(s.FetchAllowedNetworkText)
	for _, text := range unknown {
		refuse("FETCH_ALLOWED_NETWORKS", "%q is neither an address nor a network such as 10.0.0.0/8", text)
	}
	if !(s.RateLimitFactor >= 0 && s.RateLimitFactor <= 1e6) {
		refuse("RATE_LIMIT_FACTOR", "%v is not from 0 to 1000000", s.RateLimitFactor)
	}
	if _, err := money.ParseCurrency(string(s.StoreCurrency)); err != nil {
		refuse("STORE_CURRENCY", "%v", err)
	}
	zone, err := time.LoadLocation(s.StoreTimeZoneName)
	if err != nil || s.StoreTimeZoneName == "Local" {
		refuse("STORE_TIME_ZONE", "%q is not a time zone such as Europe/Paris", s.StoreTimeZoneName)
	}
	s.StoreTimeZone = zone

	within("STOCK_CRITICAL", int(s.StockCritical), 0, 1_000_000)
	if s.StockLow <= s.StockCritical || s.StockMedium <= s.StockLow {
		refuse("STOCK_LOW", "STOCK_CRITICAL (%d), STOCK_LOW (%d) and STOCK_MEDIUM (%d) must rise", s.StockCritical, s.StockLow, s.StockMedium)
	}

	if s.WebhookTimeout < 100*time.Millisecond || s.WebhookTimeout > 30*time.Second {
		refuse("WEBHOOK_TIMEOUT", "%s is not from 100ms to 30s", s.WebhookTimeout)
	}
	if s.PaymentCallTimeout < time.Second || s.PaymentCallTimeout > 40*time.Second {
		refuse("PAYMENT_CALL_TIMEOUT", "%s is not from 1s to 40s", s.PaymentCallTimeout)
	}
	if s.OrderPaymentWindow < time.Minute || s.OrderPaymentWindow > 90*24*time.Hour {
		refuse("ORDER_PAYMENT_WINDOW", "%s is not from 1m to 2160h", s.OrderPaymentWindow)
	}
	within("ORDER_MAX_OPEN_UNPAID", s.OrderMaxOpenUnpaid, 0, 1_000_000)
	oneOf("ORDER_CANCEL_UNTIL", s.OrderCancelUntil, "paid", "shipped")

	if s.PaymentProvider == "" && s.Debug {
		s.PaymentProvider = "test"
	}
	oneOf("PAYMENT_PROVIDER", s.PaymentProvider, "", "test", "stripe")
	switch {
	case s.PaymentProvider == "test" && !s.Debug && !s.PaymentTestAllowed:
		refuse("PAYMENT_PROVIDER", "is test, which takes payments that are none; set PAYMENT_TEST_ALLOWED=true if that is meant")
	case s.PaymentProvider == "stripe" && !strings.HasPrefix(s.StripeSecretKey, "sk_") && !strings.HasPrefix(s.StripeSecretKey, "rk_"):
		refuse("STRIPE_SECRET_KEY", "must be Stripe's secret key, sk_... or rk_..., while PAYMENT_PROVIDER is stripe")
	case s.PaymentProvider == "stripe" && !strings.HasPrefix(s.StripeWebhookSecret, "whsec_"):
		refuse("STRIPE_WEBHOOK_SECRET", "must be the signing secret of the webhook endpoint, whsec_..., while PAYMENT_PROVIDER is stripe")
	}
	if s.StripeBaseURL != "" {
		if u, err := url.Parse(s.StripeBaseURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			refuse("STRIPE_BASE_URL", "is not an http or https address")
		}
	}

	oneOf("RAG_PROVIDER", s.RAGProvider, "auto", "gemini", "openai", "local")
	oneOf("RAG_OUTAGE", s.RAGOutage, "error", "local")
	within("RAG_INDEX_PER_MINUTE", s.RAGIndexPerMinute, 0, 1_000_000)
	if s.RAGDailyTokens < 0 {
		refuse("RAG_DAILY_TOKENS", "%d is below 0", s.RAGDailyTokens)
	}
	if s.RAGProvider == "openai" && s.OpenAIAPIKey == "" && strings.HasPrefix(s.OpenAIBaseURL, "https://api.openai.com") {
		refuse("OPENAI_API_KEY", "must be set while RAG_PROVIDER is openai, unless OPENAI_BASE_URL names a server that wants none")
	}
	within("RAG_EMBEDDING_DIM", s.RAGEmbeddingDim, 128, 768)
	within("RAG_COMMIT_BATCH_SIZE", s.RAGCommitBatchSize, 1, 100)
	within("RAG_TOP_K", s.RAGTopK, 1, 20)
	within("RAG_CANDIDATE_MULTIPLIER", s.RAGCandidateMultiplier, 1, 20)
	within("RAG_MAX_HISTORY", s.RAGMaxHistory, 2, 50)
	if !(s.RAGSimilarityThreshold >= 0 && s.RAGSimilarityThreshold <= 1) {
		refuse("RAG_SIMILARITY_THRESHOLD", "%v is not from 0 to 1", s.RAGSimilarityThreshold)
	}
	timeout, err := time.ParseDuration(s.RAGGeminiTimeoutText)
	if err != nil {
		timeout, err = time.ParseDuration(s.RAGGeminiTimeoutText + "s")
	}
	if err != nil || timeout < time.Second || timeout > 10*time.Minute {
		refuse("RAG_GEMINI_TIMEOUT", "%q is not a number of seconds from 1 to 600", s.RAGGeminiTimeoutText)
	}
	s.RAGGeminiTimeout = timeout
	return wrong
}
