// Package server is the HTTP side of shopd. It reads from the contract what each operation demands,
// enforces it, and passes the request to the domain that owns the operation.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/addresses"
	"github.com/shopd/shopd/internal/apikeys"
	"github.com/shopd/shopd/internal/assistant"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/cart"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/feeds"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/insights"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/notifications"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/payments"
	"github.com/shopd/shopd/internal/platform/cache"
	"github.com/shopd/shopd/internal/platform/ratelimit"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/reviews"
	"github.com/shopd/shopd/internal/search"
	"github.com/shopd/shopd/internal/vectors"
	"github.com/shopd/shopd/internal/webhooks"
)

// Domains are the operations, grouped as in internal/. Together they are the generated interface:
// an operation that no domain has is a compile error.
type Domains struct {
	*identity.Identity
	*addresses.Addresses
	*catalog.Catalog
	*inventory.Stock
	*cart.Carts
	*orders.Orders
	*payments.Payments
	*reviews.Reviews
	*webhooks.Webhooks
	*notifications.Notifications
	*feeds.Feeds
	*search.Search
	*vectors.Vectors
	*assistant.Assistant
	*insights.Insights
	*audit.Log
	*apikeys.Keys
	*Site // made by New
}

var _ api.StrictServerInterface = Domains{}

// Options of New.
type Options struct {
	Log          *slog.Logger
	Pool         *pgxpool.Pool
	Limiter      *ratelimit.Limiter
	Pages        *cache.Pages           // nil: no response is cached
	Metrics      []prometheus.Collector // of the domains
	Authenticate func(ctx context.Context, token string) (request.Principal, error)
	CheckCSRF    func(ctx context.Context, session int64) error
	// AuthenticateKey returns what an API key may do that is used from an address.
	AuthenticateKey func(ctx context.Context, key string, address netip.Addr) (*request.Key, error)
	// TurnSales brings prices in lists up to date, before a response that may be cached is made.
	TurnSales      func(ctx context.Context, version string) (catalog.SaleTurn, error)
	Ranks          map[string]int16 // rank of each role
	AllowedOrigins []string
	TrustedProxies []netip.Prefix
	Site           SiteOptions
	Debug          bool // the server runs for development
}

// Server serves HTTP.
type Server struct {
	echo         *echo.Echo
	site         *Site
	debug        bool
	operations   map[string]*operation
	log          *slog.Logger
	metrics      *metrics
	limiter      *ratelimit.Limiter
	pages        *cache.Pages
	making       singleflight.Group
	authenticate func(ctx context.Context, token string) (request.Principal, error)
	checkCSRF    func(ctx context.Context, session int64) error
	authKey      func(ctx context.Context, key string, address netip.Addr) (*request.Key, error)
	turnSales    func(ctx context.Context, version string) (catalog.SaleTurn, error)
	ranks        map[string]int16
	proxies      []netip.Prefix
	origins      *http.CrossOriginProtection
}

// New returns a server of the domains. It fails if the contract leaves a decision open.
func New(o Options, domains Domains) (*Server, error) {
	operations, err := readContract()
	if err != nil {
		return nil, err
	}
	s := &Server{
		echo:         echo.New(),
		operations:   operations,
		debug:        o.Debug,
		log:          o.Log,
		metrics:      newMetrics(o.Pool, o.Pages, o.Metrics...),
		limiter:      o.Limiter,
		pages:        o.Pages,
		authenticate: o.Authenticate,
		checkCSRF:    o.CheckCSRF,
		authKey:      o.AuthenticateKey,
		turnSales:    o.TurnSales,
		ranks:        o.Ranks,
		proxies:      o.TrustedProxies,
		origins:      http.NewCrossOriginProtection(),
	}
	for _, origin := range o.AllowedOrigins {
		if err := s.origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("CORS_ALLOWED_ORIGINS: %w", err)
		}
	}
	for _, op := range operations {
		if op.role != "" && s.ranks[op.role] == 0 {
			return nil, fmt.Errorf("openapi.yaml: %s: there is no role %q", op.id, op.role)
		}
	}
	if domains.Site, err = newSite(o.Site, s.metrics); err != nil {
		return nil, err
	}
	s.site = domains.Site
	s.echo.JSONSerializer = jsonReader{}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { // of errors outside observe
		s.writeProblem(c, err)
	}
	s.echo.Use(s.observe, cors(o.AllowedOrigins), s.admit)
	api.RegisterHandlers(
		s.echo, api.NewStrictHandler(domains, []api.StrictMiddlewareFunc{refuseNil}),
	)
	s.registerHead()
	s.registerDocs(s.site.docs)
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Drain makes readiness fail, so that no new traffic is sent here.
func (s *Server) Drain() { s.site.draining.Store(true) }

// registerHead routes HEAD wherever GET is routed.
func (s *Server) registerHead() {
	for _, route := range s.echo.Routes() {
		if route.Method != http.MethodGet {
			continue
		}
		c := s.echo.NewContext(nil, nil)
		s.echo.Router().Find(http.MethodGet, route.Path, c)
		s.echo.Add(http.MethodHead, route.Path, c.Handler())
	}
}

// refuseNil makes it an error if a handler returns no response: the generated code would send an
// empty 200.
func refuseNil(next api.StrictHandlerFunc, operation string) api.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		response, err := next(c, request)
		if err == nil && response == nil {
			err = errors.New("the handler of " + operation + " returned no response")
		}
		return response, err
	}
}
