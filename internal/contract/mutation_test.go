package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/apitest"
)

// mutation is a disagreement between server and contract, made on purpose in the contract that the
// checks read. The server stays unchanged.
type mutation struct {
	what      string
	operation string // where requests show it
	check     string // what must find it
	make      func(spec *openapi3.T, op *operation)
}

func property(spec *openapi3.T, schema, name string) *openapi3.Schema {
	return spec.Components.Schemas[schema].Value.Properties[name].Value
}

// alone returns a property after making it one that no other schema shares.
func alone(spec *openapi3.T, schema, name string) *openapi3.Schema {
	own := *property(spec, schema, name)
	spec.Components.Schemas[schema].Value.Properties[name] = openapi3.NewSchemaRef("", &own)
	return &own
}

var mutations = []mutation{
	{
		"a field of an answer renamed",
		"listBrands",
		apitest.ResponseSchemaConformance,
		func(spec *openapi3.T, _ *operation) {
			properties := spec.Components.Schemas["BrandPage"].Value.Properties
			properties["sum"] = properties["total"]
			delete(properties, "total")
		},
	},
	{
		"a field of a request renamed",
		"createBrand",
		positiveDataAcceptance,
		func(spec *openapi3.T, _ *operation) {
			schema := spec.Components.Schemas["BrandInput"].Value
			schema.Properties["title"] = schema.Properties["name"]
			delete(schema.Properties, "name")
			schema.Required = []string{"title"}
		},
	},
	{
		"a status not documented",
		"getBrand",
		apitest.StatusCodeConformance,
		func(_ *openapi3.T, op *operation) {
			op.document.Responses.Delete("404")
		},
	},
	{
		"a type changed",
		"getLiveness",
		apitest.ResponseSchemaConformance,
		func(_ *openapi3.T, op *operation) {
			schema := op.document.Responses.Status(
				http.StatusOK,
			).Value.Content[mediaJSON].Schema.Value
			schema.Properties["status"] = openapi3.NewSchemaRef("", openapi3.NewIntegerSchema())
		},
	},
	{
		"a required field of a request no longer so",
		"createLocation",
		positiveDataAcceptance,
		func(spec *openapi3.T, _ *operation) {
			spec.Components.Schemas["LocationInput"].Value.Required = []string{"code"}
		},
	},
	{
		"a field of a request required that the server does not need",
		"createBrand",
		apitest.NegativeDataRejection,
		func(spec *openapi3.T, _ *operation) {
			spec.Components.Schemas["BrandInput"].Value.Required = []string{"name", "description"}
		},
	},
	{
		"a value of an enum removed",
		"listOrders",
		apitest.ResponseSchemaConformance,
		func(spec *openapi3.T, _ *operation) {
			schema := spec.Components.Schemas["OrderStatus"].Value
			schema.Enum = slices.DeleteFunc(
				slices.Clone(schema.Enum), func(value any) bool { return value == "SHIPPED" },
			)
		},
	},
	{
		"null no longer allowed",
		"getProfile",
		apitest.ResponseSchemaConformance,
		func(spec *openapi3.T, _ *operation) {
			alone(spec, "User", "phone").Nullable = false
		},
	},
	{
		"a header that is not sent",
		"getBrand",
		apitest.ResponseHeadersConformance,
		func(_ *openapi3.T, op *operation) {
			header := &openapi3.Header{
				Parameter: openapi3.Parameter{
					Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema()),
				},
			}
			op.document.Responses.Status(
				http.StatusOK,
			).Value.Headers["Last-Modified"] = &openapi3.HeaderRef{
				Value: header,
			}
		},
	},
	{
		"a media type changed",
		"getServiceInfo",
		apitest.ContentTypeConformance,
		func(_ *openapi3.T, op *operation) {
			content := op.document.Responses.Status(http.StatusOK).Value.Content
			content["application/hal+json"] = content[mediaJSON]
			delete(content, mediaJSON)
		},
	},
	{
		"a limit of a parameter raised",
		"listBrands",
		positiveDataAcceptance,
		func(_ *openapi3.T, op *operation) {
			op.limit("limit").Max = new(1000.0)
		},
	},
	{
		"a limit of a parameter lowered",
		"listBrands",
		apitest.NegativeDataRejection,
		func(_ *openapi3.T, op *operation) {
			op.limit("limit").Max = new(50.0)
		},
	},
	{
		"security dropped",
		"listAddresses",
		positiveDataAcceptance,
		func(_ *openapi3.T, op *operation) {
			op.document.Security = &openapi3.SecurityRequirements{}
		},
	},
	{
		"security demanded that the server does not",
		"getBrand",
		ignoredAuth,
		func(_ *openapi3.T, op *operation) {
			op.document.Security = &openapi3.SecurityRequirements{{"bearer": []string{}}}
			op.document.Extensions["x-role"] = "customer"
		},
	},
	{
		"an operation not documented",
		"replaceBrand",
		allowHeaderConformance,
		func(spec *openapi3.T, _ *operation) {
			spec.Paths.Value("/api/v1/admin/brands/{id}").Patch = nil
		},
	},
	{
		"an operation the server does not have",
		"getBrand",
		positiveDataAcceptance,
		func(spec *openapi3.T, _ *operation) {
			item := spec.Paths.Value("/api/v1/brands/{id}")
			item.Get, item.Put = nil, item.Get
		},
	},
}

// limit returns a parameter's own schema.
func (op *operation) limit(name string) *openapi3.Schema {
	i := slices.IndexFunc(
		op.document.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == name },
	)
	own, schema := *op.document.Parameters[i].Value, *op.document.Parameters[i].Value.Schema.Value
	own.Schema = openapi3.NewSchemaRef("", &schema)
	op.document.Parameters[i] = &openapi3.ParameterRef{Value: &own}
	return &schema
}

// Every operation: servers with a fault put in on purpose are found out by generated requests.
func TestMutationsAreFound(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, calm()...)
	e := newEngine(t, shop, readContract(t, shopd.Contract))
	e.prepare(t)
	for i, m := range mutations {
		find := func(op *operation) *finding {
			for round := range uint64(100) {
				if found := e.check(op, 1+uint64(i)*1000+round, 10); found != nil {
					return found
				}
			}
			return nil
		}
		e.use(readContract(t, shopd.Contract))
		m.make(e.contract.Spec, e.named(m.operation))
		e.use(e.contract) // read the changed contract
		e.findings = map[string]bool{}
		found := find(e.named(m.operation))
		if assert.NotNil(t, found, "%s: not found", m.what) {
			assert.Equal(t, m.check, found.violation.Check, "%s: %s", m.what, found.String(""))
			t.Logf(
				"%-60s %-16s %s: %.100s", m.what, m.operation, found.violation.Check,
				found.violation.Detail,
			)
		}
	}
}

// use makes the engine use another contract.
func (e *engine) use(contract *apitest.Contract) {
	e.contract, e.operations = contract, readOperations(contract.Spec)
	e.methods = methodsOf(e.operations)
}

func (e *engine) named(id string) *operation {
	for _, op := range e.operations {
		if op.id == id {
			return op
		}
	}
	panic(fmt.Sprintf("no operation %s", id))
}
