package catalog_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createCategory, replaceCategory, updateCategory, deleteCategory, adminListCategories,
// getCategory: a category from its creation to its end.
func TestCategoriesAreKept(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var audio, phones api.Category
	made := admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "Audio & Vidéo"}).
		Want(http.StatusCreated).
		Into(&audio)
	assert.Equal(t, "audio-and-video", audio.Slug)
	assert.NotEmpty(t, made.Header.Get("ETag"))
	admin.Post("/api/v1/admin/categories", apitest.Fields{
		"name": "Headphones", "parent_id": audio.ID, "description": "For ears.",
	}).
		Want(http.StatusCreated).
		Into(&phones)
	assert.Equal(t, audio.ID, *phones.ParentID)
	var twin api.Category
	admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "Headphones"}).
		Want(http.StatusCreated).
		Into(&twin)
	assert.Equal(t, "headphones-2", twin.Slug, "a slug that is made is made unique")
	admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "Other", "slug": "headphones"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "Lost", "parent_id": 4242}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	var unspeakable api.Category
	admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "★★★"}).
		Want(http.StatusCreated).
		Into(&unspeakable)
	assert.Equal(t, "category", unspeakable.Slug)

	var page api.CategoryPage
	admin.Get("/api/v1/admin/categories?parent_id=" + fmt.Sprint(audio.ID)).
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 1)

	address := fmt.Sprintf("/api/v1/admin/categories/%d", audio.ID)
	read := shop.Get(fmt.Sprintf("/api/v1/categories/%d", audio.ID)).
		Want(http.StatusOK).
		Header.Get("ETag")
	admin.Patch(address, apitest.Fields{"description": "Sound."}, apitest.IfMatch(read)).
		Want(http.StatusOK).
		Into(&audio)
	assert.Equal(t, "Sound.", audio.Description)
	admin.Patch(address, apitest.Fields{"description": "Late."}, apitest.IfMatch(read)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "Late"}, apitest.IfMatch(read)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, address, nil, apitest.IfMatch(read)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "Sound"}, apitest.IfMatch("*")).
		Want(http.StatusOK).
		Into(&audio)
	assert.Equal(t, "Sound", audio.Name)
	assert.Equal(t, "audio-and-video", audio.Slug, "addresses stay when a name changes")
	assert.Empty(t, audio.Description)

	admin.Patch(address, apitest.Fields{"parent_id": phones.ID}).
		Problem(http.StatusConflict, "category_cycle")
	admin.Patch(address, apitest.Fields{"parent_id": audio.ID}).
		Problem(http.StatusConflict, "category_cycle")
	admin.Put(address, apitest.Fields{"name": "Sound", "slug": "headphones"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Put(address, apitest.Fields{"name": "Sound", "parent_id": 4242}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Patch("/api/v1/admin/categories/4242", apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "category_not_found")
	admin.Put("/api/v1/admin/categories/4242", apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "category_not_found")
	admin.Delete("/api/v1/admin/categories/4242").Problem(http.StatusNotFound, "category_not_found")

	admin.Delete(address).Problem(http.StatusConflict, "category_in_use")
	admin.Patch(
		fmt.Sprintf("/api/v1/admin/categories/%d", phones.ID), apitest.Fields{"parent_id": nil},
	).Want(http.StatusOK).Into(&phones)
	assert.Nil(t, phones.ParentID)
	admin.Delete(address).Want(http.StatusNoContent)
	shop.Get(fmt.Sprintf("/api/v1/categories/%d", audio.ID)).
		Problem(http.StatusNotFound, "category_not_found")
}

// updateCategory: two moves that are each fine and together make a cycle.
func TestCategoriesNeverGoRoundInACircle(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for range 10 {
		var a, b api.Category
		admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "A"}).
			Want(http.StatusCreated).
			Into(&a)
		admin.Post("/api/v1/admin/categories", apitest.Fields{"name": "B"}).
			Want(http.StatusCreated).
			Into(&b)
		statuses := make([]int, 2)
		var both sync.WaitGroup
		for i, move := range [][2]int64{{a.ID, b.ID}, {b.ID, a.ID}} {
			both.Go(func() {
				statuses[i] = admin.Patch(
					fmt.Sprintf("/api/v1/admin/categories/%d", move[0]),
					apitest.Fields{"parent_id": move[1]},
				).Status
			})
		}
		both.Wait()
		assert.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, statuses)
	}
}

// createBrand, replaceBrand, updateBrand, deleteBrand, adminListBrands, getBrand: a brand from its
// creation to its end.
func TestBrandsAreKept(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var aural api.Brand
	admin.Post(
		"/api/v1/admin/brands", apitest.Fields{"name": "Aural", "description": "Headphones."},
	).Want(http.StatusCreated).Into(&aural)
	admin.Post("/api/v1/admin/brands", apitest.Fields{"name": "AURAL"}).
		Problem(http.StatusConflict, "brand_name_taken")
	admin.Post("/api/v1/admin/brands", apitest.Fields{"name": "Other", "slug": "aural"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Post("/api/v1/admin/brands", apitest.Fields{"name": " "}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	var page api.BrandPage
	admin.Get("/api/v1/admin/brands").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(1), page.Total)
	admin.Get("/api/v1/admin/brands?limit=0").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Get("/api/v1/admin/categories?limit=0").
		Problem(http.StatusUnprocessableEntity, "invalid_request")

	address := fmt.Sprintf("/api/v1/admin/brands/%d", aural.ID)
	first := shop.Get(fmt.Sprintf("/api/v1/brands/%d", aural.ID)).
		Want(http.StatusOK).
		Header.Get("ETag")
	product := admin.Product(
		apitest.Fields{"name": "Drift", "price": "79.00", "brand_id": aural.ID},
	)
	admin.Patch(address, apitest.Fields{"name": "Aural Audio"}, apitest.IfMatch(first)).
		Want(http.StatusOK)
	admin.Patch(address, apitest.Fields{"name": "Late"}, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "Late"}, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, address, nil, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "Aural Sound"}).Want(http.StatusOK).Into(&aural)
	assert.Equal(t, int64(1), aural.ProductCount)
	var found api.ProductPage
	shop.Get("/api/v1/products?q=aural+sound").Want(http.StatusOK).Into(&found)
	require.Len(t, found.Items, 1, "found by the brand's new name")
	var other api.Brand
	admin.Post("/api/v1/admin/brands", apitest.Fields{"name": "Other"}).
		Want(http.StatusCreated).
		Into(&other)
	admin.Put(address, apitest.Fields{"name": "other"}).
		Problem(http.StatusConflict, "brand_name_taken")
	admin.Patch(address, apitest.Fields{"slug": "other"}).Problem(http.StatusConflict, "slug_taken")

	admin.Delete(address).Problem(http.StatusConflict, "brand_in_use")
	admin.Delete(fmt.Sprintf("/api/v1/admin/products/%d", product.ID)).Want(http.StatusNoContent)
	admin.Delete(address).Want(http.StatusNoContent)
	admin.Delete(address).Problem(http.StatusNotFound, "brand_not_found")
	admin.Put(address, apitest.Fields{"name": "x"}).Problem(http.StatusNotFound, "brand_not_found")
	admin.Patch(address, apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "brand_not_found")
}
