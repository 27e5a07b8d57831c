package postgres

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// How a hung server is found out. A server that hangs takes connections and statements and answers
// nothing: its own statement timeout does not end them.
const (
	// suspectAfter is how long a read may be silent before the server is asked for a sign of life.
	suspectAfter = 300 * time.Millisecond
	// signWithin is how long it may take to give one. graceAfter is left for a sign that came while
	// this process itself was stopped, and is read a moment late.
	signWithin = time.Second
	graceAfter = signWithin / 4
	// askAgain is how long a suspicion that proved wrong is not raised again: statements wait for
	// locks, and listeners for notifications.
	askAgain = time.Second
)

// errHung is the error of every call while the server hangs. It is a net.OpError, as of a server
// out of reach.
var errHung = &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}

// breaker finds out when the server hangs. While it does, all connections are closed and none is
// opened, so that every call fails at once instead of waiting. It asks for a sign of life on a
// connection of its own, and lets calls through as soon as one comes.
type breaker struct {
	config *pgx.ConnConfig // of the connection that asks
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	conns map[*watchedConn]struct{}
	hung  bool
	asks  bool      // for a sign of life, now
	asked time.Time // when it came last
}

// newBreaker puts a breaker between a pool's connections and the network.
func newBreaker(config *pgx.ConnConfig) *breaker {
	b := &breaker{
		config: config.Copy(),
		dial:   config.DialFunc,
		conns:  map[*watchedConn]struct{}{},
	}
	b.config.Tracer = nil
	b.config.ConnectTimeout = 0 // its end would be taken for an answer
	config.DialFunc = b.connect
	return b
}

// connect opens a connection that is watched, unless the server hangs.
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

// suspect asks for a sign of life, unless that is being done or was done just now.
func (b *breaker) suspect() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asks || time.Since(b.asked) < askAgain {
		return
	}
	b.asks = true
	go b.ask()
}

// ask asks for signs of life until one comes.
func (b *breaker) ask() {
	for !b.isAlive() {
		b.open()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hung, b.asks, b.asked = false, false, time.Now()
}

// isAlive reports whether the server says anything: also that it takes no connections, or that
// there is none. Only silence is no sign.
func (b *breaker) isAlive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	said := make(chan struct{})
	go func() {
		defer close(said)
		conn, err := pgx.ConnectConfig(ctx, b.config)
		if err == nil {
			_ = conn.Ping(ctx)
			_ = conn.Close(ctx)
		}
	}()
	for _, wait := range []time.Duration{signWithin, graceAfter} {
		select {
		case <-said:
			return true
		case <-time.After(wait):
		}
	}
	return false
}

// open closes all connections, and has none opened until ask is done.
func (b *breaker) open() {
	b.mu.Lock()
	b.hung = true
	conns := b.conns
	b.conns = map[*watchedConn]struct{}{}
	b.mu.Unlock()
	for conn := range conns {
		_ = conn.Conn.Close() // its reads and writes end with an error
	}
}

// watchedConn is a connection whose reads raise suspicion when they take long.
type watchedConn struct {
	net.Conn
	breaker *breaker
	asked   atomic.Bool // something was written that nothing was read after
}

// How long reads take until they raise suspicion: of an answer, again and again for as long as most
// statements may take; of what comes unasked, such as notifications, once.
var (
	answerDelays  = []time.Duration{suspectAfter, time.Second, 2 * time.Second}
	unaskedDelays = []time.Duration{suspectAfter}
)

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	delays := unaskedDelays
	if c.asked.Load() {
		delays = answerDelays
	}
	stop := c.breaker.suspectIn(delays)
	n, err := c.Conn.Read(p)
	stop()
	c.asked.Store(false)
	return n, err
}

// Write implements net.Conn.
func (c *watchedConn) Write(p []byte) (int, error) {
	c.asked.Store(true)
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *watchedConn) Close() error {
	c.breaker.mu.Lock()
	delete(c.breaker.conns, c)
	c.breaker.mu.Unlock()
	return c.Conn.Close()
}

// suspectIn raises suspicion after each of some delays, one after the other, until stop.
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
