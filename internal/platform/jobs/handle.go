package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// Handle has jobs of the kind Args worked by work, which has a minute. A job whose work returns an
// error is tried again later.
//
//	jobs.Handle(queue, func(ctx context.Context, _ Sweep) error { return c.sweep(ctx) })
//	queue.Every(time.Hour, Sweep{})
func Handle[Args river.JobArgs](q *Queue, work func(context.Context, Args) error) {
	HandleJob(q, 0, func(ctx context.Context, job *river.Job[Args]) error {
		return work(ctx, job.Args)
	})
}

// HandleJob is Handle for work that needs to know which attempt of the job it is, or more time than
// a minute. A timeout of 0 means a minute.
func HandleJob[Args river.JobArgs](
	q *Queue, timeout time.Duration, work func(context.Context, *river.Job[Args]) error,
) {
	river.AddWorker(q.workers, &worker[Args]{timeout: timeout, work: work})
}

type worker[Args river.JobArgs] struct {
	river.WorkerDefaults[Args]
	timeout time.Duration
	work    func(context.Context, *river.Job[Args]) error
}

// Timeout implements river.Worker.
func (w *worker[Args]) Timeout(*river.Job[Args]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker[Args]) Work(ctx context.Context, job *river.Job[Args]) error {
	return w.work(ctx, job)
}
