package cart

import (
	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors that clients see.
var (
	ErrNotFound = problem.NotFound(
		"cart_not_found", "The token opens no cart. Leave X-Cart-Token out and begin another.",
	)
	ErrNoLine = problem.NotFound("cart_line_not_found", "The product is not in the cart.")
	ErrFull   = problem.Conflict(
		"cart_full", "The cart has 100 lines, which is the most. Take something out first.",
	)
	errTooMany = problem.Invalid(problem.Field{
		Pointer: "/quantity", Message: "would make more than 10000 units of the line",
	})
	errQuantityOrDelta = problem.Invalid(problem.Field{
		Pointer: "", Message: "needs quantity or delta, and not both",
	})
)
