package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/platform/money"
)

// check fills in settings that follow from others. The error has a line for each wrong setting.
func check(s *Settings) error {
	c := checker{s: s}
	c.process()
	c.access()
	c.servers()
	c.addresses()
	c.store()
	c.payments()
	c.assistant()
	return errors.Join(c.wrong...)
}

// checker collects an error for each setting that is wrong.
type checker struct {
	s     *Settings
	wrong []error
}

func (c *checker) refuse(name, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Errorf(name+": "+format, args...))
}

func (c *checker) within(name string, value, least, most int) {
	if value < least || value > most {
		c.refuse(name, "%d is not from %d to %d", value, least, most)
	}
}

// lasts checks a duration; allowed describes the range, such as "1s to 40s".
func (c *checker) lasts(name string, value, least, most time.Duration, allowed string) {
	if value < least || value > most {
		c.refuse(name, "%s is not from %s", value, allowed)
	}
}

func (c *checker) oneOf(name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.refuse(name, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

// address checks the address of a page, to which paths or parameters are added.
func (c *checker) address(name, text, example string) {
	if u, err := url.Parse(text); err != nil || !isWeb(u) || u.RawQuery != "" {
		c.refuse(name, "%q is not an address such as %s", text, example)
	}
}

func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

func (c *checker) process() {
	s := c.s
	if s.AppVersion == "" {
		s.AppVersion = Version
	}
	c.within("PORT", s.Port, 0, 65535)
	c.oneOf("LOG_FORMAT", s.LogFormat, "json", "text")
	c.oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
}

// access checks the settings of accounts, tokens and rate limits.
func (c *checker) access() {
	s := c.s
	c.readSecretKey()
	switch {
	case s.SecretKey == "" && s.Debug:
		s.SecretKey = developmentSecret
	case s.Debug:
	case len(s.SecretKey) < 32:
		c.refuse(
			"SECRET_KEY",
			"must have at least 32 characters unless DEBUG=true; try: openssl rand -base64 48",
		)
	case s.HasPublicSecret():
		c.refuse(
			"SECRET_KEY",
			"is the example's value, which everybody knows; try: openssl rand -base64 48",
		)
	}
	c.oneOf("ALGORITHM", s.Algorithm, "HS256", "HS384", "HS512", "RS256", "EdDSA")
	c.within("ACCESS_TOKEN_EXPIRE_MINUTES", s.AccessTokenMinutes, 1, 24*60)
	c.within("REFRESH_TOKEN_EXPIRE_DAYS", s.RefreshTokenDays, 1, 365)
	c.lasts("REFRESH_LEEWAY", s.RefreshLeeway, 0, time.Minute, "0s to 1m")
	least := 10
	if s.Debug {
		least = 4
	}
	c.within("BCRYPT_COST", s.BcryptCost, least, 16)
	c.oneOf("REGISTER_ENUMERATION", s.RegisterEnumeration, "open", "hidden")
	c.within("LOGIN_FREE_FAILURES", s.LoginFreeFailures, 0, 1000)
	if !(s.RateLimitFactor >= 0 && s.RateLimitFactor <= 1e6) {
		c.refuse("RATE_LIMIT_FACTOR", "%v is not from 0 to 1000000", s.RateLimitFactor)
	}
}

// servers checks the addresses of PostgreSQL and Redis.
func (c *checker) servers() {
	s := c.s
	if s.DatabaseURL == "" {
		u := url.URL{
			Scheme: "postgres",
			Host:   fmt.Sprintf("%s:%d", s.PostgresHost, s.PostgresPort),
			Path:   s.PostgresDB,
		}
		u.User = url.User(s.PostgresUser)
		if s.PostgresPassword != "" {
			u.User = url.UserPassword(s.PostgresUser, s.PostgresPassword)
		}
		s.DatabaseURL = u.String()
	}
	c.within("DATABASE_POOL", int(s.DatabasePool), 2, 500)
	if s.RedisURL == "" {
		s.RedisURL = fmt.Sprintf("redis://%s:%d/0", s.RedisHost, s.RedisPort)
	}
}

// addresses checks addresses outside the server: pages that mails link to, origins, proxies and
// networks.
func (c *checker) addresses() {
	s := c.s
	c.address(
		"PASSWORD_RESET_BASE_URL", s.PasswordResetBaseURL,
		"https://shop.example.com/reset-password",
	)
	c.address(
		"EMAIL_VERIFICATION_BASE_URL", s.EmailVerificationBaseURL,
		"https://shop.example.com/verify-email",
	)
	c.address("UNSUBSCRIBE_BASE_URL", s.UnsubscribeBaseURL, "https://shop.example.com/unsubscribe")
	c.address("STOREFRONT_URL", s.StorefrontURL, "https://shop.example.com")
	if s.FeedToken != "" && len(s.FeedToken) < 16 {
		c.refuse("FEED_TOKEN", "must have at least 16 characters; try: openssl rand -hex 24")
	}
	for _, origin := range s.CORSAllowedOrigins {
		if u, err := url.Parse(origin); err != nil || !isWeb(u) || u.Path != "" {
			c.refuse(
				"CORS_ALLOWED_ORIGINS", "%q is not an origin such as https://shop.example.com",
				origin,
			)
		}
	}
	var unknown []string
	s.TrustedProxies, unknown = parseNetworks(s.TrustedProxyText)
	for _, text := range unknown {
		c.refuse(
			"TRUSTED_PROXIES", "%q is neither an address nor a network such as 10.0.0.0/8", text,
		)
	}
	s.FetchAllowedNetworks, unknown = parseNetworks(s.FetchAllowedNetworkText)
	for _, text := range unknown {
		c.refuse(
			"FETCH_ALLOWED_NETWORKS", "%q is neither an address nor a network such as 10.0.0.0/8",
			text,
		)
	}
	c.lasts(
		"WEBHOOK_TIMEOUT", s.WebhookTimeout, 100*time.Millisecond, 30*time.Second, "100ms to 30s",
	)
}

// store checks the settings of the shop: its currency, time zone, stock and orders.
func (c *checker) store() {
	s := c.s
	if _, err := money.ParseCurrency(string(s.StoreCurrency)); err != nil {
		c.refuse("STORE_CURRENCY", "%v", err)
	}
	zone, err := time.LoadLocation(s.StoreTimeZoneName)
	if err != nil || s.StoreTimeZoneName == "Local" {
		c.refuse(
			"STORE_TIME_ZONE", "%q is not a time zone such as Europe/Paris", s.StoreTimeZoneName,
		)
	}
	s.StoreTimeZone = zone
	c.within("STOCK_CRITICAL", int(s.StockCritical), 0, 1_000_000)
	if s.StockLow <= s.StockCritical || s.StockMedium <= s.StockLow {
		c.refuse(
			"STOCK_LOW", "STOCK_CRITICAL (%d), STOCK_LOW (%d) and STOCK_MEDIUM (%d) must rise",
			s.StockCritical, s.StockLow, s.StockMedium,
		)
	}
	c.lasts(
		"ORDER_PAYMENT_WINDOW", s.OrderPaymentWindow, time.Minute, 90*24*time.Hour, "1m to 2160h",
	)
	c.within("ORDER_MAX_OPEN_UNPAID", s.OrderMaxOpenUnpaid, 0, 1_000_000)
	c.oneOf("ORDER_CANCEL_UNTIL", s.OrderCancelUntil, "paid", "shipped")
}

func (c *checker) payments() {
	s := c.s
	if s.PaymentProvider == "" && s.Debug {
		s.PaymentProvider = "test"
	}
	c.oneOf("PAYMENT_PROVIDER", s.PaymentProvider, "", "test", "stripe")
	switch {
	case s.PaymentProvider == "test" && !s.Debug && !s.PaymentTestAllowed:
		c.refuse(
			"PAYMENT_PROVIDER",
			"is test, which only simulates payments; "+
				"set PAYMENT_TEST_ALLOWED=true if that is meant",
		)
	case s.PaymentProvider == "stripe" &&
		!strings.HasPrefix(s.StripeSecretKey, "sk_") &&
		!strings.HasPrefix(s.StripeSecretKey, "rk_"):
		c.refuse(
			"STRIPE_SECRET_KEY",
			"must be Stripe's secret key, sk_... or rk_..., while PAYMENT_PROVIDER is stripe",
		)
	case s.PaymentProvider == "stripe" && !strings.HasPrefix(s.StripeWebhookSecret, "whsec_"):
		c.refuse(
			"STRIPE_WEBHOOK_SECRET",
			"must be the signing secret of the webhook endpoint, whsec_..., while "+
				"PAYMENT_PROVIDER is stripe",
		)
	}
	if s.StripeBaseURL != "" {
		if u, err := url.Parse(s.StripeBaseURL); err != nil || !isWeb(u) {
			c.refuse("STRIPE_BASE_URL", "is not an http or https address")
		}
	}
	c.lasts("PAYMENT_CALL_TIMEOUT", s.PaymentCallTimeout, time.Second, 40*time.Second, "1s to 40s")
}

func (c *checker) assistant() {
	s := c.s
	c.oneOf("RAG_PROVIDER", s.RAGProvider, "auto", "gemini", "openai", "local")
	c.oneOf("RAG_OUTAGE", s.RAGOutage, "error", "local")
	c.within("RAG_INDEX_PER_MINUTE", s.RAGIndexPerMinute, 0, 1_000_000)
	if s.RAGDailyTokens < 0 {
		c.refuse("RAG_DAILY_TOKENS", "%d is below 0", s.RAGDailyTokens)
	}
	if s.RAGProvider == "openai" && s.OpenAIAPIKey == "" &&
		strings.HasPrefix(s.OpenAIBaseURL, "https://api.openai.com") {
		c.refuse(
			"OPENAI_API_KEY",
			"must be set while RAG_PROVIDER is openai, "+
				"unless OPENAI_BASE_URL names a server that needs none",
		)
	}
	c.within("RAG_EMBEDDING_DIM", s.RAGEmbeddingDim, 128, 768)
	c.within("RAG_COMMIT_BATCH_SIZE", s.RAGCommitBatchSize, 1, 100)
	c.within("RAG_TOP_K", s.RAGTopK, 1, 20)
	c.within("RAG_CANDIDATE_MULTIPLIER", s.RAGCandidateMultiplier, 1, 20)
	c.within("RAG_MAX_HISTORY", s.RAGMaxHistory, 2, 50)
	if !(s.RAGSimilarityThreshold >= 0 && s.RAGSimilarityThreshold <= 1) {
		c.refuse("RAG_SIMILARITY_THRESHOLD", "%v is not from 0 to 1", s.RAGSimilarityThreshold)
	}
	timeout, err := time.ParseDuration(s.RAGGeminiTimeoutText)
	if err != nil {
		timeout, err = time.ParseDuration(s.RAGGeminiTimeoutText + "s")
	}
	if err != nil || timeout < time.Second || timeout > 10*time.Minute {
		c.refuse(
			"RAG_GEMINI_TIMEOUT", "%q is not a number of seconds from 1 to 600",
			s.RAGGeminiTimeoutText,
		)
	}
	s.RAGGeminiTimeout = timeout
}
