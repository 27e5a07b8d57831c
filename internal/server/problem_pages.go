package server

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"sync"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/openapi"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// problemBase begins the type of every problem, which is the address of its description on this
// server; the rest is its code.
const problemBase = "/problems/"

// problemsPolicy lets the pages of problems use their own style and nothing else.
const problemsPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'"

// problemHeaders are those of all descriptions of problems.
var problemHeaders = api.ListProblemTypes200ResponseHeaders{
	ContentSecurityPolicy: new(problemsPolicy),
}

var errNoProblem = problem.NotFound(
	"problem_not_found", "There is no problem with this code. See /problems for all there are.",
)

//go:embed problems.html
var problemsPage string

var problemsTemplate = template.Must(
	template.New("problems").Funcs(template.FuncMap{"words": statusText}).Parse(problemsPage),
)

func statusText(status int32) string { return http.StatusText(int(status)) }

// readProblems reads the catalogue of problems from the contract, at the first use.
var readProblems = sync.OnceValues(func() ([]api.ProblemType, error) {
	document, err := openapi.Flatten(shopd.Contract)
	if err != nil {
		return nil, err
	}
	problems, err := document.Problems()
	if err != nil {
		return nil, err
	}
	types := make([]api.ProblemType, len(problems))
	for i, p := range problems {
		types[i] = api.ProblemType{
			Type:       problemBase + p.Code,
			Code:       p.Code,
			Status:     int32(p.Status), //nolint:gosec // a status of HTTP
			Meaning:    p.Meaning,
			Remedy:     p.Remedy,
			Operations: append([]string{}, p.Operations...),
		}
	}
	return types, nil
})

// ListProblemTypes returns all problems that the API responds with.
func (*Site) ListProblemTypes(
	ctx context.Context, _ api.ListProblemTypesRequestObject,
) (api.ListProblemTypesResponseObject, error) {
	types, err := readProblems()
	if err != nil {
		return nil, err
	}
	if !prefersPage(ctx) {
		return api.ListProblemTypes200JSONResponse{
			Body:    api.ProblemTypes{Items: types},
			Headers: problemHeaders,
		}, nil
	}
	page, err := problemPage(types)
	return api.ListProblemTypes200TextHTMLResponse{
		Body:          bytes.NewReader(page),
		Headers:       problemHeaders,
		ContentLength: int64(len(page)),
	}, err
}

// GetProblemType returns what a code means and what to do about it.
func (*Site) GetProblemType(
	ctx context.Context, r api.GetProblemTypeRequestObject,
) (api.GetProblemTypeResponseObject, error) {
	types, err := readProblems()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(types, func(t api.ProblemType) bool { return t.Code == r.Code })
	if i < 0 {
		return nil, errNoProblem
	}
	if !prefersPage(ctx) {
		return api.GetProblemType200JSONResponse{
			Body:    types[i],
			Headers: api.GetProblemType200ResponseHeaders(problemHeaders),
		}, nil
	}
	page, err := problemPage(types[i : i+1])
	return api.GetProblemType200TextHTMLResponse{
		Body:          bytes.NewReader(page),
		Headers:       api.GetProblemType200ResponseHeaders(problemHeaders),
		ContentLength: int64(len(page)),
	}, err
}

// prefersPage reports whether the client wants a page rather than JSON. The response says that it
// depends on that.
func prefersPage(ctx context.Context) bool {
	info := request.From(ctx)
	info.Answer.Add("Vary", "Accept")
	return info.PrefersHTML
}

// problemPage returns a page about problems.
func problemPage(types []api.ProblemType) ([]byte, error) {
	var page bytes.Buffer
	err := problemsTemplate.Execute(&page, types)
	return page.Bytes(), err
}
