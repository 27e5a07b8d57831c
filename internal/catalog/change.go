package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors of those who keep the catalogue.
var (
	ErrSlugTaken = problem.Conflict(
		"slug_taken", "The slug is taken. Choose another, or leave it out to have one made.",
	)
	ErrSKUTaken = problem.Conflict(
		"sku_taken",
		"The sku is taken by another variant. Skus of deleted products stay taken: restore the product or choose another sku.",
	)
	ErrGTINTaken    = problem.Conflict("gtin_taken", "The GTIN is that of another variant.")
	ErrOptionsTaken = problem.Conflict(
		"options_taken", "The product has a variant with these options already.",
	)
	ErrBrandNameTaken = problem.Conflict(
		"brand_name_taken", "There is a brand of this name already.",
	)
	ErrCategoryCycle = problem.Conflict("category_cycle", "A category cannot lie below itself.")
	ErrCategoryInUse = problem.Conflict(
		"category_in_use", "The category holds products or categories. Move or delete them first.",
	)
	ErrBrandInUse = problem.Conflict(
		"brand_in_use", "There are products of this brand. Change or delete them first.",
	)
	ErrVariantNotFound = problem.NotFound("variant_not_found", "The product has no such variant.")
	ErrLastVariant     = problem.Conflict(
		"last_variant", "A product has at least one variant. Delete the product instead.",
	)
	ErrTooManyVariants = problem.Conflict(
		"too_many_variants", "A product has at most 100 variants.",
	)
	errUnknownBrand = problem.Invalid(
		problem.Field{Pointer: "/brand_id", Message: "names no brand"},
	)
	errUnknownCategory = problem.Invalid(
		problem.Field{Pointer: "/category_id", Message: "names no category"},
	)
	errUnknownParent = problem.Invalid(
		problem.Field{Pointer: "/parent_id", Message: "names no category"},
	)
	errUnknownImage = problem.Invalid(
		problem.Field{Pointer: "/image_id", Message: "names no image of this product"},
	)
	errDefaultNeeded = problem.Invalid(
		problem.Field{
			Pointer: "/is_default",
			Message: "cannot be taken away: make another variant the default instead",
		},
	)
	errTwoVariantsAlike = problem.Invalid(
		problem.Field{Pointer: "/variants", Message: "has two variants with the same options"},
	)
)

// violations are what a breach of each constraint means.
var violations = map[string]*problem.Error{
	"products_slug_key":         ErrSlugTaken,
	"categories_slug_key":       ErrSlugTaken,
	"brands_slug_key":           ErrSlugTaken,
	"variants_sku_key":          ErrSKUTaken,
	"variants_gtin_key":         ErrGTINTaken,
	"variants_options_key":      ErrOptionsTaken,
	"brands_name_key":           ErrBrandNameTaken,
	"categories_parent_id_fkey": errUnknownParent,
	"products_brand_id_fkey":    errUnknownBrand,
	"products_category_id_fkey": errUnknownCategory,
	"variants_image_fkey":       errUnknownImage,
}

// explain turns a breach of a constraint into the problem it is for the client.
func explain(err error) error {
	for constraint, problem := range violations {
		if postgres.Violates(err, constraint) {
			return problem
		}
	}
	return err
}

// ProductChanged is the job that follows a change of a product: its vector is made anew.
type ProductChanged struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (ProductChanged) Kind() string { return "catalog.product_changed" }

// NamesChanged is the job that follows a change of what products inherit: the name of a brand or a
// category.
type NamesChanged struct{}

// Kind implements river.JobArgs.
func (NamesChanged) Kind() string { return "catalog.names_changed" }

// change runs one change of the catalogue in a transaction, with a way to insert the jobs that
// follow it, and then lets no cached answer show what was before.
func (c *Catalog) change(
	ctx context.Context, work func(q *db.Queries, insert func(river.JobArgs) error) error,
) error {
	if err := explain(c.queue.Tx(ctx, work)); err != nil {
		return err
	}
	c.settings.Changed(ctx)
	return nil
}

// tell writes that something happened to a product, which is locked, as it is now.
func (c *Catalog) tell(
	ctx context.Context, q *db.Queries, kind string, product db.ProductDetail,
) error {
	body, err := c.adminProduct(product)
	if err != nil {
		return err
	}
	return events.Record(
		ctx, q,
		events.Event{Kind: kind, ObjectType: events.Product, ObjectID: product.ID, Data: body},
	)
}

// productChanged ends a change of a product, which is locked: what is made of it will follow, those
// who want to know are told, and it is answered as it is now.
func (c *Catalog) productChanged(
	ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, id int64, kind string,
) (db.ProductDetail, error) {
	if err := insert(ProductChanged{id}); err != nil {
		return db.ProductDetail{}, err
	}
	row, err := q.GetAnyProduct(ctx, id)
	if err != nil {
		return db.ProductDetail{}, err
	}
	return row, c.tell(ctx, q, kind, row)
}

// Tell writes that some products, which are locked, were made and others changed, as they are now:
// all of it in three statements, or one when nobody wants to know.
func (c *Catalog) Tell(ctx context.Context, q *db.Queries, created, updated []int64) error {
	kinds := make(map[int64]string, len(created)+len(updated))
	for _, id := range updated {
		kinds[id] = events.ProductUpdated
	}
	for _, id := range created {
		kinds[id] = events.ProductCreated
	}
	if len(kinds) == 0 {
		return nil
	}
	if wanted, err := q.WantsEvents(
		ctx, []string{events.ProductCreated, events.ProductUpdated},
	); err != nil ||
		!wanted {
		return err
	}
	rows, err := q.ListWholeProducts(ctx, slices.Sorted(maps.Keys(kinds)))
	if err != nil {
		return err
	}
	all := make([]events.Event, 0, len(rows))
	for _, row := range rows {
		body, err := c.adminProduct(row)
		if err != nil {
			return err
		}
		all = append(
			all,
			events.Event{
				Kind:       kinds[row.ID],
				ObjectType: events.Product,
				ObjectID:   row.ID,
				Data:       body,
			},
		)
	}
	return events.Record(ctx, q, all...)
}

// free answers the first of base, base-2, base-3, … that is not taken. Names are made one after the
// other, so that no two transactions make the same.
func free(
	ctx context.Context, q *db.Queries, base string, limit int,
	taken func(context.Context, []string) ([]string, error),
) (string, error) {
	if err := q.LockNames(ctx); err != nil {
		return "", err
	}
	const most = 50
	for start := 1; ; start += most {
		candidates := make([]string, 0, most)
		for n := start; n < start+most; n++ {
			suffix := ""
			if n > 1 {
				suffix = fmt.Sprintf("-%d", n)
			}
			candidates = append(candidates, base[:min(len(base), limit-len(suffix))]+suffix)
		}
		found, err := taken(ctx, candidates)
		if err != nil {
			return "", err
		}
		known := make(map[string]bool, len(found))
		for _, one := range found {
			known[one] = true
		}
		for _, candidate := range candidates {
			if !known[candidate] {
				return candidate, nil
			}
		}
	}
}
