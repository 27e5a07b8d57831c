package geministub

import (
	"fmt"
	"time"
)

// quota limits the texts that are embedded in a minute. Like Google, it counts each text of a
// batch.
type quota struct {
	perMinute int
	now       func() time.Time
	taken     []time.Time
	refused   int
}

// LimitEmbedding limits how many texts are embedded in a minute of a clock.
func (s *Server) LimitEmbedding(perMinute int, now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = quota{perMinute: perMinute, now: now}
}

// Refused returns how many calls the limit of LimitEmbedding refused.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quota.refused
}

func (q *quota) take(texts int) *apiError {
	if q.perMinute == 0 {
		return nil
	}
	now := q.now()
	for len(q.taken) > 0 && now.Sub(q.taken[0]) >= time.Minute {
		q.taken = q.taken[1:]
	}
	if len(q.taken)+texts > q.perMinute {
		q.refused++
		delay := time.Minute
		if len(q.taken) > 0 {
			delay = time.Minute - now.Sub(q.taken[0])
		}
		return errQuota(
			"Please retry.", "embed_content_free_tier_requests",
			"EmbedContentRequestsPerMinutePerProjectPerModel-FreeTier",
			fmt.Sprintf("%.3fs", delay.Seconds()),
		)
	}
	for range texts {
		q.taken = append(q.taken, now)
	}
	return nil
}
