package jobs

import (
	"cmp"
	"context"
	"time"

	"github.com/riverqueue/river"
)

// Handle registers work as the function that works jobs of the kind Args. It may take a minute. A
// job is tried again later if work returns an error.
//
//	jobs.Handle(queue, func(ctx context.Context, _ Sweep) error { return c.sweep(ctx) })
//	queue.Every(time.Hour, Sweep{})
func Handle[Args river.JobArgs](q *Queue, work func(context.Context, Args) error) {
	HandleJob(q, 0, func(ctx context.Context, job *river.Job[Args]) error {
		return work(ctx, job.Args)
	})
}

// HandleJob is like Handle, for work that needs the job's row, such as the number of the attempt,
// or more time. A timeout of 0 means a minute.
func HandleJob[Args river.JobArgs](
	q *Queue, timeout time.Duration, work func(context.Context, *river.Job[Args]) error,
) {
	var args Args
	q.timeouts[args.Kind()] = cmp.Or(timeout, jobTimeout)
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
