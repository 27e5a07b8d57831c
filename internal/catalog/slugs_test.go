package catalog_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// redirected requires that a product's old slug leads to another one.
func redirected(t *testing.T, shop *apitest.Shop, from, to string) {
	t.Helper()
	answer := shop.Get(products + "/slug/" + from).Want(http.StatusMovedPermanently)
	assert.Equal(t, to, answer.Header.Get("Location"), "relative, as a proxy may add a prefix")
	assert.Equal(t, "no-cache", answer.Header.Get("Cache-Control"))
	assert.Empty(t, answer.Header.Get("ETag"))
	assert.Empty(t, answer.Body)
	shop.Get(products + "/slug/" + to).Want(http.StatusOK)
}

// getProductBySlug, updateProduct, replaceProduct
func TestOldSlugsOfAProductLeadToItsNewOne(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	create := func(body apitest.Fields) (product api.AdminProduct) {
		admin.Post("/api/v1/admin/products", body).Want(http.StatusCreated).Into(&product)
		return product
	}
	rename := func(id int64, slug string) {
		admin.Patch(fmt.Sprint("/api/v1/admin/products/", id), apitest.Fields{"slug": slug}).
			Want(http.StatusOK)
	}
	mug := create(apitest.Fields{"name": "Mug", "price": "5.00"})
	rename(mug.ID, "mug-two")
	redirected(t, shop, "mug", "mug-two")
	admin.Put(fmt.Sprint("/api/v1/admin/products/", mug.ID), apitest.Fields{
		"name": "Mug", "slug": "mug-three", "price": "5.00",
	}).
		Want(http.StatusOK)
	redirected(t, shop, "mug", "mug-three") // in one step
	redirected(t, shop, "mug-two", "mug-three")
	head := shop.Call(http.MethodHead, products+"/slug/mug", nil).Want(http.StatusMovedPermanently)
	assert.Equal(t, "mug-three", head.Header.Get("Location"))

	rename(mug.ID, "mug")
	redirected(t, shop, "mug-two", "mug")
	redirected(t, shop, "mug-three", "mug")

	twin := create(apitest.Fields{"name": "Mug two", "price": "6.00"})
	assert.Equal(t, "mug-two-2", twin.Slug, "a slug that is made takes no old address away")
	rename(twin.ID, "mug-two")
	var seen api.Product
	shop.Get(products + "/slug/mug-two").Want(http.StatusOK).Into(&seen)
	assert.Equal(t, twin.ID, seen.ID, "a slug in use beats a former one")
	rename(twin.ID, "cup")
	redirected(t, shop, "mug-two", "cup") // the last product that had it
	redirected(t, shop, "mug-two-2", "cup")

	admin.Patch(fmt.Sprint("/api/v1/admin/products/", twin.ID), apitest.Fields{"is_active": false}).
		Want(http.StatusOK)
	shop.Get(products+"/slug/mug-two").Problem(http.StatusNotFound, "product_not_found")
	shop.Exec("DELETE FROM products WHERE id = $1", twin.ID)
	redirected(t, shop, "mug-two", "mug") // the one that had it before
	shop.Get(products+"/slug/mug-two-2").Problem(http.StatusNotFound, "product_not_found")
	shop.Exec("DELETE FROM products")
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*) FROM former_slugs"))
}

// listProducts, searchProducts, updateBrand, updateCategory
func TestFiltersUnderstandOldSlugs(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	shop.Exec(jacket)
	for _, kind := range []struct{ parameter, address, slug string }{
		{"brand", "/api/v1/admin/brands", "northwind"},
		{"category", "/api/v1/admin/categories", "jackets"},
	} {
		found := func(value string) (all [3]int64) {
			var page api.ProductPage
			shop.Get(products + "?" + kind.parameter + "=" + value).Want(http.StatusOK).Into(&page)
			var hits api.SearchResults
			shop.Get(products + "/search?facets=true&q=storm&" + kind.parameter + "=" + value).
				Want(http.StatusOK).Into(&hits)
			all = [3]int64{*page.Total, hits.Total, 0}
			for _, one := range hits.Facets.Availability {
				all[2] += one.Count
			}
			return all
		}
		all, none := [3]int64{1, 1, 1}, [3]int64{}
		address := fmt.Sprint(kind.address, "/", apitest.Value[int64](
			shop, "SELECT "+kind.parameter+"_id FROM products",
		))
		assert.Equal(t, all, found(kind.slug))
		admin.Patch(address, apitest.Fields{"slug": "renamed", "name": "Renamed"}).
			Want(http.StatusOK)
		assert.Equal(t, all, found("renamed"), kind.parameter)
		assert.Equal(t, all, found(kind.slug), kind.parameter)
		assert.Equal(t, none, found("nothing"), kind.parameter)

		var other struct {
			ID   int64
			Slug string
		}
		admin.Post(kind.address, apitest.Fields{"name": kind.slug}).
			Want(http.StatusCreated).
			Into(&other)
		assert.Equal(t, kind.slug+"-2", other.Slug, "a slug that is made takes no old address away")
		assert.Equal(t, none, found(kind.slug), "it is the name of another one now")
		admin.Delete(fmt.Sprint(kind.address, "/", other.ID)).Want(http.StatusNoContent)
		assert.Equal(t, all, found(kind.slug), kind.parameter)
		shop.Exec("UPDATE products SET " + kind.parameter + "_id = NULL")
		admin.Delete(address).Want(http.StatusNoContent)
		assert.Zero(t, apitest.Value[int](
			shop, "SELECT count(*) FROM former_slugs WHERE kind = $1", kind.parameter,
		))
	}
}
