package feeds

import (
	"slices"
	"strings"
)

// programs are shop programs and marketplaces whose exports are not read as such, by some columns
// that only they have, in lower case.
var programs = []struct {
	name    string
	columns []string
}{
	{"PrestaShop", []string{"active (0/1)", "categories (x,y,z...)"}},
	{"PrestaShop", []string{"product id", "price tax excluded", "friendly-url"}},
	{"Shopware", []string{"productnumber", "taxid", "manufacturerid"}},
	{"Shopware", []string{"ordernumber", "mainnumber"}},
	{"OpenCart", []string{"product_id", "model", "stock_status_id"}},
	{"BigCommerce", []string{"item type", "product id", "product code/sku"}},
	{"Squarespace", []string{"product id [non editable]", "variant id [non editable]"}},
	{"Wix", []string{"handleid", "fieldtype"}},
	{"Ecwid", []string{"type", "product_internal_id"}},
	{"Etsy", []string{"currency_code", "materials", "image1"}},
	{"Amazon", []string{"item_sku", "external_product_id"}},
	{"Amazon", []string{"seller-sku", "asin1"}},
	{"eBay", []string{"*action", "*title"}},
	{"Square", []string{"token", "item name", "variation name"}},
	{"Lightspeed", []string{"internal_id", "internal_variant_id"}},
	{"Volusion", []string{"productcode", "vendor_partno"}},
	{"OXID", []string{"oxid", "oxartnum"}},
	{"JTL", []string{"artikelnummer", "herstellernummer", "han"}},
}

// unknownProgram returns the program whose export has these columns; empty if none is known.
func unknownProgram(header []string) string {
	names := make([]string, len(header))
	for i, name := range header {
		name, _, _ = strings.Cut(
			strings.ToLower(strings.Trim(strings.TrimSpace(name), `"`)), "(siteid",
		)
		names[i] = strings.TrimSpace(strings.TrimSuffix(name, "*"))
	}
	for _, program := range programs {
		if !slices.ContainsFunc(program.columns, func(c string) bool {
			return !slices.Contains(names, c)
		}) {
			return program.name
		}
	}
	return ""
}
