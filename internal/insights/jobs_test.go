package insights_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const jobs = admin + "/jobs"

// job puts a job into the queue.
func (s seller) job(kind, state, args string) int64 {
	return apitest.Value[int64](
		s.Shop,
		`INSERT INTO river_job (kind, state, args, max_attempts, attempt, scheduled_at,
			attempted_at, finalized_at, errors)
		VALUES ($1, $2::text::river_job_state, $3::text::jsonb, 3, 3, now(), now(),
			CASE WHEN $2 IN ('cancelled', 'completed', 'discarded') THEN now() END,
			ARRAY['{"at":"2026-11-21T10:00:00Z","attempt":1,"trace":"","error":
			"GET https://u:canary@example.com/?token=canary&x=1: whsec_canary refused"}'::jsonb])
		RETURNING id`,
		kind,
		state,
		args,
	)
}

func at(id int64, more string) string { return fmt.Sprintf("%s/%d%s", jobs, id, more) }

// getJob, listJobs: jobs and their filters; secrets in arguments and errors are masked.
func TestJobsAreShownWithoutSecrets(t *testing.T) {
	t.Parallel()
	s := open(t)
	mail := s.job(
		"identity.mail", "discarded",
		`{"user": 42, "purpose": "reset", "token": "canary",
			"to": {"email": "canary@example.com"}}`,
	)
	images := s.job(
		"feeds.fetch_images", "completed",
		`{"import": 7, "urls": ["https://example.com/canary.png"]}`,
	)
	s.Exec("UPDATE river_job SET queue = 'fetches' WHERE id = $1", images)
	var fetch api.Job
	s.keeper.Get(at(images, "")).Want(http.StatusOK).Into(&fetch)
	assert.Equal(t, map[string]any{"import": float64(7), "urls": []any{"[masked]"}}, fetch.Args)
	paid := s.job("notifications.mail", "completed", `{"mail": "order_paid", "events": [3, 4]}`)
	var notice api.Job
	s.keeper.Get(at(paid, "")).Want(http.StatusOK).Into(&notice)
	assert.Equal(
		t, map[string]any{"mail": "order_paid", "events": []any{float64(3), float64(4)}},
		notice.Args,
	)
	for range 4 {
		s.job("cart.sweep", "available", `{}`)
	}
	var job api.Job
	answer := s.keeper.Get(at(mail, "")).Want(http.StatusOK)
	answer.Into(&job)
	assert.NotContains(t, answer.String(), "canary")
	assert.Equal(
		t,
		map[string]any{
			"user":    float64(42),
			"purpose": "reset",
			"token":   "[masked]",
			"to":      "[masked]",
		},
		job.Args,
	)
	require.Len(t, job.Errors, 1)
	assert.Equal(
		t, "GET https://u:[masked]@example.com/?token=[masked]&x=1: whsec_[masked] refused",
		job.Errors[0].Message,
	)
	assert.Equal(t, "discarded", string(job.State))
	assert.NotNil(t, job.FinishedAt)
	assert.False(t, job.CancelRequested)
	s.keeper.Get(at(4242, "")).Problem(http.StatusNotFound, "job_not_found")

	list := func(query string) (page api.JobPage) {
		s.keeper.Get(jobs + query).Want(http.StatusOK).Into(&page)
		return page
	}
	assert.Len(t, list("").Items, 7)
	require.Len(t, list("?queue=fetches").Items, 1)
	assert.Equal(t, "fetches", list("?queue=fetches").Items[0].Queue)
	assert.Len(t, list("?kind=identity.mail&state=discarded&queue=default").Items, 1)
	assert.Empty(t, list("?queue=other").Items)
	first := list("?kind=cart.sweep&limit=3")
	require.Len(t, first.Items, 3)
	assert.Greater(t, first.Items[0].ID, first.Items[2].ID)
	rest := list("?kind=cart.sweep&limit=3&cursor=" + *first.NextCursor)
	require.Len(t, rest.Items, 1)
	assert.Nil(t, rest.NextCursor)
	s.keeper.Get(jobs+"?state=lost").Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Equal(t, 2, s.Statements(func() { list("") }))
}

// retryJob, cancelJob: in each state of a job.
func TestJobsAreRetriedAndCancelled(t *testing.T) {
	t.Parallel()
	s := open(t)
	var job api.Job
	failed := s.job("cart.sweep", "discarded", `{}`)
	s.keeper.Post(at(failed, "/retry"), nil).Want(http.StatusOK).Into(&job)
	assert.Equal(t, "available", string(job.State))
	assert.EqualValues(t, 4, job.MaxAttempts)
	assert.Nil(t, job.FinishedAt)
	s.keeper.Post(at(failed, "/cancel"), nil).Want(http.StatusOK).Into(&job)
	assert.Equal(t, "cancelled", string(job.State))
	s.keeper.Post(at(failed, "/cancel"), nil).Problem(http.StatusConflict, "job_finished")
	assert.Equal(
		t,
		[]string{"job.retried", "job.cancelled"},
		apitest.Value[[]string](
			s.Shop,
			"SELECT array_agg(event ORDER BY id) FROM audit_events WHERE object_type = 'job'",
		),
	)

	running := s.job("cart.sweep", "running", `{}`)
	s.keeper.Post(at(running, "/retry"), nil).Problem(http.StatusConflict, "job_running")
	s.keeper.Post(at(running, "/cancel"), nil).Want(http.StatusOK).Into(&job)
	assert.True(t, job.CancelRequested)
	s.keeper.Post(at(s.job("cart.sweep", "completed", `{}`), "/retry"), nil).
		Problem(http.StatusConflict, "job_completed")
	s.keeper.Post(at(4242, "/retry"), nil).Problem(http.StatusNotFound, "job_not_found")
	s.keeper.Post(at(4242, "/cancel"), nil).Problem(http.StatusNotFound, "job_not_found")

	// A job that was cancelled and then inserted again counts as one.
	replaced := s.job("cart.sweep", "cancelled", `{}`)
	s.Exec(
		`UPDATE river_job SET unique_key = 'sweep', unique_states = B'11110101'
			WHERE id IN ($1, $2)`,
		replaced, s.job("cart.sweep", "available", `{}`),
	)
	s.keeper.Post(at(replaced, "/retry"), nil).Problem(http.StatusConflict, "job_replaced")
	s.keeper.Get(at(replaced, "")).Want(http.StatusOK).Into(&job)
	assert.Equal(t, "cancelled", string(job.State))

	// Of many who cancel a job one does.
	waiting := s.job("cart.sweep", "scheduled", `{}`)
	var all sync.WaitGroup
	done := make(chan int, 16)
	for range 16 {
		all.Go(func() { done <- s.keeper.Post(at(waiting, "/cancel"), nil).Status })
	}
	all.Wait()
	close(done)
	counts := map[int]int{}
	for status := range done {
		counts[status]++
	}
	assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 15}, counts)
}

// listPeriodicJobs: when each ran, and when it runs next.
func TestPeriodicJobs(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.job("cart.sweep", "completed", `{}`)
	var body api.PeriodicJobList
	assert.Equal(
		t, 2,
		s.Statements(func() { s.keeper.Get(jobs + "/periodic").Want(http.StatusOK).Into(&body) }),
	)
	assert.Len(t, body.Items, int(body.Total))
	kinds := map[string]api.PeriodicJob{}
	for _, job := range body.Items {
		kinds[job.Kind] = job
	}
	sweep := kinds["cart.sweep"]
	assert.EqualValues(t, 3600, sweep.PeriodSeconds)
	require.NotNil(t, sweep.LastRunAt)
	assert.WithinDuration(t, sweep.LastRunAt.Add(time.Hour), *sweep.NextRunAt, time.Second)
	assert.EqualValues(t, 60, kinds["orders.expire"].PeriodSeconds)
	assert.Nil(t, kinds["orders.expire"].LastRunAt)
	assert.Nil(t, kinds["orders.expire"].NextRunAt)
}
