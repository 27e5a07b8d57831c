package dialect

import (
	"fmt"
	"strings"
)

// wooCommerce is the product export of WooCommerce: a product of the type variable has the texts,
// and its variations name it as their Parent, anywhere in the file.
var wooCommerce = Dialect{
	Name:    "woocommerce",
	columns: []string{"type", "sku", "name", "regular price", "parent"},
	known: []string{
		"id", "type", "sku", "name", "published", "is featured?", "short description",
		"description", "date sale price starts", "date sale price ends", "in stock?", "stock",
		"backorders allowed?", "sale price", "regular price", "categories", "images", "parent",
		"attribute *", "brands",
		"gtin, upc, ean, or isbn", "tags", "tax status", "tax class", "position", "shipping class",
		"visibility in catalog", "low stock amount", "sold individually?",
		"allow customer reviews?", "purchase note", "download *", "grouped products", "upsells",
		"cross-sells", "external url", "button text", "weight *", "length *", "width *", "height *",
	},
	open: func(t *table, isPublic func(string) bool) Converter {
		return &wooFile{t, isPublic, newSpill()}
	},
}

type wooFile struct {
	*table
	isPublic func(string) bool
	parents  *spill // cells of variable products, by sku and by "id:" and their id
}

// Index implements Converter.
func (f *wooFile) Index(cells []string) {
	if !f.is(cells, "variable") {
		return
	}
	position := f.parents.add(cells)
	if sku := f.get(cells, "sku"); sku != "" {
		f.parents.call(sku, position)
	}
	f.parents.call("id:"+f.get(cells, "id"), position)
}

// is reports whether a row is of a type; types are lists such as "simple, virtual".
func (f *wooFile) is(cells []string, kind string) bool {
	for _, name := range strings.Split(strings.ToLower(f.get(cells, "type")), ",") {
		if strings.TrimSpace(name) == kind {
			return true
		}
	}
	return false
}

// Flush implements Converter.
func (f *wooFile) Flush() []Row { return nil }

// Close implements Converter.
func (f *wooFile) Close() error { return f.parents.close() }

// Convert implements Converter.
func (f *wooFile) Convert(row, line int64, cells []string) []Row {
	if f.is(cells, "variable") {
		return nil // its variations say it
	}
	r := newRow(row, line, append([]string{}, cells...))
	if f.is(cells, "grouped") || f.is(cells, "external") {
		r.Notes = append(r.Notes, Note{
			"Type", "is a product that is sold elsewhere or in parts, which shopd has not", true,
		})
	}
	product := cells
	if f.is(cells, "variation") {
		parent := f.get(cells, "parent")
		if position, found := f.parents.find(parent); found {
			product = f.parents.read(position)
		} else {
			r.Notes = append(r.Notes, Note{
				"Parent", "names a product that is not in the file: " + parent, true,
			})
		}
		r.Cells["item_group_id"] = parent
	}
	f.product(&r, product)
	f.variant(&r)
	return []Row{r}
}

func (f *wooFile) product(r *Row, product []string) {
	r.Cells["title"] = f.get(product, "name")
	r.Cells["description"] = text(f.get(product, "description", "short description"))
	r.Cells["brand"] = f.get(product, "brands")
	paths := wooPaths(f.get(product, "categories"))
	if len(paths) > 0 {
		r.Cells["product_type"] = paths[0]
	}
	if len(paths) > 1 {
		r.Notes = append(r.Notes, Note{
			Column: "Categories",
			Message: fmt.Sprintf(
				"has %d categories; a product has one, and it is %q", len(paths), paths[0],
			),
		})
	}
	images := []string{}
	if own := f.get(r.Original, "images"); own != "" {
		images = append(images, own)
	}
	if others := f.get(product, "images"); others != "" && others != f.get(r.Original, "images") {
		images = append(images, others)
	}
	r.Cells["image_link"] = strings.Join(images, ", ")
	r.Cells["is_featured"] = f.get(product, "is featured?")
	r.Cells["is_active"] = "true"
	for _, cells := range [][]string{r.Original, product} {
		if published := f.get(cells, "published"); published == "0" || published == "-1" {
			r.Cells["is_active"] = "false"
		}
	}
}

// wooPaths returns the paths of a cell, the deepest first; a comma within a name is written "\,".
func wooPaths(cell string) (paths []string) {
	for part := range strings.SplitSeq(strings.ReplaceAll(cell, `\,`, "\x00"), ",") {
		if part = strings.TrimSpace(strings.ReplaceAll(part, "\x00", ",")); part != "" {
			paths = append(paths, part)
			if last := len(paths) - 1; strings.Count(part, ">") > strings.Count(paths[0], ">") {
				paths[0], paths[last] = paths[last], paths[0]
			}
		}
	}
	return paths
}

func (f *wooFile) variant(r *Row) {
	cells := r.Original
	if r.Cells["sku"] = f.get(cells, "sku"); r.Cells["sku"] == "" {
		r.Cells["id"] = "id:" + f.get(cells, "id")
	}
	r.Cells["gtin"] = validGTIN(
		r, "GTIN, UPC, EAN, or ISBN", f.get(cells, "gtin, upc, ean, or isbn"),
	)
	r.Cells["price"] = f.get(cells, "regular price")
	r.Cells["sale_price"] = f.get(cells, "sale price")
	r.Cells["sale_price_from"] = f.get(cells, "date sale price starts")
	r.Cells["sale_price_to"] = f.get(cells, "date sale price ends")
	switch strings.ToLower(f.get(cells, "in stock?")) {
	case "0", "no", "outofstock":
		r.Cells["availability"] = "out_of_stock"
	default:
		r.Cells["availability"] = "in_stock"
	}
	r.Cells["quantity"] = f.get(cells, "stock")
	isVariation := r.Cells["item_group_id"] != ""
	for n := 1; f.has(fmt.Sprintf("attribute %d name", n)); n++ {
		name := f.get(cells, fmt.Sprintf("attribute %d name", n))
		value := f.get(cells, fmt.Sprintf("attribute %d value(s)", n))
		switch {
		case name == "" || value == "":
		case isVariation:
			r.Options[optionName(name)] = value
		case strings.EqualFold(name, "brand") && r.Cells["brand"] == "":
			r.Cells["brand"] = value
		case f.get(cells, fmt.Sprintf("attribute %d visible", n)) == "1": // shoppers see it there
			r.Attributes[optionName(name)] = value
		default:
			keep(r, optionName(name), value, f.isPublic)
		}
	}
}
