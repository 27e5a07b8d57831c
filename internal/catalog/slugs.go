package catalog

import (
	"cmp"
	"slices"
	"strings"

	"context"
	"fmt"

	"github.com/gosimple/slug"

	"github.com/shopd/shopd/gen/db"
)

// Longest slug and sku, in bytes.
const (
	maxSlug = 200
	maxSKU  = 64
)

// SlugOf returns a slug made of a name. It returns fallback for a name without a letter or digit
// that has a Latin form.
func SlugOf(name, fallback string) string {
	made := slug.Make(name)
	made = strings.Trim(strings.ReplaceAll(made, "_", "-"), "-")
	for strings.Contains(made, "--") {
		made = strings.ReplaceAll(made, "--", "-")
	}
	made = strings.TrimRight(made[:min(len(made), maxSlug)], "-")
	return cmp.Or(made, fallback)
}

// skuOf returns a sku made of a product's slug and a variant's options.
func skuOf(productSlug string, options map[string]string) string {
	const reserve = 4 // for the number that firstFree may add
	parts := []string{productSlug}
	for _, name := range sortedKeys(options) {
		parts = append(parts, SlugOf(options[name], ""))
	}
	made := strings.ToUpper(strings.Trim(strings.Join(parts, "-"), "-"))
	if over := len(made) - (maxSKU - reserve); over > 0 {
		made = strings.TrimLeft(made[over:], "-") // the options distinguish variants: cut the name
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

// firstFree returns the first of base, base-2, base-3, … that is not taken. It takes a lock until
// the end of the transaction, so that no two transactions choose the same name.
func firstFree(
	ctx context.Context, q *db.Queries, base string, limit int,
	taken func(context.Context, []string) ([]string, error),
) (string, error) {
	if err := q.LockNames(ctx); err != nil {
		return "", err
	}
	const most = 50
	for start := 1; ; start += most {
		candidates := make([]string, 0, most)
		for n := start; n < start+most; n++ {
			suffix := ""
			if n > 1 {
				suffix = fmt.Sprintf("-%d", n)
			}
			candidates = append(candidates, base[:min(len(base), limit-len(suffix))]+suffix)
		}
		found, err := taken(ctx, candidates)
		if err != nil {
			return "", err
		}
		known := make(map[string]bool, len(found))
		for _, one := range found {
			known[one] = true
		}
		for _, candidate := range candidates {
			if !known[candidate] {
				return candidate, nil
			}
		}
	}
}

func productSlug(ctx context.Context, q *db.Queries, given *string, name string) (string, error) {
	if given != nil {
		return *given, nil
	}
	return firstFree(ctx, q, SlugOf(name, "product"), maxSlug, q.TakenProductSlugs)
}
