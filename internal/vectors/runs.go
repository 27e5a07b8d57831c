package vectors

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

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

// How runs are shared and go on.
const (
	maxIndexTime = 30 * time.Minute       // of one who drives a run
	lookAgain    = 200 * time.Millisecond // for those who wait for a run of another
	jobSlice     = 90 * time.Second       // of a run in one attempt of its job
	jobTimeout   = 2 * time.Minute        // also after how long another worker takes over from one that died
	jobLooks     = 15 * time.Second       // between looks of a job whose run another drives
	patientFor   = 5 * time.Minute        // that a run waits for quota by itself; beyond, its job does
	maxWaits     = 30                     // for quota in a row without a vector in between
)

var errLost = errors.New("another took the index run over")

// Index is the job that continues a run until it ends, whichever process began it and even after a
// crash.
type Index struct {
	Run int64 `json:"run"`
}

// Kind implements river.JobArgs.
func (Index) Kind() string { return "assistant.index" }

// workSlice continues a run for one slice of its time: a slice is short, so that a crash is noticed
// soon.
func (v *Vectors) workSlice(ctx context.Context, job *river.Job[Index]) error {
	ctx, cancel := context.WithTimeout(ctx, jobSlice)
	defer cancel()
	r, row, err := v.take(ctx, job.Args.Run)
	switch {
	case isNoRow(err) || err == nil && row.FinishedAt != nil:
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
	return ctx.Err() // other errors stand in the run's row
}

// index returns when a run has ended, the one under way if there is one. It is apart from the
// request that asks for it: who hangs up does not stop it, the end of the server does, and then its
// job goes on with it elsewhere.
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

// begin makes a run, with a job that sees it through, unless one of its kind is under way.
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

// drive works on a run, or waits while another does, until it ends.
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
			return reportOf(
					row,
				), model.QuotaProblem(
					&model.QuotaError{RetryAfter: time.Until(*row.WaitingUntil), Daily: true},
				)
		}
		if progress != nil {
			progress(int(row.Done))
		}
		if err := v.settings.Clock.Sleep(ctx, lookAgain); err != nil {
			return reportOf(row), err
		}
	}
}

// take returns the right to work on a run; none if another has it or the run has ended.
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

// release gives the right to index back, even when ctx has ended.
func (r *run) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := r.queries.ReleaseIndex(ctx, r.space.id, &r.name); err != nil {
		r.settings.Log.WarnContext(
			ctx, "right to index not given back; it ends in a minute", "error", err.Error(),
		)
	}
}

// work does all of a run that is left and notes how it ended. What a crash or a quota cuts short
// goes on with its job.
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
		return r.Report, errors.Join(err, r.tell(ctx, &until))
	}
	if noted := r.tell(ctx, nil); noted != nil {
		return r.Report, noted
	}
	var code *string
	var p *problem.Error
	if errors.As(err, &p) {
		code = &p.Code
	} else if err != nil {
		code = new("internal")
	}
	if noted := v.queries.FinishIndexRun(ctx, code, r.id); noted != nil {
		return r.Report, noted
	}
	if err != nil {
		return r.Report, err
	}
	if err := v.queries.ForgetIndexRuns(ctx); err != nil {
		return r.Report, err
	}
	return r.Report, v.settle(ctx)
}

// tell notes how far the run is, and until when it waits.
func (r *run) tell(ctx context.Context, waitingUntil *time.Time) error {
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

// embed has vectors made, at the pace of the quota: a run waits for that of the next minute, one of
// a day is an error.
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

// sleep waits, keeping the right to index.
func (r *run) sleep(ctx context.Context, wait time.Duration) error {
	until := r.settings.Clock.Now().Add(wait)
	if err := r.tell(ctx, &until); err != nil {
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

func reportOf(row db.IndexRun) Report {
	return Report{
		Current: int(row.Done),
		Made:    int(row.Made),
		Blended: int(row.Blended),
		Failed:  int(row.Failed),
	}
}

// problemOf is the error that a run of another ended with.
func problemOf(row db.IndexRun) error {
	if row.Problem == nil {
		return nil
	}
	for _, known := range []*problem.Error{model.ErrUnavailable, model.ErrMisconfigured, model.ErrQuota, model.ErrBudget} {
		if known.Code == *row.Problem {
			return known
		}
	}
	return model.ErrUnavailable
}

// runName returns a random name, by which index runs tell each other apart.
func runName() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
