package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// actor is an account that calls.
type actor struct {
	name, email, password string
	role                  string
	token                 string
}

// crowd has the accounts that call. Calls that end a session or an account are made by bystanders,
// of which there are many.
type crowd struct {
	t          testing.TB
	shop       *apitest.Shop
	known      *known
	admin      apitest.Caller
	all        []*actor
	bystanders int
	spent      string // a token of an ended session
}

func gather(t testing.TB, shop *apitest.Shop, known *known) *crowd {
	p := &crowd{t: t, shop: shop, known: known, admin: shop.Admin()}
	p.all = []*actor{
		{
			name:     "administrator",
			email:    apitest.AdminEmail,
			password: apitest.AdminPassword,
			role:     "administrator",
		},
		{
			name: "staff",
			role: "staff",
		},
		{name: "customer", role: "customer"},
		{name: "stranger", role: "customer"},
	}
	for _, a := range p.all {
		if a.email == "" {
			p.register(a)
		}
		p.logIn(a)
	}
	former := &actor{name: "former"}
	p.register(former)
	p.logIn(former)
	shop.As(former.token).Post("/api/v1/auth/logout", nil).Want(http.StatusNoContent)
	p.spent = former.token
	return p
}

func (p *crowd) register(a *actor) int64 {
	a.email, a.password = a.name+"@people.example.com", "correct horse 9"
	var user api.User
	p.shop.Post("/api/v1/auth/register", map[string]string{
		"email": a.email, "password": a.password, "first_name": "Ada", "last_name": "Lovelace",
	}).
		Want(http.StatusCreated).
		Into(&user)
	if a.role == "staff" {
		p.admin.Put(
			fmt.Sprintf("/api/v1/admin/customers/%d/role", user.ID),
			map[string]string{"role": a.role},
		).
			Want(http.StatusOK)
	}
	require.NotZero(p.t, user.ID)
	return user.ID
}

func (p *crowd) logIn(a *actor) { a.token = p.shop.Login(a.email, a.password).Token() }

func (p *crowd) named(name string) *actor {
	return p.all[slices.IndexFunc(p.all, func(a *actor) bool { return a.name == name })]
}

// fleeting are the operations that end the session or the account that calls them.
var fleeting = []string{
	"logout", "logoutAll", "deleteAccount", "changePassword", "endSession", "setCustomerStatus",
	"setCustomerRole",
}

// bystander returns a new customer, to whom anything may happen.
func (p *crowd) bystander() *actor {
	p.bystanders++
	a := &actor{name: fmt.Sprintf("bystander%d", p.bystanders), role: "customer"}
	p.known.addBystander(p.register(a))
	p.logIn(a)
	return a
}

// callerOf draws an account that may call an operation.
func (p *crowd) callerOf(t *rapid.T, op *operation) *actor {
	if slices.Contains(fleeting, op.id) && op.role == "customer" {
		a := p.bystander()
		if op.id == "endSession" {
			var sessions api.SessionPage
			p.shop.As(a.token).Get("/api/v1/auth/sessions").Want(http.StatusOK).Into(&sessions)
			p.known.add(
				"session_id",
				entry{json.Number(strconv.FormatInt(sessions.Items[0].ID, 10)), "", a.name},
			)
		}
		return a
	}
	customer := p.named("customer")
	switch {
	case op.public:
		return nil
	case op.guests:
		return rapid.SampledFrom([]*actor{customer, nil, p.named("stranger")}).Draw(t, "who")
	case op.role == "customer":
		return rapid.SampledFrom([]*actor{
			customer, customer, customer, p.named("stranger"), p.named("staff"),
		}).
			Draw(t, "who")
	case op.role == "staff":
		return rapid.SampledFrom([]*actor{p.named("staff"), p.named("administrator")}).
			Draw(t, "who")
	}
	return p.named("administrator")
}
