package catalog

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/imaging"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// Most images of a product.
const maxImages = 20

// Errors of those who keep images.
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

// CreateProductImage adds an image to a product: drawn, stored, and then written down in one
// transaction.
func (c *Catalog) CreateProductImage(
	ctx context.Context, r api.CreateProductImageRequestObject,
) (api.CreateProductImageResponseObject, error) {
	if err := c.mayAddImage(
		ctx, r.ID, r.Params.IfMatch,
	); err != nil { // before anything is drawn; asked again below
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

// AddImage adds the image at an address to a product, behind those it has. then runs in the same
// transaction and gets the image's id. Its errors are those of CreateProductImage.
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
	if err := checkAlt(orZero(r.Body.Alt)); err != nil {
		return nil, err
	}
	row, err := c.changeImages(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, a *album) error {
		return a.change(ctx, q, r.ImageID, *r.Body)
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

// DeleteProductImage removes an image, and after the commit its files.
func (c *Catalog) DeleteProductImage(
	ctx context.Context, r api.DeleteProductImageRequestObject,
) (api.DeleteProductImageResponseObject, error) {
	var sizes []storedSize
	_, err := c.changeImages(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, a *album) error {
		gone, err := a.remove(ctx, q, r.ImageID)
		if err != nil {
			return err
		}
		return json.Unmarshal(gone.Sizes, &sizes)
	})
	if err != nil {
		return nil, err
	}
	c.removeUnused(ctx, sizes)
	return api.DeleteProductImage204Response{}, nil
}

// mayAddImage reports whether a product is there, as the caller knows it, with room for an image.
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

// changeImages runs a change of a product's images, counted as a change of the product. Its text
// stays as it is, so no job follows.
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
		if row, err = q.GetAnyProduct(ctx, id); err != nil {
			return err
		}
		return c.tell(ctx, q, events.ProductUpdated, row)
	})
	return row, err
}

// storeRenditions stores an image in all its sizes, or none. The names are this upload's alone, so
// that deleting another image of the same content, even at the same moment, never takes these files
// away.
func (c *Catalog) storeRenditions(
	ctx context.Context, renditions []imaging.Rendition,
) ([]storedSize, error) {
	mark := strings.ToLower(rand.Text()[:10])
	sizes := make([]storedSize, 0, len(renditions))
	for _, r := range renditions {
		path, err := c.media.Put(
			ctx, r.Content, fmt.Sprintf("-%s-%d%s", mark, max(r.Width, r.Height), r.Extension),
		)
		if err != nil {
			c.removeUnused(ctx, sizes)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, ErrStorage.Because(err)
		}
		sizes = append(sizes, storedSize{path, int32(r.Width), int32(r.Height)})
	}
	return sizes, nil
}

// cleanupTimeout is how long files may take to be removed once the request is over.
const cleanupTimeout = 10 * time.Second

// removeUnused deletes the files that no image has. It happens even if the caller is gone; what
// cannot be deleted stays behind, which harms nobody, and the log says so.
func (c *Catalog) removeUnused(ctx context.Context, sizes []storedSize) {
	if len(sizes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	paths := make([]string, len(sizes))
	for i, size := range sizes {
		paths[i] = size.Path
	}
	// A transaction whose commit was not confirmed may have written them down all the same.
	unused, err := c.queries.ListUnusedFiles(ctx, paths)
	for _, path := range unused {
		if failed := c.media.Delete(ctx, path); failed != nil {
			err = failed
		}
	}
	if err != nil {
		c.settings.Log.WarnContext(
			ctx, "image files stay behind", "request_id", request.From(ctx).ID, "files", paths,
			"error", err.Error(),
		)
	}
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
