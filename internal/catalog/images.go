package catalog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/version"
)

// maxImages is the greatest number of images of a product.
const maxImages = 20

// The errors of changes of images.
var (
	ErrImageNotFound = problem.NotFound("image_not_found", "The product has no such image.")
	ErrTooManyImages = problem.Conflict(
		"too_many_images", "The product has 20 images, which is the most. Delete one first.",
	)
	ErrStorage = problem.Unavailable(
		"storage_unavailable",
		"The image could not be stored. Nothing was changed; try again in a moment.", 5*time.Second,
	)
	errPrimaryNeeded = problem.Invalid(
		problem.Field{
			Pointer: "/is_primary",
			Message: "cannot be taken away: make another image the primary one instead",
		},
	)
)

// CreateProductImage adds an image to a product. It renders the image in all sizes, stores the
// files, and then adds the image's row in one transaction.
func (c *Catalog) CreateProductImage(
	ctx context.Context, r api.CreateProductImageRequestObject,
) (api.CreateProductImageResponseObject, error) {
	// Checked before anything is rendered, and again in the transaction.
	if err := c.mayAddImage(ctx, r.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	var u upload
	var err error
	if r.JSONBody != nil {
		u, err = c.fetchUpload(ctx, r.JSONBody)
	} else {
		u, err = readUpload(ctx, r.MultipartBody)
	}
	if err != nil {
		return nil, err
	}
	sizes, err := c.storeRenditions(ctx, u.renditions)
	if err != nil {
		return nil, err
	}
	var id int64
	row, err := c.changeImages(
		ctx,
		r.ID,
		r.Params.IfMatch,
		func(q *db.Queries, a *album) (err error) {
			id, err = a.add(ctx, q, u, sizes)
			return err
		},
	)
	if err != nil {
		c.removeUnused(ctx, sizes)
		return nil, err
	}
	body, err := c.imageOf(row, id)
	return api.CreateProductImage201JSONResponse{
		Body:    body,
		Headers: api.CreateProductImage201ResponseHeaders{ETag: productTag(row)},
	}, err
}

// AddImage adds the image at a URL to a product, after those it has. then is called with the
// image's id in the same transaction. The errors are those of CreateProductImage.
func (c *Catalog) AddImage(
	ctx context.Context, product int64, address string,
	then func(ctx context.Context, q *db.Queries, image int64) error,
) error {
	if err := c.mayAddImage(ctx, product, nil); err != nil {
		return err
	}
	u, err := c.fetchUpload(ctx, &api.ImageFetch{URL: address})
	if err != nil {
		return err
	}
	sizes, err := c.storeRenditions(ctx, u.renditions)
	if err != nil {
		return err
	}
	_, err = c.changeImages(ctx, product, nil, func(q *db.Queries, a *album) error {
		id, err := a.add(ctx, q, u, sizes)
		if err != nil {
			return err
		}
		return then(ctx, q, id)
	})
	if err != nil {
		c.removeUnused(ctx, sizes)
	}
	return err
}

// UpdateProductImage changes the fields that were sent.
func (c *Catalog) UpdateProductImage(
	ctx context.Context, r api.UpdateProductImageRequestObject,
) (api.UpdateProductImageResponseObject, error) {
	if err := checkAlt(optional.Value(r.Body.Alt)); err != nil {
		return nil, err
	}
	row, err := c.changeImages(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, a *album) error {
		return a.patch(ctx, q, r.ImageID, *r.Body)
	})
	if err != nil {
		return nil, err
	}
	body, err := c.imageOf(row, r.ImageID)
	return api.UpdateProductImage200JSONResponse{
		Body:    body,
		Headers: api.UpdateProductImage200ResponseHeaders{ETag: productTag(row)},
	}, err
}

// DeleteProductImage deletes an image, and its files after the commit.
func (c *Catalog) DeleteProductImage(
	ctx context.Context, r api.DeleteProductImageRequestObject,
) (api.DeleteProductImageResponseObject, error) {
	var sizes []storedSize
	_, err := c.changeImages(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, a *album) error {
		removed, err := a.remove(ctx, q, r.ImageID)
		if err != nil {
			return err
		}
		return json.Unmarshal(removed.Sizes, &sizes)
	})
	if err != nil {
		return nil, err
	}
	c.removeUnused(ctx, sizes)
	return api.DeleteProductImage204Response{}, nil
}

// mayAddImage returns an error if the product is missing, is not in the version of If-Match, or has
// the most images it can have.
func (c *Catalog) mayAddImage(ctx context.Context, id int64, ifMatch *string) error {
	row, err := c.anyProduct(ctx, id)
	if err != nil {
		return err
	}
	if row.DeletedAt != nil {
		return ErrProductNotFound
	}
	if err := version.Check(ifMatch, row.Version); err != nil {
		return err
	}
	var images []storedImage
	if err := json.Unmarshal(row.Images, &images); err != nil {
		return err
	}
	if len(images) >= maxImages {
		return ErrTooManyImages
	}
	return nil
}

// changeImages locks a product, lets work change its images, and counts a new version of the
// product. Its text stays the same, so no ProductChanged job follows.
func (c *Catalog) changeImages(
	ctx context.Context, id int64, ifMatch *string, work func(*db.Queries, *album) error,
) (row db.ProductDetail, err error) {
	err = c.change(ctx, func(q *db.Queries, _ func(river.JobArgs) error) error {
		product, err := lockProduct(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		images, err := q.ListProductImages(ctx, id)
		if err != nil {
			return err
		}
		a := &album{product, images}
		if err := work(q, a); err != nil {
			return err
		}
		if err := q.OrderProductImages(ctx, a.ids(), id); err != nil {
			return err
		}
		if err := q.TouchProduct(ctx, id); err != nil {
			return err
		}
		if row, err = q.AdminGetProduct(ctx, id); err != nil {
			return err
		}
		return c.recordEvent(ctx, q, events.ProductUpdated, row)
	})
	return row, err
}

func (c *Catalog) imageOf(row db.ProductDetail, id int64) (api.Image, error) {
	body, err := c.detail(row)
	if err != nil {
		return api.Image{}, err
	}
	for _, image := range body.Images {
		if image.ID == id {
			return image, nil
		}
	}
	return api.Image{}, ErrImageNotFound
}
