// Package config reads the settings from environment variables, and from a file .env in the working
// directory. The error of wrong settings has one line for each, which begins with its name.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"
	_ "time/tzdata" // STORE_TIME_ZONE, also where the system knows no time zones

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"github.com/shopd/shopd/internal/platform/money"
)

// Version is the server's own version, the default of APP_VERSION.
const Version = "0.2.0"

// exampleSecret is the value in .env.example. It is public, so it protects nothing.
const exampleSecret = "change-me-to-a-random-string-of-32-characters-or-more"

// developmentSecret signs tokens with DEBUG=true and without SECRET_KEY. It is public as well.
const developmentSecret = "development-only-secret-key-of-shopd"

// Settings holds all settings. The zero value is not usable; Load and Parse return a usable one.
type Settings struct {
	AppName    string `env:"APP_NAME" envDefault:"shopd"`
	AppVersion string `env:"APP_VERSION"`
	Debug      bool   `env:"DEBUG" envDefault:"false"`

	Host      string `env:"HOST" envDefault:"0.0.0.0"`
	Port      int    `env:"PORT" envDefault:"8000"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"json"` // json or text
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`  // debug, info, warn or error
	// MetricsAddress moves /metrics off the public address, such as 127.0.0.1:9100.
	MetricsAddress string `env:"METRICS_ADDRESS"`
	// DrainDelay is how long a stopping server still accepts requests while its readiness check
	// fails, so that load balancers notice before connections are refused.
	DrainDelay   time.Duration `env:"DRAIN_DELAY" envDefault:"5s"`
	DrainTimeout time.Duration `env:"DRAIN_TIMEOUT" envDefault:"20s"`
	// StartTimeout is how long to wait for PostgreSQL to come up.
	StartTimeout time.Duration `env:"START_TIMEOUT" envDefault:"60s"`

	SecretKey string `env:"SECRET_KEY"`
	// SecretKeyFile holds the key if SECRET_KEY is not set. With DEBUG=true it is created with a
	// random key if it does not exist.
	SecretKeyFile      string `env:"SECRET_KEY_FILE"`
	Algorithm          string `env:"ALGORITHM" envDefault:"HS256"`
	JWTKeysDir         string `env:"JWT_KEYS_DIR"`
	AccessTokenMinutes int    `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"30"`
	RefreshTokenDays   int    `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"7"`
	// RefreshLeeway is how long a refresh token that is used a second time counts as the loser of a
	// race between two tabs. Later it counts as stolen, and the session ends.
	RefreshLeeway time.Duration `env:"REFRESH_LEEWAY" envDefault:"10s"`
	BcryptCost    int           `env:"BCRYPT_COST" envDefault:"12"`
	// RegisterEnumeration is open or hidden: whether registering shows that an address is taken.
	RegisterEnumeration string `env:"REGISTER_ENUMERATION" envDefault:"open"`
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
	// CacheResponses caches the responses of public reads.
	CacheResponses bool `env:"CACHE_RESPONSES" envDefault:"true"`

	// Workers says whether this process also works jobs.
	Workers                  bool   `env:"WORKERS" envDefault:"true"`
	SMTPURL                  string `env:"SMTP_URL"`
	MailFrom                 string `env:"MAIL_FROM" envDefault:"shopd <shop@localhost>"`
	MailDir                  string `env:"MAIL_DIR" envDefault:"mail"`
	PasswordResetBaseURL     string `env:"PASSWORD_RESET_BASE_URL" envDefault:"http://localhost:3000/reset-password"`        //nolint:lll // a tag
	EmailVerificationBaseURL string `env:"EMAIL_VERIFICATION_BASE_URL" envDefault:"http://localhost:3000/verify-email"`      //nolint:lll // a tag
	UnsubscribeBaseURL       string `env:"UNSUBSCRIBE_BASE_URL" envDefault:"http://localhost:8000/api/v1/mails/unsubscribe"` //nolint:lll // a tag
	// WebhookTimeout is how long a receiver of webhooks may take to respond.
	WebhookTimeout time.Duration `env:"WEBHOOK_TIMEOUT" envDefault:"15s"`

	UploadDir string `env:"UPLOAD_DIR" envDefault:"uploads"`
	// MediaBucket, a gocloud.dev/blob URL, is where images are stored instead of UploadDir.
	MediaBucket    string `env:"MEDIA_BUCKET"`
	MediaURLPrefix string `env:"MEDIA_URL_PREFIX" envDefault:"/media"`
	// StorefrontURL is the address of the storefront, for links in feeds: the page of a product is
	// at /products/ and its slug below it.
	StorefrontURL string `env:"STOREFRONT_URL" envDefault:"http://localhost:3000"`
	// FeedToken is the secret in the address of the feed for Google; if empty, there is no feed.
	FeedToken string `env:"FEED_TOKEN"`
	// FeedAttributes are the columns of imported files that become public attributes; * means all
	// that do not look internal.
	FeedAttributes     []string       `env:"FEED_ATTRIBUTES" envSeparator:","`
	CORSAllowedOrigins []string       `env:"CORS_ALLOWED_ORIGINS" envSeparator:","`
	TrustedProxies     []netip.Prefix `env:"-"`
	TrustedProxyText   []string       `env:"TRUSTED_PROXIES" envSeparator:","`
	// FetchAllowedNetworks are private networks that the server may fetch from when users give
	// addresses in them.
	FetchAllowedNetworks    []netip.Prefix `env:"-"`
	FetchAllowedNetworkText []string       `env:"FETCH_ALLOWED_NETWORKS" envSeparator:","`
	RateLimitFactor         float64        `env:"RATE_LIMIT_FACTOR" envDefault:"1"`

	StoreCurrency money.Currency `env:"STORE_CURRENCY" envDefault:"USD"`
	// StoreTimeZone decides where a day begins on the dashboard.
	StoreTimeZone     *time.Location `env:"-"`
	StoreTimeZoneName string         `env:"STORE_TIME_ZONE" envDefault:"UTC"`
	// Up to so many units the stock of a variant is critical, low or medium.
	StockCritical int32 `env:"STOCK_CRITICAL" envDefault:"3"`
	StockLow      int32 `env:"STOCK_LOW" envDefault:"10"`
	StockMedium   int32 `env:"STOCK_MEDIUM" envDefault:"50"`

	// OrderPaymentWindow is how long an order may stay unpaid before it is cancelled.
	OrderPaymentWindow time.Duration `env:"ORDER_PAYMENT_WINDOW" envDefault:"60m"`
	OrderMaxOpenUnpaid int           `env:"ORDER_MAX_OPEN_UNPAID" envDefault:"5"` // 0: no limit
	OrderCancelUntil   string        `env:"ORDER_CANCEL_UNTIL" envDefault:"paid"` // paid or shipped

	// PaymentProvider is test or stripe. Empty means test with DEBUG=true, and else none.
	PaymentProvider string `env:"PAYMENT_PROVIDER"`
	// PaymentTestAllowed allows the test provider, which moves no money, without DEBUG=true.
	PaymentTestAllowed bool   `env:"PAYMENT_TEST_ALLOWED" envDefault:"false"`
	PaymentTestDir     string `env:"PAYMENT_TEST_DIR" envDefault:"payments"`
	// PaymentCallTimeout is how long a call to the payment provider may take. After one and a half
	// times as long an Idempotency-Key can be used again, and the provider is asked for the result
	// of a payment that has none.
	PaymentCallTimeout  time.Duration `env:"PAYMENT_CALL_TIMEOUT" envDefault:"40s"`
	StripeSecretKey     string        `env:"STRIPE_SECRET_KEY"`
	StripeWebhookSecret string        `env:"STRIPE_WEBHOOK_SECRET"`
	StripeBaseURL       string        `env:"STRIPE_BASE_URL"` // empty: Stripe's

	// RAGProvider is auto, gemini, openai or local.
	RAGProvider        string `env:"RAG_PROVIDER" envDefault:"auto"`
	GeminiAPIKey       string `env:"GEMINI_API_KEY"`
	GeminiEndpoint     string `env:"GEMINI_ENDPOINT"` // empty: Google's
	RAGEmbeddingModel  string `env:"RAG_EMBEDDING_MODEL" envDefault:"models/gemini-embedding-001"`
	RAGGenerationModel string `env:"RAG_GENERATION_MODEL" envDefault:"gemini-2.5-flash"`

	RAGEmbeddingDim        int     `env:"RAG_EMBEDDING_DIM" envDefault:"768"`
	RAGCommitBatchSize     int     `env:"RAG_COMMIT_BATCH_SIZE" envDefault:"10"`
	RAGTopK                int     `env:"RAG_TOP_K" envDefault:"5"`
	RAGSimilarityThreshold float64 `env:"RAG_SIMILARITY_THRESHOLD" envDefault:"0.5"`
	RAGCandidateMultiplier int     `env:"RAG_CANDIDATE_MULTIPLIER" envDefault:"3"`
	// RAGGeminiTimeoutText is a number of seconds, or a duration such as 45s.
	RAGGeminiTimeoutText string        `env:"RAG_GEMINI_TIMEOUT" envDefault:"30"`
	RAGGeminiTimeout     time.Duration `env:"-"`
	RAGMaxHistory        int           `env:"RAG_MAX_HISTORY" envDefault:"10"`
	// RAGOutage decides what shoppers get while the model is out of reach: error, or local for
	// answers that are written without a model.
	RAGOutage      string `env:"RAG_OUTAGE" envDefault:"error"`
	RAGDailyTokens int64  `env:"RAG_DAILY_TOKENS" envDefault:"0"` // 0: no limit
	// RAGIndexPerMinute limits how many texts are embedded a minute; 0 means no limit but the
	// provider's own.
	RAGIndexPerMinute    int    `env:"RAG_INDEX_PER_MINUTE" envDefault:"0"`
	OpenAIAPIKey         string `env:"OPENAI_API_KEY"`
	OpenAIBaseURL        string `env:"OPENAI_BASE_URL" envDefault:"https://api.openai.com/v1"`
	OpenAIQueryPrefix    string `env:"OPENAI_QUERY_PREFIX"`
	OpenAIDocumentPrefix string `env:"OPENAI_DOCUMENT_PREFIX"`
}

// ReadDotenv adds the variables of .env, if there is one, to the environment. It changes no
// variable that is set already.
func ReadDotenv() error {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(".env: %w", err)
	}
	return nil
}

// Load reads the settings. A variable of the environment goes before one in .env, and that before
// one in defaults, which may be nil. The error lists every wrong setting.
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

// Parse reads the settings from the given variables only.
func Parse(variables map[string]string) (Settings, error) {
	// An empty variable counts as unset, since compose files pass unset variables on as empty.
	for name, value := range variables {
		if value == "" {
			delete(variables, name)
		}
	}
	var s Settings
	if err := env.ParseWithOptions(&s, env.Options{Environment: variables}); err != nil {
		return Settings{}, describe(err)
	}
	return s, check(&s)
}

// HasPublicSecret reports whether tokens are signed with a key that is in the source code. Such a
// server must only be reachable from its own machine.
func (s Settings) HasPublicSecret() bool {
	return s.SecretKey == developmentSecret || s.SecretKey == exampleSecret
}

// describe returns an error that names variables instead of fields, as the parser does.
func describe(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	var lines []error
	for _, one := range all.Errors {
		var parse env.ParseError
		if errors.As(one, &parse) {
			lines = append(
				lines, fmt.Errorf("%s: not a valid %s", variableOf(parse.Name), parse.Type),
			)
			continue
		}
		lines = append(lines, one)
	}
	return errors.Join(lines...)
}
