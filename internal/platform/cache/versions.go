package cache

import (
	"context"
	"sync"
	"time"
)

// versionTimeout bounds one read of the version, for all that wait for it.
const versionTimeout = 250 * time.Millisecond

// versions coalesces reads of the version. A caller gets one that was read after it
// asked, never one that was under way already, which may be older than a change they know of; those
// who ask while one is being read share the next.
type versions struct {
	read func(context.Context) (string, error)

	mu      sync.Mutex
	next    *reading // of those who wait for a read that has not begun
	running bool
}

type reading struct {
	done    chan struct{}
	version string
	err     error
}

func (v *versions) current(ctx context.Context) (string, error) {
	v.mu.Lock()
	if v.next == nil {
		v.next = &reading{done: make(chan struct{})}
	}
	mine := v.next
	if !v.running {
		v.running = true
		go v.run()
	}
	v.mu.Unlock()
	select {
	case <-mine.done:
		return mine.version, mine.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// run reads as long as somebody waits.
func (v *versions) run() {
	for {
		v.mu.Lock()
		now := v.next
		v.next = nil
		v.running = now != nil
		v.mu.Unlock()
		if now == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), versionTimeout)
		now.version, now.err = v.read(ctx)
		cancel()
		close(now.done)
	}
}
