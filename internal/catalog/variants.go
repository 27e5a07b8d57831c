package catalog

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/problem"
)

// maxVariants is the greatest number of variants of a product.
const maxVariants = 100

// family is a locked product whose variants are being changed.
type family struct {
	product  db.Product
	variants []db.Variant // default first
}

// member returns one of the variants.
func (f *family) member(id int64) (*db.Variant, error) {
	for i := range f.variants {
		if f.variants[i].ID == id {
			return &f.variants[i], nil
		}
	}
	return nil, ErrVariantNotFound
}

// checkOptions returns an error unless all variants of a product name the same options.
func (f *family) checkOptions(except int64, options map[string]string) error {
	for _, other := range f.variants {
		if other.ID == except {
			continue
		}
		var theirs map[string]string
		if err := json.Unmarshal(other.Options, &theirs); err != nil {
			return err
		}
		if !sameNames(options, theirs) {
			if len(theirs) == 0 {
				return problem.Invalid(
					problem.Field{
						Pointer: "/options",
						Message: "cannot differ from a variant without options: give variant " +
							other.SKU + " its own first",
					},
				)
			}
			return problem.Invalid(
				problem.Field{
					Pointer: "/options",
					Message: "must name the same options as the other variants",
				},
			)
		}
	}
	return nil
}

// sameNames reports whether two variants have options of the same names.
func sameNames(a, b map[string]string) bool {
	return slices.Equal(sortedKeys(a), sortedKeys(b))
}

// changeVariants locks a product, lets work change its variants, and counts a new version of it.
func (c *Catalog) changeVariants(
	ctx context.Context, id int64, ifMatch *string, work func(*db.Queries, *family) error,
) (row db.ProductDetail, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		product, err := lockProduct(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		variants, err := q.ListVariants(ctx, id)
		if err != nil {
			return err
		}
		if err := work(q, &family{product, variants}); err != nil {
			return err
		}
		if err := q.TouchProduct(ctx, id); err != nil {
			return err
		}
		row, err = c.productChanged(ctx, q, insert, id, events.ProductUpdated)
		return err
	})
	return row, err
}

func (f *family) nextPosition() int32 {
	last := int32(-1)
	for _, v := range f.variants {
		last = max(last, v.Position)
	}
	return last + 1
}

// canonical returns options as JSON in the order of their names.
func canonical(options map[string]string) string {
	text, _ := json.Marshal(options) // in the order of the keys: no error
	return string(text)
}

// ListVariants returns all variants of a product.
func (c *Catalog) ListVariants(
	ctx context.Context, r api.ListVariantsRequestObject,
) (api.ListVariantsResponseObject, error) {
	row, err := c.anyProduct(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	body, err := c.variantList(row)
	return api.ListVariants200JSONResponse{
		Body:    body,
		Headers: api.ListVariants200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// GetVariant returns one variant.
func (c *Catalog) GetVariant(
	ctx context.Context, r api.GetVariantRequestObject,
) (api.GetVariantResponseObject, error) {
	row, err := c.anyProduct(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	body, err := c.variantOf(row, r.VariantID)
	return api.GetVariant200JSONResponse{
		Body:    body,
		Headers: api.GetVariant200ResponseHeaders{ETag: productTag(row)},
	}, err
}

func (c *Catalog) variantOf(row db.ProductDetail, id int64) (api.Variant, error) {
	body, err := c.staffDetail(row)
	if err != nil {
		return api.Variant{}, err
	}
	for _, v := range body.Variants {
		if v.ID == id {
			return v, nil
		}
	}
	return api.Variant{}, ErrVariantNotFound
}

func (c *Catalog) variantList(row db.ProductDetail) (api.VariantList, error) {
	body, err := c.staffDetail(row)
	return api.VariantList{Items: body.Variants, Total: int64(len(body.Variants))}, err
}
