package postgres

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Timings of the detection of a hung server. Such a server accepts connections and statements and
// never responds, not even at its own statement timeout.
const (
	// probeAfter is how long a read may take before the server is probed.
	probeAfter = 300 * time.Millisecond
	// probeTimeout is how long the server may take to respond to a probe. probeGrace is added for a
	// response that arrived while this process was suspended and has not been read yet.
	probeTimeout = time.Second
	probeGrace   = probeTimeout / 4
	// probePause is the time without further probes after the server responded to one: slow reads
	// are normal, since statements wait for locks, and listeners for notifications.
	probePause = time.Second
)

// errHung is returned by every call while the server hangs. It is a net.OpError, as for a server
// out of reach.
var errHung = &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}

// breaker finds out when the server hangs. While it does, all connections are closed and none is
// opened, so that every call fails at once instead of waiting. It asks for a sign of life on a
// connection of its own, and lets calls through as soon as one comes.
type breaker struct {
	log    *slog.Logger
	config *pgx.ConnConfig // of the connections that probe
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	conns map[*watchedConn]struct{}
	hung  bool
	since time.Time // when the server was found hung
	// probing is set while probe runs.
	probing bool
	alive   time.Time // of the last response to a probe
}

// newBreaker puts a breaker between the connections of a pool and the network.
func newBreaker(config *pgx.ConnConfig, log *slog.Logger) *breaker {
	b := &breaker{
		log:    log,
		config: config.Copy(),
		dial:   config.DialFunc,
		conns:  map[*watchedConn]struct{}{},
	}
	b.config.Tracer = nil
	b.config.ConnectTimeout = 0 // a timeout would look like a response
	config.DialFunc = b.connect
	return b
}

// connect opens a watched connection. It returns errHung while the server hangs.
func (b *breaker) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if b.isHung() {
		return nil, errHung
	}
	conn, err := b.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	watched := &watchedConn{Conn: conn, breaker: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hung {
		return nil, errors.Join(errHung, conn.Close())
	}
	b.conns[watched] = struct{}{}
	return watched, nil
}

func (b *breaker) isHung() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hung
}

// suspect starts to probe the server, unless it is being probed or was alive just now.
func (b *breaker) suspect() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.probing || time.Since(b.alive) < probePause {
		return
	}
	b.probing = true
	go b.probe()
}

// probe probes the server until it responds. After the first probe without a response the breaker
// is open.
func (b *breaker) probe() {
	for !b.isAlive() {
		b.open()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hung {
		b.log.Info("PostgreSQL responds again", "hung_for", time.Since(b.since).String())
	}
	b.hung, b.probing, b.alive = false, false, time.Now()
}

// isAlive reports whether the server responds. An error counts as a response, even one that says
// that there is no server: the next call then fails at once, and need not be prevented.
func (b *breaker) isAlive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	responded := make(chan struct{})
	go func() {
		defer close(responded)
		conn, err := pgx.ConnectConfig(ctx, b.config)
		if err == nil {
			_ = conn.Ping(ctx)
			_ = conn.Close(ctx)
		}
	}()
	for _, wait := range []time.Duration{probeTimeout, probeGrace} {
		select {
		case <-responded:
			return true
		case <-time.After(wait):
		}
	}
	return false
}

// open opens the breaker: it closes all connections, and connect opens none until probe returns.
func (b *breaker) open() {
	b.mu.Lock()
	if !b.hung {
		b.hung, b.since = true, time.Now()
		b.log.Warn("PostgreSQL hangs: every call fails at once until it responds again")
	}
	conns := b.conns
	b.conns = map[*watchedConn]struct{}{}
	b.mu.Unlock()
	for conn := range conns {
		_ = conn.Conn.Close() // its reads and writes end with an error
	}
}

// watchedConn is a connection that makes the breaker probe the server when a read takes long.
type watchedConn struct {
	net.Conn
	breaker *breaker
	waiting atomic.Bool // for a response to what was written
}

// Delays of a read after which the server is probed. A read of a response makes it probed several
// times while a statement may take; a read of something else, such as a notification, only once.
var (
	responseDelays = []time.Duration{probeAfter, time.Second, 2 * time.Second}
	otherDelays    = []time.Duration{probeAfter}
)

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	delays := otherDelays
	if c.waiting.Load() {
		delays = responseDelays
	}
	stop := c.breaker.suspectIn(delays)
	n, err := c.Conn.Read(p)
	stop()
	c.waiting.Store(false)
	return n, err
}

// Write implements net.Conn.
func (c *watchedConn) Write(p []byte) (int, error) {
	c.waiting.Store(true)
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *watchedConn) Close() error {
	c.breaker.mu.Lock()
	delete(c.breaker.conns, c)
	c.breaker.mu.Unlock()
	return c.Conn.Close()
}

// suspectIn calls suspect after each of the delays, one after the other, until stop is called.
func (b *breaker) suspectIn(delays []time.Duration) (stop func()) {
	var mu sync.Mutex
	stopped := false
	var timer *time.Timer
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(delays[0], func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		b.suspect()
		if delays = delays[1:]; len(delays) > 0 {
			timer.Reset(delays[0])
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}
