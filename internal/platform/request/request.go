// Package request carries facts about a request, besides its parameters, to handlers and rules.
package request

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Names of the cookies of a browser that logged in with them.
const (
	AccessCookie  = "access_token"
	RefreshCookie = "refresh_token"
	CSRFCookie    = "csrf_token"
)

// Info holds the facts about one request. The server fills it before the handler runs.
type Info struct {
	ID          string // sent back as X-Request-Id
	Operation   string // operationId, empty when no operation matched
	Address     netip.Addr
	UserAgent   string
	URL         *url.URL // path and query; nil outside a request
	Arrived     time.Time
	EventStream bool // the client prefers text/event-stream
	AcceptsGzip bool // the client accepts responses compressed by gzip
	PrefersHTML bool // the client prefers text/html, as browsers do
	// IsLocal is set in development for requests to http://localhost, where Safari accepts no
	// Secure cookie.
	IsLocal   bool
	Principal Principal
	Audited   bool // staff changes something, so transactions write to the audit log
	// CatalogueVersion is the version of the catalogue when the request arrived, or empty if it is
	// unknown. A count that was made under a version is right as long as the version is current.
	CatalogueVersion string

	Body []byte // the raw body, if the operation has x-raw-body

	RefreshCookie string      // the refresh token a browser sent
	CSRFToken     string      // X-CSRF-Token
	UsesCookies   bool        // authenticated by cookies, not by an Authorization header
	Answer        http.Header // headers of the response; changes count until its first byte is sent
}

// SetCookie sets a cookie with the response.
func (i *Info) SetCookie(cookie *http.Cookie) {
	if i.IsLocal {
		cookie.Secure = false
	}
	i.Answer.Add("Set-Cookie", cookie.String())
}

// Principal is the account that makes a request, or the API key that it carries. The zero value
// means neither.
type Principal struct {
	UserID    int64
	SessionID int64
	Role      string
	Rank      int16 // a role may do all that a lower rank may
	Key       *Key  // nil without an API key; with one there is no account
}

// Key is an API key that may be used for the request.
type Key struct {
	ID             int64
	Scopes         []string
	CallsPerMinute int // 0: as many as each operation allows
}

// Owner returns what the principal's own data is stored under: the account's id, or the negative id
// of the API key.
func (p Principal) Owner() int64 {
	if p.Key != nil {
		return -p.Key.ID
	}
	return p.UserID
}

type key struct{}

// With returns a context that carries info.
func With(ctx context.Context, info *Info) context.Context {
	return context.WithValue(ctx, key{}, info)
}

// From returns the info of the request, or an empty one outside a request.
func From(ctx context.Context) *Info {
	if info, ok := ctx.Value(key{}).(*Info); ok {
		return info
	}
	return &Info{}
}

// Actor returns the id of the account that makes the request, or nil if there is no request or
// no account is logged in.
func Actor(ctx context.Context) *int64 {
	if id := From(ctx).Principal.UserID; id != 0 {
		return &id
	}
	return nil
}
