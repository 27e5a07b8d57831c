package apitest

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// unprovoked are problems that no test of the operation's package provokes, and why: by code, or by
// operationId and code.
var unprovoked = map[string]string{
	"payOrder amount_refused": "Stripe alone refuses amounts: see stripepay's " +
		"own tests",
	"payOrder nothing_to_pay":                   "an order of nothing is PAID when it is placed",
	"createVariantMatrix sku_taken":             "it needs a product that takes the SKU meanwhile",
	"createPaymentMethod payment_method_exists": "it needs two requests that race at the provider",
	"deletePaymentMethod payments_unavailable":  "the test provider never loses a method",
	"cancelOrder payment_in_progress":           "it needs a payment under way as an order expires",
	"cancelOrder order_not_cancellable":         "it needs staff that ships the order meanwhile",
	"startImport file_too_large":                "it takes 512 MiB to provoke",
	"assistant_misconfigured":                   "askAssistant shows it for all that ask a model",
	"assistant_quota_exhausted":                 "askAssistant shows it for all that ask a model",
	"assistant_budget":                          "askAssistant shows it for all that ask a model",
	"searchProducts assistant_unavailable":      "the tests of vectors turn the model off",
}

// namedProblems returns the codes that an operation itself names in x-problems.
func namedProblems(operation *openapi3.Operation) (codes []string) {
	list, _ := operation.Extensions["x-problems"].([]any)
	for _, one := range list {
		if code, ok := one.(string); ok {
			codes = append(codes, code)
		}
	}
	return codes
}

// isExplained reports whether it is written down why no test provokes a problem.
func isExplained(operation *openapi3.Operation, code string) bool {
	return unprovoked[code] != "" || unprovoked[operation.OperationID+" "+code] != ""
}
