package vectors

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
)

// Report is the result of a run.
type Report struct {
	Current int // products, or categories, whose vector is up to date
	Made    int // vectors that were made
	Blended int // products that were blended with their categories
	Failed  int // products that the model refused
}

// IndexProducts makes the vectors of all products that have none of their current text.
func (v *Vectors) IndexProducts(
	ctx context.Context, _ api.IndexProductsRequestObject,
) (api.IndexProductsResponseObject, error) {
	report, err := v.EmbedProducts(ctx, nil)
	if err == nil {
		err = v.record(ctx, "index.products_indexed", 0, report)
	}
	if err != nil {
		return nil, err
	}
	return api.IndexProducts200JSONResponse{Body: reportBody(report)}, nil
}

// EmbedProducts makes the vectors of products whose text is new, including inactive ones. It
// returns when the run has ended. progress, which may be nil, is called with the number of products
// done.
func (v *Vectors) EmbedProducts(ctx context.Context, progress func(done int)) (Report, error) {
	return v.index(ctx, kindProducts, progress)
}

// IndexCategories makes the vectors of all categories that have none of their current text, and
// blends them into their products.
func (v *Vectors) IndexCategories(
	ctx context.Context, _ api.IndexCategoriesRequestObject,
) (api.IndexCategoriesResponseObject, error) {
	report, err := v.EmbedCategories(ctx)
	if err == nil {
		err = v.record(ctx, "index.categories_indexed", 0, report)
	}
	if err != nil {
		return nil, err
	}
	return api.IndexCategories200JSONResponse{Body: api.CategoryIndexReport{
		CategoriesProcessed: int32(report.Current),
		ProductsUpdated:     int32(report.Blended),
		Errors:              int32(report.Failed),
	}}, nil
}

// EmbedCategories makes the vectors of categories whose text is new, and blends them into their
// products. It returns when the run has ended.
func (v *Vectors) EmbedCategories(ctx context.Context) (Report, error) {
	return v.index(ctx, kindCategories, nil)
}

// ReindexProduct makes the vector of one product again.
func (v *Vectors) ReindexProduct(
	ctx context.Context, r api.ReindexProductRequestObject,
) (api.ReindexProductResponseObject, error) {
	report, err := v.EmbedProduct(ctx, r.ID)
	if err == nil {
		err = v.record(ctx, "index.product_reindexed", r.ID, report)
	}
	if err != nil {
		return nil, err
	}
	return api.ReindexProduct200JSONResponse{Body: reportBody(report)}, nil
}

// EmbedProduct makes the vector of one product again, whether its text is new or not. It returns
// ErrNoProduct if there is none.
func (v *Vectors) EmbedProduct(ctx context.Context, id int64) (Report, error) {
	return v.embedOne(ctx, id, true)
}

// embedOne makes the vector of one product in the space that serves and in one that is being built.
// Unless always is set, it does so only if the text is new.
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

// embedOneIn makes the vector of one product in a space.
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
	err = r.updateProducts(ctx, rows, categories, always)
	return r.Report, err
}

// record logs for the audit that a member of staff had vectors made: of one product, or of all if
// product is 0.
func (v *Vectors) record(ctx context.Context, event string, product int64, report Report) error {
	entry := audit.Entry{
		Event:      event,
		ObjectType: "index",
		Detail: map[string]any{
			"made":    report.Made,
			"blended": report.Blended,
			"failed":  report.Failed,
		},
	}
	if product != 0 {
		entry.ObjectType, entry.ObjectID = "product", strconv.FormatInt(product, 10)
	}
	return audit.Record(ctx, v.queries, entry)
}

func reportBody(report Report) api.IndexReport {
	message := fmt.Sprintf(
		"%d products are indexed, %d of them again.", report.Current, report.Made,
	)
	if report.Failed > 0 {
		message += fmt.Sprintf(" %d could not be indexed.", report.Failed)
	}
	return api.IndexReport{
		Indexed: int32(report.Current),
		Errors:  int32(report.Failed),
		Message: message,
	}
}
