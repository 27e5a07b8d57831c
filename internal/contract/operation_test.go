package contract_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation is an operation of the contract.
type operation struct {
	id, method, path string
	document         *openapi3.Operation
	parameters       []*openapi3.Parameter // its path's and its own, by place and name
	public           bool                  // needs no account
	guests           bool                  // needs no account, but uses one if there is one
	role             string                // the least role; empty when public
	media            []string              // of the body
}

var roles = []string{"customer", "staff", "administrator"} // from least to most

// readOperations returns the operations, sorted by id.
func readOperations(spec *openapi3.T) []*operation {
	var all []*operation
	for path, item := range spec.Paths.Map() {
		for method, document := range item.Operations() {
			op := &operation{
				id:       document.OperationID,
				method:   method,
				path:     path,
				document: document,
			}
			for _, p := range slices.Concat(item.Parameters, document.Parameters) {
				op.parameters = append(op.parameters, p.Value)
			}
			slices.SortFunc(
				op.parameters,
				func(a, b *openapi3.Parameter) int {
					return strings.Compare(a.In+a.Name, b.In+b.Name)
				},
			)
			op.public = document.Security == nil || len(*document.Security) == 0
			op.guests = !op.public &&
				slices.ContainsFunc(
					*document.Security,
					func(r openapi3.SecurityRequirement) bool { return len(r) == 0 },
				)
			if !op.public {
				op.role, _ = document.Extensions["x-role"].(string)
			}
			if document.RequestBody != nil {
				op.media = slices.Sorted(maps.Keys(document.RequestBody.Value.Content))
			}
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	return all
}

var parameterPattern = regexp.MustCompile(`\{([a-z_]+)\}`)

// pathParameters returns the names in the path, in order.
func (op *operation) pathParameters() (names []string) {
	for _, match := range parameterPattern.FindAllStringSubmatch(op.path, -1) {
		names = append(names, match[1])
	}
	return names
}

// methodsOf returns which methods each path of the contract has, its own and those of paths that
// fit the same addresses, as /products/{id} does /products/search. HEAD comes with GET.
func methodsOf(operations []*operation) map[string][]string {
	methods := map[string][]string{}
	for _, one := range operations {
		for _, other := range operations {
			if fits(other.path, one.path) && !slices.Contains(methods[one.path], other.method) {
				methods[one.path] = append(methods[one.path], other.method)
				if other.method == http.MethodGet {
					methods[one.path] = append(methods[one.path], http.MethodHead)
				}
			}
		}
	}
	for _, list := range methods {
		slices.Sort(list)
	}
	return methods
}

// fits reports whether each address of a path is also one of a pattern.
func fits(pattern, path string) bool {
	parts, others := segments(pattern), segments(path)
	if len(parts) != len(others) {
		return false
	}
	for i := range parts {
		if parts[i] != others[i] && !strings.HasPrefix(parts[i], "{") {
			return false
		}
	}
	return true
}

// collectionsOf returns the path segments that a parameter follows: "products" of /products/{id}.
func collectionsOf(operations []*operation) map[string]bool {
	found := map[string]bool{}
	for _, op := range operations {
		segments := strings.Split(op.path, "/")
		for i := 1; i < len(segments); i++ {
			if strings.HasPrefix(segments[i], "{") && segments[i] != "{"+segments[i-1]+"}" &&
				!strings.HasPrefix(segments[i-1], "{") {
				found[segments[i-1]] = true
			}
		}
	}
	return found
}

// nouns are the names of things whose collections are called otherwise in paths.
var nouns = map[string]string{
	"methods":    "payment_method",
	"customers":  "customer",
	"items":      "product",
	"categories": "category",
	"addresses":  "address",
	"deliveries": "delivery",
}

// singular returns the name of one thing of a collection: product of products.
func singular(collection string) string {
	if noun, ok := nouns[collection]; ok {
		return noun
	}
	return strings.TrimSuffix(collection, "s")
}

// noun returns what a path is about: the last of its segments that names a collection.
func noun(path string, collections map[string]bool) string {
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i > 0; i-- {
		if collections[segments[i]] {
			return singular(segments[i])
		}
	}
	return ""
}

// keyOf returns the name under which values of a path's parameter are known: product_id of
// /products/{id}.
func (op *operation) keyOf(parameter string, collections map[string]bool) string {
	before, _, _ := strings.Cut(op.path, "/{"+parameter+"}")
	of := noun(before, collections)
	switch {
	case strings.HasPrefix(op.path, "/api/v1/cart/items/"): // what the caller's cart holds
		return "cart_" + parameter
	case parameter == "gtin", strings.HasSuffix(parameter, "_id"):
		return parameter
	case of == "" || parameter == "path":
		return parameter
	}
	return of + "_" + parameter
}
