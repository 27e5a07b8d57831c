package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// createOrder, addCartItem, forgotPassword, login, createProduct, updateProduct: valid
// JSON of another form is refused with the field.
func TestJSONOfTheWrongFormNamesItsField(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const digits = "must be written as an integer in digits alone"
	const email = "must be an e-mail address"
	for _, one := range []struct{ method, path, body, pointer, message string }{
		{"POST", "/api/v1/cart/items", `{"quantity":1,"product_id":1.0}`, "/product_id", digits},
		{
			"POST", "/api/v1/cart/items", `{"product_id":9223372036854775808,"quantity":1}`,
			"/product_id", "is out of range",
		},
		{"POST", "/api/v1/cart/items", `{"product_id":1e0,"quantity":1}`, "/product_id", digits},
		{
			"POST", "/api/v1/orders",
			`{"items":[{"product_id":1,"quantity":1},{"product_id":2,"quantity":10E-1}]}`,
			"/items/1/quantity", digits,
		},
		{"PATCH", "/api/v1/admin/products/1", `{"category_id":1.0}`, "/category_id", digits},
		{"POST", "/api/v1/auth/forgot-password", `{"email":"a@x..yy"}`, "/email", email},
		{"POST", "/api/v1/auth/forgot-password", `{"email":"a..b@x.yy"}`, "/email", email},
		{"POST", "/api/v1/auth/forgot-password", `{"email":"nobody"}`, "/email", email},
		{
			"POST", "/api/v1/admin/products",
			`{"name":"A","price":"1.00","discount_starts_at":"2026-02-30T00:00:00Z"}`,
			"/discount_starts_at", "must be a valid date-time",
		},
		{
			"POST", "/api/v1/auth/login", `{"email":"\ud800","password":"x"}`, "/email",
			"holds half a character: a surrogate without its pair",
		},
	} {
		got := admin.Call(
			one.method, one.path, apitest.Raw{ContentType: "application/json", Content: one.body},
		).Problem(http.StatusUnprocessableEntity, "invalid_request")
		if assert.Len(t, got.Errors, 1, one.body) {
			assert.Equal(t, one.pointer, got.Errors[0].Pointer, one.body)
			assert.Equal(t, one.message, got.Errors[0].Message, one.body)
		}
	}
}

// login, startImport: a body is read only in the encoding that it has.
func TestBodiesInOtherEncodingsAreRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const login = "/api/v1/auth/login"
	account := fmt.Sprintf(
		`{"email":%q,"password":%q}`, apitest.AdminEmail, apitest.AdminPassword,
	)
	send := func(path, media, body, coding string) *apitest.Answer {
		return admin.Post(
			path, apitest.Raw{ContentType: media, Content: body},
			apitest.Header{Name: "Content-Encoding", Value: coding},
		)
	}
	for _, coding := range []string{"", "identity", "Identity, identity"} {
		send(login, "application/json", account, coding).Want(http.StatusOK)
	}
	for _, coding := range []string{"gzip", "br", "GZIP", "identity, deflate", "made-up"} {
		answer := send(login, "application/json", account, coding)
		problem := answer.Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		assert.Contains(t, problem.Detail, "Content-Encoding", coding)
		assert.Equal(t, "identity", answer.Header.Get("Accept-Encoding"))
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nid\r\n" +
		"--b--\r\n"
	send("/api/v1/admin/imports", "multipart/form-data; boundary=b", form, "gzip").
		Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	for _, charset := range []string{"utf-8", "UTF-8", `"utf-8"`, "us-ascii"} {
		send(login, "application/json; charset="+charset, account, "").Want(http.StatusOK)
	}
	for _, charset := range []string{"utf-16", "iso-8859-1", "windows-1252", "made-up"} {
		problem := send(login, "application/json; charset="+charset, account, "").
			Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		assert.Contains(t, problem.Detail, "UTF-8", charset)
	}
}

// getProduct, listProducts, compareProducts, getOrder: an integer in an address has one form.
func TestIntegersInAddressesHaveOneForm(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	admin := shop.Admin()
	id := apitest.Value[int64](
		shop, "SELECT product_id FROM product_listings WHERE is_visible LIMIT 1",
	)
	for format, name := range map[string]string{
		"/api/v1/products/%s": "/id", "/api/v1/products?brand_id=%s": "/brand_id",
		"/api/v1/products?limit=%s": "/limit", "/api/v1/products/compare?ids=2,%s": "/ids",
		"/api/v1/products/compare?ids=2&ids=%s": "/ids", "/api/v1/orders/%s": "/id",
	} {
		for _, odd := range []string{
			"0%d", "%%2B%d", "000%d", "%%20%d", "%d%%20", "%d.0", "%de0", "0x%d",
		} {
			path := fmt.Sprintf(format, fmt.Sprintf(odd, id))
			problem := admin.Get(path).Problem(http.StatusUnprocessableEntity, "invalid_request")
			if assert.Len(t, problem.Errors, 1, path) {
				assert.Equal(t, name, problem.Errors[0].Pointer, path)
			}
		}
	}
	admin.Get("/api/v1/products?offset=-0").Want(http.StatusUnprocessableEntity)
	admin.Get(fmt.Sprintf("/api/v1/products/%d", id)).Want(http.StatusOK)
	admin.Get("/api/v1/products?offset=0").Want(http.StatusOK)
}

// getCurrentUser, getCart: of two Authorization headers none is believed.
func TestASecondAuthorizationHeaderIsRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	bearer := "Authorization: Bearer " + shop.Admin().Token() + "\r\n"
	for _, headers := range []string{
		bearer + bearer, bearer + "Authorization: Bearer other\r\n",
		"Authorization: Basic eDp5\r\n" + bearer, bearer + "Authorization:\r\n",
	} {
		for _, path := range []string{"/api/v1/auth/me", "/api/v1/cart"} {
			response, body := exchange(
				t, shop.URL(), "GET "+path+" HTTP/1.1\r\nHost: shop\r\n"+headers+"\r\n",
			)
			assert.Equal(t, http.StatusUnauthorized, response.StatusCode, headers)
			assert.Contains(t, body, "more than one Authorization header")
		}
	}
	response, _ := exchange(
		t, shop.URL(), "GET /api/v1/auth/me HTTP/1.1\r\nHost: shop\r\n"+bearer+"\r\n",
	)
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

// login: a connection on which another server may have read a body of another length ends
// (RFC 9112, section 6.1).
func TestChunkedRequestsCloseTheirConnection(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	const post = "POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\n" +
		"Content-Type: application/json\r\n"
	const smuggled = "GET /api/v1/auth/me HTTP/1.1\r\nHost: shop\r\n\r\n"
	response, _ := exchange(
		t, shop.URL(),
		post+"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n"+smuggled,
	)
	assert.Equal(t, http.StatusUnprocessableEntity, response.StatusCode)
	assert.True(t, response.Close)
	response, _ = exchange(t, shop.URL(), post+"Content-Length: 2\r\n\r\n{}")
	assert.Equal(t, http.StatusUnprocessableEntity, response.StatusCode)
	assert.False(t, response.Close)
}

// login, startImport: a client that sends its body too slowly gets a problem that says so.
func TestABodyThatIsTooSlowHasItsStatus(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	impatient := httptest.NewUnstartedServer(shop.App.Server)
	impatient.Config.ReadTimeout = 200 * time.Millisecond
	impatient.Start()
	defer impatient.Close()
	for _, request := range []string{
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n" +
			"Content-Length: 100\r\n\r\n{",
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
	} {
		response, body := exchange(t, impatient.URL, request)
		assert.Equal(t, http.StatusRequestTimeout, response.StatusCode, body)
		assert.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
		assert.Contains(t, body, `"code":"request_timeout"`)
		assert.True(t, response.Close)
	}
}

// askAssistant: the qualities of Accept decide between JSON and events.
func TestAcceptIsReadWithItsQualities(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	for accept, want := range map[string]string{
		"":                                    "application/json",
		"*/*":                                 "application/json",
		"text/event-stream":                   "text/event-stream",
		"Text/Event-Stream":                   "text/event-stream",
		"text/event-stream, application/json": "text/event-stream",
		"application/json, text/event-stream": "application/json",
		"application/json;q=0.5, text/event-stream":       "text/event-stream",
		"text/event-stream;q=0.5, application/json":       "application/json",
		"text/event-stream;q=0, application/json":         "application/json",
		"text/event-stream;q=0":                           "application/json",
		"text/event-stream; q=0.0, */*":                   "application/json",
		"text/event-stream;q=0.2, application/json;q=0.1": "text/event-stream",
		"text/event-stream, */*;q=0.1":                    "text/event-stream",
		"*/*, text/event-stream":                          "text/event-stream",
		"image/png, text/event-stream;q=0.3":              "text/event-stream",
	} {
		answer := shop.Post(
			"/api/v1/rag/query", map[string]string{"query": "headphones"},
			apitest.Header{Name: "Accept", Value: accept},
		).Want(http.StatusOK)
		assert.Equal(t, want, answer.Header.Get("Content-Type"), accept)
	}
}

// reply is what matters of a response here.
type reply struct {
	StatusCode int
	Header     http.Header
	Close      bool // the connection ends with it
}

// exchange sends a request byte by byte as it is, and returns the response.
func exchange(t *testing.T, base, request string) (answer reply, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), 5*time.Second)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err, request)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{response.StatusCode, response.Header, response.Close}, string(text)
}
