package catalog_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

// replaceCategory, updateCategory: a slug that is taken, and a parent below the category itself.
func TestCategoriesRefuseTakenSlugs(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	phones, address := createCategory(admin, apitest.Fields{"name": "Phones"})
	cases, _ := createCategory(admin, apitest.Fields{"name": "Cases", "parent_id": phones.ID})
	admin.Put(address, apitest.Fields{"name": "Phones", "parent_id": cases.ID}).
		Problem(http.StatusConflict, "category_cycle")
	admin.Patch(address, apitest.Fields{"slug": "cases"}).
		Problem(http.StatusConflict, "slug_taken")
}

// replaceBrand, updateBrand: names and slugs that are taken.
func TestBrandsRefuseTakenNames(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	_, address := createBrand(admin, apitest.Fields{"name": "Aurora"})
	createBrand(admin, apitest.Fields{"name": "Borealis"})
	admin.Put(address, apitest.Fields{"name": "Aurora", "slug": "borealis"}).
		Problem(http.StatusConflict, "slug_taken")
	admin.Patch(address, apitest.Fields{"name": "Borealis"}).
		Problem(http.StatusConflict, "brand_name_taken")
}

// replaceProduct, updateProduct: slugs, skus and GTINs that are taken.
func TestProductsRefuseTakenNumbers(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	admin.Product(apitest.Fields{
		"name": "Drift", "price": "79", "sku": "DRIFT", "gtin": "2000000000015",
	})
	glide := admin.Product(apitest.Fields{"name": "Glide", "price": "59"})
	admin.Put(
		productAddress(glide), apitest.Fields{"name": "Glide", "price": "59", "slug": "drift"},
	).Problem(http.StatusConflict, "slug_taken")
	admin.Put(productAddress(glide), apitest.Fields{
		"name": "Glide", "price": "59", "gtin": "2000000000015",
	}).Problem(http.StatusConflict, "gtin_taken")
	admin.Patch(productAddress(glide), apitest.Fields{"sku": "DRIFT"}).
		Problem(http.StatusConflict, "sku_taken")
}

// createVariant, replaceVariant, updateVariant: options, skus and GTINs that are taken, and the
// variant that is one too many.
func TestVariantsRefuseTakenNumbers(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	var many []apitest.Fields
	for size := range 100 {
		many = append(many, apitest.Fields{
			"options": apitest.Fields{"size": fmt.Sprint(size)}, "price": "9",
			"sku": fmt.Sprint("S-", size),
		})
	}
	many[0]["gtin"] = "2000000000015"
	product := admin.Product(apitest.Fields{"name": "Shirt", "variants": many})
	variants := productAddress(product) + "/variants"
	admin.Post(variants, apitest.Fields{"options": apitest.Fields{"size": "100"}, "price": "9"}).
		Problem(http.StatusConflict, "too_many_variants")
	second := fmt.Sprintf("%s/%d", variants, product.Variants[1].ID)
	admin.Put(second, apitest.Fields{
		"options": apitest.Fields{"size": "1"}, "price": "9", "gtin": "2000000000015",
	}).Problem(http.StatusConflict, "gtin_taken")
	admin.Put(second, apitest.Fields{"options": apitest.Fields{"size": "0"}, "price": "9"}).
		Problem(http.StatusConflict, "options_taken")
	admin.Patch(second, apitest.Fields{"gtin": "2000000000015"}).
		Problem(http.StatusConflict, "gtin_taken")
	admin.Patch(second, apitest.Fields{"sku": "S-0"}).Problem(http.StatusConflict, "sku_taken")

	other := admin.Product(apitest.Fields{"name": "Trousers", "variants": []apitest.Fields{
		{"options": apitest.Fields{"size": "0"}, "price": "9"},
	}})
	admin.Post(productAddress(other)+"/variants", apitest.Fields{
		"options": apitest.Fields{"size": "1"}, "price": "9", "gtin": "2000000000015",
	}).Problem(http.StatusConflict, "gtin_taken")
}

// getVariant, replaceVariant, updateVariant, deleteVariant, updateProductImage, deleteProductImage:
// of a product that there is not.
func TestPartsOfNoProductAreNotFound(t *testing.T) {
	t.Parallel()
	admin := apitest.New(t).Admin()
	for path, change := range map[string]apitest.Fields{
		"/api/v1/admin/products/4242/variants/1": {"price": "9"},
		"/api/v1/admin/products/4242/images/1":   {"alt": "A shirt"},
	} {
		admin.Patch(path, change).Problem(http.StatusNotFound, "product_not_found")
		admin.Delete(path).Problem(http.StatusNotFound, "product_not_found")
	}
	variant := "/api/v1/admin/products/4242/variants/1"
	admin.Get(variant).Problem(http.StatusNotFound, "product_not_found")
	admin.Put(variant, apitest.Fields{"price": "9"}).
		Problem(http.StatusNotFound, "product_not_found")
}
