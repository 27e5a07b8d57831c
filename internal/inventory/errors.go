package inventory

import (
	"net/http"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors that clients see.
var (
	ErrNoProduct       = problem.NotFound("product_not_found", "There is no such product.")
	ErrNoVariant       = problem.NotFound("variant_not_found", "There is no such variant.")
	ErrVariantRequired = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "variant_required",
		Resolution: problem.FixRequest,
		Detail:     "The product has several variants: say which by variant_id.",
		Fields: []problem.Field{{
			Pointer: "/variant_id", Message: "is required: the product has several variants",
		}},
	}
	ErrStockChanged = problem.Conflict(
		"stock_changed", "There is another number of units there than you expected.",
	)
	ErrInsufficient = problem.Conflict("insufficient_stock", "There are not that many units.")
	ErrTooManyUnits = problem.Conflict(
		"too_many_units", "A location holds at most 2147483647 units of a variant.",
	)
	ErrNoLocation    = problem.NotFound("location_not_found", "There is no such location.")
	ErrLocationTaken = problem.Conflict(
		"location_taken", "There is a location with this code already.",
	)
	errUnknownLocation = problem.Invalid(problem.Field{
		Pointer: "/location", Message: "names no location",
	})
	errNamesNothing = problem.Invalid(problem.Field{
		Pointer: "/gtin",
		Message: "names no variant, nor does sku or variant_id: give one of them",
	})
)
