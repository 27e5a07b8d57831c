// Package safehttp calls addresses that users gave. It connects only to public web servers, however
// an address is spelled, resolved or redirected, and returns at most a given number of bytes.
package safehttp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Limits of one fetch.
const (
	maxURL       = 2048 // bytes
	maxRedirects = 3
	maxHeaders   = 64 << 10         // bytes
	headerWithin = 10 * time.Second // connecting, redirects and headers together
	endWithin    = 30 * time.Second // everything, including the body
	stalledAfter = 30 * time.Second // without 30 kB of the body
)

// Errors of a fetch. Any other error is that of the caller's context.
var (
	// ErrRefused is returned for an address that is not allowed or does not respond. Users cannot
	// tell which, so they cannot scan the network behind the server. errors.Unwrap returns the
	// cause, which is only for the log.
	ErrRefused = errors.New("the address cannot be fetched")
	// ErrTooLarge is returned for content of more bytes than the limit.
	ErrTooLarge = errors.New("the content is too large")
	// ErrStatus is returned for a response with another status than 2xx.
	ErrStatus = errors.New("the address answered with a failure")
)

// refusal is ErrRefused with a cause that is not part of its text.
type refusal struct{ cause error }

func (r *refusal) Error() string        { return ErrRefused.Error() }
func (r *refusal) Is(target error) bool { return target == ErrRefused }
func (r *refusal) Unwrap() error        { return r.cause }

func refuse(format string, args ...any) error { return &refusal{fmt.Errorf(format, args...)} }

// Settings of a Client.
type Settings struct {
	// Allowed are private networks that may be called nevertheless, on any port.
	Allowed []netip.Prefix
	// EndWithin is how long a fetch may take, including its body. 0 means 30 seconds.
	EndWithin time.Duration
}

// Client calls addresses that users gave. It is safe for concurrent use. It reuses no connections
// and stores no cookies.
type Client struct {
	http, poster            *http.Client
	guard                   func(network, address string, _ syscall.RawConn) error
	headerWithin, endWithin time.Duration
	stalledAfter            time.Duration
}

// New returns a Client.
func New(s Settings) *Client {
	check := guard(s.Allowed)
	dialer := &net.Dialer{Timeout: headerWithin, Control: check}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would make connections that the guard does not see
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    headerWithin,
		ResponseHeaderTimeout:  headerWithin,
		MaxResponseHeaderBytes: maxHeaders,
		DisableKeepAlives:      true,
	}
	noTimeout := transport.Clone() // Post has a timeout of its own
	noTimeout.ResponseHeaderTimeout = 0
	return &Client{
		guard: check,
		http:  &http.Client{Transport: transport, CheckRedirect: checkRedirect},
		poster: &http.Client{
			Transport: noTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
		headerWithin: headerWithin,
		endWithin:    cmp.Or(s.EndWithin, endWithin),
		stalledAfter: stalledAfter,
	}
}

// guard checks the address to which a connection is about to be made. The name is already resolved
// then, so a name cannot resolve to one address for the check and to another for the connection.
func guard(allowed []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	public := ssrf.New()
	return func(network, address string, conn syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		for _, prefix := range allowed {
			if prefix.Contains(target.Addr().Unmap()) {
				return nil
			}
		}
		return public.Safe(network, address, conn)
	}
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return refuse("more than %d redirects", maxRedirects)
	}
	r.Header.Del("Referer") // the address that the user gave may contain a secret
	return checkURL(r.URL)
}

// Check returns an error for an address that Get would refuse without resolving its name.
func (c *Client) Check(rawURL string) error {
	u, err := parse(rawURL)
	if err != nil {
		return err
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		if err := c.guard(network, net.JoinHostPort(ip.String(), port), nil); err != nil {
			return &refusal{err}
		}
	}
	return nil
}

func parse(rawURL string) (*url.URL, error) {
	if len(rawURL) > maxURL {
		return nil, refuse("the address is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, &refusal{err}
	}
	return u, checkURL(u)
}

// checkURL returns an error for an address that must not be called at all.
func checkURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return refuse("the scheme %q is not fetched", u.Scheme)
	}
	if u.User != nil {
		return refuse("addresses with a user are not fetched")
	}
	if u.Hostname() == "" {
		return refuse("the address has no host")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && numeric(u.Hostname()) {
		return refuse("the host %q is an unusual spelling of a number", u.Hostname())
	}
	return nil
}

// numeric reports whether some resolvers would read host as an IPv4 address, such as 0x7f.1 or
// 2130706433: its last label is a number.
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// Get fetches rawURL, following at most 3 redirects. It returns after the headers, which must
// arrive within 10 seconds. The body may take until 30 seconds after the call, or as long as the
// settings say, if at least a kilobyte a second arrives. The caller closes the Download. The error
// is ErrRefused, ErrTooLarge, ErrStatus or that of ctx.
func (c *Client) Get(ctx context.Context, rawURL string, maxBytes int64) (*Download, error) {
	return c.GetAs(ctx, rawURL, nil, maxBytes)
}

// GetAs is like Get, with a user name and a password unless login is nil. They are not sent to
// another host that the address redirects to.
func (c *Client) GetAs(
	ctx context.Context, rawURL string, login *url.Userinfo, maxBytes int64,
) (*Download, error) {
	u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.endWithin)
	d, err := c.get(limited, cancel, u, login, maxBytes)
	if err != nil {
		cancel()
		return nil, hide(ctx, err)
	}
	d.caller = ctx
	return d, nil
}

func (c *Client) get(
	ctx context.Context, cancel context.CancelFunc, u *url.URL, login *url.Userinfo, maxBytes int64,
) (*Download, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "shopd")
	if login != nil {
		password, _ := login.Password()
		request.SetBasicAuth(login.Username(), password)
	}
	timeout := time.AfterFunc(c.headerWithin, cancel)
	response, err := c.http.Do(request)
	timeout.Stop()
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, errors.Join(ErrStatus, response.Body.Close())
	}
	if response.ContentLength > maxBytes {
		return nil, errors.Join(ErrTooLarge, response.Body.Close())
	}
	return &Download{
		ContentType: response.Header.Get("Content-Type"),
		body:        response.Body, left: maxBytes, cancel: cancel, stalledAfter: c.stalledAfter,
	}, nil
}

// hide returns ErrRefused for every failure of the network.
func hide(caller context.Context, err error) error {
	switch {
	case caller.Err() != nil:
		return caller.Err()
	case errors.Is(err, ErrTooLarge):
		return ErrTooLarge
	case errors.Is(err, ErrStatus):
		return ErrStatus
	}
	return &refusal{err}
}
