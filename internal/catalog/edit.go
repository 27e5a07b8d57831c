package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// CreateProduct adds a product with its variants and their stock.
func (c *Catalog) CreateProduct(
	ctx context.Context, r api.CreateProductRequestObject,
) (api.CreateProductResponseObject, error) {
	drafts, err := c.createDrafts(r.Body)
	if err != nil {
		return nil, err
	}
	attributes, _ := json.Marshal(orEmpty(r.Body.Attributes)) // strings: no error
	var row db.ProductDetail
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) (err error) {
		params := db.CreateProductParams{
			Name:        strings.TrimSpace(r.Body.Name),
			Description: orZero(r.Body.Description),
			BrandID:     r.Body.BrandID,
			CategoryID:  r.Body.CategoryID,
			Condition:   string(orDefault(r.Body.Condition, api.ConditionNew)),
			Attributes:  attributes,
			IsActive:    orDefault(r.Body.IsActive, true),
			IsFeatured:  orZero(r.Body.IsFeatured),
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

// createDrafts reads the variants of a new product: those listed, or the one its own fields
// describe.
func (c *Catalog) createDrafts(b *api.ProductCreate) ([]draft, error) {
	if len(b.Variants) == 0 {
		if b.Price == nil {
			return nil, problem.Invalid(errNoPrice)
		}
		one, wrong := c.draft("", api.VariantCreate{
			Price:          *b.Price,
			DiscountPrice:  b.DiscountPrice,
			Sku:            b.Sku,
			Gtin:           b.Gtin,
			Stock:          b.Stock,
			TrackInventory: b.TrackInventory,
		})
		one.IsDefault = true
		return []draft{one}, refuse(wrong)
	}
	var wrong []problem.Field
	for name, given := range map[string]bool{
		"price": b.Price != nil, "discount_price": b.DiscountPrice != nil, "sku": b.Sku != nil, "gtin": b.Gtin != nil,
		"stock": b.Stock != nil, "track_inventory": b.TrackInventory != nil,
	} {
		if given {
			wrong = append(
				wrong,
				problem.Field{Pointer: "/" + name, Message: "belongs to each of the variants"},
			)
		}
	}
	drafts := make([]draft, len(b.Variants))
	standing := 0
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
		if drafts[i].IsDefault && !drafts[standing].IsDefault {
			standing = i
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
		drafts[i].IsDefault = i == standing
	}
	return drafts, refuse(wrong)
}

// ReplaceProduct sets all of a product and of its default variant, but for its stock.
func (c *Catalog) ReplaceProduct(
	ctx context.Context, r api.ReplaceProductRequestObject,
) (api.ReplaceProductResponseObject, error) {
	b := r.Body
	price, discount, wrong := c.prices(b.Price, b.DiscountPrice, "")
	gtin, wrong := gtinOf(b.Gtin, "/gtin", wrong)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	attributes, _ := json.Marshal(orEmpty(b.Attributes)) // strings: no error
	row, err := c.changeProduct(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(to *db.ReplaceProductParams, variant *db.Variant) error {
			to.Name, to.Description, to.BrandID, to.CategoryID = strings.TrimSpace(b.Name), orZero(
				b.Description,
			), b.BrandID, b.CategoryID
			to.Condition, to.Attributes = string(
				orDefault(b.Condition, api.ConditionNew),
			), attributes
			to.IsActive, to.IsFeatured = orDefault(b.IsActive, true), orZero(b.IsFeatured)
			mergepatch.Set(&to.Slug, b.Slug)
			mergepatch.Set(&variant.SKU, b.Sku)
			variant.GTIN, variant.PriceMinor, variant.DiscountMinor = gtin, price, discount
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
					Price:         b.Price,
					DiscountPrice: b.DiscountPrice,
					Sku:           b.Sku,
					Gtin:          b.Gtin,
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

// Most attributes of a product.
const maxAttributes = 100

// patchAttributes sets and removes attributes of a product's JSON.
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

// changeProduct replaces a product and its default variant by what work makes of them.
func (c *Catalog) changeProduct(
	ctx context.Context, id int64, ifMatch *string,
	work func(*db.ReplaceProductParams, *db.Variant) error,
) (row db.ProductDetail, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		now, err := lockProduct(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		variants, err := q.ListProductVariants(ctx, id)
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
		if err := work(&next, &variant); err != nil {
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

// DeleteProduct takes a product out of the shop.
func (c *Catalog) DeleteProduct(
	ctx context.Context, r api.DeleteProductRequestObject,
) (api.DeleteProductResponseObject, error) {
	err := c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		if _, err := lockProduct(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		if err := q.DeleteProduct(ctx, r.ID); err != nil {
			return err
		}
		row, err := q.GetAnyProduct(ctx, r.ID)
		if err != nil {
			return err
		}
		return c.tell(ctx, q, events.ProductDeleted, row)
	})
	return api.DeleteProduct204Response{}, err
}

// RestoreProduct brings a deleted product back.
func (c *Catalog) RestoreProduct(
	ctx context.Context, r api.RestoreProductRequestObject,
) (api.RestoreProductResponseObject, error) {
	var row db.ProductDetail
	err := c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		restored, err := q.RestoreProduct(ctx, r.ID)
		if err != nil {
			return err
		}
		if row, err = q.GetAnyProduct(ctx, r.ID); err != nil || restored == 0 {
			return err
		}
		if err := insert(ProductChanged{r.ID}); err != nil {
			return err
		}
		return c.tell(ctx, q, events.ProductCreated, row)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrProductNotFound
	}
	if err != nil {
		return nil, err
	}
	body, err := c.adminProduct(row)
	return api.RestoreProduct200JSONResponse{
		Body:    body,
		Headers: api.RestoreProduct200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// lockProduct locks a product that is not deleted against other changes, and holds If-Match against
// its version.
func lockProduct(
	ctx context.Context, q *db.Queries, id int64, ifMatch *string,
) (db.Product, error) {
	now, err := q.LockProduct(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return now, ErrProductNotFound
	}
	if err != nil {
		return now, err
	}
	return now, version.Check(ifMatch, now.Version)
}

func productSlug(ctx context.Context, q *db.Queries, given *string, name string) (string, error) {
	if given != nil {
		return *given, nil
	}
	return free(ctx, q, slugOf(name, "product"), maxSlug, q.TakenProductSlugs)
}

// productTag is the version of a product, and what its answers show beside what administrators
// change: stock, rating and the names of its brand and category.
func productTag(row db.ProductDetail) *string {
	shown, _ := json.Marshal(row) // plain values: no error
	return new(version.Tag(row.Version, int64(xxhash.Sum64(shown)>>1)))
}

// openStock gives new variants their first units.
func openStock(ctx context.Context, q *db.Queries, lines []inventory.Line) error {
	return inventory.Open(ctx, q, lines, actor(ctx))
}

// actor is who asks, or nil outside a request.
func actor(ctx context.Context) *int64 {
	if id := request.From(ctx).Principal.UserID; id != 0 {
		return &id
	}
	return nil
}

func orDefault[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

func orEmpty[M ~map[string]string](m *M) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(*m)
}
