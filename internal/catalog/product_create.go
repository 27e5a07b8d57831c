package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/problem"
)

// CreateProduct creates a product with its variants and their stock.
func (c *Catalog) CreateProduct(
	ctx context.Context, r api.CreateProductRequestObject,
) (api.CreateProductResponseObject, error) {
	drafts, err := c.createDrafts(r.Body)
	if err != nil {
		return nil, err
	}
	// strings: no error
	attributes, _ := json.Marshal(optional.Map(optional.Value(r.Body.Attributes)))
	var row db.ProductDetail
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) (err error) {
		params := db.CreateProductParams{
			Name:        strings.TrimSpace(r.Body.Name),
			Description: optional.Value(r.Body.Description),
			BrandID:     r.Body.BrandID,
			CategoryID:  r.Body.CategoryID,
			Condition:   string(optional.Or(r.Body.Condition, api.ConditionNew)),
			Attributes:  attributes,
			IsActive:    optional.Or(r.Body.IsActive, true),
			IsFeatured:  optional.Value(r.Body.IsFeatured),
			CreatedAt:   time.Now(),
		}
		if params.Slug, err = productSlug(ctx, q, r.Body.Slug, r.Body.Name); err != nil {
			return err
		}
		id, err := q.CreateProduct(ctx, params)
		if err != nil {
			return err
		}
		if _, err := c.createVariants(
			ctx, q, db.Product{ID: id, Slug: params.Slug}, 0, drafts,
		); err != nil {
			return err
		}
		row, err = c.productChanged(ctx, q, insert, id, events.ProductCreated)
		return err
	})
	if err != nil {
		return nil, err
	}
	body, err := c.adminProduct(row)
	return api.CreateProduct201JSONResponse{
		Body:    body,
		Headers: api.CreateProduct201ResponseHeaders{ETag: productTag(row)},
	}, err
}

var errNoPrice = problem.Field{Pointer: "/price", Message: "is required without variants"}

// createDrafts validates the variants of a new product: those listed, or the one that the product's
// own fields describe.
func (c *Catalog) createDrafts(b *api.ProductCreate) ([]draft, error) {
	if len(b.Variants) == 0 {
		if b.Price == nil {
			return nil, problem.Invalid(errNoPrice)
		}
		one, wrong := c.draft("", api.VariantCreate{
			Price:            *b.Price,
			DiscountPrice:    b.DiscountPrice,
			DiscountStartsAt: b.DiscountStartsAt,
			DiscountEndsAt:   b.DiscountEndsAt,
			Sku:              b.Sku,
			Gtin:             b.Gtin,
			Stock:            b.Stock,
			TrackInventory:   b.TrackInventory,
		})
		one.IsDefault = true
		return []draft{one}, refuse(wrong)
	}
	var wrong []problem.Field
	for name, given := range map[string]bool{
		"price":              b.Price != nil,
		"discount_price":     b.DiscountPrice != nil,
		"discount_starts_at": b.DiscountStartsAt != nil,
		"discount_ends_at":   b.DiscountEndsAt != nil,
		"sku":                b.Sku != nil,
		"gtin":               b.Gtin != nil,
		"stock":              b.Stock != nil,
		"track_inventory":    b.TrackInventory != nil,
	} {
		if given {
			wrong = append(
				wrong,
				problem.Field{Pointer: "/" + name, Message: "belongs to each of the variants"},
			)
		}
	}
	drafts := make([]draft, len(b.Variants))
	defaultAt := 0
	for i, variant := range b.Variants {
		pointer := fmt.Sprintf("/variants/%d", i)
		var fields []problem.Field
		drafts[i], fields = c.draft(pointer, variant)
		wrong = append(wrong, fields...)
		if variant.ImageID != nil {
			wrong = append(
				wrong,
				problem.Field{
					Pointer: pointer + "/image_id",
					Message: "cannot name an image: the product has none yet",
				},
			)
		}
		if drafts[i].IsDefault && !drafts[defaultAt].IsDefault {
			defaultAt = i
		}
		if !sameNames(drafts[i].options, drafts[0].options) {
			wrong = append(
				wrong,
				problem.Field{
					Pointer: pointer + "/options",
					Message: "must name the same options as the first variant",
				},
			)
		}
	}
	for i := range drafts {
		drafts[i].IsDefault = i == defaultAt
	}
	return drafts, refuse(wrong)
}
