package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/openapi"
)

// Contract is openapi.yaml read apart from the server: another loader of the same file, another
// router, and every object closed, so that a field the contract does not name is found out.
type Contract struct {
	Spec   *openapi3.T
	router routers.Router
	// declared has the codes of each operation's problems, by operationId. They come with what
	// the catalogue says of them.
	declared map[string]map[string]openapi.Problem
}

// ReadContract reads a contract.
func ReadContract(text []byte) (*Contract, error) {
	document, err := openapi.Served(text)
	if err != nil {
		return nil, err
	}
	served, err := document.JSON()
	if err != nil {
		return nil, err
	}
	spec, err := openapi3.NewLoader().LoadFromData(served)
	if err != nil {
		return nil, err
	}
	if id := spec.Components.Schemas["Id"]; id != nil {
		id.Value.Max = new(float64(math.MaxInt64)) // clients read less, for exactness
	}
	for _, schema := range spec.Components.Schemas {
		closeObjects(schema.Value)
	}
	spec.Servers = nil
	router, err := gorillamux.NewRouter(spec)
	if err != nil {
		return nil, err
	}
	declared, err := declaredProblems(text)
	return &Contract{Spec: spec, router: router, declared: declared}, err
}

// declaredProblems reads which problems each operation declares, by itself or by its kind.
func declaredProblems(text []byte) (map[string]map[string]openapi.Problem, error) {
	document, err := openapi.Flatten(text)
	if err != nil {
		return nil, err
	}
	problems, err := document.Problems()
	if err != nil {
		return nil, err
	}
	declared := make(map[string]map[string]openapi.Problem)
	for _, p := range problems {
		for _, operation := range p.Operations {
			if declared[operation] == nil {
				declared[operation] = make(map[string]openapi.Problem)
			}
			declared[operation][p.Code] = p
		}
	}
	return declared, nil
}

var contract = sync.OnceValue(func() *Contract {
	c, err := ReadContract(shopd.Contract)
	if err != nil {
		panic(err)
	}
	return c
})

func closeObjects(schema *openapi3.Schema) {
	if schema.Properties != nil && schema.AdditionalProperties.Has == nil &&
		schema.AdditionalProperties.Schema == nil {
		schema.AdditionalProperties.Has = new(false)
	}
	for _, property := range schema.Properties {
		if property.Ref == "" {
			closeObjects(property.Value)
		}
	}
}

var options = &openapi3filter.Options{
	MultiError:            true,
	IncludeResponseStatus: true,
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	// What the decoders of the validator cannot read is compared by the tests themselves.
	SkipSettingDefaults: true,
}

// The checks of an exchange, by the names Schemathesis has for them.
const (
	StatusCodeConformance      = "status_code_conformance"
	ContentTypeConformance     = "content_type_conformance"
	ResponseHeadersConformance = "response_headers_conformance"
	ResponseSchemaConformance  = "response_schema_conformance"
	NegativeDataRejection      = "negative_data_rejection"
	ProblemConformance         = "problem_conformance"
)

// Violation is a disagreement of server and contract.
type Violation struct{ Check, Detail string }

func (v *Violation) Error() string { return v.Check + ": " + v.Detail }

func violation(check, format string, args ...any) *Violation {
	return &Violation{check, fmt.Sprintf(format, args...)}
}

// Exchange is a request and its response.
type Exchange struct {
	Request *http.Request
	Content []byte // the request's body
	Status  int
	Header  http.Header
	Body    []byte
}

// ErrNoOperation says that the contract has no operation at an address.
var ErrNoOperation = errors.New("the contract has no such operation")

// ValidRequest checks a request against the contract, as far as OpenAPI can express it.
func (c *Contract) ValidRequest(request *http.Request, content []byte) error {
	input, err := c.input(request, content)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(context.Background(), input)
}

func (c *Contract) input(
	request *http.Request, content []byte,
) (*openapi3filter.RequestValidationInput, error) {
	ask := request.Clone(context.Background())
	ask.Body = io.NopCloser(bytes.NewReader(content))
	if ask.Method == http.MethodHead {
		ask.Method = http.MethodGet
	}
	ask.URL.Host, ask.URL.Scheme, ask.Host = "", "", ""
	route, path, err := c.router.FindRoute(ask)
	if err != nil {
		return nil, ErrNoOperation
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    ask,
		PathParams: path,
		Route:      route,
		Options:    options,
	}
	if strings.HasPrefix(
		ask.Header.Get("Content-Type"), "multipart/",
	) { // its parts are for the tests of the operation
		input.Options = new(*options)
		input.Options.ExcludeRequestBody = true
	}
	return input, nil
}

// Check checks an exchange against the contract: a request that breaks it must not succeed, and the
// response must be documented in every respect. It returns the operation, and a *Violation or
// ErrNoOperation.
func (c *Contract) Check(e Exchange) (operation string, err error) {
	input, err := c.input(e.Request, e.Content)
	if err != nil {
		return "", err
	}
	operation = input.Route.Operation.OperationID
	if invalid := openapi3filter.ValidateRequest(context.Background(), input); invalid != nil &&
		e.Status < 400 {
		return operation, violation(
			NegativeDataRejection, "it is against the contract and succeeded: %v", invalid,
		)
	}
	if e.Request.Method == http.MethodHead {
		return operation, nil
	}
	if v := checkAnswer(input, e); v != nil {
		return operation, v
	}
	if v := c.checkCode(operation, e); v != nil {
		return operation, v
	}
	return operation, nil
}

// check checks an exchange against the contract, and records which operation and status it reached.
func check(t testing.TB, request *http.Request, content []byte, answer *Answer) {
	t.Helper()
	if request.Method == http.MethodOptions {
		return
	}
	require.NotEmpty(t, answer.Header.Get("X-Request-Id"), "every response has a request id")
	exchange := Exchange{
		Request: request,
		Content: content,
		Status:  answer.Status,
		Header:  answer.Header,
		Body:    answer.Body,
	}
	operation, err := contract().Check(exchange)
	if errors.Is(err, ErrNoOperation) { // only a problem may come back
		if v := checkProblem(exchange); v != nil {
			require.NoError(
				t, v, "%s %s answered %d", request.Method, request.URL.Path, answer.Status,
			)
		}
		return
	}
	require.NoError(
		t, err, "%s %s answered %d: %s", request.Method, request.URL, answer.Status, answer.Body,
	)
	if request.Method != http.MethodHead {
		reached.note(operation, answer.Status, codeOf(exchange))
	}
}

func init() {
	// The validator compares bodies of these types as text.
	for _, media := range []string{
		"text/html", "application/yaml", "text/event-stream", "image/jpeg", "image/png", "text/csv",
		"application/xml",
	} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.FileBodyDecoder)
	}
}
