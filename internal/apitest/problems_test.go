package apitest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
)

// A code that an operation does not declare, or that has another status in x-problems, is found.
func TestProblemsThatAreNotDeclaredAreFound(t *testing.T) {
	t.Parallel()
	lacking := strings.Replace(string(shopd.Contract), "[product_not_found]", "[]", 1)
	for contract, finds := range map[string]string{
		string(shopd.Contract): "",
		lacking:                "lacks product_not_found",
		strings.ReplaceAll(string(shopd.Contract), "status: 404", "status: 409"): "the status 409",
	} {
		c, err := ReadContract([]byte(contract))
		require.NoError(t, err)
		_, err = c.Check(Exchange{
			Request: httptest.NewRequest(http.MethodGet, "/api/v1/products/9", http.NoBody),
			Status:  http.StatusNotFound,
			Header: http.Header{
				"Content-Type": {"application/problem+json"}, "X-Request-Id": {"a"},
			},
			Body: []byte(`{"type": "/problems/product_not_found", "title": "Not Found",
				"status": 404, "code": "product_not_found", "request_id": "a",
				"detail": "There is no such product."}`),
		})
		if finds == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, finds)
		}
	}
}
