package vectors

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/problem"
)

// What a run indexes.
const (
	kindProducts   = "products"
	kindCategories = "categories"
)

// How runs are shared and resumed.
const (
	maxIndexTime = 30 * time.Minute       // of a caller that drives a run
	lookAgain    = 200 * time.Millisecond // between looks at a run that another process drives
	jobSlice     = 90 * time.Second       // of a run in one attempt of its job
	// also after how long another worker takes over from one that died
	jobTimeout = 2 * time.Minute
	jobLooks   = 15 * time.Second // between looks of a job whose run another drives
	patientFor = 5 * time.Minute  // that a run waits for quota by itself; beyond, its job does
	maxWaits   = 30               // for quota in a row without a vector in between
)

// errLost means that another process has taken the index run over.
var errLost = errors.New("another process took the index run over")

// Index is the job that continues a run until it ends, whichever process began it, also after a
// crash.
type Index struct {
	Run int64 `json:"run"`
}

// Kind implements river.JobArgs.
func (Index) Kind() string { return "assistant.index" }

// workSlice continues a run for one slice of time. Slices are short, so that a crash is noticed
// soon.
func (v *Vectors) workSlice(ctx context.Context, job *river.Job[Index]) error {
	ctx, cancel := context.WithTimeout(ctx, jobSlice)
	defer cancel()
	r, row, err := v.take(ctx, job.Args.Run)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && row.FinishedAt != nil:
		return nil
	case err != nil:
		return err
	case r == nil:
		return river.JobSnooze(jobLooks)
	}
	_, err = v.work(ctx, r, row.Kind)
	var quota *model.QuotaError
	switch {
	case errors.As(err, &quota):
		return river.JobSnooze(quota.RetryAfter)
	case errors.Is(err, errLost), errors.Is(err, context.DeadlineExceeded):
		return river.JobSnooze(0)
	}
	return ctx.Err() // other errors are in the run's row
}

// index begins a run, or joins the one under way, and returns when it has ended. The run continues
// if the client disconnects. If the server stops, the job of the run continues it in another
// process.
func (v *Vectors) index(
	ctx context.Context, kind string, progress func(done int),
) (Report, error) {
	v.runs.Add(1)
	defer v.runs.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxIndexTime)
	defer cancel()
	defer context.AfterFunc(v.running, cancel)()
	id, _, err := v.begin(ctx, kind)
	if err != nil {
		return Report{}, err
	}
	return v.drive(ctx, id, progress)
}

// begin creates a run, with a job that completes it, unless one of its kind is under way. It
// returns the run.
func (v *Vectors) begin(ctx context.Context, kind string) (id int64, isNew bool, err error) {
	_, wanted, err := v.spacesNow(ctx)
	if err != nil {
		return 0, false, err
	}
	err = v.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		begun, err := q.BeginIndexRun(ctx, wanted.id, kind)
		if err != nil {
			return err
		}
		if id, isNew = begun.ID, begun.IsNew; isNew {
			return insert(Index{Run: id})
		}
		return nil
	})
	return id, isNew, err
}

// drive works on a run, or waits while another process does, until it ends.
func (v *Vectors) drive(ctx context.Context, id int64, progress func(done int)) (Report, error) {
	for {
		r, row, err := v.take(ctx, id)
		switch {
		case err != nil:
			return Report{}, err
		case r != nil:
			if progress != nil {
				r.progress = progress
			}
			report, err := v.work(ctx, r, row.Kind)
			if !errors.Is(err, errLost) {
				return report, err
			}
		case row.FinishedAt != nil:
			return reportOf(row), problemOf(row)
		case row.WaitingUntil != nil && time.Until(*row.WaitingUntil) > patientFor:
			wait := time.Until(*row.WaitingUntil)
			return reportOf(row), model.QuotaProblem(&model.QuotaError{
				RetryAfter: wait,
				Daily:      true,
			})
		}
		if progress != nil {
			progress(int(row.Done))
		}
		if err := v.settings.Clock.Sleep(ctx, lookAgain); err != nil {
			return reportOf(row), err
		}
	}
}

// take takes the lease of a run. It returns no run if another process has the lease or the run has
// ended.
func (v *Vectors) take(ctx context.Context, id int64) (*run, db.IndexRun, error) {
	row, err := v.queries.GetIndexRun(ctx, id)
	if err != nil || row.FinishedAt != nil {
		return nil, row, err
	}
	_, wanted, err := v.spacesNow(ctx)
	if err != nil {
		return nil, row, err
	}
	if wanted.id != row.ModelID { // of a server with other settings
		return nil, row, nil
	}
	r := &run{Vectors: v, id: id, space: wanted, name: runName(), progress: func(int) {}}
	if err := r.lease(ctx); err != nil {
		if errors.Is(err, errLost) {
			return nil, row, nil
		}
		return nil, row, err
	}
	if row, err = v.queries.GetIndexRun(ctx, id); err != nil ||
		row.FinishedAt != nil { // ended just now
		r.release(ctx)
		return nil, row, err
	}
	return r, row, nil
}

// release gives the lease back, even if ctx has ended.
func (r *run) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := r.queries.ReleaseIndex(ctx, r.space.id, &r.name); err != nil {
		r.settings.Log.WarnContext(
			ctx, "lease of the index not released; it ends in a minute", "error", err.Error(),
		)
	}
}

// work does the rest of a run and records how it ended. A run that a crash or a quota interrupts is
// continued by its job.
func (v *Vectors) work(ctx context.Context, r *run, kind string) (Report, error) {
	defer r.release(ctx)
	counted, err := v.queries.CountIndexable(ctx)
	if err != nil {
		return r.Report, err
	}
	if kind == kindCategories {
		r.total = int(counted.Categories)
		err = r.embedCategories(ctx)
	} else {
		r.total = int(counted.Products)
		err = r.embedProducts(ctx)
	}
	v.forget()
	var quota *model.QuotaError
	switch {
	case errors.Is(err, errLost):
		return r.Report, err
	case ctx.Err() != nil:
		return r.Report, ctx.Err()
	case errors.As(err, &quota):
		until := v.settings.Clock.Now().Add(quota.RetryAfter)
		return r.Report, errors.Join(err, r.report(ctx, &until))
	}
	if failed := r.report(ctx, nil); failed != nil {
		return r.Report, failed
	}
	var code *string
	var p *problem.Error
	if errors.As(err, &p) {
		code = &p.Code
	} else if err != nil {
		code = new("internal")
	}
	if failed := v.queries.FinishIndexRun(ctx, code, r.id); failed != nil {
		return r.Report, failed
	}
	if err != nil {
		return r.Report, err
	}
	if err := v.queries.ForgetIndexRuns(ctx); err != nil {
		return r.Report, err
	}
	return r.Report, v.settle(ctx)
}

// report records the progress of the run, and until when it waits.
func (r *run) report(ctx context.Context, waitingUntil *time.Time) error {
	r.progress(r.Current)
	if r.id == 0 {
		return nil
	}
	return r.queries.UpdateIndexRun(ctx, db.UpdateIndexRunParams{
		ID:           r.id,
		Total:        int32(r.total),
		Done:         int32(r.Current),
		Made:         int32(r.Made),
		Blended:      int32(r.Blended),
		Failed:       int32(r.Failed),
		WaitingUntil: waitingUntil,
	})
}

func reportOf(row db.IndexRun) Report {
	return Report{
		Current: int(row.Done),
		Made:    int(row.Made),
		Blended: int(row.Blended),
		Failed:  int(row.Failed),
	}
}

// problemOf returns the error with which a run ended in another process.
func problemOf(row db.IndexRun) error {
	if row.Problem == nil {
		return nil
	}
	for _, known := range []*problem.Error{
		model.ErrUnavailable, model.ErrMisconfigured, model.ErrQuota, model.ErrBudget,
	} {
		if known.Code == *row.Problem {
			return known
		}
	}
	return model.ErrUnavailable
}

// runName returns a random name, which distinguishes index runs.
func runName() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
