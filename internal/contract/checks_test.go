package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/apitest"
)

// The checks of Schemathesis that need more than one exchange, by their names there. apitest has
// the others.
const (
	notAServerError            = "not_a_server_error"
	positiveDataAcceptance     = "positive_data_acceptance"
	missingRequiredHeader      = "missing_required_header"
	unsupportedMethod          = "unsupported_method"
	allowHeaderConformance     = "allow_header_conformance"
	useAfterFree               = "use_after_free"
	ensureResourceAvailability = "ensure_resource_availability"
	ignoredAuth                = "ignored_auth"
	maxResponseTime            = "max_response_time"
)

// checkNames are all checks, in the order of the figures.
var checkNames = []string{
	notAServerError, apitest.StatusCodeConformance, apitest.ContentTypeConformance,
	apitest.ResponseHeadersConformance, apitest.ResponseSchemaConformance,
	apitest.NegativeDataRejection, positiveDataAcceptance, missingRequiredHeader, unsupportedMethod,
	allowHeaderConformance, useAfterFree, ensureResourceAvailability, ignoredAuth,
}

// separator separates the messages about fields.
const separator = " | "

// reply is a response.
type reply struct {
	status int
	header http.Header
	body   []byte
	code   string // of a problem
	fields string // the messages about fields, of a problem
}

func readReply(status int, header http.Header, body []byte) reply {
	r := reply{status: status, header: header, body: body}
	if strings.HasPrefix(header.Get("Content-Type"), "application/problem+json") {
		var problem struct {
			Code   string
			Errors []struct{ Pointer, Message string }
		}
		_ = json.Unmarshal(body, &problem) // another check compares it with the schema
		r.code = problem.Code
		for _, e := range problem.Errors {
			r.fields += e.Pointer + " " + e.Message + separator
		}
	}
	return r
}

func violated(check, format string, args ...any) *apitest.Violation {
	return &apitest.Violation{Check: check, Detail: fmt.Sprintf(format, args...)}
}

// judge checks the response to a call.
func (e *engine) judge(c *call, request *http.Request, r reply) *apitest.Violation {
	e.ran(notAServerError)
	if r.status >= 500 {
		return violated(notAServerError, "%d", r.status)
	}
	if c.kind == "method" {
		return e.judgeMethod(c, r)
	}
	for _, check := range []string{
		apitest.StatusCodeConformance, apitest.ContentTypeConformance,
		apitest.ResponseHeadersConformance, apitest.ResponseSchemaConformance,
	} {
		e.ran(check)
	}
	_, err := e.contract.Check(
		apitest.Exchange{
			Request: request,
			Content: c.body,
			Status:  r.status,
			Header:  r.header,
			Body:    r.body,
		},
	)
	if v, ok := err.(*apitest.Violation); ok { //nolint:errorlint // it is never wrapped
		return v
	}
	if c.defect == "" {
		e.ran(positiveDataAcceptance)
		if why := refusal(c, r); why != "" {
			return violated(positiveDataAcceptance, "%s", why)
		}
		return nil
	}
	check := apitest.NegativeDataRejection
	switch {
	case c.kind == "token":
		check = ignoredAuth
	case strings.HasPrefix(c.defect, "header") && strings.HasSuffix(c.defect, "missing"),
		c.kind == "transport" && c.media == "":
		check = missingRequiredHeader
	}
	e.ran(check)
	if !slices.Contains(c.want, r.status) {
		return violated(check, "%d, not one of %d", r.status, c.want)
	}
	return nil
}

// judgeMethod requires 405, and an Allow with exactly the methods of the contract.
func (e *engine) judgeMethod(c *call, r reply) *apitest.Violation {
	e.ran(unsupportedMethod)
	if r.status != http.StatusMethodNotAllowed {
		return violated(unsupportedMethod, "%d, not 405", r.status)
	}
	e.ran(allowHeaderConformance)
	allowed := strings.Split(strings.ReplaceAll(r.header.Get("Allow"), " ", ""), ",")
	allowed = slices.DeleteFunc(
		allowed, func(method string) bool { return method == http.MethodOptions },
	)
	slices.Sort(allowed)
	if !slices.Equal(allowed, e.methods[c.op.path]) && !slices.Equal(allowed, e.own(c.op.path)) {
		return violated(allowHeaderConformance, "Allow: %s, not %s", allowed, e.methods[c.op.path])
	}
	return nil
}

// own returns the methods of the operations of a path, without those of other paths that match.
func (e *engine) own(path string) (methods []string) {
	for _, op := range e.operations {
		if op.path == path {
			methods = append(methods, op.method)
			if op.method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
		}
	}
	slices.Sort(methods)
	return methods
}

// refusal returns why a valid request must not have been refused; empty if it may. The state of the
// shop may be a reason: something is gone, taken, sold out, not paid, or not the caller's. The form
// of the request may not.
func refusal(c *call, r reply) string {
	documented := c.op.document.Responses.Status(r.status) != nil
	switch {
	case r.status < 400:
		return ""
	case slices.Contains(
		[]int{
			http.StatusPaymentRequired, http.StatusNotFound, http.StatusConflict,
			http.StatusPreconditionFailed,
		},
		r.status,
	) && documented:
		return ""
	case r.status == http.StatusRequestedRangeNotSatisfiable && documented:
		return ""
	case (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden) && documented &&
		r.code != "missing_token" && r.code != "invalid_token" && r.code != "forbidden":
		return "" // a wrong password, a refresh token that was used
	case r.status == http.StatusBadRequest && documented &&
		!strings.HasPrefix(r.code, "malformed") && r.code != "missing_body":
		return "" // a link or a signature that is too old, a status an order cannot have
	case r.status == http.StatusUnprocessableEntity && r.code != "invalid_request" &&
		saysSo(c.op, r.code):
		return ""
	case r.status == http.StatusUnprocessableEntity && r.code == "invalid_request" &&
		saidInWords(r):
		return ""
	}
	return fmt.Sprintf("%d %s %s", r.status, r.code, r.fields)
}

// saysSo reports whether the descriptions of an operation name a problem.
func saysSo(op *operation, code string) bool {
	words := op.document.Description
	for _, parameter := range op.parameters {
		words += parameter.Description
	}
	for _, response := range op.document.Responses.Map() {
		if response.Value.Description != nil {
			words += *response.Value.Description
		}
	}
	return strings.Contains(words, "`"+code+"`")
}
