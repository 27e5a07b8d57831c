package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/request"
)

const requestIDHeader = "X-Request-Id"

// bodyTimeout is how long a client may take to send a body, unless the operation has more time.
const bodyTimeout = time.Minute

// writeGrace is how long after the operation's timeout a client may still read the response.
const writeGrace = 30 * time.Second

// deadlines returns how long after the start of a request its body may arrive and its response be
// read. The operation's timeout begins when a body that is read as a whole is there, and a client
// that sends one too slowly is told so. read is 0 if the server's own limit, bodyTimeout, holds.
func deadlines(op *operation) (read, write time.Duration) {
	timeout := defaultTimeout
	if op != nil {
		timeout = op.timeout
	}
	if timeout > bodyTimeout { // clients may upload large files slowly
		read = timeout
	}
	write = timeout + writeGrace
	if op != nil && len(op.media) > 0 {
		write += bodyTimeout
	}
	return read, write
}

// observe is the outermost layer: it gives every request its id, turns errors and panics into
// problems, and writes one log line and the metrics.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		r := c.Request()
		method := r.Method
		op := s.operationOf(c)
		info := &request.Info{
			ID:        requestID(r.Header.Get(requestIDHeader)),
			Address:   s.clientAddress(r),
			UserAgent: r.UserAgent(),
			URL:       r.URL,
			Arrived:   time.Now(),
			Answer:    c.Response().Header(),

			AcceptsGzip: acceptsGzip(r.Header),
			PrefersHTML: prefers(r.Header, "text/html"),
			IsLocal:     s.debug && r.TLS == nil && isLocalhost(r.Host),
		}
		if op != nil {
			info.Operation = op.id
			info.Audited = r.Method != http.MethodGet &&
				s.ranks[op.role] > s.ranks["customer"] // staff changes something
			info.EventStream = op.streams && prefers(r.Header, "text/event-stream")
		}
		// Not every writer has deadlines: those of tests have none.
		connection := http.NewResponseController(c.Response().Writer)
		read, write := deadlines(op)
		if read > 0 {
			_ = connection.SetReadDeadline(info.Arrived.Add(read))
		}
		// A client that does not read its response is disconnected.
		_ = connection.SetWriteDeadline(info.Arrived.Add(write))
		c.SetRequest(r.WithContext(request.With(r.Context(), info)))
		info.Answer.Set(requestIDHeader, info.ID)
		info.Answer.Set("X-Content-Type-Options", "nosniff")
		if len(r.TransferEncoding) > 0 {
			// net/http does not tell whether there was a Content-Length, too, by which another
			// server on the way may have read the body (RFC 9112, section 6.1).
			info.Answer.Set("Connection", "close")
		}
		if op != nil {
			maps.Copy(info.Answer, op.deprecation)
		}

		defer func() {
			if cause := recover(); cause != nil {
				if abort, ok := cause.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
					panic(cause)
				}
				err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
			}
			if err != nil {
				s.writeProblem(c, err)
			}
			s.record(c, info, method)
			err = nil
		}()
		return next(c)
	}
}

// operationOf returns the operation that a request is for, or nil.
func (s *Server) operationOf(c echo.Context) *operation {
	method := c.Request().Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	op := s.operations[method+" "+c.Path()]
	if op != nil && isMisrouted(c) {
		return nil
	}
	return op
}

// record writes the access log line and the metrics of a finished request.
func (s *Server) record(c echo.Context, info *request.Info, method string) {
	took := time.Since(info.Arrived)
	status := c.Response().Status
	operation := info.Operation
	if operation == "" {
		operation = "none"
	}
	s.metrics.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	s.metrics.duration.WithLabelValues(operation).Observe(took.Seconds())
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("request_id", info.ID),
		slog.String("method", method),
		slog.String("path", c.Request().URL.Path), // without the query, which may be personal
		slog.String("operation", operation),
		slog.Int("status", status),
		slog.Int64("bytes", c.Response().Size),
		slog.Duration("took", took),
		slog.String("address", info.Address.String()),
	}
	if info.Principal.UserID != 0 {
		attributes = append(attributes, slog.Int64("user_id", info.Principal.UserID))
	}
	if key := info.Principal.Key; key != nil {
		attributes = append(attributes, slog.Int64("api_key_id", key.ID))
	}
	s.log.LogAttrs(context.Background(), level, "request", attributes...)
}

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID returns the id the client sent if it is harmless, else a new one.
func requestID(offered string) string {
	if saneRequestID.MatchString(offered) {
		return offered
	}
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// clientAddress returns the peer's address, or, behind trusted proxies, the last address of
// X-Forwarded-For that is not one of theirs.
func (s *Server) clientAddress(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	if len(s.proxies) == 0 {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values(echo.HeaderXForwardedFor), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.isProxy(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address
}

func (s *Server) isProxy(address netip.Addr) bool {
	for _, prefix := range s.proxies {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
