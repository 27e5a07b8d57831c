// Package request carries what rules and handlers may know of a request beyond its parameters.
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

// Info is one request's. The server fills it before the handler runs.
type Info struct {
	ID          string // sent back as X-Request-Id
	Operation   string // operationId, empty when no operation matched
	Address     netip.Addr
	UserAgent   string
	URL         *url.URL // path and query; nil outside a request
	Arrived     time.Time
	EventStream bool // the client prefers text/event-stream
	AcceptsGzip bool // the client reads answers compressed by gzip
	IsLocal     bool // came in development to http://localhost, where Safari takes no Secure cookie
	Principal   Principal
	Audited     bool // staff changes something: transactions write down what
	// CatalogueVersion is that of the catalogue when the request was made; empty when none is
	// known. What was counted under a version holds as long as it does.
	CatalogueVersion string

	Body []byte // as it came, where the contract says x-raw-body

	RefreshCookie string      // the refresh token a browser sent
	CSRFToken     string      // X-CSRF-Token
	UsesCookies   bool        // the request is judged by its cookies, not by an Authorization header
	Answer        http.Header // of the answer, until its first byte leaves
}

// SetCookie sets a cookie with the response.
func (i *Info) SetCookie(cookie *http.Cookie) {
	if i.IsLocal {
		cookie.Secure = false
	}
	i.Answer.Add("Set-Cookie", cookie.String())
}

// Principal is the account a request speaks for; the zero value is no account.
type Principal struct {
	UserID    int64
	SessionID int64
	Role      string
	Rank      int16 // a role may do all that a lower rank may
}

type key struct{}

// With returns a context that carries info.
func With(ctx context.Context, info *Info) context.Context {
	return context.WithValue(ctx, key{}, info)
}

// From is the request's info; outside a request an empty one.
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
