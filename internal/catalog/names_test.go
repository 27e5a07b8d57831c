package catalog_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/catalog"
)

// cafe is one name as programs write it: with blanks of other kinds, decomposed, with characters
// that no reader sees, with another apostrophe.
var cafe = []string{
	"Café L'und", "Cafe\u0301 L'und", "Café\u00a0L'und", "Café  L'und", " Café\u3000\u2003L'und\t",
	"Caf\u200bé L'und", "Café L’und", "\ufeffCafé L\u00ad'und", "Café\u2028Lʼund",
}

func TestNamesAreCleaned(t *testing.T) {
	t.Parallel()
	for _, name := range cafe {
		assert.Equal(t, cafe[0], catalog.CleanName(name), "%q", name)
	}
	assert.Equal(t, "Ｃafé", catalog.CleanName("Ｃafé"), "what people see stays")
}

// createBrand, updateBrand, replaceBrand, createCategory, updateCategory, replaceCategory,
// listProducts, searchProducts
func TestNamesThatLookAlikeAreOneName(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	brand, brandAddress := createBrand(admin, apitest.Fields{"name": cafe[1]})
	assert.Equal(t, cafe[0], brand.Name)
	category, categoryAddress := createCategory(admin, apitest.Fields{"name": cafe[5]})
	assert.Equal(t, cafe[0], category.Name)
	admin.Post("/api/v1/admin/products", apitest.Fields{
		"name": "Cup", "price": "3.00", "brand_id": brand.ID, "category_id": category.ID,
	}).Want(http.StatusCreated)
	for _, name := range cafe {
		admin.Post("/api/v1/admin/brands", apitest.Fields{"name": name}).
			Problem(http.StatusConflict, "brand_name_taken")
		for _, change := range []*apitest.Answer{
			admin.Patch(brandAddress, apitest.Fields{"name": name}),
			admin.Put(brandAddress, apitest.Fields{"name": name}),
			admin.Patch(categoryAddress, apitest.Fields{"name": name}),
			admin.Put(categoryAddress, apitest.Fields{"name": name}),
		} {
			var changed struct{ Name string }
			change.Want(http.StatusOK).Into(&changed)
			assert.Equal(t, cafe[0], changed.Name, "%q", name)
		}
		for _, parameter := range []string{"brand", "category"} {
			query := url.Values{parameter: {name}}.Encode()
			assert.Len(t, list(shop, query).Items, 1, "%s %q", parameter, name)
			var found api.SearchResults
			shop.Get(products + "/search?q=cup&" + query).Want(http.StatusOK).Into(&found)
			assert.Len(t, found.Items, 1, "%s %q", parameter, name)
		}
	}
}
