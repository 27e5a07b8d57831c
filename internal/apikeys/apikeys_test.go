package apikeys_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const (
	keys   = "/api/v1/admin/api-keys"
	orders = "/api/v1/admin/orders"
)

func at(id int64) string { return fmt.Sprintf("%s/%d", keys, id) }

// createAPIKey, getAPIKey, listAPIKeys: a key is shown whole once, and stored by its hash alone.
func TestAKeyIsShownOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var made api.NewAPIKey
	created := admin.Post(keys, apitest.Fields{
		"name": " ERP ", "scopes": []string{"stock:write", "orders:read", "stock:write"},
		"networks": []string{"127.0.0.1", "203.0.113.0/24"},
	}).Want(http.StatusCreated).Into(&made)
	assert.Regexp(t, `^shopd_key_[0-9A-Za-z]{38}$`, made.Key)
	assert.Equal(t, "ERP", made.Name)
	assert.Equal(t, []api.APIKeyScope{"orders:read", "stock:write"}, made.Scopes)
	assert.Equal(t, []string{"127.0.0.1/32", "203.0.113.0/24"}, made.Networks)
	assert.Equal(t, apitest.AdminEmail, *made.CreatedBy.Email)
	assert.True(t, strings.HasPrefix(made.Key, strings.Split(made.Hint, "…")[0]))

	tag := created.Header.Get("ETag")
	admin.Get(at(made.ID), apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	var page api.APIKeyPage
	admin.Get(keys).Want(http.StatusOK).Into(&page)
	require.EqualValues(t, 1, page.Total)
	for _, answer := range []string{
		admin.Get(keys).String(), admin.Get(at(made.ID)).String(), shop.Log.String(),
		apitest.Value[string](shop, "SELECT json_agg(k)::text FROM api_keys k"),
		apitest.Value[string](shop, "SELECT json_agg(e)::text FROM audit_events e"),
	} {
		assert.NotContains(t, answer, made.Key)
		assert.NotContains(t, answer, made.Key[len("shopd_key_"):len(made.Key)-6])
	}
	admin.Get(at(4242)).Problem(http.StatusNotFound, "api_key_not_found")
}

// adminListOrders and every other operation: a key with one scope may call exactly the operations
// that have it, and the public ones.
func TestAKeyMayDoWhatItsScopeSays(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	scopes, used := apitest.Scopes(t), map[string]bool{}
	for path, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			if scope, ok := operation.Extensions["x-scope"].(string); ok {
				used[scope] = true
				assert.Contains(t, scopes, scope, path)
			}
		}
	}
	assert.Len(t, used, len(scopes), "scopes that no operation has")

	address := strings.NewReplacer(
		"{id}", "4242424242", "{product_id}", "4242424242", "{variant_id}", "4242424242",
		"{image_id}", "4242424242", "{delivery_id}", "4242424242", "{review_id}", "4242424242",
		"{slug}", "no-such-thing", "{path}", "no-such-file.png", "{code}", "none",
		"{gtin}", "4006381333931", "{report}", "sales",
	)
	admin := shop.Admin()
	for _, scope := range scopes {
		key := admin.APIKey(scope)
		caller := shop.As(key.Key)
		for path, item := range spec.Paths.Map() {
			for method, operation := range item.Operations() {
				needs, _ := operation.Extensions["x-scope"].(string)
				isPublic := len(*operation.Security) == 0
				if isPublic && scope != "orders:read" { // once is enough
					continue
				}
				answer := caller.Call(method, address.Replace(path), nil)
				switch {
				case needs == scope:
					assert.NotContains(
						t, []int{http.StatusUnauthorized, http.StatusForbidden}, answer.Status,
						"%s with %s: %s", operation.OperationID, scope, answer,
					)
				case needs != "":
					assert.Contains(
						t, answer.Problem(http.StatusForbidden, "scope_missing").Detail, needs,
					)
				case isPublic:
					assert.NotEqual(t, http.StatusForbidden, answer.Status, operation.OperationID)
				default:
					answer.Problem(http.StatusUnauthorized, "account_required")
				}
			}
		}
	}
}

// updateAPIKey, revokeAPIKey: what is changed, revoked or over holds from the next request on.
func TestAKeyEnds(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	key := admin.APIKey("orders:read")
	caller := shop.As(key.Key)
	caller.Get(orders).Want(http.StatusOK)

	var changed api.APIKey
	end := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	answer := admin.Patch(at(key.ID), apitest.Fields{
		"name": "Carrier", "scopes": []string{"stock:read"}, "expires_at": end,
		"calls_per_minute": 5, "networks": []string{"10.0.0.0/8"},
	}).Want(http.StatusOK).Into(&changed)
	assert.Equal(t, "Carrier", changed.Name)
	caller.Get(orders).Problem(http.StatusForbidden, "network_not_allowed")
	admin.Patch(at(key.ID), apitest.Fields{"networks": []string{}}).Want(http.StatusOK)
	caller.Get(orders).Problem(http.StatusForbidden, "scope_missing")
	stale := apitest.IfMatch(answer.Header.Get("ETag"))
	admin.Patch(at(key.ID), apitest.Fields{"name": "ERP"}, stale).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Call(http.MethodDelete, at(key.ID), nil, stale).
		Problem(http.StatusPreconditionFailed, "stale")
	admin.Patch(at(key.ID), apitest.Fields{
		"scopes": []string{"orders:read"}, "expires_at": nil, "calls_per_minute": nil,
	}).Want(http.StatusOK).Into(&changed)
	assert.Nil(t, changed.ExpiresAt)
	assert.Nil(t, changed.CallsPerMinute)
	caller.Get(orders).Want(http.StatusOK)

	shop.Exec("UPDATE api_keys SET expires_at = now()")
	caller.Get(orders).Problem(http.StatusUnauthorized, "invalid_api_key")
	shop.Exec("UPDATE api_keys SET expires_at = NULL")
	admin.Delete(at(key.ID)).Want(http.StatusNoContent)
	refused := caller.Get(orders)
	refused.Problem(http.StatusUnauthorized, "invalid_api_key")
	assert.NotEmpty(t, refused.Header.Get("WWW-Authenticate"))
	var page api.APIKeyPage
	admin.Get(keys).Want(http.StatusOK).Into(&page)
	assert.Zero(t, page.Total)
	admin.Get(keys + "?revoked=true").Want(http.StatusOK).Into(&page)
	assert.EqualValues(t, 1, page.Total)
	for _, gone := range []*apitest.Answer{
		admin.Delete(at(key.ID)), admin.Patch(at(key.ID), apitest.Fields{"name": "ERP"}),
		admin.Post(at(key.ID)+"/rotate", nil),
	} {
		gone.Problem(http.StatusNotFound, "api_key_not_found")
	}
}

// rotateAPIKey: the previous key works until the overlap ends, and the one before it not at all.
func TestAKeyIsRotated(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	first := admin.APIKey("orders:read")
	var second, third api.NewAPIKey
	rotate := at(first.ID) + "/rotate"
	admin.Post(rotate, nil).Want(http.StatusOK).Into(&second)
	assert.WithinDuration(t, time.Now().Add(24*time.Hour), *second.PreviousKeyUntil, time.Minute)
	shop.As(first.Key).Get(orders).Want(http.StatusOK)
	shop.As(second.Key).Get(orders).Want(http.StatusOK)
	shop.Exec("UPDATE api_keys SET old_key_until = now()")
	shop.As(first.Key).Get(orders).Problem(http.StatusUnauthorized, "invalid_api_key")

	admin.Post(rotate, apitest.Fields{"overlap_seconds": 0}).Want(http.StatusOK).Into(&third)
	assert.Nil(t, third.PreviousKeyUntil)
	for _, old := range []api.NewAPIKey{first, second} {
		shop.As(old.Key).Get(orders).Problem(http.StatusUnauthorized, "invalid_api_key")
	}
	shop.As(third.Key).Get(orders).Want(http.StatusOK)
	admin.Post(rotate, apitest.Fields{"overlap_seconds": -1}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// createAPIKey, updateAPIKey, rotateAPIKey, revokeAPIKey: a key that can make keys gives no more
// than it has.
func TestAKeyGrantsNoMoreThanItHas(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	powerful := admin.APIKey("orders:write")
	var maker api.NewAPIKey
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	admin.Post(keys, apitest.Fields{
		"name": "Maker", "scopes": []string{"api_keys:write", "orders:read"}, "expires_at": end,
		"networks": []string{"127.0.0.0/8"},
	}).Want(http.StatusCreated).Into(&maker)
	caller := shop.As(maker.Key)
	good := apitest.Fields{
		"name": "Made", "scopes": []string{"orders:read"}, "expires_at": end,
		"networks": []string{"127.0.0.1"},
	}
	var made api.NewAPIKey
	caller.Post(keys, good).Want(http.StatusCreated).Into(&made)
	assert.Nil(t, made.CreatedBy)
	shop.As(made.Key).Get(orders).Want(http.StatusOK)

	for _, beyond := range []apitest.Fields{
		{"scopes": []string{"orders:write"}},
		{"expires_at": end.Add(time.Minute)},
		{"networks": []string{"10.0.0.1"}},
		{"networks": []string{"0.0.0.0/0"}},
	} {
		caller.Patch(at(made.ID), beyond).Problem(http.StatusForbidden, "grant_exceeded")
		wanted := apitest.Fields{}
		for name, value := range good {
			wanted[name] = value
		}
		for name, value := range beyond {
			wanted[name] = value
		}
		caller.Post(keys, wanted).Problem(http.StatusForbidden, "grant_exceeded")
	}
	caller.Patch(at(made.ID), apitest.Fields{"networks": []string{}}).
		Problem(http.StatusForbidden, "grant_exceeded")
	caller.Patch(at(made.ID), apitest.Fields{"expires_at": nil}).
		Problem(http.StatusForbidden, "grant_exceeded")
	caller.Post(at(powerful.ID)+"/rotate", nil).Problem(http.StatusForbidden, "grant_exceeded")
	caller.Delete(at(powerful.ID)).Problem(http.StatusForbidden, "grant_exceeded")
	caller.Delete(at(made.ID)).Want(http.StatusNoContent)
}

// adminListOrders: a key has a rate limit of its own, counted over all operations.
func TestAKeyHasARateLimit(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "RATE_LIMIT_FACTOR", Value: "1"})
	admin := shop.Admin()
	key, other := admin.APIKey("orders:read", "stock:read"), admin.APIKey("orders:read")
	admin.Patch(at(key.ID), apitest.Fields{"calls_per_minute": 2}).Want(http.StatusOK)
	caller := shop.As(key.Key)
	answer := caller.Get(orders).Want(http.StatusOK)
	assert.Equal(t, "2", answer.Header.Get("RateLimit-Limit"))
	caller.Get("/api/v1/admin/stock").Want(http.StatusOK)
	caller.Get(orders).Problem(http.StatusTooManyRequests, "rate_limited")
	shop.As(other.Key).Get(orders).Want(http.StatusOK)
}

// getAPIKey: staff sees when and from where a key was used, to the minute.
func TestTheLastUseOfAKey(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	key := admin.APIKey("orders:read")
	caller := shop.As(key.Key)
	var uses sync.WaitGroup
	for range 8 {
		uses.Go(func() { caller.Get(orders).Want(http.StatusOK) })
	}
	uses.Wait()
	var seen api.APIKey
	admin.Get(at(key.ID)).Want(http.StatusOK).Into(&seen)
	require.NotNil(t, seen.LastUsedAt)
	assert.WithinDuration(t, time.Now(), *seen.LastUsedAt, time.Minute)
	assert.Equal(t, "127.0.0.1", *seen.LastUsedAddress)
	one := shop.Statements(func() { caller.Get(orders).Want(http.StatusOK) })
	account := shop.Statements(func() { admin.Get(orders).Want(http.StatusOK) })
	assert.Equal(t, account, one, "a key costs one statement, as an access token does")
}

// listAuditLog: what is done with a key is logged under its name, with no account.
func TestTheLogNamesTheKey(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	key := admin.APIKey("brands:write")
	shop.As(key.Key).Post("/api/v1/admin/brands", apitest.Fields{"name": "Acme"}).
		Want(http.StatusCreated)
	var page api.AuditPage
	admin.Get(fmt.Sprintf("/api/v1/admin/audit-log?api_key_id=%d", key.ID)).
		Want(http.StatusOK).
		Into(&page)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "brand.created", page.Items[0].Event)
	assert.Nil(t, page.Items[0].Actor)
	assert.Equal(t, &api.AuditKey{ID: key.ID, Name: key.Name}, page.Items[0].APIKey)
}

// refundOrder: the Idempotency-Keys of API keys are each one's own.
func TestIdempotencyKeysAreAKeysOwn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, ada := shop.Admin(), shop.Customer()
	product := admin.Product(apitest.Fields{"stock": 5, "price": "10.00"})
	var order api.Order
	ada.Post(
		"/api/v1/orders",
		apitest.Fields{"items": []apitest.Fields{{"product_id": product.ID, "quantity": 1}}},
	).
		Want(http.StatusCreated).
		Into(&order)
	ada.Post(
		fmt.Sprintf("/api/v1/orders/%d/pay", order.ID),
		apitest.Fields{"payment_type": "card", "token": "tok_visa"},
	).Want(http.StatusCreated)
	refunds := fmt.Sprintf("%s/%d/refunds", orders, order.ID)
	header := apitest.Key("one")
	body := apitest.Fields{"amount": "2.00", "reason": "Dented"}
	first := shop.As(admin.APIKey("payments:write").Key)
	second := shop.As(admin.APIKey("payments:write").Key)
	once := first.Post(refunds, body, header).Want(http.StatusCreated)
	again := first.Post(refunds, body, header).Want(http.StatusCreated)
	assert.Equal(t, once.String(), again.String())
	other := second.Post(refunds, body, header).Want(http.StatusCreated)
	assert.NotEqual(t, once.String(), other.String())
	shop.RequireSound()
}

// createAPIKey: what is refused.
func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for name, wrong := range map[string]any{
		"name": "\u00a0", "scopes": []string{}, "networks": []string{"203.0.113.7/24"},
		"expires_at": "2020-01-01T00:00:00Z", "calls_per_minute": 0,
	} {
		body := apitest.Fields{"name": "ERP", "scopes": []string{"orders:read"}, name: wrong}
		found := admin.Post(keys, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
		assert.True(t, strings.HasPrefix(found.Errors[0].Pointer, "/"+name), name)
	}
	for _, network := range []string{"::ffff:10.0.0.1/120", "10.0.0.0/33", "1.2.3", "fe80::"} {
		body := apitest.Fields{
			"name": "ERP", "scopes": []string{"orders:read"}, "networks": []string{network},
		}
		if network == "fe80::" {
			admin.Post(keys, body).Want(http.StatusCreated)
			continue
		}
		admin.Post(keys, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	key := admin.APIKey("orders:read").Key
	letter := "a"
	if key[20] == 'a' {
		letter = "b"
	}
	mistyped := key[:20] + letter + key[21:]
	for _, bad := range []string{mistyped, key[:30], "shopd_key_", key + "x"} {
		shop.As(bad).Get(orders).Problem(http.StatusUnauthorized, "invalid_api_key")
	}
	shop.Exec(`INSERT INTO api_keys (name, hint, key_hash, scopes)
		SELECT 'Key', 'k', sha256(n::text::bytea), '{orders:read}' FROM generate_series(3, 100) n`)
	admin.Post(keys, apitest.Fields{"name": "ERP", "scopes": []string{"orders:read"}}).
		Problem(http.StatusConflict, "too_many_api_keys")
}
