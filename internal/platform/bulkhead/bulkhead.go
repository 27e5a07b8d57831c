// Package bulkhead prevents requests that wait for the same rows from holding all connections of
// the pool.
//
// A request that is about to lock rows which many others lock too, such as the stock of a popular
// product, enters the bulkhead with the names of those rows. At most a quarter as many requests as
// the pool has connections are inside with the same name, and at most half as many in all. The
// others wait outside without a connection, so that everything else in the shop is served as usual.
//
// Races are decided by the database. The bulkhead only decides where requests wait, so every
// process has its own.
package bulkhead

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrBusy is returned to a request that could not enter within a second.
var ErrBusy = problem.Unavailable(
	"busy", "Too many others are changing the same thing. Try again in a moment.", time.Second,
)

// maxWait is how long a request waits to enter.
const maxWait = time.Second

// Bulkhead limits how many requests are inside at once. A nil one limits nothing.
type Bulkhead struct {
	all    chan struct{} // holds a value for each request inside
	perKey int

	mu   sync.Mutex
	keys map[string]*key
}

// key counts the requests that are inside, or wait, with one name.
type key struct {
	inside chan struct{}
	users  int // inside or waiting; the key is dropped with the last of them
}

// New returns a bulkhead for a pool of so many connections. Half as many requests may be inside at
// once, and a quarter as many with the same name.
func New(connections int32) *Bulkhead {
	return &Bulkhead{
		all:    make(chan struct{}, max(1, connections/2)),
		perKey: int(max(1, connections/4)),
		keys:   map[string]*key{},
	}
}

// Do runs work inside the bulkhead. It returns ErrBusy if entering takes longer than a second.
// work must not enter again, since it could wait for itself.
func (b *Bulkhead) Do(ctx context.Context, names []string, work func() error) error {
	if b == nil {
		return work()
	}
	leave, err := b.enter(ctx, names)
	if err != nil {
		return err
	}
	defer leave()
	return work()
}

// IsQuiet reports whether at most a quarter of the room is used. A request whose names must be
// looked up first may then enter without them.
func (b *Bulkhead) IsQuiet() bool { return b == nil || len(b.all) <= cap(b.all)/4 }

// enter waits for the names in sorted order, so that no two requests wait for each other, and for
// room last, so that a request that waits for a name takes no room from others.
func (b *Bulkhead) enter(ctx context.Context, names []string) (leave func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	entered := make([]func(), 0, len(names)+1)
	leave = func() {
		for _, one := range slices.Backward(entered) {
			one()
		}
	}
	for _, name := range names {
		k := b.use(name)
		entered = append(entered, func() { b.drop(name, k) })
		if err := wait(ctx, k.inside); err != nil {
			leave()
			return nil, err
		}
		entered = append(entered, func() { <-k.inside })
	}
	if err := wait(ctx, b.all); err != nil {
		leave()
		return nil, err
	}
	entered = append(entered, func() { <-b.all })
	return leave, nil
}

// wait puts a value into the channel as soon as it has room.
func wait(ctx context.Context, inside chan struct{}) error {
	select {
	case inside <- struct{}{}:
		return nil
	default:
	}
	select {
	case inside <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// use returns the key of a name, and counts the caller as its user until drop.
func (b *Bulkhead) use(name string) *key {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.keys[name]
	if k == nil {
		k = &key{inside: make(chan struct{}, b.perKey)}
		b.keys[name] = k
	}
	k.users++
	return k
}

// drop undoes use.
func (b *Bulkhead) drop(name string, k *key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(b.keys, name)
	}
}
