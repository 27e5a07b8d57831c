package vectors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// Clock has the time and waits. Tests replace it.
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

// pace limits index runs to a quota per minute, so that they make no calls that would be refused.
// The quota counts the texts of the last minute, as Google's does for batches.
type pace struct {
	perMinute int // 0: none
	clock     Clock

	mu    sync.Mutex
	spent []spent // within the last minute
}

// spent is a number of texts that were sent.
type spent struct {
	at    time.Time
	texts int
}

// quotaWindow is a minute and a little, because the provider's clock may differ from ours.
const quotaWindow = time.Minute + time.Second

// next returns how long to wait before so many texts may be sent. If that is 0, it counts them as
// sent.
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

// largestBatch returns how many texts may be sent at once, most at most.
func (p *pace) largestBatch(most int) int {
	if p.perMinute == 0 {
		return most
	}
	return min(most, p.perMinute)
}

// embed has the model make vectors, within the quota: a run waits for that of the next minute,
// while that of a day is an error.
func (r *run) embed(ctx context.Context, texts []model.Text) ([][]float32, error) {
	if r.id == 0 { // an edit does not wait
		return r.space.embedder.Embed(ctx, model.Document, texts)
	}
	for waits := 0; ; waits++ {
		for wait := r.pace.next(len(texts)); wait > 0; wait = r.pace.next(len(texts)) {
			if err := r.sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
		vectors, err := r.space.embedder.Embed(ctx, model.Document, texts)
		var quota *model.QuotaError
		if !errors.As(err, &quota) || quota.Daily || quota.RetryAfter > patientFor ||
			waits == maxWaits {
			return vectors, err
		}
		if err := r.sleep(ctx, quota.RetryAfter); err != nil {
			return nil, err
		}
	}
}

// sleep waits, and renews the lease meanwhile.
func (r *run) sleep(ctx context.Context, wait time.Duration) error {
	until := r.settings.Clock.Now().Add(wait)
	if err := r.report(ctx, &until); err != nil {
		return err
	}
	for left := wait; left > 0; left = until.Sub(r.settings.Clock.Now()) {
		if err := r.settings.Clock.Sleep(ctx, min(left, leaseRenewal)); err != nil {
			return err
		}
		if err := r.lease(ctx); err != nil {
			return err
		}
	}
	return nil
}
