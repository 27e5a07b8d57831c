package feeds

import (
	"fmt"
	"strings"
)

// column is the meaning of a column of a file.
type column string

// The columns with a meaning. Others are attributes, if they are public.
const (
	colID           column = "id"
	colSKU          column = "sku"
	colGTIN         column = "gtin"
	colTitle        column = "title"
	colDescription  column = "description"
	colBrand        column = "brand"
	colCategory     column = "product_type"
	colPrice        column = "price"
	colSalePrice    column = "sale_price"
	colSalePeriod   column = "sale_price_effective_date"
	colSaleFrom     column = "sale_price_from"
	colSaleTo       column = "sale_price_to"
	colAvailability column = "availability"
	colAvailableAt  column = "availability_date"
	colQuantity     column = "quantity"
	colCondition    column = "condition"
	colGroup        column = "item_group_id"
	colImage        column = "image_link"
	colMoreImages   column = "additional_image_link"
	colActive       column = "is_active"
	colFeatured     column = "is_featured"
	colOptions      column = "options"
	colAttributes   column = "attributes"

	// Columns that only conversions write.
	colRow            column = "shopd_row"
	colLine           column = "shopd_line"
	colNotes          column = "shopd_notes"
	colMoreAttributes column = "shopd_attributes"
)

// aliases are the names of each column. If a file has several of them, the first one here counts.
var aliases = []struct {
	column column
	names  []string
}{
	{
		colID,
		[]string{
			"id", "item_id", "product_id", "offer_id", "external_id", "article_number",
			"artikelnummer",
		},
	},
	{colSKU, []string{"sku", "seller_sku", "variant_sku", "item_number"}},
	{
		colGTIN,
		[]string{
			"gtin", "gtin14", "gtin13", "gtin12", "gtin8", "ean", "ean13", "upc", "upc_code",
			"barcode", "variant_barcode", "isbn", "jan",
		},
	},
	{
		colTitle,
		[]string{
			"title", "name", "product_title", "product_name", "item_name", "bezeichnung", "titel",
		},
	},
	{
		colDescription,
		[]string{
			"description", "product_description", "long_description", "desc", "body",
			"beschreibung",
		},
	},
	{colBrand, []string{"brand", "brand_name", "manufacturer", "vendor", "marke", "hersteller"}},
	{
		colCategory,
		[]string{
			"product_type", "category", "categories", "category_path", "category_name",
			"product_category", "kategorie", "google_product_category",
		},
	},
	{
		colPrice,
		[]string{"price", "regular_price", "list_price", "unit_price", "variant_price", "preis"},
	},
	{
		colSalePrice,
		[]string{
			"sale_price", "discount_price", "discounted_price", "special_price", "offer_price",
			"angebotspreis", "aktionspreis", "sonderpreis", "promo_price", "promotional_price",
			"reduced_price", "price_sale", "prix_promo",
		},
	},
	{colSalePeriod, []string{"sale_price_effective_date", "sale_price_dates", "sale_period"}},
	{
		colSaleFrom,
		[]string{
			"sale_price_from", "sale_price_start_date", "sale_start_date", "date_sale_price_starts",
			"special_price_from_date", "special_from_date", "sale_from", "sale_starts_at",
		},
	},
	{
		colSaleTo,
		[]string{
			"sale_price_to", "sale_price_end_date", "sale_end_date", "date_sale_price_ends",
			"special_price_to_date", "special_to_date", "sale_to", "sale_ends_at",
		},
	},
	{colAvailability, []string{"availability", "stock_status", "verfuegbarkeit", "verfügbarkeit"}},
	{
		colAvailableAt,
		[]string{"availability_date", "available_date", "available_from", "preorder_date"},
	},
	{
		colQuantity,
		[]string{
			"quantity", "qty", "stock", "stock_quantity", "inventory", "inventory_quantity",
			"variant_inventory_qty", "sell_on_google_quantity", "bestand", "lagerbestand",
		},
	},
	{colCondition, []string{"condition", "item_condition", "zustand"}},
	{colGroup, []string{"item_group_id", "group_id", "parent_id", "parent_sku", "handle"}},
	{
		colImage,
		[]string{
			"image_link", "image", "image_url", "main_image", "main_image_url", "image_src",
			"picture", "bild",
		},
	},
	{
		colMoreImages,
		[]string{
			"additional_image_link", "additional_image_links", "additional_images", "more_images",
		},
	},
	{colActive, []string{"is_active", "active", "published"}},
	{colFeatured, []string{"is_featured", "featured"}},
	{colOptions, []string{"options"}},
	{colAttributes, []string{"attributes"}},
	{colRow, []string{"shopd_row"}},
	{colLine, []string{"shopd_line"}},
	{colNotes, []string{"shopd_notes"}},
	{colMoreAttributes, []string{"shopd_attributes"}},
}

// variantNames are the attributes in which the variants of a group differ, by their aliases.
var variantNames = map[string]string{
	"color":    "color",
	"colour":   "color",
	"farbe":    "color",
	"size":     "size",
	"groesse":  "size",
	"größe":    "size",
	"material": "material",
	"pattern":  "pattern",
}

// Longest name of an attribute, in bytes; longer ones are cut.
const maxAttributeName = 64

// layout maps the columns of a file to their meanings.
type layout struct {
	header     []string       // as the file names them
	at         map[column]int // the position of each column with a meaning
	attributes []attributeColumn
	images     []int    // image_link, then each additional_image_link
	ignored    []string // names of columns without a meaning that are not public
}

type attributeColumn struct {
	at   int
	name string
}

// has reports whether the file has a column.
func (l *layout) has(c column) bool { _, there := l.at[c]; return there }

// nameOf returns the name of a column in the file.
func (l *layout) nameOf(c column) string {
	if at, there := l.at[c]; there {
		return l.header[at]
	}
	return string(c)
}

// readLayout returns the layout of a file with this header, and publishes the named attributes. The
// error is for people.
func readLayout(header []string, public publicAttributes) (*layout, error) {
	l := &layout{header: make([]string, len(header)), at: map[column]int{}}
	names := make([]string, len(header))
	first := map[string]int{}
	for i, name := range header {
		l.header[i] = clip(strings.TrimSpace(name))
		names[i] = normalName(name)
		if _, twice := first[names[i]]; !twice {
			first[names[i]] = i
		}
	}
	taken := map[int]bool{}
	for _, known := range aliases {
		for _, name := range known.names {
			if known.column == colAvailableAt && public[name] {
				continue // it is shown as it is
			}
			if at, there := first[name]; there && !taken[at] {
				l.at[known.column] = at
				taken[at] = true
				break
			}
		}
	}
	if l.has(colImage) {
		l.images = []int{l.at[colImage]}
	}
	seen := map[string]bool{}
	for i, name := range names {
		switch {
		case taken[i] && i == l.at[colMoreImages] && l.has(colMoreImages),
			name == string(colMoreImages):
			l.images = append(l.images, i)
		case taken[i] || name == "" || seen[name]:
		case public.has(name):
			seen[name] = true
			l.attributes = append(l.attributes, attributeColumn{i, name})
		default:
			seen[name] = true
			l.ignored = append(l.ignored, l.header[i])
		}
	}
	if !l.has(colID) && !l.has(colSKU) && !l.has(colGTIN) {
		return nil, fmt.Errorf(
			"The file has no column id, sku or gtin to tell its products by. Its first row must "+
				"name the columns; it begins with %q.",
			clip(strings.Join(header, ",")),
		)
	}
	return l, nil
}

// normalName returns a column's name as it is compared and stored: in lower case, with underscores,
// without the prefix of XML feeds.
func normalName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.TrimPrefix(name, "g:")
	name = strings.Join(
		strings.FieldsFunc(
			name,
			func(r rune) bool {
				return r == ' ' || r == '_' || r == '-' || r == '\t' || r == '\n' || r == '\r'
			},
		),
		"_",
	)
	if variant := variantNames[name]; variant != "" {
		return variant
	}
	return strings.ToValidUTF8(name[:min(len(name), maxAttributeName)], "")
}

// maxShown is the length of cells in messages, in bytes.
const maxShown = 100

func clip(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
