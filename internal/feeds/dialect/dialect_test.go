package dialect

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// converted returns the rows of a file as a dialect converts them. Cells are separated by bars.
func converted(t *testing.T, file string, public ...string) (rows []Row) {
	t.Helper()
	var records [][]string
	for line := range strings.SplitSeq(strings.TrimSpace(file), "\n") {
		records = append(records, strings.Split(line, "|"))
	}
	program, known := Recognise(records[0])
	require.True(t, known, "%q", records[0])
	c := program.Open(records[0], func(name string) bool { return slices.Contains(public, name) })
	for _, record := range records[1:] {
		c.Index(record)
	}
	for i, record := range records[1:] {
		rows = append(rows, c.Convert(int64(i+1), int64(i+2), record)...)
	}
	rows = append(rows, c.Flush()...)
	require.NoError(t, c.Close())
	return rows
}

// startImport: each header is recognised as its program's, in any case and order, and others are
// not.
func TestRecognise(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Handle,Title,Option1 Name,Option1 Value,Variant Price":                "shopify",
		" variant price,HANDLE,Tags,option1 value,Option1 Name,Title,Unknown ": "shopify",
		"ID,Type,SKU,Name,Regular price,Parent":                                "woocommerce",
		"parent,name,sku,type,regular price":                                   "woocommerce",
		"sku,attribute_set_code,product_type,product_online,price":             "magento",
		"Handle,Title,Variant Price":                                           "",
		"id,title,price,product_type,sku":                                      "",
		"Type,SKU,Name,Regular price":                                          "",
		"sku,product_type,price,product_online":                                "",
		"":                                                                     "",
	} {
		program, known := Recognise(strings.Split(header, ","))
		assert.Equal(t, want, program.Name, header)
		assert.Equal(t, want != "", known, header)
	}
}

// startImport: columns that a dialect does not know are for the import to decide.
func TestColumnsArePassedOn(t *testing.T) {
	t.Parallel()
	for header, want := range map[string][]int{
		"Handle,Title,Option1 Name,Option1 Value,Variant Price,Cost per item,SEO Title,Material": {
			5, 7,
		},
		"ID,Type,SKU,Name,Regular price,Parent,Attribute 12 name,Weight (kg),Meta: _cost": {
			8,
		},
		"sku,attribute_set_code,product_type,product_online,price,cost,meta_title,special_price": {
			5,
		},
	} {
		columns := strings.Split(header, ",")
		program, _ := Recognise(columns)
		assert.Equal(t, want, program.PassedOn(columns), header)
	}
}

// cellCase is a row of the documented table: a cell and what becomes of it. Further columns stand
// before the column, each with its cell: "Type=Cups;Product Category".
type cellCase struct{ column, cell, becomes, value string }

// check converts a file of one product for each case, besides what every product has.
func check(t *testing.T, always [][2]string, cases []cellCase) {
	t.Helper()
	for _, c := range cases {
		var names, cells []string
		for more := range strings.SplitSeq(c.column, ";") {
			name, cell, found := strings.Cut(more, "=")
			if !found {
				cell = c.cell
			}
			names, cells = append(names, name), append(cells, cell)
		}
		for _, one := range always {
			if !slices.Contains(names, one[0]) {
				names, cells = append(names, one[0]), append(cells, one[1])
			}
		}
		rows := converted(
			t, strings.Join(names, "|")+"\n"+strings.Join(cells, "|"), "mpn", "color", "*",
		)
		require.Len(t, rows, 1, "%s=%s", c.column, c.cell)
		got := rows[0].Cells[c.becomes]
		if name, is := strings.CutPrefix(c.becomes, "attribute "); is {
			got = rows[0].Attributes[name]
		}
		if name, is := strings.CutPrefix(c.becomes, "option "); is {
			got = rows[0].Options[name]
		}
		if c.becomes == "error" || c.becomes == "warning" {
			got = ""
			for _, n := range rows[0].Notes {
				if n.IsError == (c.becomes == "error") {
					got = n.Message
				}
			}
			assert.Contains(t, got, c.value, "%s=%s", c.column, c.cell)
			continue
		}
		assert.Equal(t, c.value, got, "%s=%s: %s", c.column, c.cell, c.becomes)
	}
}

// startImport: each column of a Shopify export.
func TestShopifyColumns(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"Handle", "cup"}, {"Title", "Cup"}, {"Option1 Name", "Title"},
		{"Option1 Value", "Default Title"}, {"Variant Price", "9.99"},
	}, []cellCase{
		{"Variant SKU", "C-1", "sku", "C-1"},
		{"Variant SKU", "", "id", "cup"},
		{"Variant Barcode", "4006381333931", "gtin", "4006381333931"},
		{"Variant Barcode", "'4006381333931", "gtin", "4006381333931"},
		{"Variant Barcode", "36000291452", "gtin", "036000291452"},
		{"Variant Barcode", "A-17", "gtin", ""},
		{"Variant Barcode", "A-17", "warning", "is no GTIN, and is left out: A-17"},
		{"Title", "Tea cup", "title", "Tea cup"},
		{
			"Body (HTML)", "<p>A <b>cup</b> &amp; more</p><ul><li>One</li></ul>", "description",
			"A cup & more\n- One",
		},
		{"Vendor", "Acme", "brand", "Acme"},
		{"Type=Cups;Product Category", "Home > Cups", "product_type", "Home > Cups"},
		{"Type", "Cups", "product_type", "Cups"},
		{"Variant Compare At Price", "19.99", "price", "19.99"},
		{"Variant Compare At Price", "19.99", "sale_price", "9.99"},
		{"Variant Compare At Price", "9.99", "sale_price", ""},
		{"Variant Compare At Price", "0", "price", "9.99"},
		{"Variant Inventory Tracker=shopify;Variant Inventory Qty", "7", "quantity", "7"},
		{"Variant Inventory Tracker=;Variant Inventory Qty", "7", "availability", "in_stock"},
		{
			"Variant Inventory Qty=0;Variant Inventory Policy", "continue", "availability",
			"in_stock",
		},
		{"Variant Inventory Qty=0;Variant Inventory Policy", "deny", "quantity", "0"},
		{"Google Shopping / MPN", "M1", "attribute mpn", "M1"},
		{"Google Shopping / Gender", "male", "attribute gender", ""},
		{"Google Shopping / Condition", "used", "condition", "used"},
		{"Image Src", "https://e.com/a.jpg", "image_link", "https://e.com/a.jpg"},
		{
			"Image Src=https://e.com/a.jpg;Variant Image", "https://e.com/b.jpg", "image_link",
			"https://e.com/b.jpg",
		},
		{
			"Image Src=https://e.com/a.jpg;Variant Image", "https://e.com/b.jpg",
			"additional_image_link", "https://e.com/a.jpg",
		},
		{"Status", "active", "is_active", "true"},
		{"Status", "draft", "is_active", "false"},
		{"Published", "FALSE", "is_active", "false"},
		{"Option1 Name=Size;Option1 Value", "S", "option size", "S"},
		{"Option1 Name=Size;Option1 Value", "S", "item_group_id", "cup"},
		{"", "", "item_group_id", ""},
		{"Cost per item", "3.00", "attribute cost_per_item", ""},
		{"Variant Tax Code", "P1", "attribute variant_tax_code", ""},
	})
}

// startImport: a product of Shopify has no end in memory, and what its first row says holds for
// all.
func TestShopifyProductsWithoutEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Handle|Title|Option1 Name|Option1 Value|Variant Price|Image Src\n")
	for i := range 3 * maxShopifyRows {
		title := ""
		if i == 0 {
			title = "Endless"
		}
		fmt.Fprintf(&b, "endless|%s|Size|%d|1.00|https://e.com/%d.jpg\n", title, i, i)
	}
	rows := converted(t, b.String())
	require.Len(t, rows, 3*maxShopifyRows)
	for i, r := range rows {
		require.Equal(t, "Endless", r.Cells["title"])
		require.Equal(t, "endless", r.Cells["item_group_id"])
		require.Equal(t, fmt.Sprint(i), r.Options["size"])
		require.LessOrEqual(
			t, strings.Count(r.Cells["additional_image_link"], ","), maxShopifyImages,
		)
	}
}

// startImport: each column of a WooCommerce export.
func TestWooCommerceColumns(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"ID", "10"},
		{"Type", "simple"},
		{"SKU", "W-1"},
		{"Name", "Cup"},
		{"Regular price", "20"},
		{"Parent", ""},
	}, []cellCase{
		{"SKU", "W-2", "sku", "W-2"},
		{"SKU", "", "id", "id:10"},
		{"GTIN, UPC, EAN, or ISBN", "4006381333931", "gtin", "4006381333931"},
		{"Name", "Tea cup", "title", "Tea cup"},
		{"Description=<p>Long</p>;Short description", "Short", "description", "Long"},
		{"Short description", "<p>Short</p>", "description", "Short"},
		{"Brands", "Acme", "brand", "Acme"},
		{"Attribute 1 name=Brand;Attribute 1 value(s)", "Acme", "brand", "Acme"},
		{"Categories", "Home, Home > Cups", "product_type", "Home > Cups"},
		{"Categories", `Bowls\, cups`, "product_type", "Bowls, cups"},
		{"Categories", "Home, Home > Cups", "warning", `has 2 categories`},
		{"Regular price", "19.99", "price", "19.99"},
		{"Sale price", "10", "sale_price", "10"},
		{"Sale price=10;Date sale price starts", "2026-01-01", "sale_price_from", "2026-01-01"},
		{"Sale price=10;Date sale price ends", "2026-01-31", "sale_price_to", "2026-01-31"},
		{"In stock?=1;Stock", "7", "quantity", "7"},
		{"In stock?", "1", "availability", "in_stock"},
		{"In stock?", "0", "availability", "out_of_stock"},
		{"In stock?", "backorder", "availability", "in_stock"},
		{
			"Attribute 1 name=Color;Attribute 1 visible=1;Attribute 1 value(s)", "Red",
			"attribute color", "Red",
		},
		{
			"Attribute 1 name=Cost;Attribute 1 visible=0;Attribute 1 value(s)", "3",
			"attribute cost", "",
		},
		{
			"Images", "https://e.com/a.jpg, https://e.com/b.jpg", "image_link",
			"https://e.com/a.jpg, https://e.com/b.jpg",
		},
		{"Published", "1", "is_active", "true"},
		{"Published", "-1", "is_active", "false"},
		{"Is featured?", "1", "is_featured", "1"},
		{"Type", "simple, virtual", "error", ""},
		{"Type", "grouped", "error", "sold elsewhere or in parts"},
		{"Type", "external", "error", "sold elsewhere or in parts"},
		{"Type=variation;Parent", "P-9", "error", "names a product that is not in the file: P-9"},
		{"Tax class", "reduced", "attribute tax_class", ""},
	})
	//nolint:lll // an export
	rows := converted(t, `ID|Type|SKU|Name|Regular price|Parent|Description|Published|Images|Attribute 1 name|Attribute 1 value(s)
3|variation|V-1|Cup - S|5||x|1||Size|S
4|variation|V-2|Cup - M|6|P-1|x|1|https://e.com/m.jpg|Size|M
5|variation|V-3|Cup - L|7|id:2|x|1||Size|L
2|variable|P-1|Cup|||All sizes|0|https://e.com/p.jpg|Size|S, M, L`)
	require.Len(t, rows, 3)
	assert.NotEmpty(t, rows[0].Notes)
	for i, size := range []string{"M", "L"} {
		r := rows[i+1]
		assert.Equal(t, "Cup", r.Cells["title"])
		assert.Equal(t, "All sizes", r.Cells["description"])
		assert.Equal(t, "false", r.Cells["is_active"], "of a parent that is not published")
		assert.Equal(t, size, r.Options["size"])
		assert.Contains(t, r.Cells["image_link"], "https://e.com/p.jpg")
	}
}

// startImport: each column of a Magento export.
func TestMagentoColumns(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"sku", "M-1"},
		{"attribute_set_code", "Default"},
		{"product_type", "simple"},
		{"name", "Cup"},
		{"product_online", "1"},
		{"price", "20"},
	}, []cellCase{
		{"sku", "M-2", "sku", "M-2"},
		{"additional_attributes", "ean=4006381333931", "gtin", "4006381333931"},
		{"additional_attributes", "upc=none", "warning", "is no GTIN"},
		{"name", "Tea cup", "title", "Tea cup"},
		{"short_description=Short;description", "<p>Long</p>", "description", "Long"},
		{"short_description", "Short", "description", "Short"},
		{"additional_attributes", "manufacturer=Acme", "brand", "Acme"},
		{"additional_attributes", "brand=A, B & C,color=Red", "brand", "A, B & C"},
		{"additional_attributes", "color=Red,cost=3", "attribute color", "Red"},
		{"additional_attributes", "color=Red,cost=3", "attribute cost", ""},
		{
			"additional_attributes", "color=Red,cost=3", "warning",
			"left out, because attributes are public: cost",
		},
		{
			"categories", "Default Category/Home,Default Category/Home/Cups", "product_type",
			"Home > Cups",
		},
		{
			"categories", "Default Category/Home,Default Category/Home/Cups", "warning",
			"has 2 categories",
		},
		{"categories", "Default Category", "product_type", ""},
		{"price", "19.99", "price", "19.99"},
		{"special_price", "10", "sale_price", "10"},
		{"special_price=10;special_price_from_date", "2026-01-01", "sale_price_from", "2026-01-01"},
		{"special_price=10;special_price_to_date", "2026-01-31", "sale_price_to", "2026-01-31"},
		{"qty", "7.0000", "quantity", "7.0000"},
		{"qty=7;is_in_stock", "0", "availability", "out_of_stock"},
		{"qty=0;manage_stock", "0", "availability", "in_stock"},
		{"qty=0;manage_stock", "0", "quantity", ""},
		{"base_image", "https://e.com/a.jpg", "image_link", "https://e.com/a.jpg"},
		{
			"base_image=/m/b/a.jpg;additional_images", "/m/b/a.jpg,/m/b/b.jpg", "image_link",
			"/m/b/a.jpg, /m/b/b.jpg",
		},
		{"base_image", "no_selection", "image_link", ""},
		{"product_online", "2", "is_active", "false"},
		{"visibility", "Not Visible Individually", "is_active", "false"},
		{"visibility", "Catalog, Search", "is_active", "true"},
		{"product_type", "bundle", "error", "a product of parts"},
		{"product_type", "grouped", "error", "a product of parts"},
		{"tax_class_name", "Taxable Goods", "attribute tax_class_name", ""},
	})
	//nolint:lll // an export
	assert.Empty(t, converted(t, `sku|attribute_set_code|product_type|name|product_online|price|store_view_code
M-1|Default|simple|Tasse|1|20|de`), "a translation")
	//nolint:lll // an export
	variants := strings.ReplaceAll(`sku|attribute_set_code|product_type|name|product_online|price|visibility|configurable_variations
V-S|Default|simple|Cup S|1|5|Not Visible Individually|
V-M|Default|simple|Cup M|1|6|Not Visible Individually|
P-1|Default|configurable|Cup|1||Catalog|sku=V-S,Cup_Size=S#sku=V-M,Cup_Size=M`, "#", "\x00")
	program, _ := Recognise(strings.Split(strings.Split(variants, "\n")[0], "|"))
	var records [][]string
	for line := range strings.SplitSeq(variants, "\n") {
		records = append(records, strings.Split(line, "|"))
		last := records[len(records)-1]
		last[7] = strings.ReplaceAll(last[7], "\x00", "|")
	}
	c := program.Open(records[0], func(string) bool { return false })
	for _, record := range records[1:] {
		c.Index(record)
	}
	for i, size := range []string{"S", "M"} {
		rows := c.Convert(int64(i+1), int64(i+2), records[i+1])
		require.Len(t, rows, 1)
		assert.Equal(t, "Cup", rows[0].Cells["title"])
		assert.Equal(t, "P-1", rows[0].Cells["item_group_id"])
		assert.Equal(t, "true", rows[0].Cells["is_active"])
		assert.Equal(t, map[string]string{"cup_size": size}, rows[0].Options)
	}
	assert.Empty(t, c.Convert(3, 4, records[3]))
	require.NoError(t, c.Close())
}

// startImport: rows of parents beyond what memory holds are found again, and their file is deleted.
func TestSpilledRowsAreFound(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := newSpill()
	const rows = 20_000
	long := strings.Repeat("words ", 100)
	for i := range rows {
		s.call(fmt.Sprint(i), s.add([]string{fmt.Sprint(i), "", long}))
		assert.LessOrEqual(t, len(s.tail), spillBytes)
	}
	require.NotNil(t, s.file)
	for i := 0; i < rows; i += 7 {
		position, found := s.find(fmt.Sprint(i))
		require.True(t, found)
		require.Equal(t, []string{fmt.Sprint(i), "", long}, s.read(position))
	}
	_, found := s.find("none")
	assert.False(t, found)
	require.NoError(t, s.close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)

	t.Setenv("TMPDIR", dir+"/none")
	s = newSpill()
	for range rows {
		s.add([]string{long})
	}
	assert.Nil(t, s.read(0))
	require.ErrorIs(t, s.close(), ErrNoSpace)
}
