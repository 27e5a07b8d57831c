package ratelimit

import (
	"sync"
	"time"
)

// maxKeys bounds the memory that an attacker with many addresses can use while Redis is out of
// reach.
const maxKeys = 100_000

// memory counts with GCRA in this process, while Redis is out of reach.
type memory struct {
	mu       sync.Mutex
	arrivals map[string]time.Time
}

func newMemory() *memory { return &memory{arrivals: make(map[string]time.Time)} }

// take counts one call. It returns the same as Limiter.ask.
func (m *memory) take(
	key string, calls int, interval time.Duration, now time.Time,
) (wait, debt time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	arrival := m.arrivals[key]
	if arrival.Before(now) {
		arrival = now
	}
	ahead := arrival.Add(interval).Sub(now)
	if burst := interval * time.Duration(calls); ahead > burst {
		return ahead - burst, arrival.Sub(now)
	}
	if len(m.arrivals) >= maxKeys {
		m.forget(now)
	}
	m.arrivals[key] = arrival.Add(interval)
	return 0, ahead
}

// forget deletes the keys that limit no call any more, or all keys if that is not enough.
func (m *memory) forget(now time.Time) {
	for key, arrival := range m.arrivals {
		if arrival.Before(now) {
			delete(m.arrivals, key)
		}
	}
	if len(m.arrivals) >= maxKeys {
		clear(m.arrivals)
	}
}
