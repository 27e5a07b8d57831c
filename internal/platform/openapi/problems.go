package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problemsKey names the catalogue of problems at the top of the document. In an operation it names
// the codes that the operation alone decides about; the catalogue says by `when` which operations
// share the others.
const problemsKey = "x-problems"

// Problem is one kind of error of the API.
type Problem struct {
	Code    string
	Status  int
	Meaning string
	Remedy  string
	// When says which operations may respond with it: every one, those of a kind, or, if it is
	// empty, those that name it.
	When string
	// Operations are the ids of these operations, in the document's order.
	Operations []string
}

// kinds tell by When which operations share a problem.
var kinds = map[string]func(*operation) bool{
	"every":       func(*operation) bool { return true },
	"address":     func(*operation) bool { return false }, // where there is no operation
	"unsafe":      func(o *operation) bool { return o.method != "get" },
	"body":        func(o *operation) bool { return len(o.media) > 0 },
	"json":        func(o *operation) bool { return o.takes("json") },
	"form":        func(o *operation) bool { return o.takes("x-www-form-urlencoded") },
	"multipart":   func(o *operation) bool { return o.takes("multipart/") },
	"token":       func(o *operation) bool { return o.isSecured },
	"signed_in":   func(o *operation) bool { return o.isSecured && !o.isForGuests },
	"cookie":      func(o *operation) bool { return o.isSecured && o.method != "get" },
	"role":        (*operation).takesKeys, // a role that customers lack: also where keys may call
	"account":     func(o *operation) bool { return o.isSecured && !o.takesKeys() },
	"key":         (*operation).takesKeys,
	"limited":     func(o *operation) bool { return len(o.limits) > 0 || o.takesKeys() },
	"idempotent":  func(o *operation) bool { return slices.Contains(o.headers, "Idempotency-Key") },
	"conditional": func(o *operation) bool { return slices.Contains(o.headers, "If-Match") },
}

// Problems returns the catalogue of problems, in the document's order.
func (d *Document) Problems() ([]Problem, error) {
	catalogue := Get(d.root, problemsKey)
	if catalogue == nil {
		return nil, errors.New("the document has no " + problemsKey)
	}
	var problems []Problem
	index := make(map[string]int)
	for code, entry := range pairs(catalogue) {
		p := Problem{Code: code.Value}
		for key, value := range pairs(entry) {
			switch key.Value {
			case "status":
				p.Status, _ = strconv.Atoi(value.Value)
			case "meaning":
				p.Meaning = strings.TrimSpace(value.Value)
			case "remedy":
				p.Remedy = strings.TrimSpace(value.Value)
			case "when":
				p.When = value.Value
			default:
				return nil, fmt.Errorf("%s: %s: has no field %s", problemsKey, p.Code, key.Value)
			}
		}
		if p.Status < 400 || p.Meaning == "" || p.Remedy == "" ||
			p.When != "" && kinds[p.When] == nil {
			return nil, fmt.Errorf("%s: %s is not complete", problemsKey, p.Code)
		}
		index[p.Code] = len(problems)
		problems = append(problems, p)
	}
	for _, op := range d.operations() {
		for i := range problems {
			p := &problems[i]
			if p.When != "" && kinds[p.When](op) {
				p.Operations = append(p.Operations, op.id)
			}
		}
		for _, code := range op.problems {
			i, ok := index[code]
			if !ok {
				return nil, fmt.Errorf("%s names %s, which the catalogue lacks", op.id, code)
			}
			if !slices.Contains(problems[i].Operations, op.id) {
				problems[i].Operations = append(problems[i].Operations, op.id)
			}
		}
	}
	return problems, nil
}

// operation has the facts about an operation that decide its kind.
type operation struct {
	node        *yaml.Node
	id          string
	method      string // in lower case
	role        string
	isSecured   bool
	isForGuests bool // a token may be left out
	media       []string
	headers     []string // names of header parameters
	limits      []limit
	problems    []string
}

// limit is one rate limit.
type limit struct{ calls, window, per string }

// takes reports whether part of the name of a media type of the body is as given.
func (o *operation) takes(part string) bool {
	return slices.ContainsFunc(
		o.media, func(name string) bool { return strings.Contains(name, part) },
	)
}

// takesKeys reports whether API keys may call the operation: those of the staff. Keys have rate
// limits of their own.
func (o *operation) takesKeys() bool { return o.role != "" && o.role != "customer" }

// operations returns all operations in the document's order.
func (d *Document) operations() (list []*operation) {
	for _, item := range pairs(Get(d.root, "paths")) {
		shared := Get(item, "parameters")
		for method, node := range pairs(item) {
			if slices.Contains(methods, method.Value) {
				list = append(list, d.readOperation(method.Value, node, shared))
			}
		}
	}
	return list
}

func (d *Document) readOperation(method string, node, shared *yaml.Node) *operation {
	op := &operation{node: node, method: method}
	op.id = text(Get(node, "operationId"))
	op.role = text(Get(node, "x-role"))
	if security := Get(node, "security"); security != nil {
		op.isSecured = len(security.Content) > 0
		for _, alternative := range security.Content {
			op.isForGuests = op.isForGuests || len(alternative.Content) == 0
		}
	}
	if body := Get(node, "requestBody"); body != nil {
		for media := range pairs(Get(d.Resolve(body), "content")) {
			op.media = append(op.media, media.Value)
		}
	}
	for _, parameters := range []*yaml.Node{shared, Get(node, "parameters")} {
		if parameters == nil {
			continue
		}
		for _, parameter := range parameters.Content {
			parameter = d.Resolve(parameter)
			if text(Get(parameter, "in")) == "header" {
				op.headers = append(op.headers, text(Get(parameter, "name")))
			}
		}
	}
	if limits := Get(node, "x-rate-limit"); limits != nil {
		for _, one := range limits.Content {
			op.limits = append(op.limits, limit{
				calls:  text(Get(one, "limit")),
				window: text(Get(one, "window")),
				per:    text(Get(one, "per")),
			})
		}
	}
	if problems := Get(node, problemsKey); problems != nil {
		for _, code := range problems.Content {
			op.problems = append(op.problems, code.Value)
		}
	}
	return op
}

// text returns the text of a scalar, and none of an absent one.
func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}
