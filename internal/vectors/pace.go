package vectors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Clock tells the time and waits.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // ends early with the context's error
}

func (c Clock) orReal() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = func(ctx context.Context, d time.Duration) error {
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return c
}

// pace keeps index runs below a quota per minute, so that no call is wasted on finding out that it
// is used up. The quota counts the texts of the last minute, as Google's does for batches.
type pace struct {
	perMinute int // 0: none
	clock     Clock

	mu    sync.Mutex
	spent []spent // within the last minute
}

type spent struct {
	at    time.Time
	texts int
}

// A minute and a little: the provider's clock and ours do not tick alike.
const quotaWindow = time.Minute + time.Second

// next returns how long to wait before so many texts may go out, and notes them when that is no
// time at all.
func (p *pace) next(texts int) time.Duration {
	if p.perMinute == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	for len(p.spent) > 0 && now.Sub(p.spent[0].at) >= quotaWindow {
		p.spent = p.spent[1:]
	}
	used := texts
	for _, s := range p.spent {
		used += s.texts
	}
	for _, s := range p.spent {
		if used <= p.perMinute {
			break
		}
		used -= s.texts
		if used <= p.perMinute {
			return quotaWindow - now.Sub(s.at)
		}
	}
	p.spent = append(p.spent, spent{now, texts})
	return 0
}

// largestBatch is the most texts that may go out at once.
func (p *pace) largestBatch(most int) int {
	if p.perMinute == 0 {
		return most
	}
	return min(most, p.perMinute)
}

func isNoRow(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
