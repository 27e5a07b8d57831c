package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gosimple/slug"
)

// Longest slug and sku, in bytes.
const (
	maxSlug = 200
	maxSKU  = 64
)

// slugOf makes a slug of a name; fallback is for names without a letter or digit that has a Latin
// form.
func slugOf(name, fallback string) string {
	made := slug.Make(name)
	made = strings.Trim(strings.ReplaceAll(made, "_", "-"), "-")
	for strings.Contains(made, "--") {
		made = strings.ReplaceAll(made, "--", "-")
	}
	made = strings.TrimRight(made[:min(len(made), maxSlug)], "-")
	return cmp.Or(made, fallback)
}

// skuOf makes a sku of a product's slug and a variant's options.
func skuOf(productSlug string, options map[string]string) string {
	const reserve = 4 // for a number that tells it from others
	parts := []string{productSlug}
	for _, name := range sortedKeys(options) {
		parts = append(parts, slugOf(options[name], ""))
	}
	made := strings.ToUpper(strings.Trim(strings.Join(parts, "-"), "-"))
	if over := len(
		made,
	) - (maxSKU - reserve); over > 0 { // the options tell variants apart: cut the name
		made = strings.TrimLeft(made[over:], "-")
	}
	return made
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// checkDigit reports whether the last digit of a GTIN is right (GS1 General Specifications, section
// 7.9).
func checkDigit(gtin string) bool {
	sum := 0
	for i := range len(gtin) {
		digit := int(gtin[len(gtin)-1-i] - '0')
		if i%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	return sum%10 == 0
}

// ValidGTIN reports whether the check digit of 8, 12, 13 or 14 digits is right.
func ValidGTIN(digits string) bool { return checkDigit(digits) }

// SlugOf makes a slug of a name; fallback is for names without a letter or digit that has a Latin
// form.
func SlugOf(name, fallback string) string { return slugOf(name, fallback) }
