package catalog

import (
	"context"
	"encoding/json"

	"github.com/shopd/shopd/internal/platform/gtin"
	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// draft is a variant to be created.
type draft struct {
	db.CreateVariantParams
	options map[string]string
	stock   int32
}

// draft validates a variant to be created. pointer is its place in the request body.
func (c *Catalog) draft(pointer string, b api.VariantCreate) (draft, []problem.Field) {
	prices, wrong := c.prices(
		priceInput{b.Price, b.DiscountPrice, b.DiscountStartsAt, b.DiscountEndsAt}, pointer,
	)
	gtin, wrong := gtinOf(b.Gtin, pointer+"/gtin", wrong)
	d := draft{options: optional.Map(optional.Value(b.Options)), stock: optional.Value(b.Stock)}
	d.PriceMinor, d.DiscountMinor = prices.minor, prices.discount
	d.DiscountStartsAt, d.DiscountEndsAt = prices.startsAt, prices.endsAt
	d.GTIN, d.SKU = gtin, optional.Value(b.Sku)
	d.TrackInventory, d.ImageID = optional.Or(b.TrackInventory, true), b.ImageID
	d.IsDefault = optional.Value(b.IsDefault)
	return d, wrong
}

// gtinOf checks a GTIN of any length and returns the 14 digits it is stored in.
func gtinOf(text *string, pointer string, wrong []problem.Field) (*string, []problem.Field) {
	if text == nil {
		return nil, wrong
	}
	if !gtin.IsValid(*text) {
		return nil, append(
			wrong, problem.Field{Pointer: pointer, Message: "has a wrong check digit"},
		)
	}
	return new(gtin.Pad(*text)), wrong
}

// refuse returns a problem that names the wrong fields, or nil if there are none.
func refuse(wrong []problem.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return problem.Invalid(wrong...)
}

// CreateVariant adds a variant to a product.
func (c *Catalog) CreateVariant(
	ctx context.Context, r api.CreateVariantRequestObject,
) (api.CreateVariantResponseObject, error) {
	d, wrong := c.draft("", *r.Body)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	var id int64
	row, err := c.changeVariants(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(q *db.Queries, f *family) (err error) {
			id, err = c.addVariant(ctx, q, f, d)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	body, err := c.variantOf(row, id)
	return api.CreateVariant201JSONResponse{
		Body:    body,
		Headers: api.CreateVariant201ResponseHeaders{ETag: productTag(row)},
	}, err
}

// addVariant adds one variant and returns its id.
func (c *Catalog) addVariant(
	ctx context.Context, q *db.Queries, f *family, d draft,
) (int64, error) {
	if len(f.variants) >= maxVariants {
		return 0, ErrTooManyVariants
	}
	if err := f.checkOptions(0, d.options); err != nil {
		return 0, err
	}
	if d.IsDefault {
		if err := q.ClearDefaultVariant(ctx, f.product.ID); err != nil {
			return 0, err
		}
	}
	ids, err := c.createVariants(ctx, q, f.product, f.nextPosition(), []draft{d})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// createVariants creates variants with their stock, from a position on, and returns their ids.
func (c *Catalog) createVariants(
	ctx context.Context, q *db.Queries, product db.Product, position int32, drafts []draft,
) ([]int64, error) {
	ids := make([]int64, 0, len(drafts))
	lines := make([]inventory.Line, 0, len(drafts))
	seen := map[string]bool{}
	for i, d := range drafts {
		d.ProductID, d.Position = product.ID, position+int32(i)
		d.Options, _ = json.Marshal(d.options) // strings in the order of their keys: no error
		if seen[string(d.Options)] {
			return nil, errSameOptionsTwice
		}
		seen[string(d.Options)] = true
		if d.SKU == "" {
			var err error
			if d.SKU, err = firstFree(
				ctx, q, skuOf(product.Slug, d.options), maxSKU, q.TakenSKUs,
			); err != nil {
				return nil, err
			}
		}
		id, err := q.CreateVariant(ctx, d.CreateVariantParams)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		lines = append(lines, inventory.Line{Variant: id, Quantity: d.stock})
	}
	return ids, openStock(ctx, q, lines)
}

// openStock records the first units of new variants.
func openStock(ctx context.Context, q *db.Queries, lines []inventory.Line) error {
	return inventory.Open(ctx, q, lines, request.Actor(ctx))
}
