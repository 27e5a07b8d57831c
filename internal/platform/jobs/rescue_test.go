package jobs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }

// A job whose process was killed is worked again a minute and a half later, by the clock of the
// database. Jobs that may still run are left to their workers, also where a kind has more time.
func TestJobsOfDeadWorkersAreWorkedAgain(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	running := func(kind, age string, attempt int, metadata string) int64 {
		return apitest.Value[int64](shop, `INSERT INTO river_job
				(state, kind, args, attempt, max_attempts, attempted_at, attempted_by, metadata)
			VALUES ('running', $1, '{"mail": "order_paid", "events": []}', $3, 15,
				now() - $2::text::interval, ARRAY['a dead process'], $4) RETURNING id`,
			kind, age, attempt, metadata,
		)
	}
	const mail = "notifications.mail"
	dead := running(mail, "76 seconds", 1, "{}")
	last := running(mail, "76 seconds", 15, "{}")
	cancelled := running(mail, "76 seconds", 1, `{"cancel_attempted_at": "2026-01-01T00:00:00Z"}`)
	alive := running(mail, "60 seconds", 1, "{}")
	long := running("feeds.import", "5 minutes", 1, "{}")
	state := func(job int64) string {
		return apitest.Value[string](shop, "SELECT state::text FROM river_job WHERE id = $1", job)
	}
	working := shop.Restart(apitest.Setting{Name: "WORKERS", Value: "true"})
	require.Eventually(
		t, func() bool { return state(dead) == "completed" }, 10*time.Second, 5*time.Millisecond,
	)
	assert.Equal(t, "discarded", state(last))
	assert.Equal(t, "cancelled", state(cancelled))
	assert.Equal(t, "running", state(alive))
	assert.Equal(t, "running", state(long))
	assert.Contains(t, working.Log.String(), "jobs of dead workers are worked again")
	assert.Equal(t, "the process that worked it died", apitest.Value[string](
		shop, "SELECT errors[1]->>'error' FROM river_job WHERE id = $1", last,
	))
}
