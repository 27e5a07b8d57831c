package catalog_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const adminBrands = "/api/v1/admin/brands"

// createBrand creates a brand, and returns it with the address at which staff changes it.
func createBrand(admin apitest.Caller, body apitest.Fields) (brand api.Brand, address string) {
	admin.Post(adminBrands, body).Want(http.StatusCreated).Into(&brand)
	return brand, fmt.Sprintf("%s/%d", adminBrands, brand.ID)
}

// createBrand, adminListBrands: a brand, and brands whose name or slug is taken.
func TestBrandsAreCreated(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	createBrand(admin, apitest.Fields{"name": "Aural", "description": "Headphones."})
	admin.Post(adminBrands, apitest.Fields{"name": "AURAL"}).
		Problem(http.StatusConflict, "brand_name_taken")
	admin.Post(adminBrands, apitest.Fields{"name": "Other", "slug": "aural"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Post(adminBrands, apitest.Fields{"name": " "}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	var page api.BrandPage
	admin.Get(adminBrands).Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(1), page.Total)
	admin.Get(adminBrands+"?limit=0").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// updateBrand, replaceBrand, deleteBrand, getBrand: a change of the version that was read, and of
// one that is no longer current.
func TestBrandsAreChanged(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	aural, address := createBrand(admin, apitest.Fields{"name": "Aural"})
	first := shop.Get(fmt.Sprintf("/api/v1/brands/%d", aural.ID)).
		Want(http.StatusOK).
		Header.Get("ETag")
	admin.Patch(address, apitest.Fields{"name": "Aural Audio"}, apitest.IfMatch(first)).
		Want(http.StatusOK)
	admin.Patch(address, apitest.Fields{"name": "Late"}, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"name": "Late"}, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, address, nil, apitest.IfMatch(first)).
		Problem(http.StatusPreconditionFailed, "stale")

	createBrand(admin, apitest.Fields{"name": "Other"})
	admin.Put(address, apitest.Fields{"name": "other"}).
		Problem(http.StatusConflict, "brand_name_taken")
	admin.Patch(address, apitest.Fields{"slug": "other"}).Problem(http.StatusConflict, "slug_taken")
}

// updateBrand, replaceBrand, listProducts: the products of a brand that is renamed are found by its
// new name.
func TestProductsAreFoundByTheirBrandsNewName(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	aural, address := createBrand(admin, apitest.Fields{"name": "Aural"})
	admin.Product(apitest.Fields{"name": "Drift", "price": "79.00", "brand_id": aural.ID})
	admin.Patch(address, apitest.Fields{"name": "Aural Audio"}).Want(http.StatusOK)
	admin.Put(address, apitest.Fields{"name": "Aural Sound"}).Want(http.StatusOK).Into(&aural)
	assert.Equal(t, int64(1), aural.ProductCount)
	var found api.ProductPage
	shop.Get("/api/v1/products?q=aural+sound").Want(http.StatusOK).Into(&found)
	require.Len(t, found.Items, 1, "found by the brand's new name")
}

// deleteBrand, replaceBrand, updateBrand: a brand with products is not deleted, and one that is
// deleted is not changed.
func TestOnlyBrandsWithoutProductsAreDeleted(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	aural, address := createBrand(admin, apitest.Fields{"name": "Aural"})
	product := admin.Product(
		apitest.Fields{"name": "Drift", "price": "79.00", "brand_id": aural.ID},
	)
	admin.Delete(address).Problem(http.StatusConflict, "brand_in_use")
	admin.Delete(productAddress(product)).Want(http.StatusNoContent)
	admin.Delete(address).Want(http.StatusNoContent)
	admin.Delete(address).Problem(http.StatusNotFound, "brand_not_found")
	admin.Put(address, apitest.Fields{"name": "x"}).Problem(http.StatusNotFound, "brand_not_found")
	admin.Patch(address, apitest.Fields{"name": "x"}).
		Problem(http.StatusNotFound, "brand_not_found")
}
