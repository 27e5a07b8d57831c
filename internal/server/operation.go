package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/shopd/shopd/internal/platform/ratelimit"
)

// What an operation may use unless it says otherwise with x-max-body and x-timeout.
const (
	defaultMaxBody = 1 << 20
	defaultTimeout = 10 * time.Second
)

// operation is what the contract decides about one operation, read once at start.
type operation struct {
	id    string
	route *routers.Route // for the validator
	// numberLists are the query parameters that hold several numbers. They are repeated, or one
	// value with commas.
	numberLists []string

	query    map[string]bool // declared query parameters; true when it may be repeated
	integers map[string]bool // parameters of the path and the query that hold integers
	role     string          // the least role that may call it; empty when public
	scope    string          // what an API key needs to call it; empty: no API key may
	guests   bool            // it has a role, and may be called without a token too
	limits   []limit
	maxBody  int64
	timeout  time.Duration
	media    []string      // media types of the body; empty without a body
	optional bool          // the body may be left out
	tagged   bool          // the response carries an ETag
	raw      bool          // the handler needs the body byte for byte
	streams  bool          // the response may be an event stream
	zips     bool          // its JSON may be compressed
	cacheFor time.Duration // how long a response may be sent again; 0: not at all

	deprecation http.Header         // Deprecation and Sunset, if it is deprecated
	parameters  openapi3.Parameters // its own and its path's
}

type limit struct {
	ratelimit.Limit
	perUser bool // else per address
}

// readOperations returns the operations by "METHOD /echo/:path". It fails, and with it the start of
// the server, if an operation leaves a decision open: who may call it, how often, or which fields
// its body may have.
func readOperations(spec *openapi3.T) (map[string]*operation, error) {
	table := make(map[string]*operation)
	var undecided []error
	for path, item := range spec.Paths.Map() {
		for method, document := range item.Operations() {
			op, err := readOperation(spec, path, method, item, document)
			if err != nil {
				undecided = append(
					undecided, fmt.Errorf("openapi.yaml: %s %s: %w", method, path, err),
				)
				continue
			}
			table[method+" "+echoPath(path)] = op
		}
	}
	return table, errors.Join(undecided...)
}

func readOperation(
	spec *openapi3.T, path, method string, item *openapi3.PathItem, document *openapi3.Operation,
) (*operation, error) {
	op := &operation{
		id: document.OperationID,
		route: &routers.Route{
			Spec:      spec,
			Path:      path,
			PathItem:  item,
			Method:    method,
			Operation: document,
		},
		zips:     mayZip(path),
		query:    make(map[string]bool),
		integers: make(map[string]bool),
		maxBody:  defaultMaxBody,
		timeout:  defaultTimeout,
	}
	if op.id == "" {
		return nil, errors.New("has no operationId")
	}
	op.parameters = slices.Concat(item.Parameters, document.Parameters)
	for _, parameter := range op.parameters {
		name, schema := parameter.Value.Name, parameter.Value.Schema.Value
		isList := schema.Items != nil && schema.Items.Value.Type.Is(openapi3.TypeInteger)
		switch parameter.Value.In {
		case openapi3.ParameterInQuery:
			op.query[name] = schema.Type.Is(openapi3.TypeArray)
			if isList {
				op.numberLists = append(op.numberLists, name)
			}
		case openapi3.ParameterInPath:
		default:
			continue
		}
		op.integers[name] = isList || schema.Type.Is(openapi3.TypeInteger)
	}
	if err := op.readSecurity(document); err != nil {
		return nil, err
	}
	if err := op.readLimits(document.Extensions["x-rate-limit"]); err != nil {
		return nil, err
	}
	if extension, ok := document.Extensions["x-max-body"]; ok {
		size, err := parseSize(extension)
		if err != nil {
			return nil, fmt.Errorf("x-max-body: %w", err)
		}
		op.maxBody = size
	}
	if text, ok := document.Extensions["x-timeout"].(string); ok {
		timeout, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("x-timeout %q is not a duration", text)
		}
		op.timeout = timeout
	}
	if err := op.readDeprecation(document); err != nil {
		return nil, err
	}
	op.raw, _ = document.Extensions["x-raw-body"].(bool)
	if text, ok := document.Extensions["x-cache"].(string); ok {
		cacheFor, err := time.ParseDuration(text)
		if err != nil || method != http.MethodGet || op.role != "" {
			return nil, fmt.Errorf(
				"x-cache %q is not a duration, or the operation not a public GET", text,
			)
		}
		op.cacheFor = cacheFor
	}
	if body := document.RequestBody; body != nil {
		op.media, op.optional = slices.Sorted(maps.Keys(body.Value.Content)), !body.Value.Required
		for name, media := range body.Value.Content {
			if media.Schema.Value.Type.Is(openapi3.TypeObject) && !isClosed(media.Schema.Value) {
				return nil, fmt.Errorf(
					"the schema of its %s body lacks additionalProperties: false", name,
				)
			}
		}
	}
	if ok := document.Responses.Status(http.StatusOK); ok != nil {
		_, tagged := ok.Value.Headers["ETag"]
		op.tagged = tagged && method == http.MethodGet
		op.streams = ok.Value.Content["text/event-stream"] != nil
	}
	return op, nil
}

// parseSize reads a number of bytes, or a text such as 64KiB or 10.5MiB.
func parseSize(extension any) (int64, error) {
	text := fmt.Sprint(extension)
	unit := 1.0
	for suffix, bytes := range map[string]float64{"KiB": 1 << 10, "MiB": 1 << 20} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = number, bytes
		}
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number*unit >= 1 && number*unit <= 1<<40) {
		return 0, fmt.Errorf(
			"%v is neither a number of bytes nor a size such as 10.5MiB", extension,
		)
	}
	return int64(number * unit), nil
}

func isClosed(schema *openapi3.Schema) bool {
	return schema.AdditionalProperties.Has != nil && !*schema.AdditionalProperties.Has
}

func (op *operation) readSecurity(document *openapi3.Operation) error {
	if document.Security == nil {
		return errors.New("has no security: say [] if it is public")
	}
	role, _ := document.Extensions["x-role"].(string)
	switch {
	case len(*document.Security) == 0 && role == "":
		return nil
	case len(*document.Security) == 0:
		return errors.New("is public and has an x-role")
	case role == "":
		return errors.New("has no x-role")
	}
	op.role = role
	// Every operation of the staff can be called by a program, with a key that may do this much.
	op.scope, _ = document.Extensions["x-scope"].(string)
	if isStaff := role != "customer"; isStaff != (op.scope != "") {
		return errors.New("has no x-scope, or has one and is for customers")
	}
	op.guests = slices.ContainsFunc(
		*document.Security, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 },
	)
	return nil
}

// readLimits reads x-rate-limit: none, or a list of {limit, window, per: address or user}.
func (op *operation) readLimits(extension any) error {
	if extension == "none" {
		return nil
	}
	var rules []struct {
		Limit  int    `json:"limit"`
		Window string `json:"window"`
		Per    string `json:"per"`
	}
	text, err := json.Marshal(extension)
	if err != nil || json.Unmarshal(text, &rules) != nil || len(rules) == 0 {
		return errors.New("x-rate-limit is neither none nor a list of {limit, window, per}")
	}
	for _, rule := range rules {
		window, err := time.ParseDuration(rule.Window)
		if err != nil || rule.Limit < 1 || (rule.Per != "address" && rule.Per != "user") ||
			(rule.Per == "user" && (op.role == "" || op.guests)) {
			return fmt.Errorf("x-rate-limit %+v is not valid", rule)
		}
		op.limits = append(
			op.limits,
			limit{ratelimit.Limit{Calls: rule.Limit, Window: window}, rule.Per == "user"},
		)
	}
	return nil
}

// echoPath returns /a/{b} as Echo writes it: /a/:b.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
