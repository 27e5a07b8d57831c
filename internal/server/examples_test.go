package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// own are reads of what an account has to make first.
var own = []string{
	"getAddress", "getCustomer", "adminGetOrder", "getOrder", "getShipment", "getPayment",
	"getPaymentMethod", "getMyReview", "getSynonyms", "checkEmailVerification", "getMedia",
	"getJob", "getImport", "listImportErrors", "getWebhook", "listWebhookDeliveries",
	"checkUnsubscribe", "getGoogleFeed", "getAPIKey",
}

// Every operation: its examples, sent to the demo shop without a change, succeed.
func TestExamplesWorkWhenTriedAsTheyAreOffered(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	response, err := http.Get(shop.URL() + "/docs/openapi.json")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	spec, err := openapi3.NewLoader().LoadFromIoReader(response.Body)
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		if item.Get == nil || slices.Contains(own, item.Get.OperationID) {
			continue
		}
		answer := admin.Get(asOffered(path, slices.Concat(item.Parameters, item.Get.Parameters)))
		assert.Equal(t, http.StatusOK, answer.Status, "%s: %s", item.Get.OperationID, answer.Body)
	}
	var products api.ProductPage
	shop.Get(asOffered("/api/v1/products", spec.Paths.Find("/api/v1/products").Get.Parameters)).
		Want(http.StatusOK).
		Into(&products)
	assert.NotEmpty(t, products.Items)

	for _, id := range writes {
		path, method, operation := find(spec, id)
		require.NotNil(t, operation, id)
		content := operation.RequestBody.Value.Content.Get("application/json")
		bodies := []any{content.Example}
		for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
			bodies = append(bodies, content.Examples[name].Value.Value)
		}
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
		for _, body := range bodies {
			require.NotNil(t, body, "%s has no example", id)
			answer := admin.Call(
				method,
				asOffered(
					path, slices.Concat(spec.Paths.Find(path).Parameters, operation.Parameters),
				),
				body,
			)
			assert.Less(t, answer.Status, 300, "%s: %s", id, answer.Body)
		}
	}
}

// writes are what somebody may try on the demo shop, one after the other, with the bodies as they
// are offered.
var writes = []string{
	"addCartItem", "createOrder", "askAssistant", "createCategory", "replaceCategory",
	"replaceBrand", "updateBrand", "createProduct", "replaceProduct", "updateProduct",
	"createVariant", "createVariantMatrix", "replaceVariant", "updateVariant", "setInventory",
	"setStock", "adjustStock", "createLocation",
}

func find(spec *openapi3.T, id string) (path, method string, operation *openapi3.Operation) {
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.OperationID == id {
				return path, method, operation
			}
		}
	}
	return "", "", nil
}

// asOffered is an address with its parameters as the page fills them in before anybody types.
func asOffered(path string, parameters openapi3.Parameters) string {
	query := url.Values{}
	for _, ref := range parameters {
		p := ref.Value
		value := p.Example
		if value == nil {
			value = p.Schema.Value.Example
		}
		if value == nil {
			value = p.Schema.Value.Default
		}
		if list := p.Schema.Value.Enum; value == nil && p.Required && len(list) > 0 {
			value = list[0]
		}
		list, isList := value.([]any)
		switch {
		case isList && p.In == openapi3.ParameterInQuery:
			for _, one := range list {
				query.Add(p.Name, fmt.Sprint(one))
			}
		case p.In == openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(fmt.Sprint(value)))
		case p.In == openapi3.ParameterInQuery && value != nil:
			query.Set(p.Name, fmt.Sprint(value))
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// login, getOpenAPIJSON, adminListProducts: the page's password form sends an OAuth2 request with
// an empty client in Authorization.
func TestThePasswordFormOfTheDocsLogsIn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var document struct {
		Components struct {
			SecuritySchemes map[string]struct {
				Flows struct {
					Password struct {
						TokenURL string `json:"tokenUrl"`
					} `json:"password"`
				} `json:"flows"`
			} `json:"securitySchemes"`
		} `json:"components"`
	}
	shop.Get("/openapi.json").Want(http.StatusOK).Into(&document)
	tokenURL := document.Components.SecuritySchemes["password"].Flows.Password.TokenURL
	form := url.Values{
		"grant_type": {"password"},
		"scope":      {""},
		"username":   {apitest.AdminEmail},
		"password":   {apitest.AdminPassword},
	}
	var tokens api.TokenPair
	shop.Post(tokenURL, apitest.Raw{
		ContentType: "application/x-www-form-urlencoded", Content: form.Encode(),
	},
		apitest.Header{
			Name:  "Authorization",
			Value: "Basic Og==",
		}, apitest.Header{Name: "X-Requested-With", Value: "XMLHttpRequest"},
		apitest.Header{
			Name:  "Origin",
			Value: shop.URL(),
		}, apitest.Header{Name: "Sec-Fetch-Site", Value: "same-origin"},
	).
		Want(http.StatusOK).
		Into(&tokens)
	assert.EqualValues(t, "bearer", tokens.TokenType)
	shop.As(tokens.AccessToken).Get("/api/v1/admin/products").Want(http.StatusOK)
}
