// Code generated from openapi.yaml by go generate. DO NOT EDIT.

package client

// TakesIdempotencyKey are the operations that take an Idempotency-Key, as patterns of net/http.
var TakesIdempotencyKey = []string{
	"POST /api/v1/admin/orders/{id}/refunds",
	"POST /api/v1/orders",
	"POST /api/v1/orders/{id}/pay",
}
