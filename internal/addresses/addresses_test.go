package addresses_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const addresses = "/api/v1/addresses"

func home() apitest.Fields {
	return apitest.Fields{
		"recipient":   "Ada Lovelace",
		"line1":       "12 St James's Square",
		"city":        "London",
		"postal_code": "SW1Y 4JH",
		"country":     "GB",
	}
}

func with(name string, value any) apitest.Fields {
	f := home()
	f[name] = value
	return f
}

func create(caller apitest.Caller, body apitest.Fields) api.Address {
	var address api.Address
	caller.Post(addresses, body).Want(http.StatusCreated).Into(&address)
	return address
}

func at(id int64) string { return fmt.Sprintf("%s/%d", addresses, id) }

// createAddress, listAddresses, getAddress, replaceAddress, updateAddress, deleteAddress: an
// address from its creation to its end, and the defaults meanwhile.
func TestAddresses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	caller := shop.Customer()
	first := create(caller, home())
	assert.True(t, first.IsDefaultShipping, "the first is the default for both")
	assert.True(t, first.IsDefaultBilling)
	assert.Nil(t, first.Line2)
	second := create(caller, with("is_default_shipping", true))
	assert.False(t, second.IsDefaultBilling)

	var page api.AddressPage
	caller.Get(addresses).Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 2)
	assert.Equal(
		t, []int64{second.ID, first.ID}, []int64{page.Items[0].ID, page.Items[1].ID},
		"the default for shipping first",
	)
	assert.False(t, page.Items[1].IsDefaultShipping, "it has moved")
	assert.True(t, page.Items[1].IsDefaultBilling)

	var address api.Address
	tag := caller.Get(at(first.ID)).Want(http.StatusOK).Header.Get("ETag")
	caller.Get(at(first.ID), apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	caller.Patch(
		at(first.ID), apitest.Fields{"line2": "Second floor", "is_default_shipping": true},
	).Want(http.StatusOK).Into(&address)
	assert.Equal(t, "Second floor", *address.Line2)
	assert.Equal(t, "London", address.City)
	caller.Patch(at(first.ID), apitest.Fields{"line2": nil}).Want(http.StatusOK).Into(&address)
	assert.Nil(t, address.Line2)
	assert.True(t, address.IsDefaultShipping, "what is not sent does not change")
	caller.Put(at(first.ID), with("city", "Bath")).Want(http.StatusOK).Into(&address)
	assert.Equal(t, "Bath", address.City)
	assert.False(t, address.IsDefaultShipping, "what is left out becomes empty")
	caller.Delete(at(first.ID)).Want(http.StatusNoContent)
	caller.Get(at(first.ID)).Problem(http.StatusNotFound, "address_not_found")
}

// getAddress, replaceAddress, updateAddress, deleteAddress: an address of another account is not
// found.
func TestAddressesAreTheirOwners(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	mine := create(shop.Customer(), home())
	for _, stranger := range []apitest.Caller{shop.Customer(), shop.Admin()} {
		stranger.Get(at(mine.ID)).Problem(http.StatusNotFound, "address_not_found")
		stranger.Put(at(mine.ID), home()).Problem(http.StatusNotFound, "address_not_found")
		stranger.Patch(at(mine.ID), apitest.Fields{"city": "Bath"}).
			Problem(http.StatusNotFound, "address_not_found")
		stranger.Delete(at(mine.ID)).Problem(http.StatusNotFound, "address_not_found")
		var page api.AddressPage
		stranger.Get(addresses).Want(http.StatusOK).Into(&page)
		assert.Empty(t, page.Items)
	}
	assert.Equal(
		t, "London",
		apitest.Value[string](shop, "SELECT city FROM addresses WHERE id = $1", mine.ID),
	)
}

// createAddress, getAddress, deleteAddress, listAddresses: requests that are refused.
func TestAddressesRefuse(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	caller := shop.Customer()
	mine := create(caller, home())
	for _, body := range []apitest.Fields{
		{}, with("country", "Britain"), with("country", "gb"), with("recipient", ""),
		with("city", nil), with("id", 7), with("user_id", 1), with("phone", "x"),
	} {
		caller.Post(addresses, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
		caller.Put(at(mine.ID), body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	for _, body := range []apitest.Fields{
		{}, {"city": nil}, {"country": "x"}, {"is_default_billing": nil},
	} {
		caller.Patch(at(mine.ID), body).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	caller.Get(addresses+"/0").Problem(http.StatusUnprocessableEntity, "invalid_request")
	caller.Delete(addresses+"/0").Problem(http.StatusUnprocessableEntity, "invalid_request")
	caller.Get(addresses+"?limit=0").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// createAddress: racing calls leave one default of each kind, and fifty addresses at most.
func TestOneDefaultAndAtMostFiftyUnderRace(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	caller := shop.Customer()
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			body := with("is_default_shipping", true)
			body["is_default_billing"] = i%2 == 0
			assert.Contains(
				t, []int{http.StatusCreated, http.StatusConflict},
				caller.Post(addresses, body).Status,
			)
		})
	}
	all.Wait()
	caller.Post(addresses, home()).Problem(http.StatusConflict, "too_many_addresses")
	assert.Equal(t, int64(50), apitest.Value[int64](shop, "SELECT count(*) FROM addresses"))
	assert.Equal(
		t, int64(1),
		apitest.Value[int64](shop, "SELECT count(*) FROM addresses WHERE is_default_shipping"),
	)
	assert.Equal(
		t, int64(1),
		apitest.Value[int64](shop, "SELECT count(*) FROM addresses WHERE is_default_billing"),
	)
}
