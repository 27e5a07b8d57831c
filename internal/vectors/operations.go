package vectors

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/audit"
)

// IndexProducts returns when every active product has its vector.
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

// IndexCategories returns when every category has its vector and every product the blend.
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

// record writes down that somebody had vectors made: of one product, or of all when it is 0.
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
	message := fmt.Sprintf("%d products are indexed, %d of them again.", report.Current, report.Made)
	if report.Failed > 0 {
		message += fmt.Sprintf(" %d could not be indexed.", report.Failed)
	}
	return api.IndexReport{
		Indexed: int32(report.Current),
		Errors:  int32(report.Failed),
		Message: message,
	}
}
