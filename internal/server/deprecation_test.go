package server

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ending is a contract with one deprecated operation and another one.
const ending = `
openapi: 3.0.3
info: {title: test, version: 1.0.0}
paths:
  /old:
    get:
      operationId: getOld
      security: [{bearer: []}]
      x-role: customer
      x-rate-limit: none
      deprecated: true
      x-deprecated-since: 2026-11-01
      x-sunset: '2027-05-01'
      responses: {default: {description: Any.}}
  /new:
    get:
      operationId: getNew
      security: []
      x-rate-limit: none
      responses: {default: {description: Any.}}
`

func operationsOf(t *testing.T, contract string) (map[string]*operation, error) {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData([]byte(contract))
	require.NoError(t, err)
	return readOperations(spec)
}

// An operation that is deprecated says so in the headers of every response.
func TestWhatIsToGoSaysSoInEveryAnswer(t *testing.T) {
	t.Parallel()
	operations, err := operationsOf(t, ending)
	require.NoError(t, err)
	s := &Server{
		echo:       echo.New(),
		operations: operations,
		log:        slog.New(slog.DiscardHandler),
		metrics:    newMetrics(nil, nil),
		origins:    http.NewCrossOriginProtection(),
	}
	s.echo.Use(s.observe, s.admit)
	for path := range map[string]bool{"/old": true, "/new": true} {
		s.echo.GET(path, func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	}

	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/old", nil))
	assert.Equal(t, http.StatusUnauthorized, answer.Code, "refusals say it too")
	assert.Equal(t, "@1793491200", answer.Header().Get("Deprecation"))
	assert.Equal(t, "Sat, 01 May 2027 00:00:00 GMT", answer.Header().Get("Sunset"))

	answer = httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/new", nil))
	assert.Empty(t, answer.Header().Values("Deprecation"))
	assert.Empty(t, answer.Header().Values("Sunset"))
}

// readOperations: an operation whose deprecation lacks a part stops the start.
func TestADeprecationIsWhole(t *testing.T) {
	t.Parallel()
	for change, complaint := range map[[2]string]string{
		{"      deprecated: true\n", ""}:                     "is not deprecated",
		{"      x-sunset: '2027-05-01'\n", ""}:               "when it ends with x-sunset",
		{"      x-deprecated-since: 2026-11-01\n", ""}:       "say since when",
		{"x-sunset: '2027-05-01'", "x-sunset: next spring"}:  "next spring is not a date",
		{"x-sunset: '2027-05-01'", "x-sunset: '2026-05-01'"}: "ends before",
		{
			"since: 2026-11-01", "since: 2026-13-01",
		}: "x-deprecated-since: 2026-13-01 is not a date",
	} {
		_, err := operationsOf(t, strings.Replace(ending, change[0], change[1], 1))
		assert.ErrorContains(t, err, complaint)
	}
}
