package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// listProblemTypes, getProblemType: the type of a problem leads to what it means, for programs and
// for people.
func TestTheTypeOfAProblemLeadsToWhatToDo(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	met := shop.Get("/api/v1/products/4242").Problem(http.StatusNotFound, "product_not_found")
	assert.Equal(t, "/problems/product_not_found", met.Type)

	var read api.ProblemType
	answer := shop.Get(met.Type).Want(http.StatusOK).Into(&read)
	assert.Equal(t, "Accept", answer.Header.Get("Vary"))
	assert.Equal(t, met.Type, read.Type)
	assert.Equal(t, met.Code, read.Code)
	assert.Equal(t, met.Status, read.Status)
	assert.Contains(t, read.Meaning, "no such product")
	assert.NotEmpty(t, read.Remedy)
	assert.Contains(t, read.Operations, "getProduct")
	assert.NotContains(t, read.Operations, "getBrand")
	shop.Get(met.Type, apitest.Header{Name: "If-None-Match", Value: answer.Header.Get("ETag")}).
		Want(http.StatusNotModified)

	var all api.ProblemTypes
	answer = shop.Get("/problems").Want(http.StatusOK).Into(&all)
	assert.Contains(t, all.Items, read)
	shop.Get("/problems", apitest.Header{Name: "If-None-Match", Value: answer.Header.Get("ETag")}).
		Want(http.StatusNotModified)

	browser := apitest.Header{Name: "Accept", Value: "text/html,application/xhtml+xml,*/*;q=0.8"}
	for path, codes := range map[string]int{"/problems": len(all.Items), met.Type: 1} {
		page := shop.Get(path, browser).Want(http.StatusOK)
		assert.Equal(t, "text/html", page.Header.Get("Content-Type"))
		assert.Contains(t, page.Header.Get("Content-Security-Policy"), "default-src 'none'")
		assert.Contains(t, page.String(), read.Remedy)
		assert.Contains(t, page.String(), `href="/redoc#operation/getProduct"`)
		assert.Equal(t, codes, strings.Count(page.String(), "<section "))
	}
	shop.Get("/problems/no_such_code").Problem(http.StatusNotFound, "problem_not_found")
	shop.Get("/problems?page=2").Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Get("/problems/stale?page=2").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// No operation: every code that the sources have is in the contract.
func TestEveryCodeIsInTheContract(t *testing.T) {
	t.Parallel()
	var all api.ProblemTypes
	apitest.New(t).Get("/problems").Want(http.StatusOK).Into(&all)
	known := map[string]bool{"migrations_pending": true} // a reason of readiness, no problem
	for _, p := range all.Items {
		known[p.Code] = true
	}
	code := regexp.MustCompile(
		`(?:problem\.(?:BadRequest|Unauthorized|Forbidden|NotFound|Conflict|TooMany|Unavailable)` +
			`\(\s*|Code:\s+)"([a-z0-9_]+)"`,
	)
	found := 0
	for _, pattern := range []string{"../*/*.go", "../*/*/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range code.FindAllStringSubmatch(string(text), -1) {
				found++
				assert.True(t, known[match[1]], "%s: %s is not in x-problems", file, match[1])
			}
		}
	}
	assert.Greater(t, found, 100)
}
