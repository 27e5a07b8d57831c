package apitest

import (
	"maps"
	"net/http"

	"github.com/shopd/shopd/gen/api"
)

// Fields is a JSON body of a request.
type Fields = map[string]any

// IfMatch returns the header that makes a change conditional on an ETag.
func IfMatch(tag string) Header { return Header{Name: "If-Match", Value: tag} }

// Product creates a product with the fields of createProduct, as the caller. Without a name or a
// price it gets some.
func (c Caller) Product(fields Fields) api.AdminProduct {
	c.t.Helper()
	body := Fields{"name": "Kettle " + randomWord(), "price": "12.50"}
	maps.Copy(body, fields)
	var product api.AdminProduct
	c.Post("/api/v1/admin/products", body).Want(http.StatusCreated).Into(&product)
	return product
}
