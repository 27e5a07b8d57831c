package feeds

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// errTakenOver means that the import has ended or that another runner has claimed it.
var errTakenOver = errors.New("the import has ended or belongs to another runner")

// refusal is the error for a file that cannot be imported. Its text becomes the import's message.
type refusal string

func (r refusal) Error() string { return string(r) }

// runner imports one file in one process, as long as it holds the claim on the import.
type runner struct {
	*Feeds
	db.Import
	name     string
	parser   *parser
	progress func(db.Import)
}

// RunImport continues an import until it ends or the time is over; more reports whether rows are
// left. progress, if set, is called after each batch.
func (f *Feeds) RunImport(
	ctx context.Context, id int64, until time.Time, progress func(db.Import),
) (more bool, err error) {
	r := &runner{Feeds: f, name: rand.Text(), progress: progress}
	r.Import, err = f.queries.ClaimImport(ctx, r.name, id, int32(silence/time.Second))
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil // it has ended, or another runner holds it
	}
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go f.beat(ctx, id, r.name, cancel)
	more, err = r.importRows(ctx, until)
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return false, f.finish(ctx, id, statusFailed, string(refused))
	case errors.Is(err, errTakenOver),
		errors.Is(err, ErrFinished),
		errors.Is(context.Cause(ctx), errTakenOver):
		return false, nil
	}
	if more || err != nil {
		release, stop := context.WithTimeout(context.WithoutCancel(ctx), heartbeatPeriod)
		defer stop()
		err = errors.Join(err, f.queries.ReleaseImport(release, id, r.name))
	}
	return more, err
}

// beat writes a heartbeat until ctx ends, so that a runner with a long download or batch does not
// count as dead. It stops the runner when the import belongs to another one.
func (f *Feeds) beat(
	ctx context.Context, id int64, runner string, stop context.CancelCauseFunc,
) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(heartbeatPeriod):
		}
		held, err := f.queries.BeatImport(ctx, id, runner)
		if err == nil && held == 0 {
			stop(errTakenOver)
		}
	}
}

// importRows prepares the file and imports batches from the stored position on. Files are fetched
// side by side, so that a slow server delays no other import. Their rows are read one file after
// the other, for a time that does not count what the others took.
func (r *runner) importRows(ctx context.Context, until time.Time) (more bool, err error) {
	if r.File == nil {
		if err := r.fetch(ctx); err != nil {
			return false, err
		}
	}
	waiting := time.Now()
	select {
	case r.reading <- struct{}{}:
		defer func() { <-r.reading }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	until = until.Add(time.Since(waiting))
	if err := r.prepare(ctx); err != nil {
		return false, err
	}
	file, err := r.open(ctx, r.Position)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	reader := csvfile.NewReader(
		file, (*r.Delimiter)[0], csvfile.Place{Offset: r.Position, Line: r.Line, Row: r.Row},
	)
	reader.Columns = len(r.parser.header)
	batches := &batchReader{reader: reader, layout: r.parser.layout, most: int(r.BatchSize)}
	for {
		batch, err := batches.next()
		if err != nil {
			return false, err
		}
		if len(batch) == 0 {
			return false, r.finish(ctx, r.ID, statusCompleted, "")
		}
		if err := r.importBatch(ctx, batch); err != nil {
			return false, err
		}
		if time.Now().After(until) {
			return true, nil
		}
	}
}

// importBatch writes a batch and moves the position behind it. If the database refuses the batch
// because of one row, the batch is written in halves, down to that row, which becomes an error.
func (r *runner) importBatch(ctx context.Context, batch []csvfile.Record) error {
	done, err := r.writeBatch(ctx, batch, "")
	if isRefused(err) {
		if len(batch) > 1 {
			if err := r.importBatch(ctx, batch[:len(batch)/2]); err != nil {
				return err
			}
			return r.importBatch(ctx, batch[len(batch)/2:])
		}
		r.settings.Log.WarnContext(
			ctx, "a row of an import was refused", "import", r.ID, "row", batch[0].Row, "error",
			err.Error(),
		)
		done, err = r.writeBatch(ctx, batch, "cannot be stored: it contradicts what is there")
	}
	if err != nil {
		return err
	}
	last := batch[len(batch)-1].Next
	r.Position, r.Line, r.Row = last.Offset, last.Line, last.Row
	r.Created, r.Updated = r.Created+done.created, r.Updated+done.updated
	r.Unchanged, r.Failed = r.Unchanged+done.unchanged, r.Failed+done.failed
	if !r.DryRun && done.created+done.updated > 0 {
		r.settings.Changed(ctx)
	}
	if r.progress != nil {
		r.progress(r.Import)
	}
	return nil
}

// isRefused reports whether a statement failed because of its values: they violate a constraint or
// are out of range.
func isRefused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) &&
		(strings.HasPrefix(pg.Code, "23") || strings.HasPrefix(pg.Code, "22"))
}

// writeBatch writes a batch and the position behind it in one transaction. If refused is set, it
// writes no row, but records that message as the error of each.
func (r *runner) writeBatch(
	ctx context.Context, batch []csvfile.Record, refused string,
) (done counts, err error) {
	err = r.queue.TxMany(
		ctx,
		func(q *db.Queries, insert func([]river.InsertManyParams) error) error {
			locked, err := q.LockImport(ctx, r.ID, r.name, r.Position)
			if err != nil {
				return postgres.NotFound(err, errTakenOver)
			}
			if err := q.BeginImportBatch(ctx); err != nil {
				return err
			}
			items, faults, met := r.parseBatch(batch, locked.Met, refused)
			failed := int64(len(batch) - len(items))
			pl, err := r.parser.makePlan(ctx, q, items)
			if err != nil {
				return err
			}
			if !r.DryRun {
				cause := inventory.Cause{
					Reason:    inventory.Import,
					Reference: fmt.Sprintf("import:%d", r.ID),
					Actor:     r.UserID,
				}
				if err := r.apply(ctx, q, pl, cause); err != nil {
					return err
				}
				if err := r.catalog.RecordProductEvents(
					ctx, q, pl.created(), pl.changed(),
				); err != nil {
					return err
				}
				if r.Images {
					if err := insert(imageJobs(r.ID, pl)); err != nil {
						return err
					}
				}
			}
			done = pl.counts
			done.failed += failed
			faults = append(faults, pl.faults...)
			for _, f := range faults {
				if f.isWarning {
					done.warnings++
				}
			}
			if err := storeProblems(ctx, q, r.ID, faults); err != nil {
				return err
			}
			last := batch[len(batch)-1].Next
			return q.AdvanceImport(ctx, db.AdvanceImportParams{
				ID:        r.ID,
				Position:  last.Offset,
				Line:      last.Line,
				Row:       last.Row,
				Met:       met,
				Created:   done.created,
				Updated:   done.updated,
				Unchanged: done.unchanged,
				Failed:    done.failed,
				Warnings:  done.warnings,
			})
		},
	)
	return done, err
}

// parseBatch parses the rows of a batch. A row with the key of an earlier row of the file is an
// error; met returns the hashes of keys that the file repeats and this batch has first.
func (r *runner) parseBatch(
	batch []csvfile.Record, before []int64, refused string,
) (items []*item, faults []fault, met []int64) {
	met = []int64{}
	for _, record := range batch {
		if refused != "" {
			row, line := r.parser.place(record)
			faults = append(faults, fault{row, line, "", refused, false})
			continue
		}
		if hash := keyHash(r.parser.key(record.Cells)); record.Fault == "" && hash != 0 &&
			slices.Contains(r.Repeated, hash) {
			if slices.Contains(before, hash) || slices.Contains(met, hash) {
				col := r.parser.keyColumn()
				row, line := r.parser.place(record)
				faults = append(
					faults,
					fault{row, line, r.parser.nameOf(col), "is that of a row before", false},
				)
				continue
			}
			met = append(met, hash)
		}
		it, wrong := r.parser.parse(record)
		if it != nil {
			items = append(items, it)
		}
		faults = append(faults, wrong...)
	}
	return items, faults, met
}
