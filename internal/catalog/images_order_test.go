package catalog_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// small returns a form with a small image and its alternative text.
func small(t *testing.T, alt string, more ...part) apitest.Raw {
	t.Helper()
	return form(append([]part{file(asPNG(t, picture(8, 8))), {"alt", "", alt}}, more...)...)
}

// order returns the alternative texts of the product's images by position, and that of its primary
// image, which is listed first.
func (g gallery) order(t *testing.T) string {
	t.Helper()
	var product api.AdminProduct
	g.admin.Get(productAddress(g.product)).Want(http.StatusOK).Into(&product)
	inOrder := make([]string, len(product.Images))
	for i, image := range product.Images {
		assert.Equal(t, i == 0, image.IsPrimary)
		inOrder[image.Position] = image.Alt
	}
	return strings.Join(inOrder, "") + " " + product.Images[0].Alt
}

// createProductImage, updateProductImage: positions and the primary image.
func TestImagesHaveAnOrder(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.upload(small(t, "a"))
	b := g.upload(small(t, "b"))
	c := g.upload(small(t, "c", part{"position", "", "0"}, part{"is_primary", "", "true"}))
	assert.True(t, c.IsPrimary)
	assert.Equal(t, "cab c", g.order(t))

	var changed api.Image
	tag := g.admin.Patch(g.at(c.ID), apitest.Fields{"position": 99, "alt": "C"}).
		Want(http.StatusOK).
		Into(&changed).
		Header.Get("ETag")
	assert.Equal(t, int32(2), changed.Position)
	assert.Equal(t, "abC C", g.order(t))
	g.admin.Patch(
		g.at(b.ID), apitest.Fields{"position": 0, "is_primary": true}, apitest.IfMatch(tag),
	).Want(http.StatusOK)
	assert.Equal(t, "baC b", g.order(t))

	g.admin.Patch(g.at(b.ID), apitest.Fields{"alt": "x"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	g.admin.Call(http.MethodDelete, g.at(b.ID), nil, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	g.admin.Patch(g.at(b.ID), apitest.Fields{"is_primary": false}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	g.admin.Patch(g.at(b.ID), apitest.Fields{"alt": "a\u0007"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// deleteProductImage: the next image becomes the primary one, and the file is removed even if a
// variant showed it.
func TestImagesAreDeletedWithTheirFiles(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	b, a := g.upload(small(t, "b")), g.upload(small(t, "a"))
	c := g.upload(small(t, "C"))
	assert.Equal(t, "baC b", g.order(t))
	variant := fmt.Sprintf("%s/variants/%d", productAddress(g.product), g.product.Variants[0].ID)
	g.admin.Patch(variant, apitest.Fields{"image_id": b.ID}).Want(http.StatusOK)
	g.admin.Delete(g.at(b.ID)).Want(http.StatusNoContent)
	assert.Equal(t, "aC a", g.order(t), "the next is the primary one")
	g.Get(b.URL).Problem(http.StatusNotFound, "media_not_found")
	g.Get(a.URL).Want(http.StatusOK)
	g.admin.Delete(g.at(a.ID)).Want(http.StatusNoContent)
	g.admin.Delete(g.at(c.ID)).Want(http.StatusNoContent)
	g.requireEmpty(t)
}

// updateProductImage, deleteProductImage: an image that does not exist, and one of another product.
func TestImagesOfTheProductOnly(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	image := g.upload(small(t, "a"))
	g.admin.Patch(g.at(4242), apitest.Fields{"alt": "x"}).
		Problem(http.StatusNotFound, "image_not_found")
	g.admin.Delete(g.at(4242)).Problem(http.StatusNotFound, "image_not_found")
	other := g.admin.Product(apitest.Fields{"name": "Other", "price": "1.00"})
	g.admin.Delete(fmt.Sprintf("%s/images/%d", productAddress(other), image.ID)).
		Problem(http.StatusNotFound, "image_not_found")
}

// createProductImage, deleteProduct: a product has at most 20 images, and a deleted one takes none.
func TestAProductHasAtMostTwentyImages(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	for range 20 {
		g.upload(small(t, "a"))
	}
	g.admin.Post(g.images, small(t, "a")).Problem(http.StatusConflict, "too_many_images")
	g.admin.Delete(productAddress(g.product)).Want(http.StatusNoContent)
	g.admin.Post(g.images, small(t, "a")).Problem(http.StatusNotFound, "product_not_found")
	assert.Len(t, g.files(t), 20)
}

// deleteProductImage: a file that another image uses is not removed.
func TestFilesOfOthersStay(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	first := g.upload(form(file(asPNG(t, picture(8, 8)))))
	g.Exec(
		"INSERT INTO product_images (product_id, position, is_primary, alt, sizes) " +
			"SELECT product_id, 1, false, alt, sizes FROM product_images",
	)
	g.admin.Delete(g.at(first.ID)).Want(http.StatusNoContent)
	g.Get(first.URL).Want(http.StatusOK)
}

// createProductImage, updateProductImage, deleteProductImage: racing changes leave one primary
// image.
func TestRacingChangesKeepOnePrimaryImage(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	small := asPNG(t, picture(8, 8))
	first := g.upload(form(file(small)))
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			switch image := g.upload(form(file(small), part{
				"is_primary", "", fmt.Sprint(i%2 == 0),
			})); i % 3 {
			case 0:
				g.admin.Patch(g.at(image.ID), apitest.Fields{"is_primary": true, "position": 0}).
					Want(http.StatusOK)
			case 1:
				g.admin.Delete(g.at(image.ID)).Want(http.StatusNoContent)
			}
		})
	}
	all.Go(func() { g.admin.Delete(g.at(first.ID)).Want(http.StatusNoContent) })
	all.Wait()
	assert.Equal(
		t, 1, apitest.Value[int](g.Shop, "SELECT count(*) FROM product_images WHERE is_primary"),
	)
	assert.Equal(t, 11, apitest.Value[int](g.Shop, "SELECT count(*) FROM product_images"))
	assert.Equal(
		t,
		11,
		apitest.Value[int](
			g.Shop,
			"SELECT count(DISTINCT position) FROM product_images WHERE position BETWEEN 0 AND 10",
		),
	)
	assert.Len(t, g.files(t), 11)
}
