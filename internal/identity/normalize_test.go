package identity_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// person returns the fields of a registration, some of them replaced.
func person(replaced fields) fields {
	body := ada()
	delete(body, "username")
	for name, value := range replaced {
		body[name] = value
	}
	return body
}

const (
	register = "/api/v1/auth/register"
	logins   = "/api/v1/auth/login"
)

// register, login: one mailbox is one account, however its address is written.
func TestOneMailboxIsOneAccount(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var user api.User
	shop.Post(register, person(fields{"email": "jos\u00e9@m\u00fcnchen.de"})).
		Want(http.StatusCreated).
		Into(&user)
	assert.Equal(t, "jos\u00e9@xn--mnchen-3ya.de", user.Email)
	for _, same := range []string{
		"jos\u00e9@xn--mnchen-3ya.de", "jose\u0301@mu\u0308nchen.de", "JOS\u00c9@M\u00dcNCHEN.DE",
	} {
		shop.Post(register, person(fields{"email": same})).
			Problem(http.StatusConflict, "email_taken")
		shop.Post(logins, fields{"email": same, "password": "correct horse 9"}).Want(http.StatusOK)
	}
	for _, wrong := range []string{
		"a\u200bda@example.com", "ada@exam\u200bple.com", "ada@-\u00fc.de",
	} {
		shop.Post(register, person(fields{"email": wrong})).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
}

// register, login: passwords are compared in NFC.
func TestPasswordsAreComparedInNFC(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post(register, person(fields{"password": "correct h\u00f6rse 9"})).Want(http.StatusCreated)
	shop.Post(logins, fields{"email": "ada@example.com", "password": "correct ho\u0308rse 9"}).
		Want(http.StatusOK)
}

// register, updateProfile: names hold no line breaks and no addresses, and people with one name
// have no other.
func TestNamesHoldNoAddresses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for _, name := range []string{
		"You won! Claim at https://evil.example/x now", "www.evil.example", "evil.example/x",
		"Ada\nClick", "Ada\u2028Click", "me@evil.example", " ", "\u00a0",
	} {
		answer := shop.Post(register, person(fields{"first_name": name}))
		answer.Problem(http.StatusUnprocessableEntity, "invalid_request")
		assert.Contains(t, string(answer.Body), "/first_name", name)
	}
	var user api.User
	body := person(fields{"first_name": "J.R.R. Tolkien-St.John", "email": "one@example.com"})
	delete(body, "last_name")
	shop.Post(register, body).Want(http.StatusCreated).Into(&user)
	assert.Empty(t, user.LastName)
	var pair api.TokenPair
	shop.Post(logins, fields{"email": "one@example.com", "password": "correct horse 9"}).
		Want(http.StatusOK).
		Into(&pair)
	shop.As(pair.AccessToken).
		Patch("/api/v1/users/me", fields{"last_name": "x\u0085y"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// listCustomers: staff finds people by names without accents, and by phone number.
func TestStaffFindsCustomersAsTheyType(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	shop.Post(register, person(fields{
		"last_name": "M\u00fcller-\u0141\u00f8kken", "phone": "+1\u00a0(212) 555\u20110100",
	})).Want(http.StatusCreated)
	admin := shop.Admin()
	for _, q := range []string{
		"muller", "M\u00dcLLER", "Mu\u0308ller", "lokken", "+12125550100", "(212)",
	} {
		var page api.CustomerPage
		admin.Get("/api/v1/admin/customers?q=" + url.QueryEscape(q)).Want(http.StatusOK).Into(&page)
		assert.EqualValues(t, 1, page.Total, q)
	}
}

// register: numbers are taken as people write them.
func TestPhoneNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	for i, phone := range []string{
		"(555) 123-4567", "+44\u00a020\u00a07946\u20110958", "212-555-0100 ext. 42",
		"+49 (0)30 1234567", "(+44) 20 7946 0958",
	} {
		email := strings.Repeat("a", i+1) + "@example.com"
		shop.Post(register, person(fields{"email": email, "phone": phone})).Want(http.StatusCreated)
	}
	assert.Equal(t, "+442079460958", apitest.Value[string](
		shop, "SELECT phone_e164 FROM users WHERE email = 'aa@example.com'",
	))
}
