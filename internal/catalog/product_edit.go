package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"

	"github.com/cespare/xxhash/v2"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/version"
)

// ReplaceProduct replaces every field of a product and of its default variant, except the stock.
func (c *Catalog) ReplaceProduct(
	ctx context.Context, r api.ReplaceProductRequestObject,
) (api.ReplaceProductResponseObject, error) {
	b := r.Body
	prices, wrong := c.prices(
		priceInput{b.Price, b.DiscountPrice, b.DiscountStartsAt, b.DiscountEndsAt}, "",
	)
	gtin, wrong := gtinOf(b.Gtin, "/gtin", wrong)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	attributes, _ := json.Marshal(optional.Map(optional.Value(b.Attributes))) // strings: no error
	row, err := c.changeProduct(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(to *db.ReplaceProductParams, variant *db.Variant) error {
			to.Name, to.Description = strings.TrimSpace(b.Name), optional.Value(b.Description)
			to.BrandID, to.CategoryID, to.Attributes = b.BrandID, b.CategoryID, attributes
			to.Condition = string(optional.Or(b.Condition, api.ConditionNew))
			to.IsActive, to.IsFeatured = optional.Or(b.IsActive, true), optional.Value(b.IsFeatured)
			mergepatch.Set(&to.Slug, b.Slug)
			mergepatch.Set(&variant.SKU, b.Sku)
			prices.set(variant)
			variant.GTIN = gtin
			return nil
		},
	)
	if err != nil {
		return nil, err
	}
	body, err := c.adminProduct(row)
	return api.ReplaceProduct200JSONResponse{
		Body:    body,
		Headers: api.ReplaceProduct200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// UpdateProduct changes the fields that were sent.
func (c *Catalog) UpdateProduct(
	ctx context.Context, r api.UpdateProductRequestObject,
) (api.UpdateProductResponseObject, error) {
	b := r.Body
	row, err := c.changeProduct(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(to *db.ReplaceProductParams, variant *db.Variant) error {
			if b.Name != nil {
				to.Name = strings.TrimSpace(*b.Name)
			}
			mergepatch.Set(&to.Slug, b.Slug)
			mergepatch.Set(&to.Description, b.Description)
			mergepatch.Patch(&to.BrandID, b.BrandID)
			mergepatch.Patch(&to.CategoryID, b.CategoryID)
			mergepatch.Set(&to.IsActive, b.IsActive)
			mergepatch.Set(&to.IsFeatured, b.IsFeatured)
			if b.Condition != nil {
				to.Condition = string(*b.Condition)
			}
			if b.Attributes != nil {
				if err := patchAttributes(&to.Attributes, *b.Attributes); err != nil {
					return err
				}
			}
			return c.patchVariant(
				variant,
				api.VariantPatch{
					Price:            b.Price,
					DiscountPrice:    b.DiscountPrice,
					DiscountStartsAt: b.DiscountStartsAt,
					DiscountEndsAt:   b.DiscountEndsAt,
					Sku:              b.Sku,
					Gtin:             b.Gtin,
				},
			)
		},
	)
	if err != nil {
		return nil, err
	}
	body, err := c.adminProduct(row)
	return api.UpdateProduct200JSONResponse{
		Body:    body,
		Headers: api.UpdateProduct200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// maxAttributes is the greatest number of attributes of a product.
const maxAttributes = 100

// patchAttributes sets and removes attributes in a product's JSON.
func patchAttributes(stored *[]byte, patch api.AttributesPatch) error {
	attributes := map[string]string{}
	if err := json.Unmarshal(*stored, &attributes); err != nil {
		return err
	}
	for name, value := range patch {
		if value == nil {
			delete(attributes, name)
		} else {
			attributes[name] = *value
		}
	}
	if len(attributes) > maxAttributes {
		return problem.Invalid(
			problem.Field{
				Pointer: "/attributes",
				Message: fmt.Sprintf("would make more than %d", maxAttributes),
			},
		)
	}
	*stored, _ = json.Marshal(attributes) // strings: no error
	return nil
}

// changeProduct locks a product, lets edit change its fields and those of its default variant, and
// stores both.
func (c *Catalog) changeProduct(
	ctx context.Context, id int64, ifMatch *string,
	edit func(*db.ReplaceProductParams, *db.Variant) error,
) (row db.ProductDetail, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		now, err := lockProduct(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		variants, err := q.ListVariants(ctx, id)
		if err != nil {
			return err
		}
		variant := variants[0] // the default
		next := db.ReplaceProductParams{
			ID:          id,
			Name:        now.Name,
			Slug:        now.Slug,
			Description: now.Description,
			BrandID:     now.BrandID,
			CategoryID:  now.CategoryID,
			Condition:   now.Condition,
			Attributes:  now.Attributes,
			IsActive:    now.IsActive,
			IsFeatured:  now.IsFeatured,
		}
		if err := edit(&next, &variant); err != nil {
			return err
		}
		if err := q.ReplaceProduct(ctx, next); err != nil {
			return err
		}
		if err := saveVariant(ctx, q, variant); err != nil {
			return err
		}
		row, err = c.productChanged(ctx, q, insert, id, events.ProductUpdated)
		return err
	})
	return row, err
}

// lockProduct locks a product that is not deleted, and checks If-Match against its version.
func lockProduct(
	ctx context.Context, q *db.Queries, id int64, ifMatch *string,
) (db.Product, error) {
	now, err := q.LockProduct(ctx, id)
	if err != nil {
		return now, postgres.NotFound(err, ErrProductNotFound)
	}
	return now, version.Check(ifMatch, now.Version)
}

// productTag returns the ETag of a product: its version, and a hash of its row. The row also holds
// what changes without a new version: stock, rating and the names of its brand and category.
func productTag(row db.ProductDetail) *string {
	shown, _ := json.Marshal(row) // plain values: no error
	return new(version.Tag(row.Version, int64(xxhash.Sum64(shown)>>1)))
}
