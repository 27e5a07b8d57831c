// Package gtin reads Global Trade Item Numbers: GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN) and GTIN-14.
package gtin

import "strings"

// Pad returns a GTIN of any length with leading zeros, as the 14 digits it is stored with.
func Pad(digits string) string {
	return strings.Repeat("0", max(0, 14-len(digits))) + digits
}

// IsValid reports whether digits are 8, 12, 13 or 14 digits, and the last of them is the right
// check digit (GS1 General Specifications, section 7.9).
func IsValid(digits string) bool {
	switch len(digits) {
	case 8, 12, 13, 14:
	default:
		return false
	}
	sum := 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
		weight := 1
		if (len(digits)-i)%2 == 0 {
			weight = 3
		}
		sum += weight * int(digits[i]-'0')
	}
	return sum%10 == 0
}
