package jobs

import (
	"context"
	"time"

	"github.com/shopd/shopd/gen/db"
)

const (
	// rescueGrace is how long a job whose time is over may take to notice it.
	rescueGrace = 15 * time.Second
	// rescuePeriod is how often jobs of dead workers are looked for. A job that may take a minute
	// is worked again a minute and a half after its worker died, at the latest.
	rescuePeriod = 10 * time.Second
)

// rescue gives jobs of workers that died to others, until ctx ends. It goes by the clock of the
// database, as processes whose clocks differ work the same queue.
func (q *Queue) rescue(ctx context.Context) {
	kinds, seconds := []string{}, []int32{}
	for kind, timeout := range q.timeouts {
		kinds = append(kinds, kind)
		seconds = append(seconds, int32((timeout+rescueGrace)/time.Second))
	}
	for {
		rescued, err := db.New(q.pool).RescueJobs(ctx, kinds, seconds)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			q.log.WarnContext(ctx, "jobs of dead workers not looked for", "error", err.Error())
		case rescued > 0:
			q.log.WarnContext(ctx, "jobs of dead workers are worked again", "jobs", rescued)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(rescuePeriod):
		}
	}
}
