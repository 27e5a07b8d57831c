package identity_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func hashOf(t *testing.T, password string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	require.NoError(t, err)
	return string(hash)
}

// getProfile, replaceProfile, updateProfile: the caller's own account.
func TestProfile(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	shop.Post("/api/v1/auth/register", fields{
		"email": "grace@example.com", "password": "correct horse 9", "first_name": "Grace",
		"last_name": "Hopper", "username": "grace",
	}).
		Want(http.StatusCreated)
	caller := shop.As(login(shop).AccessToken)
	const me = "/api/v1/users/me"
	var user api.User
	tag := caller.Get(me).Want(http.StatusOK).Into(&user).Header.Get("ETag")
	caller.Get(me, apitest.Header{Name: "If-None-Match", Value: tag}).Want(http.StatusNotModified)

	caller.Patch(me, map[string]any{"phone": "+44 20 7946 0958"}).Want(http.StatusOK).Into(&user)
	assert.Equal(t, "+44 20 7946 0958", *user.Phone)
	assert.Equal(t, "ada", *user.Username, "what is not sent does not change")
	caller.Patch(me, map[string]any{"phone": nil, "last_name": "Byron"}).
		Want(http.StatusOK).
		Into(&user)
	assert.Nil(t, user.Phone, "null empties")
	assert.Equal(t, "Byron", user.LastName)
	caller.Put(me, map[string]any{"first_name": "Augusta", "last_name": "King"}).
		Want(http.StatusOK).
		Into(&user)
	assert.Nil(t, user.Username, "what is left out becomes empty")
	assert.Equal(t, "Augusta", user.FirstName)

	caller.Patch(me, fields{"username": "GRACE"}).Problem(http.StatusConflict, "username_taken")
	caller.Put(me, fields{"first_name": "A", "last_name": "B", "username": "grace"}).
		Problem(http.StatusConflict, "username_taken")
	for _, body := range []any{
		map[string]any{}, map[string]any{"first_name": nil}, fields{"role": "administrator"},
		fields{"email": "x@y.z"}, fields{"phone": "call me"},
	} {
		caller.Patch(me, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	caller.Put(me, fields{"last_name": "A"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// deleteAccount, getCustomer, login, refreshToken: an account that is deleted leaves no personal
// data and no session.
func TestDeletedAccountsHaveNoName(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	pair := login(shop)
	caller := shop.As(pair.AccessToken)
	caller.Post("/api/v1/addresses", fields{
		"recipient": "Ada", "line1": "1 Road", "city": "London", "postal_code": "N1 9GU",
		"country": "GB",
	}).
		Want(http.StatusCreated)
	caller.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	caller.Get("/api/v1/auth/me").Problem(http.StatusUnauthorized, "invalid_token")
	shop.Post("/api/v1/auth/refresh", fields{"refresh_token": pair.RefreshToken}).
		Problem(http.StatusUnauthorized, "invalid_refresh_token")
	shop.Post("/api/v1/auth/login", fields{
		"email": "ada@example.com", "password": "correct horse 9",
	}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	row := apitest.Value[string](shop, "SELECT u::text FROM users u WHERE deleted_at IS NOT NULL")
	for _, trace := range []string{"ada", "Ada", "Lovelace", "example.com", "$2a$"} {
		assert.NotContains(t, row, trace)
	}
	assert.Zero(t, apitest.Value[int64](shop, "SELECT count(*) FROM addresses"))
	id := apitest.Value[int64](shop, "SELECT id FROM users WHERE deleted_at IS NOT NULL")
	shop.Admin().
		Get(fmt.Sprintf("/api/v1/admin/customers/%d", id)).
		Problem(http.StatusNotFound, "customer_not_found")
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated) // the address is free again
	shop.Admin().Delete("/api/v1/users/me").Problem(http.StatusConflict, "last_administrator")
}

// listCustomers, getCustomer, setCustomerStatus, setCustomerRole: accounts as administrators see
// and change them.
func TestCustomers(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	admin := shop.Admin()
	const customers = "/api/v1/admin/customers"
	find := func(query string) api.CustomerPage {
		var page api.CustomerPage
		admin.Get(customers + query).Want(http.StatusOK).Into(&page)
		return page
	}
	assert.Equal(t, int64(2), find("").Total)
	assert.Equal(t, "ada@example.com", find("").Items[0].Email, "newest first")
	for _, query := range []string{
		"?q=LOVELACE", "?q=ada@ex", "?role=customer", "?is_active=true&q=ada%20love",
	} {
		page := find(query)
		require.Len(t, page.Items, 1, query)
		assert.Equal(t, "ada@example.com", page.Items[0].Email)
	}
	assert.Empty(t, find("?q=%25").Items, "a percent sign is a percent sign")
	behind := find("?offset=10")
	assert.Empty(t, behind.Items)
	assert.Equal(t, int64(2), behind.Total)

	pair := login(shop)
	address := fmt.Sprintf("%s/%d", customers, pair.User.ID)
	tag := admin.Get(address).Want(http.StatusOK).Header.Get("ETag")
	admin.Get(address, apitest.Header{Name: "If-None-Match", Value: tag}).
		Want(http.StatusNotModified)

	shop.As(pair.AccessToken).Get(customers).Problem(http.StatusForbidden, "forbidden")
	var user api.User
	admin.Put(address+"/role", fields{"role": "administrator"}).Want(http.StatusOK).Into(&user)
	assert.Equal(t, api.RoleAdministrator, user.Role)
	shop.As(pair.AccessToken).Get(customers).Want(http.StatusOK) // at once, with the token at hand
	admin.Put(address+"/role", fields{"role": "customer"}).Want(http.StatusOK)
	shop.As(pair.AccessToken).Get(customers).Problem(http.StatusForbidden, "forbidden")

	admin.Put(address+"/status", map[string]bool{"is_active": false}).
		Want(http.StatusOK).
		Into(&user)
	assert.False(t, user.IsActive)
	shop.As(pair.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	admin.Put(address+"/status", map[string]bool{"is_active": true}).Want(http.StatusOK)
	shop.As(pair.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
		// a new login is needed
	login(shop)

	for _, wrong := range []any{fields{"role": "owner"}, fields{}, map[string]any{"role": nil}} {
		admin.Put(address+"/role", wrong).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	admin.Put(address+"/status", fields{"is_active": "no"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(customers+"/4242/role", fields{"role": "staff"}).
		Problem(http.StatusNotFound, "customer_not_found")
	admin.Put(customers+"/4242/status", map[string]bool{"is_active": false}).
		Problem(http.StatusNotFound, "customer_not_found")
	events := apitest.Value[[]string](
		shop,
		"SELECT array_agg(event ORDER BY id) FROM audit_events "+
			"WHERE object_id = $1::bigint::text AND object_type = 'account' "+
			"AND event LIKE 'account.%'",
		pair.User.ID,
	)
	assert.Equal(
		t,
		[]string{
			"account.created", "account.role_changed", "account.role_changed",
			"account.deactivated", "account.activated",
		},
		events,
	)
}

// setCustomerStatus, setCustomerRole, deleteAccount: one active administrator is left, under race
// too.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for round := range 5 {
		// Two administrators, and 32 racing requests to take both away in every way there is.
		email := fmt.Sprintf("second-%d@example.com", round)
		shop.Post("/api/v1/auth/register", fields{
			"email": email, "password": "correct horse 9", "first_name": "S", "last_name": "A",
		}).
			Want(http.StatusCreated)
		shop.Exec(
			"UPDATE users SET role = 'administrator', is_active = true WHERE email IN ($1, $2)",
			email, apitest.AdminEmail,
		)
		first, second := shop.Admin(), shop.Login(email, "correct horse 9")
		ids := apitest.Value[[]int64](
			shop, "SELECT array_agg(id) FROM users WHERE role = 'administrator' AND is_active",
		)
		require.Len(t, ids, 2)
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() {
				caller := []apitest.Caller{first, second}[i%2]
				address := fmt.Sprintf("/api/v1/admin/customers/%d", ids[i/2%2])
				var answer *apitest.Answer
				switch i % 3 {
				case 0:
					answer = caller.Put(address+"/role", fields{"role": "customer"})
				case 1:
					answer = caller.Put(address+"/status", map[string]bool{"is_active": false})
				default:
					answer = caller.Delete("/api/v1/users/me")
				}
				assert.Contains(t, []int{200, 204, 401, 403, 404, 409}, answer.Status)
			})
		}
		all.Wait()
		require.Equal(
			t,
			int64(1),
			apitest.Value[int64](
				shop, "SELECT count(*) FROM users WHERE role = 'administrator' AND is_active",
			),
		)
		shop.Exec(
			"UPDATE users SET email = $1, password_hash = $2, role = 'administrator', "+
				"is_active = true, deleted_at = NULL WHERE id = (SELECT min(id) FROM users)",
			apitest.AdminEmail, hashOf(t, apitest.AdminPassword, 4),
		)
		shop.Exec("UPDATE users SET role = 'customer' WHERE id > (SELECT min(id) FROM users)")
	}
}

// No operation: the database refuses to change or remove entries of the audit log.
func TestAuditRowsAreFinal(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Admin()
	for _, sql := range []string{
		"UPDATE audit_events SET event = 'a.b'", "DELETE FROM audit_events",
		"TRUNCATE audit_events",
	} {
		_, err := shop.Pool.Exec(t.Context(), sql)
		assert.ErrorContains(t, err, "never changed", sql)
	}
	assert.Equal(
		t,
		"127.0.0.1",
		apitest.Value[string](
			shop, "SELECT host(address) FROM audit_events WHERE event = 'login.succeeded' LIMIT 1",
		),
	)
}

// listCustomers, getCustomer: how many orders an account has, and what it spent.
func TestCustomersAreShownWithWhatTheyBought(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, buyer := shop.Admin(), shop.Customer()
	shop.Exec(`INSERT INTO orders (number, user_id, status, total_minor, expires_at)
		SELECT 'N' || n, (SELECT id FROM users WHERE role = 'customer'), (ARRAY['PENDING', 'PAID',
		'SHIPPED', 'DELIVERED', 'CANCELLED'])[n], 1000 * n, now() FROM generate_series(1, 5) n`)
	var page api.CustomerPage
	admin.Get("/api/v1/admin/customers?role=customer").Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 1)
	assert.Equal(
		t, api.CustomerOrders{Count: 5, Spent: "90.00", Currency: "USD"}, page.Items[0].Orders,
	)
	var one api.Customer
	admin.Get(fmt.Sprintf("/api/v1/admin/customers/%d", page.Items[0].ID)).
		Want(http.StatusOK).
		Into(&one)
	assert.Equal(t, page.Items[0], one)
	admin.Get("/api/v1/admin/customers?role=administrator").Want(http.StatusOK).Into(&page)
	assert.Equal(t, api.CustomerOrders{Spent: "0.00", Currency: "USD"}, page.Items[0].Orders)
	buyer.Get("/api/v1/admin/customers").Problem(http.StatusForbidden, "forbidden")
}
