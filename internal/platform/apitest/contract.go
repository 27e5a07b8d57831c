package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen"
)

// contract is openapi.yaml read apart from the server: another loader of the same file, another router, and
// every object closed, so that a field the contract does not name is found out.
var contract = sync.OnceValue(func() routers.Router {
	spec, err := openapi3.NewLoader().LoadFromData(gen.Contract)
	if err != nil {
		panic(err)
	}
	for _, schema := range spec.Components.Schemas {
		closeObjects(schema.Value)
	}
	spec.Servers = nil
	router, err := gorillamux.NewRouter(spec)
	if err != nil {
		panic(err)
	}
	return router
})

func closeObjects(schema *openapi3.Schema) {
	if schema.Properties != nil && schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil {
		schema.AdditionalProperties.Has = new(false)
	}
	for _, property := range schema.Properties {
		if property.Ref == "" {
			closeObjects(property.Value)
		}
	}
}

var options = &openapi3filter.Options{
	MultiError: true, IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	// What the decoders of the validator cannot read is compared by the tests themselves.
	SkipSettingDefaults: true,
}

// check holds an exchange against the contract and notes what it reached.
func check(t testing.TB, request *http.Request, content []byte, answer *Answer) {
	t.Helper()
	if request.Method == http.MethodOptions {
		return
	}
	ask := request.Clone(request.Context())
	ask.Body = io.NopCloser(bytes.NewReader(content))
	if ask.Method == http.MethodHead {
		ask.Method = http.MethodGet
	}
	require.NotEmpty(t, answer.Header.Get("X-Request-Id"), "every response has a request id")
	require.Less(t, answer.Status, 600)
	ask.URL.Host, ask.URL.Scheme, ask.Host = "", "", ""
	route, path, err := contract().FindRoute(ask)
	if err != nil { // no such operation: only a problem may come back
		requireProblem(t, answer)
		return
	}
	input := &openapi3filter.RequestValidationInput{Request: ask, PathParams: path, Route: route, Options: options}
	if strings.HasPrefix(ask.Header.Get("Content-Type"), "multipart/") { // its parts are for the tests of the operation
		input.Options = new(*options)
		input.Options.ExcludeRequestBody = true
	}
	if invalid := openapi3filter.ValidateRequest(ask.Context(), input); invalid != nil {
		require.GreaterOrEqual(t, answer.Status, 400, "%s %s is against the contract and succeeded: %v", request.Method, request.URL, invalid)
	}
	if request.Method == http.MethodHead {
		return
	}
	err = openapi3filter.ValidateResponse(ask.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.Status, Header: answer.Header,
		Body: io.NopCloser(bytes.NewReader(answer.Body)), Options: options,
	})
	require.NoError(t, err, "%s %s answered %d: %s", request.Method, request.URL.Path, answer.Status, answer.Body)
	if answer.Status >= 400 {
		media := answer.Header.Get("Content-Type")
		if route.Operation.Responses.Status(answer.Status) == nil || media != "application/json" {
			requireProblem(t, answer)
		}
	}
	reached.note(route.Operation.OperationID, answer.Status)
}

// requireProblem requires a problem with all it must say.
func requireProblem(t testing.TB, answer *Answer) {
	t.Helper()
	require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"), "%s", answer.Body)
	var problem struct {
		Type, Title, Detail, Code string
		Status                    int
		RequestID                 string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal(answer.Body, &problem), "%s", answer.Body)
	require.Equal(t, answer.Status, problem.Status)
	require.Equal(t, answer.Header.Get("X-Request-Id"), problem.RequestID)
	require.True(t, strings.HasSuffix(problem.Type, "/"+problem.Code), problem.Type)
	require.NotEmpty(t, problem.Title)
	require.Greater(t, len(problem.Detail), 10)
}

func init() {
	// The validator compares bodies of these types as text.
	for _, media := range []string{"text/html", "application/yaml", "text/event-stream", "image/jpeg", "image/png", "text/csv", "application/xml"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.FileBodyDecoder)
	}
}
