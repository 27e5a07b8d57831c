package catalog

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/shopd/shopd/internal/platform/optional"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// album is a locked product whose images are being changed.
type album struct {
	product db.Product
	images  []db.ListProductImagesRow // in their order
}

func (a *album) ids() []int64 {
	ids := make([]int64, len(a.images))
	for i, image := range a.images {
		ids[i] = image.ID
	}
	return ids
}

func (a *album) find(id int64) (int, error) {
	at := slices.IndexFunc(
		a.images, func(image db.ListProductImagesRow) bool { return image.ID == id },
	)
	if at < 0 {
		return 0, ErrImageNotFound
	}
	return at, nil
}

// add inserts an upload at its position and returns the new image's id.
func (a *album) add(
	ctx context.Context, q *db.Queries, u upload, sizes []storedSize,
) (int64, error) {
	if len(a.images) >= maxImages {
		return 0, ErrTooManyImages
	}
	at := len(a.images)
	if u.position != nil {
		at = min(at, int(*u.position))
	}
	isPrimary := u.isPrimary || len(a.images) == 0
	if isPrimary {
		if err := q.ClearPrimaryImage(ctx, a.product.ID); err != nil {
			return 0, err
		}
	}
	text, _ := json.Marshal(sizes) // plain values: no error
	id, err := q.CreateProductImage(ctx, db.CreateProductImageParams{
		ProductID: a.product.ID,
		Position:  int32(at),
		IsPrimary: isPrimary,
		Alt:       optional.Or(u.alt, a.product.Name),
		Sizes:     text,
	})
	a.images = slices.Insert(a.images, at, db.ListProductImagesRow{ID: id})
	return id, err
}

// patch changes the fields of one image that were sent.
func (a *album) patch(ctx context.Context, q *db.Queries, id int64, b api.ImagePatch) error {
	at, err := a.find(id)
	if err != nil {
		return err
	}
	image := a.images[at]
	if b.Alt != nil {
		if err := q.SetImageAlt(ctx, *b.Alt, id); err != nil {
			return err
		}
	}
	if b.Position != nil {
		a.images = slices.Delete(a.images, at, at+1)
		a.images = slices.Insert(a.images, min(len(a.images), int(*b.Position)), image)
	}
	switch {
	case b.IsPrimary == nil || *b.IsPrimary == image.IsPrimary:
		return nil
	case image.IsPrimary:
		return errPrimaryNeeded
	}
	if err := q.ClearPrimaryImage(ctx, a.product.ID); err != nil {
		return err
	}
	return q.MakePrimaryImage(ctx, id)
}

// remove deletes one of the images. If it was the primary one, the first of the others becomes it.
func (a *album) remove(
	ctx context.Context, q *db.Queries, id int64,
) (db.ListProductImagesRow, error) {
	at, err := a.find(id)
	if err != nil {
		return db.ListProductImagesRow{}, err
	}
	removed := a.images[at]
	a.images = slices.Delete(a.images, at, at+1)
	if err := q.DeleteProductImage(ctx, id); err != nil {
		return removed, err
	}
	if removed.IsPrimary && len(a.images) > 0 {
		return removed, q.MakePrimaryImage(ctx, a.images[0].ID)
	}
	return removed, nil
}
