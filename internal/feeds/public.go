package feeds

import (
	"fmt"
	"slices"
	"strings"
)

// descriptive are the columns of Google's product data specification that describe goods to buyers.
// They are public attributes without being asked for.
var descriptive = wordSet(`color size material pattern gender age_group size_type size_system
	product_detail product_highlight mpn google_product_category identifier_exists multipack is_bundle
	adult energy_efficiency_class min_energy_efficiency_class max_energy_efficiency_class certification
	unit_pricing_measure unit_pricing_base_measure product_length product_width product_height
	product_weight`)

// internal are words in the names of columns that are the shop's own business. All (*) does not
// publish such a column; its name does.
var internal = []string{
	"cost", "purchase", "wholesale", "margin", "markup", "supplier", "vendor_code", "einkauf", "buying",
	"custom_label", "ads_", "adwords", "promotion_id", "shipping", "tax", "commission", "profit", "rrp_net",
	"internal", "private", "secret", "note_", "warehouse", "bin_location", "account", "inventory_policy",
	"excluded_destination", "included_destination", "transit_time", "min_handling", "max_handling", "lieferant",
	"meta:_", "auto_pricing",
}

// isInternal reports whether a column looks like the shop's own business.
func isInternal(name string) bool {
	return slices.ContainsFunc(internal, func(word string) bool {
		return strings.HasPrefix(name, word) || strings.Contains(name, "_"+word) ||
			len(word) > 5 && strings.Contains(name, word)
	})
}

// InternalWords returns the words by which attributes that should not be public are found.
func InternalWords() []string { return slices.Clone(internal) }

// allAttributes publishes every column that does not look internal.
const allAttributes = "*"

// publicAttributes are the columns that become public attributes, by their normal names.
type publicAttributes map[string]bool

// publish returns what Google describes goods by, and the columns that an import or the shop names.
func publish(lists ...[]string) publicAttributes {
	public := publicAttributes{}
	for _, list := range lists {
		for _, name := range list {
			if name = strings.TrimSpace(name); name == allAttributes {
				public[allAttributes] = true
			} else if name != "" {
				public[normalName(name)] = true
			}
		}
	}
	return public
}

func (p publicAttributes) has(name string) bool {
	return p[name] || descriptive[name] || p[allAttributes] && !isInternal(name)
}

// ignoredColumns returns the warning about columns that are not public, or nothing.
func (l *layout) ignoredColumns() string {
	if len(l.ignored) == 0 {
		return ""
	}
	const most = 30
	names := strings.Join(l.ignored[:min(most, len(l.ignored))], ", ")
	if more := len(l.ignored) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return "These columns are left out, because attributes are public: " + names +
		". To publish some, name them in `attributes` of the import or in FEED_ATTRIBUTES."
}
