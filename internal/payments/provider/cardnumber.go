package provider

import (
	"unicode"
)

// LooksLikeCardNumber reports whether the text contains a card number: 12 to 19 digits of any
// script with a right check digit (Luhn), together or in groups with spaces, dashes, dots or
// slashes between them. Digits next to it, such as an expiry date, do not hide it if such a
// separator sets them off.
func LooksLikeCardNumber(text string) bool {
	var digits []byte // of the run being read
	var starts []int  // where the groups of the run begin
	inGroup := false
	for _, r := range text {
		value, isDigit := digitValue(r)
		switch {
		case isDigit && !inGroup:
			starts = append(starts, len(digits))
			digits = append(digits, value)
			inGroup = true
		case isDigit:
			digits = append(digits, value)
		case separates(r):
			inGroup = false
		default:
			if holdsCardNumber(digits, starts) {
				return true
			}
			digits, starts, inGroup = digits[:0], starts[:0], false
		}
	}
	return holdsCardNumber(digits, starts)
}

// holdsCardNumber tries every sequence of whole groups.
func holdsCardNumber(digits []byte, starts []int) bool {
	ends := append([]int(nil), starts...)
	ends = append(ends, len(digits))
	for i, start := range starts {
		for _, end := range ends[i+1:] {
			if length := end - start; length > 19 {
				break
			} else if length >= 12 && luhn(digits[start:end]) {
				return true
			}
		}
	}
	return false
}

// luhn reports whether the last digit is the check digit of ISO/IEC 7812.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i])
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// digitValue returns the value of a decimal digit of any script. Unicode's decimal digits come in
// rows of ten, 0 first.
func digitValue(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, row := range unicode.Nd.R16 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	return 0, false
}

// separates reports whether r is what people and programs write between the groups of a number,
// visible or not.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) ||
		r == '.' || r == '/' || r == '_' || r == '\u2212'
}
