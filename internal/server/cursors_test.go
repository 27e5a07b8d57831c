package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// listProducts, listFeaturedProducts, adminListProducts, listStock, listAuditLog: the cursor of one
// list opens no other list, nor the same list with other filters or in another order.
func TestCursorsBelongToTheirLists(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	for _, name := range []string{"One", "Two"} { // for the lists that log what staff does
		admin.Post("/api/v1/admin/brands", map[string]any{"name": name}).Want(http.StatusCreated)
	}
	lists := []string{"/api/v1/products?sort=price_asc", "/api/v1/products?in_stock=true"}
	for path, item := range contract(t).Paths.Map() {
		if item.Get != nil && hasCursor(item.Get.Parameters) {
			lists = append(lists, strings.NewReplacer("{id}", "1").Replace(path)+"?")
		}
	}
	require.Greater(t, len(lists), 15)
	cursors := map[string]string{}
	for _, list := range lists {
		var page struct {
			NextCursor string `json:"next_cursor"`
		}
		if answer := admin.Get(list + "&limit=1"); answer.Status == http.StatusOK {
			answer.Into(&page)
		}
		if page.NextCursor != "" {
			cursors[list] = page.NextCursor
		}
	}
	assert.GreaterOrEqual(t, len(cursors), 7, "lists with a second page")
	for from, cursor := range cursors {
		for _, list := range lists {
			answer := admin.Get(list + "&limit=1&cursor=" + url.QueryEscape(cursor))
			if list == from {
				answer.Want(http.StatusOK)
			} else if answer.Status != http.StatusNotFound { // there is no product 1, perhaps
				problem := answer.Problem(http.StatusUnprocessableEntity, "invalid_request")
				require.Len(t, problem.Errors, 1, "%s with a cursor of %s", list, from)
				assert.Equal(t, "/cursor", problem.Errors[0].Pointer)
			}
		}
	}
}

func hasCursor(parameters openapi3.Parameters) bool {
	return parameters.GetByInAndName(openapi3.ParameterInQuery, "cursor") != nil
}
