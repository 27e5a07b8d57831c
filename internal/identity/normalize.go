package identity

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/shopd/shopd/internal/platform/problem"
)

var errEmail = problem.Invalid(
	problem.Field{Pointer: "/email", Message: "is not an e-mail address that mail can be sent to"},
)

// normalEmail returns the one form of a mailbox's address: the domain in A-labels (RFC 5891), the
// local part in NFC. Format and control characters, which are invisible, are refused.
func normalEmail(email string) (string, error) {
	if strings.ContainsFunc(email, isInvisible) {
		return "", errEmail
	}
	at := strings.LastIndexByte(email, '@')
	if at < 1 {
		return "", errEmail
	}
	local, domain := norm.NFC.String(email[:at]), email[at+1:]
	if !isASCII(domain) {
		labels, err := idna.Lookup.ToASCII(norm.NFC.String(domain))
		if err != nil {
			return "", errEmail
		}
		domain = labels
	}
	return local + "@" + domain, nil
}

// normalLogin returns what was typed as the name of a login in the form that accounts have.
func normalLogin(name string) string {
	if email, err := normalEmail(name); err == nil {
		return email
	}
	return name
}

// isInvisible reports whether a character is of Unicode's categories Cc or Cf, or separates lines.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// webAddress matches what mail programs make a link of.
var webAddress = regexp.MustCompile(`(?i)://|@|\bwww\.|[\pL\d]\.[a-z]{2,}/`)

// checkName returns the refusal of a name that holds line breaks or an address, or none. Names are
// written into mails, so a registration could send strangers anything.
func checkName(pointer, name string) []problem.Field {
	breaks := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }
	if !strings.ContainsFunc(name, breaks) && !webAddress.MatchString(name) {
		return nil
	}
	return []problem.Field{
		{
			Pointer: pointer,
			Message: "must hold no line breaks, and no addresses of pages or mailboxes",
		},
	}
}

// checkNames refuses a first or last name as checkName does.
func checkNames(first, last string) error {
	wrong := append(checkName("/first_name", first), checkName("/last_name", last)...)
	if len(wrong) > 0 {
		return problem.Invalid(wrong...)
	}
	return nil
}

// normalPassword returns a password in NFC: keyboards differ in how they compose letters.
func normalPassword(password string) string { return norm.NFC.String(password) }
