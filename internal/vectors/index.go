package vectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Limits of an index run.
const (
	documentPage  = 200              // products read at once
	leaseRenewal  = 20 * time.Second // of a lease of 60
	maxFirstFails = 3                // refused products before the first success: the setting is wrong, not they
)

// Report is what a run did.
type Report struct {
	Current int // products whose vector is current
	Made    int // vectors made again
	Blended int // products blended again
	Failed  int
}

// run is one index run: the right to it, and its progress.
type run struct {
	*Vectors
	Report
	id       int64 // of its row; 0: a single product, which needs no lease and reports no progress
	space    space
	name     string
	total    int
	renewed  time.Time
	progress func(done int)
}

// lease takes or renews the right to index, and notes how far the run is.
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

// EmbedProducts makes the vectors of products whose text is new, inactive ones too. progress, which
// may be nil, is called with the number of products done.
func (v *Vectors) EmbedProducts(ctx context.Context, progress func(done int)) (Report, error) {
	return v.index(ctx, kindProducts, progress)
}

// EmbedCategories makes the vectors of categories whose text is new and blends them into their
// products.
func (v *Vectors) EmbedCategories(ctx context.Context) (Report, error) {
	return v.index(ctx, kindCategories, nil)
}

// embedProducts is the work of a run of the products.
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
		if err := r.products(ctx, rows, categories, false); err != nil {
			return err
		}
		if len(rows) < documentPage {
			break
		}
		after = rows[len(rows)-1].ID
	}
	return r.blend(ctx)
}

// embedCategories is the work of a run of the categories.
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
	if err := r.make(ctx, stale, r.storeCategories, nil); err != nil {
		return err
	}
	return r.blend(ctx)
}

func (r *run) blend(ctx context.Context) error {
	blended, err := r.queries.BlendCategories(ctx, r.space.id)
	r.Blended += int(blended)
	return err
}

// EmbedProduct makes the vector of one product again, whether its text is new or not.
func (v *Vectors) EmbedProduct(ctx context.Context, id int64) (Report, error) {
	return v.embedOne(ctx, id, true)
}

// embedOne brings one product up to date in the space that serves, and in one that is being built.
func (v *Vectors) embedOne(ctx context.Context, id int64, always bool) (report Report, err error) {
	serving, wanted, err := v.spacesNow(ctx)
	if err != nil {
		return Report{}, err
	}
	if report, err = v.embedOneIn(ctx, serving, id, always); err == nil && wanted.id != serving.id {
		return v.embedOneIn(ctx, wanted, id, always)
	}
	return report, err
}

func (v *Vectors) embedOneIn(ctx context.Context, in space, id int64, always bool) (Report, error) {
	rows, err := v.queries.ListProductDocuments(
		ctx,
		db.ListProductDocumentsParams{
			ModelID:   in.id,
			AfterID:   id - 1,
			ProductID: &id,
			PageLimit: 1,
		},
	)
	if err != nil {
		return Report{}, err
	}
	if len(rows) == 0 {
		return Report{}, ErrNoProduct
	}
	r := &run{Vectors: v, space: in, progress: func(int) {}}
	categories, err := r.categories(ctx)
	if err != nil {
		return Report{}, err
	}
	err = r.products(ctx, rows, categories, always)
	return r.Report, err
}

// categories are what product documents say of their categories.
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

// task is one vector to make.
type task struct {
	id int64
	document
	readAt time.Time
}

// products brings a page of products up to date.
func (r *run) products(
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
	if err := r.tell(ctx, nil); err != nil {
		return err
	}
	return r.make(ctx, stale, r.storeProducts, r.recordFailure)
}

// make embeds tasks in batches and stores what comes back. A task the model refuses for itself is
// looked for by halving its batch; refused, which may be nil, is called with it.
func (r *run) make(
	ctx context.Context, tasks []task, store func(context.Context, []task, [][]float32) error,
	refused func(context.Context, task, error) error,
) error {
	for len(tasks) > 0 {
		batch := tasks[:min(len(tasks), r.pace.largestBatch(model.MaxBatch))]
		if err := r.makeBatch(ctx, batch, store, refused); err != nil {
			return err
		}
		tasks = tasks[len(batch):]
		if err := r.tell(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) makeBatch(
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
		if err := r.makeBatch(ctx, batch[:half], store, refused); err != nil {
			return err
		}
		return r.makeBatch(ctx, batch[half:], store, refused)
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

func (r *run) storeProducts(ctx context.Context, tasks []task, vectors [][]float32) error {
	return postgres.Tx(ctx, r.pool, func(q *db.Queries) error {
		for i, t := range tasks {
			err := q.UpsertProductEmbedding(ctx, db.UpsertProductEmbeddingParams{
				ModelID:      r.space.id,
				ProductID:    t.id,
				DocumentHash: t.hash,
				Base:         pgvector.NewVector(vectors[i]),
				ReadAt:       t.readAt,
			})
			if err != nil {
				return fmt.Errorf("vector of product %d: %w", t.id, err)
			}
			if err := q.ClearEmbeddingFailure(ctx, t.id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *run) storeCategories(ctx context.Context, tasks []task, vectors [][]float32) error {
	return postgres.Tx(ctx, r.pool, func(q *db.Queries) error {
		for i, t := range tasks {
			err := q.UpsertCategoryEmbedding(ctx, db.UpsertCategoryEmbeddingParams{
				ModelID:      r.space.id,
				CategoryID:   t.id,
				DocumentHash: t.hash,
				Base:         pgvector.NewVector(vectors[i]),
			})
			if err != nil {
				return fmt.Errorf("vector of category %d: %w", t.id, err)
			}
		}
		return nil
	})
}

// maxReason cuts what a model says about a refused product.
const maxReason = 300

func (r *run) recordFailure(ctx context.Context, t task, cause error) error {
	reason := cause.Error()
	return r.queries.RecordEmbeddingFailure(ctx, t.id, reason[:min(len(reason), maxReason)])
}
