package apitest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Cut is a way to the database that loses connections on command.
type Cut struct {
	URL string // of the database, through it

	target string
	mu     sync.Mutex
	wait   int // COMMITs to let through before the one to cut; below zero: cut none
	what   cutting
	hung   chan struct{} // nil, or closed when hanging connections continue
}

type cutting int

const (
	atCommit cutting = iota
	afterCommit
	inTransaction
)

// Cut opens a way to the shop's database, for a Restart with DATABASE_URL.
func (s *Shop) Cut() *Cut {
	s.t.Helper()
	direct, err := url.Parse(s.DatabaseURL)
	require.NoError(s.t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	c := &Cut{target: direct.Host, wait: -1}
	direct.Host = listener.Addr().String()
	query := direct.Query()
	query.Set("sslmode", "disable") // it must be able to read the messages
	direct.RawQuery = query.Encode()
	c.URL = direct.String()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.carry(s.t, client) })
		}
	})
	s.t.Cleanup(func() {
		require.NoError(s.t, listener.Close())
		all.Wait()
	})
	return c
}

// Commit cuts the connection that sends the COMMIT after the next n, before it reaches the server,
// or as soon as the server has done it, without passing its response on.
func (c *Cut) Commit(n int, reachesServer bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wait, c.what = n, atCommit; reachesServer {
		c.what = afterCommit
	}
}

// Transaction cuts the next connection that begins a transaction at its next statement.
func (c *Cut) Transaction() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wait, c.what = 0, inTransaction
}

// Hang lets nothing through any more, in either direction, until resume is called or the test ends:
// the server seems to hang.
func (c *Cut) Hang(t testing.TB) (resume func()) {
	hung := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hung = hung
	resume = sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(hung)
		c.hung = nil
	})
	t.Cleanup(resume)
	return resume
}

// pass waits while the server hangs.
func (c *Cut) pass() {
	c.mu.Lock()
	hung := c.hung
	c.mu.Unlock()
	if hung != nil {
		<-hung
	}
}

// takes says what to do with a simple query: nothing, or the cut it was armed for, once.
func (c *Cut) takes(query string) (what cutting, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	awaited := "commit"
	if c.what == inTransaction {
		awaited = "begin"
	}
	if c.wait < 0 || query != awaited {
		return 0, false
	}
	c.wait--
	return c.what, c.wait < 0
}

// carry carries one connection until either side ends it or it is cut.
func (c *Cut) carry(t testing.TB, client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := new(net.Dialer).DialContext(t.Context(), "tcp", c.target)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = server.Close() }()
	silent := make(chan struct{}) // closed when responses are no longer passed on
	answered := make(chan struct{})
	var back sync.WaitGroup
	back.Go(func() {
		defer close(answered)
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			c.pass()
			select {
			case <-silent:
				return
			default:
			}
			if err == nil {
				_, err = client.Write(buffer[:n])
			}
			if err != nil {
				_ = client.Close()
				return
			}
		}
	})
	defer back.Wait()
	defer func() { _ = server.Close() }() // before the wait
	next := message(true)
	for last := false; ; next = message(false) {
		said, err := next(client)
		c.pass()
		if err != nil || last {
			return
		}
		if said[0] == 'Q' {
			switch what, cut := c.takes(string(bytes.TrimRight(said[5:], "\x00"))); {
			case !cut:
			case what == atCommit:
				return
			case what == inTransaction:
				last = true
			case what == afterCommit:
				close(silent)
				if _, err := server.Write(said); err == nil {
					<-answered
				}
				return
			}
		}
		if _, err := server.Write(said); err != nil {
			return
		}
	}
}

// message reads what a client says: the first message of a connection has no type.
func message(isFirst bool) func(io.Reader) ([]byte, error) {
	return func(from io.Reader) ([]byte, error) {
		at := 1
		if isFirst {
			at = 0
		}
		head := make([]byte, at+4)
		if _, err := io.ReadFull(from, head); err != nil {
			return nil, err
		}
		size := binary.BigEndian.Uint32(head[at:])
		if size < 4 || size > 64<<20 {
			return nil, errors.New("that is no message")
		}
		said := slices.Concat(head, make([]byte, size-4))
		_, err := io.ReadFull(from, said[len(head):])
		return said, err
	}
}
