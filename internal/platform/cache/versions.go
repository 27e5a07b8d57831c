package cache

import (
	"context"
	"sync"
	"time"
)

// versionTimeout bounds one read of the version.
const versionTimeout = 250 * time.Millisecond

// versions coalesces reads of the version. A caller never gets the result of a read that began
// before its call, which could miss a change the caller knows of. Callers that come while a read is
// under way share the next one.
type versions struct {
	read func(context.Context) (string, error)

	mu      sync.Mutex
	next    *reading // has not begun yet, and has callers that wait for it
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

// run reads the version until no caller waits.
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
