package catalog

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ListVariants answers all variants of a product.
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

// GetVariant answers one variant.
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

// CreateVariant adds a variant.
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

// CreateVariantMatrix adds a variant for each combination of options.
func (c *Catalog) CreateVariantMatrix(
	ctx context.Context, r api.CreateVariantMatrixRequestObject,
) (api.CreateVariantMatrixResponseObject, error) {
	pattern, wrong := c.draft(
		"",
		api.VariantCreate{
			Price:         r.Body.Price,
			DiscountPrice: r.Body.DiscountPrice,
			Stock:         r.Body.Stock,
		},
	)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	if countCombinations(r.Body.Options) > maxVariants {
		return nil, problem.Invalid(
			problem.Field{Pointer: "/options", Message: "makes more than 100 combinations"},
		)
	}
	row, err := c.changeVariants(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, f *family) error {
		return c.addMatrix(ctx, q, f, r.Body.Options, pattern)
	})
	if err != nil {
		return nil, err
	}
	body, err := c.variantList(row)
	return api.CreateVariantMatrix201JSONResponse{
		Body:    body,
		Headers: api.CreateVariantMatrix201ResponseHeaders{ETag: productTag(row)},
	}, err
}

// ReplaceVariant sets all of a variant but its stock.
func (c *Catalog) ReplaceVariant(
	ctx context.Context, r api.ReplaceVariantRequestObject,
) (api.ReplaceVariantResponseObject, error) {
	b := r.Body
	price, discount, wrong := c.prices(b.Price, b.DiscountPrice, "")
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
			v.GTIN, v.PriceMinor, v.DiscountMinor, v.ImageID = gtin, price, discount, b.ImageID
			v.TrackInventory, v.Options = orDefault(b.TrackInventory, true), []byte(
				canonical(orEmpty(b.Options)),
			)
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

// changeVariant replaces a variant by what work makes of it; standing, if sent, says whether it is
// to be the default.
func (c *Catalog) changeVariant(
	ctx context.Context, product, id int64, ifMatch *string, standing *bool,
	work func(*db.Variant) error,
) (db.ProductDetail, error) {
	return c.changeVariants(ctx, product, ifMatch, func(q *db.Queries, f *family) error {
		v, err := f.member(id)
		if err != nil {
			return err
		}
		if err := work(v); err != nil {
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
		case standing == nil || *standing == v.IsDefault:
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

// DeleteVariant takes a variant out of its product.
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

// anyProduct is a product of any status.
func (c *Catalog) anyProduct(ctx context.Context, id int64) (db.ProductDetail, error) {
	row, err := c.queries.GetAnyProduct(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrProductNotFound
	}
	return row, err
}

func (c *Catalog) variantOf(row db.ProductDetail, id int64) (api.Variant, error) {
	body, err := c.detail(row)
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
	body, err := c.detail(row)
	return api.VariantList{Items: body.Variants, Total: int64(len(body.Variants))}, err
}
