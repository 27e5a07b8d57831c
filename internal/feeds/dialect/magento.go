package dialect

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// magento is the product export of Magento and Adobe Commerce: a configurable product names the
// simple ones that are its variants in configurable_variations.
var magento = Dialect{
	Name:    "magento",
	columns: []string{"sku", "attribute_set_code", "product_type", "product_online", "price"},
	known: []string{
		"sku", "store_view_code", "attribute_set_code", "product_type", "categories",
		"product_websites", "name", "description", "short_description", "product_online",
		"tax_class_name", "visibility", "price", "special_price", "special_price_from_date",
		"special_price_to_date", "base_image", "small_image*", "thumbnail_image*", "swatch_image*",
		"additional_images", "additional_attributes", "qty", "is_in_stock",
		"configurable_variation*", "weight", "url_key", "meta_*", "created_at", "updated_at",
		"new_from_date", "new_to_date", "display_product_options_in", "base_image_label",
		"additional_image_labels", "manage_stock", "use_config_*", "out_of_stock_qty",
		"min_cart_qty", "max_cart_qty", "allow_backorders", "notify_on_stock_below",
		"is_decimal_divided", "is_qty_decimal", "qty_increments", "enable_qty_increments",
		"website_id", "related_*", "crosssell_*", "upsell_*", "bundle_*", "associated_skus",
		"hide_from_product_page", "custom_options", "gift_message_available", "page_layout",
		"product_options_container", "map_*", "msrp_*", "custom_*", "country_of_manufacture",
		"deferred_stock_update",
	},
	open: func(t *table, isPublic func(string) bool) Converter {
		return &magentoFile{t, isPublic, newSpill(), newSpill(), map[string]bool{}}
	},
}

type magentoFile struct {
	*table
	isPublic func(string) bool
	parents  *spill // cells of configurable products
	// the position of the parent and the options, by the sku of the variant
	variants *spill
	ignored  map[string]bool // attributes that are not public
}

// pairs returns the pairs of a cell such as "color=red,size=M". A part without = belongs to the
// value before it.
func pairs(cell string) map[string]string {
	all, last := map[string]string{}, ""
	for part := range strings.SplitSeq(cell, ",") {
		name, value, found := strings.Cut(part, "=")
		if found {
			last = strings.TrimSpace(name)
			all[last] = strings.TrimSpace(value)
		} else if last != "" {
			all[last] += "," + part
		}
	}
	return all
}

// Index implements Converter.
func (f *magentoFile) Index(cells []string) {
	for name := range pairs(f.get(cells, "additional_attributes")) {
		if name = optionName(name); !f.isPublic(name) && !magentoRead[name] &&
			len(f.ignored) < maxIgnored {
			f.ignored[name] = true
		}
	}
	if f.get(cells, "product_type") != "configurable" || f.get(cells, "store_view_code") != "" {
		return
	}
	parent := strconv.FormatInt(f.parents.add(cells), 10)
	for variation := range strings.SplitSeq(f.get(cells, "configurable_variations"), "|") {
		options := pairs(variation)
		if sku := options["sku"]; sku != "" {
			record := []string{parent}
			for name, value := range options {
				if name != "sku" {
					record = append(record, optionName(name), value)
				}
			}
			f.variants.call(sku, f.variants.add(record))
		}
	}
}

// maxIgnored is how many names of attributes that are left out a warning has.
const maxIgnored = 30

// parent returns the cells of the configurable product that names a variant, and the variant's
// options; nil if none does.
func (f *magentoFile) parent(sku string) (product []string, options map[string]string) {
	position, found := f.variants.find(sku)
	if !found {
		return nil, nil
	}
	record := f.variants.read(position)
	if len(record) == 0 {
		return nil, nil
	}
	options = map[string]string{}
	for i := 1; i+1 < len(record); i += 2 {
		options[record[i]] = record[i+1]
	}
	at, _ := strconv.ParseInt(record[0], 10, 64) // Index wrote it
	return f.parents.read(at), options
}

// magentoRead are attributes that are read as something else, or say what an import does not need.
var magentoRead = map[string]bool{
	"manufacturer": true, "brand": true, "ean": true, "gtin": true, "upc": true, "barcode": true,
}

// Flush implements Converter.
func (f *magentoFile) Flush() []Row { return nil }

// Close implements Converter.
func (f *magentoFile) Close() error { return errors.Join(f.parents.close(), f.variants.close()) }

// Convert implements Converter.
func (f *magentoFile) Convert(row, line int64, cells []string) []Row {
	if f.get(cells, "store_view_code") != "" || f.get(cells, "product_type") == "configurable" {
		return nil // a translation, or what its variants say
	}
	r := newRow(row, line, append([]string{}, cells...))
	if kind := f.get(cells, "product_type"); kind == "bundle" || kind == "grouped" {
		r.Notes = append(r.Notes, Note{
			"product_type", "is a product of parts, which shopd has not: " + kind, true,
		})
	}
	product := cells
	if parent, options := f.parent(f.get(cells, "sku")); parent != nil {
		product = parent
		r.Cells["item_group_id"] = f.get(product, "sku")
		r.Options = options
	}
	f.product(&r, product)
	f.variant(&r)
	if len(f.ignored) > 0 {
		names := strings.Join(slices.Sorted(maps.Keys(f.ignored)), ", ")
		r.Notes = append(r.Notes, Note{
			Column: "additional_attributes",
			Message: "has attributes that are left out, because attributes are public: " + names +
				". To publish some, name them in `attributes` of the import or in FEED_ATTRIBUTES.",
		})
		clear(f.ignored) // reported once
	}
	return []Row{r}
}

func (f *magentoFile) product(r *Row, product []string) {
	r.Cells["title"] = f.get(product, "name")
	r.Cells["description"] = text(f.get(product, "description", "short_description"))
	paths := magentoPaths(f.get(product, "categories"))
	if len(paths) > 0 {
		r.Cells["product_type"] = paths[0]
	}
	if len(paths) > 1 {
		r.Notes = append(r.Notes, Note{
			Column: "categories",
			Message: fmt.Sprintf(
				"has %d categories; a product has one, and it is %q", len(paths), paths[0],
			),
		})
	}
	active := "true"
	if f.get(product, "product_online") == "2" || f.get(r.Original, "product_online") == "2" ||
		strings.EqualFold(f.get(product, "visibility"), "Not Visible Individually") {
		active = "false"
	}
	r.Cells["is_active"] = active
	var images []string
	for _, cells := range [][]string{r.Original, product} {
		for _, cell := range []string{
			f.get(cells, "base_image"), f.get(cells, "additional_images"),
		} {
			for address := range strings.SplitSeq(cell, ",") {
				address = strings.TrimSpace(address)
				if address != "" && address != "no_selection" && !slices.Contains(images, address) {
					images = append(images, address)
				}
			}
		}
	}
	r.Cells["image_link"] = strings.Join(images, ", ") // paths too, for which the import has a base
}

// magentoPaths returns the paths of a cell such as "Default Category/A/B,Default Category/C", the
// deepest first, without the root that every one begins with.
func magentoPaths(cell string) (paths []string) {
	for part := range strings.SplitSeq(cell, ",") {
		names := strings.Split(strings.TrimSpace(part), "/")
		if len(names) > 1 {
			names = names[1:]
		} else if strings.EqualFold(names[0], "Default Category") {
			continue
		}
		if path := strings.Join(names, " > "); path != "" {
			paths = append(paths, path)
			if last := len(paths) - 1; strings.Count(path, ">") > strings.Count(paths[0], ">") {
				paths[0], paths[last] = paths[last], paths[0]
			}
		}
	}
	return paths
}

func (f *magentoFile) variant(r *Row) {
	cells := r.Original
	r.Cells["sku"] = f.get(cells, "sku")
	r.Cells["price"], r.Cells["sale_price"] = f.get(cells, "price"), f.get(cells, "special_price")
	r.Cells["sale_price_from"] = f.get(cells, "special_price_from_date")
	r.Cells["sale_price_to"] = f.get(cells, "special_price_to_date")
	r.Cells["quantity"] = f.get(cells, "qty")
	switch {
	case f.get(cells, "manage_stock") == "0":
		r.Cells["quantity"], r.Cells["availability"] = "", "in_stock"
	case f.get(cells, "is_in_stock") == "0":
		r.Cells["availability"] = "out_of_stock"
	}
	for name, value := range pairs(f.get(cells, "additional_attributes")) {
		switch name = optionName(name); {
		case name == "manufacturer" || name == "brand":
			r.Cells["brand"] = value
		case name == "ean" || name == "gtin" || name == "upc" || name == "barcode":
			r.Cells["gtin"] = validGTIN(r, name, value)
		case r.Options[name] == "":
			keep(r, name, value, f.isPublic)
		}
	}
}
