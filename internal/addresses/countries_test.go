package addresses_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createAddress, updateAddress: postal codes are those of the country, or none where there is none.
func TestPostalCodesByCountry(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	caller := shop.Customer()
	in := func(country string, code any) apitest.Fields {
		body := with("country", country)
		if body["postal_code"] = code; code == nil {
			delete(body, "postal_code")
		}
		return body
	}
	address := create(caller, in("HK", nil))
	assert.Nil(t, address.PostalCode)
	for country, codes := range map[string][]any{
		"GB": {"sw1y4jh", "EC1A 1BB", "M1 1AE"}, "US": {"90210", "90210-1234"},
		"CA": {"K1A 0B1"}, "DE": {"10115", "D-10115"}, "NL": {"1012 AB"}, "PL": {"00-950"},
		"JP": {"100-0001"}, "BR": {"01310-100"}, "PT": {"1000-205"}, "AE": {nil, "anything"},
		"IE": {nil, "D02 X285"},
	} {
		for _, code := range codes {
			caller.Post(addresses, in(country, code)).Want(http.StatusCreated)
		}
	}
	for country, codes := range map[string][]any{
		"GB": {nil, "12345", "N1"}, "US": {nil, "9021", "K1A 0B1"}, "DE": {nil, "1011"},
		"ZZ": {"1"}, "UK": {"SW1Y 4JH"}, "AN": {"1"}, "XX": {nil},
	} {
		for _, code := range codes {
			caller.Post(addresses, in(country, code)).
				Problem(http.StatusUnprocessableEntity, "invalid_request")
		}
	}
	caller.Patch(at(address.ID), apitest.Fields{"country": "GB"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	var moved api.Address
	caller.Patch(at(address.ID), apitest.Fields{"country": "GB", "postal_code": "SW1Y 4JH"}).
		Want(http.StatusOK).
		Into(&moved)
	caller.Patch(at(address.ID), apitest.Fields{"country": "HK", "postal_code": nil}).
		Want(http.StatusOK).
		Into(&moved)
	assert.Nil(t, moved.PostalCode)
}

// createAddress: a national number is that of the address's country.
func TestPhoneNumbersOfAddresses(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	create(shop.Customer(), with("phone", "(020) 7946 0958"))
	assert.Equal(
		t, "+442079460958", apitest.Value[string](shop, "SELECT phone_e164 FROM addresses"),
	)
}

// createAddress: text of blanks alone is no text.
func TestBlankAddressesAreRefused(t *testing.T) {
	t.Parallel()
	caller := apitest.New(t).Customer()
	for _, name := range []string{"recipient", "line1", "city"} {
		for _, blank := range []string{" ", "\u00a0", "\u3000", "\u2028", "\u200b", "\u2800"} {
			caller.Post(addresses, with(name, blank)).
				Problem(http.StatusUnprocessableEntity, "invalid_request")
		}
	}
}
