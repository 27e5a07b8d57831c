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

// shirtInSizes creates a shirt in the sizes S and M, of which M is the default, and returns it with
// the address of its variants.
func shirtInSizes(admin apitest.Caller) (shirt api.AdminProduct, variants string) {
	shirt = admin.Product(apitest.Fields{"name": "Merino shirt", "variants": []apitest.Fields{
		{"options": apitest.Fields{"size": "S"}, "price": "39.00", "stock": 2},
		{
			"options":        apitest.Fields{"size": "M"},
			"price":          "42.00",
			"discount_price": "40.00",
			"stock":          3,
			"is_default":     true,
		},
	}})
	return shirt, productAddress(shirt) + "/variants"
}

// large adds the size L to a shirt, and returns it with its address.
func large(admin apitest.Caller, variants string) (large api.Variant, address string) {
	admin.Post(
		variants,
		apitest.Fields{"options": apitest.Fields{"size": "L"}, "price": "45.00", "stock": 1},
	).Want(http.StatusCreated).Into(&large)
	return large, fmt.Sprintf("%s/%d", variants, large.ID)
}

// createVariant, getVariant, listVariants: variants of a product, and what is refused.
func TestVariantsAreCreated(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	shirt, variants := shirtInSizes(admin)
	assert.Equal(t, "42.00", shirt.Price, "the default variant stands for the product")
	assert.Equal(t, "MERINO-SHIRT-M", shirt.Sku)
	assert.Equal(t, int64(5), shirt.Stock)
	large, address := large(admin, variants)
	assert.Equal(t, "MERINO-SHIRT-L", large.Sku)
	tag := admin.Get(address).Want(http.StatusOK).Header.Get("ETag")
	admin.Get(address, apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	admin.Get(variants, apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	admin.Post(variants, apitest.Fields{"options": apitest.Fields{"size": "L"}, "price": "45.00"}).
		Problem(http.StatusConflict, "options_taken")
	admin.Post(
		variants, apitest.Fields{"options": apitest.Fields{"color": "red"}, "price": "45.00"},
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(variants, apitest.Fields{
		"options": apitest.Fields{"size": "XL"}, "price": "45.00", "sku": "MERINO-SHIRT-M",
	}).
		Problem(http.StatusConflict, "sku_taken")
	admin.Post(variants, apitest.Fields{
		"options": apitest.Fields{"size": "XL"}, "price": "45.00", "image_id": 4242,
	}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(
		variants, apitest.Fields{"options": apitest.Fields{"size": "XL"}, "price": "45.00"},
		apitest.IfMatch(`"1"`),
	).Problem(http.StatusPreconditionFailed, "stale")
}

// updateVariant, replaceVariant, deleteVariant: a variant is changed, and what is refused.
func TestVariantsAreChanged(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	shirt, variants := shirtInSizes(admin)
	large, address := large(admin, variants)
	tag := admin.Get(address).Want(http.StatusOK).Header.Get("ETag")
	admin.Patch(
		address,
		apitest.Fields{"price": "46.00", "discount_price": "41.00", "gtin": "4006381333931"},
		apitest.IfMatch(tag),
	).
		Want(http.StatusOK).
		Into(&large)
	assert.Equal(t, "41.00", *large.DiscountPrice)
	assert.Equal(t, "04006381333931", *large.Gtin)
	admin.Patch(address, apitest.Fields{"price": "47.00"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Put(address, apitest.Fields{"price": "47.00"}, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, address, nil, apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Patch(address, apitest.Fields{"options": apitest.Fields{"size": "M"}}).
		Problem(http.StatusConflict, "options_taken")
	admin.Patch(address, apitest.Fields{"options": apitest.Fields{"colour": "M"}}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(address, apitest.Fields{
		"options": apitest.Fields{"size": "L"}, "price": "44.00", "track_inventory": false,
		"is_default": true,
	}).
		Want(http.StatusOK).
		Into(&large)
	assert.Nil(t, large.Gtin)
	assert.True(t, large.IsDefault)
	assert.Equal(t, int64(1), large.Stock, "stock is another operation's")
	var seen api.Product
	shop.Get(fmt.Sprintf("/api/v1/products/%d", shirt.ID)).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, "44.00", seen.Price)
	assert.Equal(t, large.ID, seen.Variants[0].ID)
	admin.Patch(address, apitest.Fields{"is_default": false}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(address, apitest.Fields{
		"options": apitest.Fields{"size": "L"}, "price": "44.00", "sku": "MERINO-SHIRT-M",
	}).
		Problem(http.StatusConflict, "sku_taken")
	admin.Put(address, apitest.Fields{
		"options": apitest.Fields{"size": "L"}, "price": "44.00", "discount_price": "44.00",
	}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// deleteVariant: another variant stands for the product then, and the last one stays.
func TestVariantsAreDeleted(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	_, variants := shirtInSizes(admin)
	large, address := large(admin, variants)
	admin.Patch(address, apitest.Fields{"is_default": true}).Want(http.StatusOK)
	admin.Delete(address).Want(http.StatusNoContent)
	var list api.VariantList
	admin.Get(variants).Want(http.StatusOK).Into(&list)
	require.Len(t, list.Items, 2)
	assert.True(t, list.Items[0].IsDefault, "the next one stands for the product")
	var again api.Variant
	admin.Post(variants, apitest.Fields{
		"options": apitest.Fields{
			"size": "L",
		},
		"price":      "45.00",
		"sku":        large.Sku,
		"is_default": true,
	}).
		Want(http.StatusCreated).
		Into(&again)
	admin.Get(variants).Want(http.StatusOK).Into(&list)
	assert.Equal(t, again.ID, list.Items[0].ID)
	for range 2 {
		admin.Get(variants).Want(http.StatusOK).Into(&list)
		admin.Delete(fmt.Sprintf("%s/%d", variants, list.Items[0].ID)).Want(http.StatusNoContent)
	}
	admin.Get(variants).Want(http.StatusOK).Into(&list)
	admin.Delete(fmt.Sprintf("%s/%d", variants, list.Items[0].ID)).
		Problem(http.StatusConflict, "last_variant")

	admin.Get(address).Problem(http.StatusNotFound, "variant_not_found")
	admin.Patch(address, apitest.Fields{"price": "1"}).
		Problem(http.StatusNotFound, "variant_not_found")
	admin.Put(address, apitest.Fields{"price": "1"}).
		Problem(http.StatusNotFound, "variant_not_found")
	admin.Delete(address).Problem(http.StatusNotFound, "variant_not_found")
	admin.Get("/api/v1/admin/products/4242/variants").
		Problem(http.StatusNotFound, "product_not_found")
}

// createVariantMatrix: a variant for each combination of options, and what is refused.
func TestAMatrixOfVariants(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	shirt := admin.Product(apitest.Fields{"name": "Shirt", "price": "20.00", "stock": 4})
	matrix := productAddress(shirt) + "/variants/matrix"
	admin.Post(matrix, apitest.Fields{
		"options": apitest.Fields{"size": []string{"S", "S"}}, "price": "25.00",
	}).Problem(http.StatusConflict, "options_taken")
	var list api.VariantList
	admin.Post(productAddress(shirt)+"/variants", apitest.Fields{
		"options": apitest.Fields{"size": "S"}, "price": "1",
	}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	made := admin.Post(matrix, apitest.Fields{
		"options": apitest.Fields{"size": []string{"S", "M"}, "color": []string{"red", "blue"}},
		"price":   "25.00", "stock": 7,
	}).
		Want(http.StatusCreated).
		Into(&list)
	require.Len(t, list.Items, 4)
	assert.Equal(
		t, map[string]string{"size": "S", "color": "red"}, list.Items[0].Options,
		"the simple product is the first of them",
	)
	assert.Equal(t, "20.00", list.Items[0].Price)
	assert.Equal(t, int64(4), list.Items[0].Stock)
	assert.Equal(t, "SHIRT-BLUE-M", list.Items[3].Sku)
	assert.Equal(t, int64(7), list.Items[3].Stock)
	admin.Post(matrix, apitest.Fields{
		"options": apitest.Fields{
			"size":  []string{"S", "M", "L"},
			"color": []string{"red", "blue"},
		},
		"price": "25.00",
	}).
		Want(http.StatusCreated).
		Into(&list)
	assert.Len(t, list.Items, 6, "only what was missing")
	admin.Post(
		matrix, apitest.Fields{"options": apitest.Fields{"size": []string{"XL"}}, "price": "25.00"},
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(
		matrix,
		apitest.Fields{
			"options": apitest.Fields{
				"size":  []string{"XL"},
				"color": []string{"red"},
			},
			"price": "25.00",
		},
		apitest.IfMatch(made.Header.Get("ETag")),
	).
		Problem(http.StatusPreconditionFailed, "stale")
	many := make([]string, 50)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	admin.Post(
		matrix,
		apitest.Fields{"options": apitest.Fields{"size": many, "color": many}, "price": "1"},
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Post(matrix, apitest.Fields{
		"options": apitest.Fields{"size": many, "color": []string{"red", "blue"}}, "price": "1",
	}).
		Problem(http.StatusConflict, "too_many_variants")
	admin.Post("/api/v1/admin/products/4242/variants/matrix", apitest.Fields{
		"options": apitest.Fields{"size": many}, "price": "1",
	}).
		Problem(http.StatusNotFound, "product_not_found")
}

// createProduct, listProducts: a product whose units are not counted is always in stock.
func TestUncountedVariantsAreAlwaysInStock(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	card := admin.Product(
		apitest.Fields{"name": "Gift card", "price": "20.00", "track_inventory": false},
	)
	assert.True(t, card.InStock)
	assert.Equal(t, api.AvailabilityInStock, card.Availability)
	var page api.ProductPage
	shop.Get("/api/v1/products?in_stock=true").Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 1)
	assert.True(t, page.Items[0].InStock)
}
