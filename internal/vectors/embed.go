package vectors

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
)

// Limits of an index run.
const (
	documentPage = 200              // products read at once
	leaseRenewal = 20 * time.Second // of a lease of 60
	// refused products before the first success: the setting is wrong, not they
	maxFirstFails = 3
)

// run is an index run in this process, with its progress.
type run struct {
	*Vectors
	Report
	// of its row; 0 for a single product, which needs no lease and reports no progress
	id       int64
	space    space
	name     string
	total    int
	renewed  time.Time
	progress func(done int)
}

// lease takes the lease of indexing, or renews it if it is old. It returns errLost if another run
// has it.
func (r *run) lease(ctx context.Context) error {
	if r.id == 0 || r.settings.Clock.Now().Sub(r.renewed) < leaseRenewal {
		return ctx.Err()
	}
	got, err := r.queries.LeaseIndex(ctx, &r.name, r.space.id)
	if err != nil {
		return err
	}
	if got == 0 {
		return errLost
	}
	r.renewed = r.settings.Clock.Now()
	return nil
}

// embedProducts makes the vectors of all products whose text is new.
func (r *run) embedProducts(ctx context.Context) error {
	categories, err := r.categories(ctx)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		rows, err := r.queries.ListProductDocuments(
			ctx,
			db.ListProductDocumentsParams{
				ModelID:   r.space.id,
				AfterID:   after,
				PageLimit: documentPage,
			},
		)
		if err != nil {
			return err
		}
		if err := r.updateProducts(ctx, rows, categories, false); err != nil {
			return err
		}
		if len(rows) < documentPage {
			break
		}
		after = rows[len(rows)-1].ID
	}
	return r.blend(ctx)
}

// embedCategories makes the vectors of all categories whose text is new.
func (r *run) embedCategories(ctx context.Context) error {
	rows, err := r.queries.ListCategoryDocuments(ctx, r.space.id)
	if err != nil {
		return err
	}
	var stale []task
	for _, row := range rows {
		d := categoryDocument(row, r.settings.Currency.Format)
		if bytes.Equal(d.hash, row.DocumentHash) {
			r.Current++
			continue
		}
		stale = append(stale, task{id: row.ID, document: d})
	}
	if err := r.embedTasks(ctx, stale, r.storeCategories, nil); err != nil {
		return err
	}
	return r.blend(ctx)
}

// blend blends the vectors of categories into those of their products.
func (r *run) blend(ctx context.Context) error {
	blended, err := r.queries.BlendCategories(ctx, r.space.id)
	r.Blended += int(blended)
	return err
}

// categories returns the categories by id, for the documents of their products.
func (r *run) categories(ctx context.Context) (map[int64]*db.ListCategoryDocumentsRow, error) {
	rows, err := r.queries.ListCategoryDocuments(ctx, r.space.id)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*db.ListCategoryDocumentsRow, len(rows))
	for i := range rows {
		byID[rows[i].ID] = &rows[i]
	}
	return byID, nil
}

// task is a vector to make.
type task struct {
	id int64
	document
	readAt time.Time
}

// updateProducts makes the vectors of those of a page of products whose text is new, or of all of
// them if always is set.
func (r *run) updateProducts(
	ctx context.Context, rows []db.ListProductDocumentsRow,
	categories map[int64]*db.ListCategoryDocumentsRow, always bool,
) error {
	var stale []task
	var touched []int64
	for _, row := range rows {
		var category *db.ListCategoryDocumentsRow
		if row.CategoryID != nil {
			category = categories[*row.CategoryID]
		}
		d := productDocument(row, category)
		if always || !bytes.Equal(d.hash, row.DocumentHash) {
			stale = append(stale, task{id: row.ID, document: d, readAt: row.ReadAt})
			continue
		}
		r.Current++
		if row.IsOlder {
			touched = append(touched, row.ID)
		}
	}
	if len(touched) > 0 {
		if err := r.queries.TouchEmbeddings(ctx, rows[0].ReadAt, r.space.id, touched); err != nil {
			return err
		}
	}
	if err := r.report(ctx, nil); err != nil {
		return err
	}
	return r.embedTasks(ctx, stale, r.storeProducts, r.recordFailure)
}

// embedTasks embeds tasks in batches and stores their vectors. If the model refuses a batch because
// of one of its texts, the batch is halved until that text is found; refused, which may be nil, is
// called with it.
func (r *run) embedTasks(
	ctx context.Context, tasks []task, store func(context.Context, []task, [][]float32) error,
	refused func(context.Context, task, error) error,
) error {
	for len(tasks) > 0 {
		batch := tasks[:min(len(tasks), r.pace.largestBatch(model.MaxBatch))]
		if err := r.embedBatch(ctx, batch, store, refused); err != nil {
			return err
		}
		tasks = tasks[len(batch):]
		if err := r.report(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// embedBatch is embedTasks for one batch.
func (r *run) embedBatch(
	ctx context.Context, batch []task, store func(context.Context, []task, [][]float32) error,
	refused func(context.Context, task, error) error,
) error {
	if err := r.lease(ctx); err != nil {
		return err
	}
	texts := make([]model.Text, len(batch))
	for i, t := range batch {
		texts[i] = t.Text
	}
	vectors, err := r.embed(ctx, texts)
	var config *model.ConfigError
	switch {
	case err == nil:
		_ = r.health.Outcome(nil)
		for start := 0; start < len(batch); start += r.settings.CommitBatch {
			end := min(start+r.settings.CommitBatch, len(batch))
			if err := store(ctx, batch[start:end], vectors[start:end]); err != nil {
				return err
			}
			r.Made += end - start
			r.Current += end - start
		}
		return nil
	case !errors.As(err, &config) || strings.HasSuffix(config.Setting, "_API_KEY"):
		return r.health.Outcome(err)
	case len(batch) > 1:
		half := len(batch) / 2
		if err := r.embedBatch(ctx, batch[:half], store, refused); err != nil {
			return err
		}
		return r.embedBatch(ctx, batch[half:], store, refused)
	}
	r.Failed++
	if r.Made == 0 && r.Failed >= maxFirstFails {
		return r.health.Outcome(err)
	}
	if refused == nil {
		return nil
	}
	return refused(ctx, batch[0], err)
}
