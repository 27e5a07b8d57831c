package catalog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
)

// ReplaceVariant replaces every field of a variant, except the stock.
func (c *Catalog) ReplaceVariant(
	ctx context.Context, r api.ReplaceVariantRequestObject,
) (api.ReplaceVariantResponseObject, error) {
	b := r.Body
	prices, wrong := c.prices(
		priceInput{b.Price, b.DiscountPrice, b.DiscountStartsAt, b.DiscountEndsAt}, "",
	)
	gtin, wrong := gtinOf(b.Gtin, "/gtin", wrong)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	row, err := c.changeVariant(
		ctx,
		r.ID,
		r.VariantID,
		r.Params.IfMatch,
		b.IsDefault,
		func(v *db.Variant) error {
			prices.set(v)
			v.GTIN, v.ImageID = gtin, b.ImageID
			v.TrackInventory = optional.Or(b.TrackInventory, true)
			v.Options = []byte(canonical(optional.Map(optional.Value(b.Options))))
			if b.Sku != nil {
				v.SKU = *b.Sku
			}
			return nil
		},
	)
	if err != nil {
		return nil, err
	}
	body, err := c.variantOf(row, r.VariantID)
	return api.ReplaceVariant200JSONResponse{
		Body:    body,
		Headers: api.ReplaceVariant200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// UpdateVariant changes the fields that were sent.
func (c *Catalog) UpdateVariant(
	ctx context.Context, r api.UpdateVariantRequestObject,
) (api.UpdateVariantResponseObject, error) {
	row, err := c.changeVariant(
		ctx,
		r.ID,
		r.VariantID,
		r.Params.IfMatch,
		r.Body.IsDefault,
		func(v *db.Variant) error {
			return c.patchVariant(v, *r.Body)
		},
	)
	if err != nil {
		return nil, err
	}
	body, err := c.variantOf(row, r.VariantID)
	return api.UpdateVariant200JSONResponse{
		Body:    body,
		Headers: api.UpdateVariant200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// patchVariant changes the fields of a variant that were sent.
func (c *Catalog) patchVariant(v *db.Variant, b api.VariantPatch) error {
	prices, wrong := c.prices(c.patchPrices(v, b), "")
	mergepatch.Set(&v.SKU, b.Sku)
	mergepatch.Set(&v.TrackInventory, b.TrackInventory)
	mergepatch.Patch(&v.ImageID, b.ImageID)
	if b.Gtin.IsSpecified() {
		var sent *string
		mergepatch.Patch(&sent, b.Gtin)
		v.GTIN, wrong = gtinOf(sent, "/gtin", wrong)
	}
	if b.Options != nil {
		v.Options = []byte(canonical(*b.Options))
	}
	prices.set(v)
	return refuse(wrong)
}

// patchPrices returns the prices of a variant after a patch. A sale price that is removed takes its
// period with it, and a new one does not inherit a period that is over.
func (c *Catalog) patchPrices(v *db.Variant, b api.VariantPatch) priceInput {
	in := priceInput{
		price:    c.settings.Currency.Format(v.PriceMinor),
		discount: c.discountPrice(v.DiscountMinor),
		startsAt: v.DiscountStartsAt,
		endsAt:   v.DiscountEndsAt,
	}
	mergepatch.Set(&in.price, b.Price)
	mergepatch.Patch(&in.discount, b.DiscountPrice)
	isOver := in.endsAt != nil && !in.endsAt.After(time.Now())
	if b.DiscountPrice.IsSpecified() && (in.discount == nil || isOver) {
		in.startsAt, in.endsAt = nil, nil
	}
	mergepatch.Patch(&in.startsAt, b.DiscountStartsAt)
	mergepatch.Patch(&in.endsAt, b.DiscountEndsAt)
	return in
}

// changeVariant locks a product, lets edit change one of its variants, and stores it. isDefault, if
// sent, says whether the variant becomes the default one.
func (c *Catalog) changeVariant(
	ctx context.Context, product, id int64, ifMatch *string, isDefault *bool,
	edit func(*db.Variant) error,
) (db.ProductDetail, error) {
	return c.changeVariants(ctx, product, ifMatch, func(q *db.Queries, f *family) error {
		v, err := f.member(id)
		if err != nil {
			return err
		}
		if err := edit(v); err != nil {
			return err
		}
		var options map[string]string
		if err := json.Unmarshal(v.Options, &options); err != nil {
			return err
		}
		if err := f.checkOptions(id, options); err != nil {
			return err
		}
		switch {
		case isDefault == nil || *isDefault == v.IsDefault:
		case v.IsDefault:
			return errDefaultNeeded
		default:
			if err := q.ClearDefaultVariant(ctx, product); err != nil {
				return err
			}
			v.IsDefault = true
		}
		return saveVariant(ctx, q, *v)
	})
}

func saveVariant(ctx context.Context, q *db.Queries, v db.Variant) error {
	return q.ReplaceVariant(ctx, db.ReplaceVariantParams{
		ID:               v.ID,
		IsDefault:        v.IsDefault,
		SKU:              v.SKU,
		GTIN:             v.GTIN,
		Options:          v.Options,
		PriceMinor:       v.PriceMinor,
		DiscountMinor:    v.DiscountMinor,
		DiscountStartsAt: v.DiscountStartsAt,
		DiscountEndsAt:   v.DiscountEndsAt,
		TrackInventory:   v.TrackInventory,
		ImageID:          v.ImageID,
	})
}

// DeleteVariant deletes a variant. If it was the default one, the next becomes it.
func (c *Catalog) DeleteVariant(
	ctx context.Context, r api.DeleteVariantRequestObject,
) (api.DeleteVariantResponseObject, error) {
	_, err := c.changeVariants(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, f *family) error {
		v, err := f.member(r.VariantID)
		if err != nil {
			return err
		}
		if len(f.variants) == 1 {
			return ErrLastVariant
		}
		if err := q.DeleteVariant(ctx, v.ID); err != nil {
			return err
		}
		if v.IsDefault {
			return q.MakeDefaultVariant(ctx, f.variants[1].ID)
		}
		return nil
	})
	return api.DeleteVariant204Response{}, err
}
