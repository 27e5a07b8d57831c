// Package bulkhead keeps requests that wait for the same rows from holding all connections of the
// pool. A request that is about to lock rows which many others lock too, such as the stock of a
// popular product, enters the bulkhead with the names of those rows. Only a few requests per name, and
// only half as many as there are connections in all, are inside at once. The others wait outside
// without a connection, so that everything else in the shop is served as usual.
//
// The database alone decides races. The bulkhead is only about who waits where, so every process has
// its own.
package bulkhead

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrBusy reports that a request waited in vain to enter.
var ErrBusy = problem.Unavailable(
	"busy", "Too many others are changing the same thing. Try again in a moment.", time.Second,
)

// maxWait is how long a request waits to enter.
const maxWait = time.Second

// Bulkhead limits who is inside at once. A nil one limits nothing.
type Bulkhead struct {
	all    chan struct{} // holds a value for each request inside
	perKey int

	mu   sync.Mutex
	keys map[string]*key
}

// key is a name that a request inside, or waiting, has given.
type key struct {
	inside chan struct{}
	users  int // inside or waiting; the key is dropped with the last of them
}

// New returns a bulkhead for a pool of so many connections: half of them may be inside at once, and a
// quarter by the same name.
func New(connections int32) *Bulkhead {
	return &Bulkhead{
		all:    make(chan struct{}, max(1, connections/2)),
		perKey: int(max(1, connections/4)),
		keys:   map[string]*key{},
	}
}

// Do runs work inside the bulkhead. It returns ErrBusy if that takes longer than a second to enter.
// Work must not enter again: it would wait for itself.
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

// IsQuiet reports whether hardly anybody is inside. A request whose names must be looked up first may
// then leave them out.
func (b *Bulkhead) IsQuiet() bool { return b == nil || len(b.all) <= cap(b.all)/4 }

// enter waits for its names in their order, so that no two requests wait for each other, and for room
// last: who waits for a name takes no room from others.
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
