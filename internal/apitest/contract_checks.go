package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// checkCode wants the code of a problem declared for the operation, with the problem's status.
func (c *Contract) checkCode(operation string, e Exchange) *Violation {
	code := codeOf(e)
	if code == "" || e.Status == http.StatusMethodNotAllowed { // no operation has that one
		return nil
	}
	declared, ok := c.declared[operation][code]
	switch {
	case !ok:
		return violation(ProblemConformance, "x-problems of %s lacks %s", operation, code)
	case declared.Status != e.Status:
		return violation(
			ProblemConformance, "%s has the status %d in x-problems, not %d", code, declared.Status,
			e.Status,
		)
	}
	return nil
}

// codeOf returns the code of a problem, or "" if the response is something else.
func codeOf(e Exchange) string {
	var problem struct{ Code string }
	if e.Header.Get("Content-Type") != "application/problem+json" ||
		json.Unmarshal(e.Body, &problem) != nil {
		return ""
	}
	return problem.Code
}

// general are the statuses of problems that any operation may return without documenting them: see
// the response Problem.
var general = []int{
	http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
	http.StatusRequestHeaderFieldsTooLarge, 499,
	http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// sometimes are the headers that a response may lack although the contract names them. Their
// descriptions say when.
var sometimes = []string{
	"Idempotent-Replayed", "X-Assistant-Provider", "RateLimit-Limit", "RateLimit-Remaining",
	"RateLimit-Reset",
}

func checkAnswer(input *openapi3filter.RequestValidationInput, e Exchange) *Violation {
	responses := input.Route.Operation.Responses
	documented := responses.Status(e.Status)
	if documented == nil {
		if !slices.Contains(general, e.Status) && !isOfAnotherSite(e) {
			return violation(StatusCodeConformance, "%d is not documented", e.Status)
		}
		if documented = responses.Default(); documented == nil {
			return violation(
				StatusCodeConformance, "%d is not documented, and there is no default", e.Status,
			)
		}
	}
	response := documented.Value
	if len(response.Content) == 0 && len(e.Body) > 0 {
		return violation(
			ContentTypeConformance, "%d has no body in the contract, and has one: %.80q", e.Status,
			e.Body,
		)
	}
	if len(response.Content) > 0 && response.Content.Get(e.Header.Get("Content-Type")) == nil {
		return violation(
			ContentTypeConformance, "%d as %q is not documented", e.Status,
			e.Header.Get("Content-Type"),
		)
	}
	for name := range response.Headers {
		if e.Header.Get(name) == "" && !slices.Contains(sometimes, name) {
			return violation(ResponseHeadersConformance, "%d lacks the header %s", e.Status, name)
		}
	}
	err := openapi3filter.ValidateResponse(
		context.Background(),
		&openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: e.Status, Header: e.Header,
			Body: io.NopCloser(bytes.NewReader(e.Body)), Options: options,
		},
	)
	if err != nil {
		var fault *openapi3filter.ResponseError
		if errors.As(err, &fault) && strings.Contains(fault.Reason, "header") {
			return violation(ResponseHeadersConformance, "%v", err)
		}
		return violation(ResponseSchemaConformance, "%v", err)
	}
	if e.Status >= 400 &&
		(responses.Status(e.Status) == nil || e.Header.Get("Content-Type") != "application/json") {
		return checkProblem(e)
	}
	return nil
}

// isOfAnotherSite reports whether a browser's request was refused for where it came from, as any
// may be.
func isOfAnotherSite(e Exchange) bool {
	var problem struct{ Code string }
	return e.Status == http.StatusForbidden && json.Unmarshal(e.Body, &problem) == nil &&
		(problem.Code == "cross_origin" || problem.Code == "csrf_token_missing")
}

// checkProblem wants a problem with all it must say.
func checkProblem(e Exchange) *Violation {
	var problem struct {
		Type, Title, Detail, Code string
		Status                    int
		RequestID                 string `json:"request_id"`
	}
	err := json.Unmarshal(e.Body, &problem)
	switch {
	case e.Header.Get("Content-Type") != "application/problem+json":
		return violation(ContentTypeConformance, "a %d that is no problem: %.80q", e.Status, e.Body)
	case err != nil, problem.Status != e.Status, problem.RequestID != e.Header.Get("X-Request-Id"),
		problem.Type != "/problems/"+problem.Code, problem.Title == "", len(problem.Detail) <= 10:
		return violation(
			ResponseSchemaConformance, "a problem that does not say all it must: %s", e.Body,
		)
	}
	return nil
}
