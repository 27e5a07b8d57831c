package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// shopify is the product export of Shopify: a product is rows with one Handle that follow each
// other. The first has its texts; further rows are variants, images, or both.
var shopify = Dialect{
	Name:    "shopify",
	columns: []string{"handle", "title", "option1 name", "option1 value", "variant price"},
	known: []string{
		"handle", "title", "body (html)", "vendor", "product category", "type", "published",
		"status", "option1 *", "option2 *", "option3 *", "variant sku", "variant price",
		"variant compare at price", "variant barcode", "variant image", "variant inventory *",
		"image src", "image position", "google shopping / mpn", "google shopping / age group",
		"google shopping / gender", "google shopping / google product category",
		"google shopping / condition", "tags", "seo *", "variant grams", "variant weight unit",
		"variant fulfillment service", "variant requires shipping", "variant taxable",
		"variant tax code", "image alt text", "gift card", "google shopping / *",
	},
	open: func(t *table, isPublic func(string) bool) Converter {
		return &shopifyFile{table: t, isPublic: isPublic}
	},
}

type shopifyFile struct {
	*table
	isPublic func(string) bool
	handle   string
	first    []string // the first row of the product being read
	count    int      // its rows with a variant
	rows     []Row    // those that Convert did not return yet
	images   []string
}

// Limits of a product that is read. Of one with more rows, the first ones do not have the images of
// later ones; an import refuses so many variants.
const (
	maxShopifyRows   = 500
	maxShopifyImages = 50
)

// Index implements Converter.
func (f *shopifyFile) Index([]string) {}

// Convert implements Converter.
func (f *shopifyFile) Convert(row, line int64, cells []string) (done []Row) {
	if handle := f.get(cells, "handle"); handle != f.handle || f.first == nil {
		done = f.Flush()
		f.handle, f.first, f.count, f.images = handle, slices.Clone(cells), 0, nil
	}
	if len(f.rows) >= maxShopifyRows {
		done = f.Flush()
	}
	if image := f.get(cells, "image src"); image != "" && !slices.Contains(f.images, image) &&
		len(f.images) < maxShopifyImages {
		f.images = append(f.images, image)
	}
	if f.get(cells, "variant price", "variant sku", "option1 value") != "" || f.count == 0 {
		f.rows = append(f.rows, newRow(row, line, slices.Clone(cells)))
		f.count++
	}
	return done
}

// Close implements Converter.
func (f *shopifyFile) Close() error { return nil }

// Flush implements Converter.
func (f *shopifyFile) Flush() []Row {
	rows, images, first := f.rows, f.images, f.first
	f.rows = nil
	if len(rows) == 0 {
		return nil
	}
	isSingle := f.count == 1 && strings.EqualFold(f.get(first, "option1 name"), "title")
	for i := range rows {
		r := &rows[i]
		f.product(r, first, images)
		f.variant(r, first, isSingle)
	}
	return rows
}

// product sets what all variants of the product have.
func (f *shopifyFile) product(r *Row, first []string, images []string) {
	r.Cells["title"] = f.get(first, "title")
	r.Cells["description"] = text(f.get(first, "body (html)"))
	r.Cells["brand"] = f.get(first, "vendor")
	r.Cells["product_type"] = f.get(first, "product category", "type")
	r.Cells["condition"] = f.get(first, "google shopping / condition")
	active := "true"
	if status := strings.ToLower(f.get(first, "status")); status != "" && status != "active" ||
		strings.EqualFold(f.get(first, "published"), "false") {
		active = "false"
	}
	r.Cells["is_active"] = active
	for column, name := range map[string]string{
		"google shopping / mpn": "mpn", "google shopping / age group": "age_group",
		"google shopping / gender":                  "gender",
		"google shopping / google product category": "google_product_category",
	} {
		keep(r, name, f.get(first, column), f.isPublic)
	}
	if image := f.get(r.Original, "variant image"); image != "" {
		images = append(
			[]string{image},
			slices.DeleteFunc(slices.Clone(images), func(i string) bool { return i == image })...,
		)
	}
	if len(images) > 0 {
		r.Cells["image_link"] = images[0]
		r.Cells["additional_image_link"] = strings.Join(images[1:], ",")
	}
}

// variant sets what the variant has of its own.
func (f *shopifyFile) variant(r *Row, first []string, isSingle bool) {
	cells := r.Original
	r.Cells["sku"] = f.get(cells, "variant sku")
	r.Cells["gtin"] = validGTIN(r, "Variant Barcode", f.get(cells, "variant barcode"))
	id := f.handle
	for n := 1; n <= 3 && !isSingle; n++ {
		name := f.get(first, fmt.Sprintf("option%d name", n))
		value := f.get(cells, fmt.Sprintf("option%d value", n))
		if name != "" && value != "" {
			r.Options[optionName(name)] = value
			id += "/" + value
		}
	}
	if !isSingle {
		r.Cells["item_group_id"] = f.handle
	}
	if r.Cells["sku"] == "" {
		r.Cells["id"] = id
	}
	price, before := f.get(cells, "variant price"), f.get(cells, "variant compare at price")
	r.Cells["price"] = price
	if isLess(price, before) {
		r.Cells["price"], r.Cells["sale_price"] = before, price
	}
	quantity := f.get(cells, "variant inventory qty")
	sellsOn := strings.EqualFold(f.get(cells, "variant inventory policy"), "continue") &&
		(quantity == "" || quantity == "0" || strings.HasPrefix(quantity, "-"))
	if f.get(cells, "variant inventory tracker") == "" && f.has("variant inventory tracker") ||
		sellsOn {
		r.Cells["availability"] = "in_stock" // not counted, or sold beyond its stock
		return
	}
	r.Cells["quantity"] = quantity
}
