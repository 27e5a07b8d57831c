package insights

import (
	"context"
	"strconv"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors of jobs, as clients see them.
var (
	ErrNoJob = problem.NotFound(
		"job_not_found", "There is no such job. Jobs that are done are forgotten after a day.",
	)
	ErrJobRunning = problem.Conflict(
		"job_running", "The job is running. Wait for it, or cancel it.",
	)
	ErrJobCompleted = problem.Conflict("job_completed", "The job is done.")
	ErrJobReplaced  = problem.Conflict(
		"job_replaced", "Another job does the same already. Wait for that one, or retry that.",
	)
	ErrJobFinished = problem.Conflict("job_finished", "The job is over.")
)

// ListJobs returns a page of jobs, newest first.
func (i *Insights) ListJobs(
	ctx context.Context, r api.ListJobsRequestObject,
) (api.ListJobsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, nil, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListJobsParams{
		State:     (*string)(p.State),
		Kind:      p.Kind,
		Queue:     p.Queue,
		BeforeID:  asked.Key(0),
		PageLimit: asked.Limit,
	}
	rows, err := i.planned.ListJobs(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListJobs200JSONResponse{Items: make([]api.Job, 0, len(rows)), Limit: asked.Limit}
	for _, row := range rows {
		job, err := jobBody(row)
		if err != nil {
			return nil, err
		}
		body.Items = append(body.Items, job)
	}
	body.NextCursor = page.Next(asked, rows, func(row db.ListJobsRow) page.Keys {
		return page.Keys{row.ID}
	})
	return body, nil
}

// GetJob returns one job.
func (i *Insights) GetJob(
	ctx context.Context, r api.GetJobRequestObject,
) (api.GetJobResponseObject, error) {
	body, err := i.job(ctx, r.ID)
	return api.GetJob200JSONResponse(body), err
}

func (i *Insights) job(ctx context.Context, id int64) (api.Job, error) {
	rows, err := i.planned.ListJobs(ctx, db.ListJobsParams{ID: &id, PageLimit: 1})
	if err != nil {
		return api.Job{}, err
	}
	if len(rows) == 0 {
		return api.Job{}, ErrNoJob
	}
	return jobBody(rows[0])
}

// RetryJob makes a job available again.
func (i *Insights) RetryJob(
	ctx context.Context, r api.RetryJobRequestObject,
) (api.RetryJobResponseObject, error) {
	body, err := i.change(
		ctx, r.ID, "job.retried", jobs.Manager.Retry,
		map[string]error{"running": ErrJobRunning, "completed": ErrJobCompleted},
	)
	return api.RetryJob200JSONResponse(body), err
}

// CancelJob cancels a job.
func (i *Insights) CancelJob(
	ctx context.Context, r api.CancelJobRequestObject,
) (api.CancelJobResponseObject, error) {
	body, err := i.change(ctx, r.ID, "job.cancelled", jobs.Manager.Cancel, map[string]error{
		"completed": ErrJobFinished, "cancelled": ErrJobFinished, "discarded": ErrJobFinished,
	})
	return api.CancelJob200JSONResponse(body), err
}

// change changes a job unless its state is among the refused ones, and adds it to the audit log.
func (i *Insights) change(
	ctx context.Context, id int64, event string,
	do func(jobs.Manager, context.Context, int64) error, refused map[string]error,
) (api.Job, error) {
	err := i.queue.Manage(ctx, func(q *db.Queries, m jobs.Manager) error {
		before, err := q.LockJob(ctx, id)
		if err != nil {
			return postgres.NotFound(err, ErrNoJob)
		}
		if err := refused[before.State]; err != nil {
			return err
		}
		if err := do(m, ctx, id); postgres.Violates(err, "river_job_unique_idx") {
			return ErrJobReplaced
		} else if err != nil {
			return err
		}
		after, err := q.LockJob(ctx, id)
		if err != nil {
			return err
		}
		return audit.Record(ctx, q, audit.Entry{
			Event:      event,
			ObjectType: "job",
			ObjectID:   strconv.FormatInt(id, 10),
			Label:      before.Kind,
			Before:     map[string]any{"state": before.State},
			After:      map[string]any{"state": after.State},
		})
	})
	if err != nil {
		return api.Job{}, err
	}
	return i.job(ctx, id)
}

// ListPeriodicJobs returns the jobs that run at intervals, and when they last ran.
func (i *Insights) ListPeriodicJobs(
	ctx context.Context, _ api.ListPeriodicJobsRequestObject,
) (api.ListPeriodicJobsResponseObject, error) {
	periodic := i.queue.Periodic()
	kinds := make([]string, 0, len(periodic))
	for _, p := range periodic {
		kinds = append(kinds, p.Kind)
	}
	rows, err := i.queries.ListPeriodicJobs(ctx, kinds)
	if err != nil {
		return nil, err
	}
	last := make(map[string]db.ListPeriodicJobsRow, len(rows))
	for _, row := range rows {
		last[row.Kind] = row
	}
	body := api.ListPeriodicJobs200JSONResponse{
		Items: make([]api.PeriodicJob, 0, len(periodic)),
		Total: int64(len(periodic)),
	}
	for _, p := range periodic {
		job := api.PeriodicJob{Kind: p.Kind, PeriodSeconds: int64(p.Period / time.Second)}
		if run, ok := last[p.Kind]; ok {
			job.NextRunAt = new(run.ScheduledAt.Add(p.Period).UTC())
			if run.AttemptedAt.Unix() > 0 {
				job.LastRunAt = new(run.AttemptedAt.UTC())
			}
		}
		body.Items = append(body.Items, job)
	}
	return body, nil
}
