// Package phone reads phone numbers as people write them.
package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// spaces are the blanks and hyphens that come with numbers pasted from web pages.
var spaces = strings.NewReplacer(
	"\u00a0", " ", "\u2009", " ", "\u202f", " ",
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-",
)

// E164 returns a number in the form of ITU-T E.164, such as +442079460958. country, an ISO 3166-1
// code, is the country of a number without a country code; if it is empty, such numbers are not
// accepted. E164 returns nil for a text that cannot be a phone number. An extension is left out.
func E164(text *string, country string) *string {
	if text == nil {
		return nil
	}
	if country == "" {
		country = phonenumbers.UNKNOWN_REGION
	}
	number, err := phonenumbers.Parse(spaces.Replace(*text), country)
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return nil
	}
	return new(phonenumbers.Format(number, phonenumbers.E164))
}
