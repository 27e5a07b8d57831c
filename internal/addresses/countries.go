package addresses

import (
	"regexp"
	"strings"

	"github.com/shopd/shopd/internal/platform/problem"
)

// isCountry reports whether a code is assigned in ISO 3166-1 alpha-2 (as of 2026). Codes that are
// reserved, such as UK, withdrawn, such as AN, or for private use, such as ZZ, are not.
func isCountry(code string) bool {
	return len(code) == 2 && strings.Contains(assigned, " "+code+" ")
}

const assigned = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ " +
	"BL BM BN BO BQ " +
	"BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM " +
	"DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS " +
	"GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN " +
	"KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ " +
	"MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM " +
	"PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV " +
	"SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI " +
	"VN VU WF WS YE YT ZA ZM ZW "

// postalCode says what the postal codes of a country look like, and whether an address needs one.
// The facts are those of CLDR and of Google's libaddressinput.
type postalCode struct {
	pattern  string // of the code without blanks and hyphens, in capitals
	required bool
}

const (
	digits3 = `\d{3}`
	digits4 = `\d{4}`
	digits5 = `\d{5}`
	digits6 = `\d{6}`
	digits7 = `\d{7}`
)

// postalCodes are the countries whose addresses are checked. Those of all others are taken as they
// come.
var postalCodes = map[string]postalCode{
	"AR": {pattern: `([A-Z]?\d{4}|[A-Z]\d{4}[A-Z]{3})`},
	"AT": {pattern: `(AT|A)?` + digits4, required: true},
	"AU": {pattern: digits4, required: true},
	"BE": {pattern: `(BE|B)?` + digits4, required: true},
	"BG": {pattern: digits4, required: true},
	"BR": {pattern: `\d{8}`, required: true},
	"CA": {pattern: `[ABCEGHJKLMNPRSTVXY]\d[A-Z]\d[A-Z]\d`, required: true},
	"CH": {pattern: `(CH)?` + digits4, required: true},
	"CL": {pattern: digits7},
	"CN": {pattern: digits6, required: true},
	"CO": {pattern: digits6},
	"CY": {pattern: digits4, required: true},
	"CZ": {pattern: digits5, required: true},
	"DE": {pattern: `(DE|D)?` + digits5, required: true},
	"DK": {pattern: `(DK)?` + digits4, required: true},
	"EE": {pattern: `(EE)?` + digits5, required: true},
	"ES": {pattern: digits5, required: true},
	"FI": {pattern: `(FI)?` + digits5, required: true},
	"FR": {pattern: `(FR|F)?` + digits5, required: true},
	"GB": {pattern: `(GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})`, required: true},
	"GR": {pattern: digits5, required: true},
	"HR": {pattern: `(HR)?` + digits5, required: true},
	"HU": {pattern: `(H|HU)?` + digits4, required: true},
	"IE": {pattern: `[A-Z]\d[\dW][A-Z\d]{4}`},
	"IL": {pattern: `(\d{5}|\d{7})`},
	"IN": {pattern: `[1-9]\d{5}`, required: true},
	"IS": {pattern: digits3},
	"IT": {pattern: `(IT|I)?` + digits5, required: true},
	"JP": {pattern: digits7, required: true},
	"KR": {pattern: digits5, required: true},
	"LI": {pattern: `(FL)?94(8[5-9]|9[0-8])`, required: true},
	"LT": {pattern: `(LT)?` + digits5, required: true},
	"LU": {pattern: `(L|LU)?` + digits4, required: true},
	"LV": {pattern: `(LV)?` + digits4, required: true},
	"MC": {pattern: `980\d{2}`, required: true},
	"MT": {pattern: `[A-Z]{3}\d{2,4}`},
	"MX": {pattern: digits5, required: true},
	"MY": {pattern: digits5, required: true},
	"NL": {pattern: `(NL)?[1-9]\d{3}[A-Z]{2}`, required: true},
	"NO": {pattern: `(N|NO)?` + digits4, required: true},
	"NZ": {pattern: digits4, required: true},
	"PL": {pattern: digits5, required: true},
	"PT": {pattern: digits7, required: true},
	"RO": {pattern: digits6, required: true},
	"RU": {pattern: digits6, required: true},
	"SE": {pattern: `(SE|S)?` + digits5, required: true},
	"SG": {pattern: digits6, required: true},
	"SI": {pattern: `(SI)?` + digits4, required: true},
	"SK": {pattern: `(SK)?` + digits5, required: true},
	"TH": {pattern: digits5},
	"TR": {pattern: digits5, required: true},
	"TW": {pattern: `\d{3}(\d{2,3})?`},
	"UA": {pattern: digits5, required: true},
	"US": {pattern: `\d{5}(\d{4})?`, required: true},
	"ZA": {pattern: digits4, required: true},
}

var postalPatterns = func() map[string]*regexp.Regexp {
	compiled := make(map[string]*regexp.Regexp, len(postalCodes))
	for country, code := range postalCodes {
		compiled[country] = regexp.MustCompile("^" + code.pattern + "$")
	}
	return compiled
}()

// bare takes blanks and hyphens off a postal code.
var bare = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "\u2010", "", "\u2011", "")

// check returns a problem if the country does not exist, or its addresses need a postal code or
// have one of another form.
func check(country string, code *string) error {
	if !isCountry(country) {
		return problem.Invalid(problem.Field{
			Pointer: "/country", Message: "is not a code that ISO 3166-1 assigns today, such as GB",
		})
	}
	rule, known := postalCodes[country]
	switch {
	case code == nil && rule.required:
		return problem.Invalid(problem.Field{
			Pointer: "/postal_code", Message: "is required in " + country,
		})
	case code == nil || !known:
		return nil
	case !postalPatterns[country].MatchString(strings.ToUpper(bare.Replace(*code))):
		return problem.Invalid(problem.Field{
			Pointer: "/postal_code", Message: "is not a postal code of " + country,
		})
	}
	return nil
}
