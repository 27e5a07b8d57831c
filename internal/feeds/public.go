package feeds

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// descriptive are the columns of Google's product data specification that describe goods to buyers.
// They are public attributes without being asked for.
var descriptive = wordSet(`color size material pattern gender age_group size_type size_system
	product_detail product_highlight mpn google_product_category identifier_exists multipack
	is_bundle adult energy_efficiency_class min_energy_efficiency_class
	max_energy_efficiency_class certification
	unit_pricing_measure unit_pricing_base_measure product_length product_width product_height
	product_weight`)

// internalWords are what the names of columns hold that are the shop's own business, as whole
// words. All (*) does not publish such a column; its name does.
var internalWords = strings.Fields(`cost costs purchase wholesale margin markup supplier suppliers
	vendor_code einkauf einkaufspreis ek ek_preis buying_price buy_price lieferant custom_label
	ads_redirect adwords adwords_redirect promotion_id shipping tax taxes commission profit
	internal private secret staff_note admin_note warehouse bin_location inventory_policy
	excluded_destination included_destination
	transit_time min_handling_time max_handling_time auto_pricing_min_price cogs`)

// notLetters parts the words of a name.
var notLetters = regexp.MustCompile(`[^\pL\pN]+`)

// isInternal reports whether the name of a column or an attribute looks like the shop's own
// business.
func isInternal(name string) bool {
	name = "_" + notLetters.ReplaceAllString(strings.ToLower(name), "_") + "_"
	return slices.ContainsFunc(internalWords, func(word string) bool {
		return strings.Contains(name, "_"+word+"_")
	})
}

// InternalAttribute is an attribute that shoppers see, though its name looks internal.
type InternalAttribute struct {
	Name     string
	Products int64 // that have it
}

// InternalAttributes returns published attributes whose names look internal.
func (f *Feeds) InternalAttributes(ctx context.Context) (found []InternalAttribute, err error) {
	rows, err := f.queries.ListPublishedAttributes(ctx)
	for _, row := range rows {
		if isInternal(row.Name) {
			found = append(found, InternalAttribute{row.Name, row.Products})
		}
	}
	return found, err
}

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
