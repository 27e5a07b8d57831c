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

// compareProducts: the rows, their order, and what is refused.
func TestCompareProducts(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Exec(`INSERT INTO products (name, slug, attributes, is_active) VALUES
		('Pot', 'pot', '{"material": "steel", "size": "2 l"}', true),
		('Jug', 'jug', '{"material": "glass", "size": "2 l", "lid": "oak"}', true),
		('Ghost', 'ghost', '{}', false)`)
	shop.Exec(
		`INSERT INTO variants (product_id, is_default, sku, price_minor, discount_minor, stock)
		SELECT id, true, slug, 2000, CASE slug WHEN 'jug' THEN 1500 END, 5 FROM products`,
	)
	id := func(slug string) int64 {
		return apitest.Value[int64](shop, "SELECT id FROM products WHERE slug = $1", slug)
	}
	pot, jug := id("pot"), id("jug")

	var both api.ProductComparison
	shop.Get(fmt.Sprintf("/api/v1/products/compare?ids=%d&ids=%d", jug, pot)).
		Want(http.StatusOK).
		Into(&both)
	require.Len(t, both.Products, 2)
	commas, err := http.Get(
		shop.URL() + fmt.Sprintf("/api/v1/products/compare?ids=%d,%d", jug, pot),
	)
	require.NoError(t, err)
	require.NoError(t, commas.Body.Close())
	assert.Equal(t, http.StatusOK, commas.StatusCode, "one value with commas means the same")
	assert.Equal(
		t, []string{"Jug", "Pot"}, []string{both.Products[0].Name, both.Products[1].Name},
		"in the order asked for",
	)
	values := map[string][2]string{}
	sawSame := false
	for _, row := range both.Rows {
		var pair [2]string
		for i, value := range row.Values {
			if value != nil {
				pair[i] = *value
			}
		}
		values[row.Field] = pair
		assert.Equal(t, pair[0] != pair[1], row.Differs, row.Field)
		assert.False(t, row.Differs && sawSame, "what differs comes first")
		sawSame = sawSame || !row.Differs
	}
	assert.Equal(t, [2]string{"15.00", "20.00"}, values["price"])
	assert.Equal(t, [2]string{"25", ""}, values["discount_percent"])
	assert.Equal(t, [2]string{"glass", "steel"}, values["attributes.material"])
	assert.Equal(t, [2]string{"2 l", "2 l"}, values["attributes.size"])
	assert.Equal(
		t, [2]string{"oak", ""}, values["attributes.lid"],
		"the catalogue does not say whether the pot has one",
	)

	shop.Get(fmt.Sprintf("/api/v1/products/compare?ids=%d&ids=%d", jug, id("ghost"))).
		Problem(http.StatusNotFound, "product_not_found")
	for _, ids := range []string{
		fmt.Sprint(jug), fmt.Sprintf("%d,%d", jug, jug), "1,2,3,4,5", "a,b", "",
	} {
		shop.Get("/api/v1/products/compare?ids="+ids).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	assert.Equal(
		t,
		1,
		shop.Statements(
			func() {
				shop.Get(fmt.Sprintf("/api/v1/products/compare?ids=%d&ids=%d", jug, pot)).
					Want(http.StatusOK)
			},
		),
	)
}
