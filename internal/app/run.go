package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/shopd/shopd/internal/server"
)

// Limits of a connection. Each operation has further limits.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = time.Minute // headers and body
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 256 << 10 // a token of 100 kB gets a problem as response
)

// lastWords is how long before the end of DRAIN_TIMEOUT requests are cancelled.
const lastWords = time.Second

// Listen takes the address the settings name. Taking it before anything slow shows early that it is
// in use.
func Listen(ctx context.Context, host string, port int) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf(
			"PORT: %d is in use by another program; stop that one or set PORT", port,
		)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf(
			"PORT: this user may not listen on %d; set PORT to one above 1023", port,
		)
	case err != nil:
		return nil, fmt.Errorf("HOST, PORT: %w", err)
	}
	return listener, nil
}

// errPublicSecret refuses a server that others can reach while everybody can sign its tokens.
var errPublicSecret = errors.New(
	"SECRET_KEY: must be set, or HOST to 127.0.0.1: without it tokens are signed with a key " +
		"that everybody knows; try: openssl rand -base64 48",
)

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Run serves on listener, and works jobs unless WORKERS is false, until ctx ends. Then readiness
// fails, requests are still taken for DRAIN_DELAY, and those under way may finish, for
// DRAIN_TIMEOUT at most. Those that take longer are cancelled shortly before, so that they can say
// so.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	if a.settings.HasPublicSecret() && !isLoopback(listener.Addr()) {
		return errPublicSecret
	}
	if a.settings.Workers {
		if err := a.Work(ctx); err != nil {
			return err
		}
	}
	requests, cancelRequests := context.WithCancelCause(context.Background())
	defer cancelRequests(nil)
	public := a.httpServer(a.closeWhileDraining(a.Server))
	public.BaseContext = func(net.Listener) context.Context { return requests }
	failed := make(chan error, 2)
	go func() { failed <- public.Serve(listener) }()
	servers := []*http.Server{public}
	if address := a.settings.MetricsAddress; address != "" {
		var config net.ListenConfig
		elsewhere, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			return errors.Join(fmt.Errorf("METRICS_ADDRESS: %w", err), public.Close())
		}
		metrics := a.httpServer(a.Server.MetricsHandler())
		servers = append(servers, metrics)
		go func() { failed <- metrics.Serve(elsewhere) }()
	}
	a.log.Info("serving", "address", listener.Addr().String())
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
	}
	if cause == nil {
		a.announceEnd()
	}
	lastCall := time.AfterFunc(a.settings.DrainTimeout-min(lastWords, a.settings.DrainTimeout/2),
		func() { cancelRequests(server.ErrStopping) })
	defer lastCall.Stop()
	return errors.Join(cause, a.drain(servers))
}

// closeWhileDraining has clients close their connections once this server is about to stop. A
// balancer then sends its next request to another one, instead of into a connection that ends.
func (a *App) closeWhileDraining(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// announceEnd fails readiness and leaves balancers DRAIN_DELAY to notice.
func (a *App) announceEnd() {
	a.draining.Store(true)
	a.Server.Drain()
	if a.settings.DrainDelay > 0 {
		a.log.Info("draining", "takes_requests_for", a.settings.DrainDelay.String())
		time.Sleep(a.settings.DrainDelay)
	}
}

func (a *App) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
}

// drain takes no new connections and waits for the requests under way.
func (a *App) drain(servers []*http.Server) error {
	a.log.Info("draining", "at_most", a.settings.DrainTimeout.String())
	ctx, cancel := context.WithTimeout(context.Background(), a.settings.DrainTimeout)
	defer cancel()
	var failed []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			failed = append(
				failed, fmt.Errorf("requests were still running after %s", a.settings.DrainTimeout),
				s.Close(),
			)
		}
	}
	a.log.Info("stopped")
	return errors.Join(failed...)
}
