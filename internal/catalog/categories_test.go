package catalog_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const adminCategories = "/api/v1/admin/categories"

// createCategory creates a category, and returns it with the address at which staff changes it.
func createCategory(
	admin apitest.Caller, body apitest.Fields,
) (category api.Category, address string) {
	admin.Post(adminCategories, body).Want(http.StatusCreated).Into(&category)
	return category, fmt.Sprintf("%s/%d", adminCategories, category.ID)
}

// createCategory, adminListCategories: a category and one below it.
func TestCategoriesAreCreated(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	var audio api.Category
	made := admin.Post(adminCategories, apitest.Fields{"name": "Audio & Vidéo"}).
		Want(http.StatusCreated).
		Into(&audio)
	assert.Equal(t, "audio-and-video", audio.Slug)
	assert.NotEmpty(t, made.Header.Get("ETag"))
	headphones, _ := createCategory(admin, apitest.Fields{
		"name": "Headphones", "parent_id": audio.ID, "description": "For ears.",
	})
	assert.Equal(t, audio.ID, *headphones.ParentID)

	var page api.CategoryPage
	admin.Get(fmt.Sprintf("%s?parent_id=%d", adminCategories, audio.ID)).
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get(adminCategories+"?limit=0").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(adminCategories, apitest.Fields{"name": "Lost", "parent_id": 4242}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// createCategory: a slug that is made from the name is unique, one that is sent may be taken.
func TestCategoriesHaveUniqueSlugs(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	audio, _ := createCategory(admin, apitest.Fields{"name": "Audio"})
	createCategory(admin, apitest.Fields{"name": "Headphones", "parent_id": audio.ID})
	twin, _ := createCategory(admin, apitest.Fields{"name": "Headphones"})
	assert.Equal(t, "headphones-2", twin.Slug, "a slug that is made is made unique")
	admin.Post(adminCategories, apitest.Fields{"name": "Other", "slug": "headphones"}).
		Problem(http.StatusConflict, "slug_taken")
	stars, _ := createCategory(admin, apitest.Fields{"name": "★★★"})
	assert.Equal(t, "category", stars.Slug, "a name without letters")
}

// updateCategory, replaceCategory, deleteCategory, getCategory: a change of the version that was
// read, and of one that is no longer current.
func TestCategoriesAreChanged(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	audio, address := createCategory(admin, apitest.Fields{"name": "Audio & Vidéo"})
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
}

// updateCategory, replaceCategory, deleteCategory: changes that are refused.
func TestCategoriesRefuseChanges(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	audio, address := createCategory(admin, apitest.Fields{"name": "Audio"})
	headphones, _ := createCategory(admin, apitest.Fields{
		"name": "Headphones", "parent_id": audio.ID,
	})
	admin.Patch(address, apitest.Fields{"parent_id": headphones.ID}).
		Problem(http.StatusConflict, "category_cycle")
	admin.Patch(address, apitest.Fields{"parent_id": audio.ID}).
		Problem(http.StatusConflict, "category_cycle")
	admin.Put(address, apitest.Fields{"name": "Sound", "slug": "headphones"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Put(address, apitest.Fields{"name": "Sound", "parent_id": 4242}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")

	const missing = adminCategories + "/4242"
	admin.Patch(missing, apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "category_not_found")
	admin.Put(missing, apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "category_not_found")
	admin.Delete(missing).Problem(http.StatusNotFound, "category_not_found")
}

// deleteCategory, updateCategory, getCategory: a category with another below it is not deleted.
func TestOnlyEmptyCategoriesAreDeleted(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	audio, address := createCategory(admin, apitest.Fields{"name": "Audio"})
	headphones, below := createCategory(admin, apitest.Fields{
		"name": "Headphones", "parent_id": audio.ID,
	})
	admin.Delete(address).Problem(http.StatusConflict, "category_in_use")
	admin.Patch(below, apitest.Fields{"parent_id": nil}).Want(http.StatusOK).Into(&headphones)
	assert.Nil(t, headphones.ParentID)
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
		a, _ := createCategory(admin, apitest.Fields{"name": "A"})
		b, _ := createCategory(admin, apitest.Fields{"name": "B"})
		statuses := make([]int, 2)
		var both sync.WaitGroup
		for i, move := range [][2]int64{{a.ID, b.ID}, {b.ID, a.ID}} {
			both.Go(func() {
				statuses[i] = admin.Patch(
					fmt.Sprintf("%s/%d", adminCategories, move[0]),
					apitest.Fields{"parent_id": move[1]},
				).Status
			})
		}
		both.Wait()
		assert.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, statuses)
	}
}
