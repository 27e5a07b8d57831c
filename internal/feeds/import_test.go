package feeds_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// phones is a feed as merchants have them: Google's columns, one of the shop's own, a group of
// variants, cells with line breaks and quotes.
//
//nolint:lll // a file
const phones = `id,title,description,price,sale_price,brand,product_type,availability,condition,quantity,gtin,item_group_id,color,popularity
P-1,"Café Phone – 5"" display","A phone for the café, ""loud"".
Second line.",49.99 USD,39.99 USD,Müller & Söhne,Phones > Smart > Café,in_stock,new,7,4006381333931,,,100
P-2,Plain phone,Calls.,"1,299.00 USD",,Acme,Phones > Smart,out of stock,refurbished,0,,,,90
P-3,Case red,Protects.,9.50,,Acme,Phones > Cases,in stock,new,5,036000291452,G-1,red,80
P-4,Case blue,Protects.,9.50,8,Acme,Phones > Cases,in stock,new,6,,G-1,blue,70
P-5,Charger,,$15,,,phones > CASES,preorder,used,,,,black,60
`

// catalogueText returns all that imports write, as text, without ids and times.
func catalogueText(s *apitest.Shop) string {
	return apitest.Value[string](
		s,
		`SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
		SELECT concat_ws('|', p.name, p.slug, p.description, b.name, c.name, parent.name,
		p.condition, p.attributes, p.is_active, p.is_featured,
		                 v.is_default, v.sku, v.gtin, v.options, v.price_minor, v.discount_minor,
		                 v.stock, v.track_inventory, i.feed_id) AS line
		  FROM variants v JOIN products p ON p.id = v.product_id
		  LEFT JOIN brands b ON b.id = p.brand_id
		  LEFT JOIN categories c ON c.id = p.category_id LEFT JOIN categories parent ON parent.id =
		  c.parent_id
		  LEFT JOIN feed_items i ON i.variant_id = v.id WHERE v.deleted_at IS NULL) x`,
	)
}

// writes returns versions that change with every write of products and variants.
func writes(s *apitest.Shop) string {
	return apitest.Value[string](
		s,
		`SELECT concat_ws(' ', (SELECT string_agg(concat(id, ':', version, ':', xmin), ','
			ORDER BY id) FROM products),
		(SELECT string_agg(concat(id, ':', xmin), ',' ORDER BY id) FROM variants),
		(SELECT string_agg(xmin::text, ',' ORDER BY product_id) FROM product_listings),
		(SELECT string_agg(xmin::text, ',' ORDER BY product_id) FROM product_search),
		(SELECT count(*) FROM stock_movements))`,
	)
}

// startImport: a whole feed becomes products; importing it again changes nothing.
func TestAFeedBecomesProducts(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(
		t, shop, admin, []byte(phones), part{"batch_size", "2"}, part{"attributes", "popularity"},
	)
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(t, [4]int64{5, 0, 0, 0}, counted(done))
	assert.Equal(t, api.ImportStatusCompleted, done.Status)
	assert.Equal(t, "utf-8", *done.Encoding)
	assert.Equal(t, ",", *done.Delimiter)
	assert.EqualValues(t, 100, done.Percent)
	assert.Nil(t, done.Eta)
	shop.RequireSound()

	find := func(q string) (p api.AdminProduct) {
		var page api.AdminProductPage
		admin.Get("/api/v1/admin/products?q=" + q).Want(http.StatusOK).Into(&page)
		require.Len(t, page.Items, 1, q)
		return page.Items[0]
	}
	first := find("P-1")
	assert.Equal(t, `Café Phone – 5" display`, first.Name)
	assert.Equal(t, "A phone for the café, \"loud\".\nSecond line.", first.Description)
	assert.Equal(t, "49.99", first.Price)
	assert.Equal(t, "39.99", *first.DiscountPrice)
	assert.Equal(t, "04006381333931", *first.Gtin)
	assert.Equal(t, "Müller & Söhne", first.Brand.Name)
	assert.Equal(t, "Café", first.Category.Name)
	assert.EqualValues(t, 7, first.Stock)
	assert.Equal(t, map[string]string{"popularity": "100"}, first.Attributes)
	assert.Equal(t, "1299.00", find("P-2").Price)
	assert.False(t, find("P-2").InStock)

	cases := find("P-3")
	require.Len(t, cases.Variants, 2)
	assert.Equal(t, "Case red", cases.Name)
	assert.Equal(t, map[string]string{"color": "red"}, cases.Variants[0].Options)
	assert.Equal(t, map[string]string{"color": "blue"}, cases.Variants[1].Options)
	assert.Equal(t, "8.00", *cases.Variants[1].DiscountPrice)
	assert.EqualValues(t, 11, cases.Stock)

	charger := find("Charger")
	assert.Equal(t, map[string]string{"color": "black", "popularity": "60"}, charger.Attributes)
	assert.True(t, charger.InStock, "without units to count it is always in stock")
	assert.Equal(
		t, cases.Category.ID, charger.Category.ID, "categories are found without regard to case",
	)
	assert.Equal(t, 4, apitest.Value[int](shop, "SELECT count(*)::int FROM categories"))
	assert.Equal(
		t, []string{"Case red", "Charger"},
		named(shop.Get("/api/v1/products?category=cases&sort=name_asc")), "and found by shoppers",
	)

	before := writes(shop)
	again := load(t, shop, admin, []byte(phones), part{"attributes", "popularity"})
	assert.Equal(t, [4]int64{0, 0, 5, 0}, counted(again))
	assert.Equal(t, before, writes(shop), "what says nothing new costs no write")
}

func named(answer *apitest.Answer) []string {
	var page api.ProductPage
	answer.Want(http.StatusOK).Into(&page)
	names := make([]string, len(page.Items))
	for i, item := range page.Items {
		names[i] = item.Name
	}
	return names
}

// startImport: changes of existing products.
func TestChangesAreMadeAndNothingElse(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte(phones))
	// Columns that are not there leave what is; rows are found by GTIN and sku too.
	done := load(
		t, shop, admin,
		[]byte("gtin,price,sale_price,quantity\n4006381333931,59.99,,9\n036000291452,9.50,,4\n"),
	)
	assert.Equal(t, [4]int64{0, 2, 0, 0}, counted(done), complaints(admin, done.ID))
	var page api.AdminProductPage
	admin.Get("/api/v1/admin/products?gtin=4006381333931").Want(http.StatusOK).Into(&page)
	p := page.Items[0]
	assert.Equal(t, "59.99", p.Price)
	assert.Nil(t, p.DiscountPrice)
	assert.EqualValues(t, 9, p.Stock)
	assert.Equal(t, "Müller & Söhne", p.Brand.Name)
	assert.NotEmpty(t, p.Description)
	assert.Equal(
		t,
		fmt.Sprintf("import:%d", done.ID),
		apitest.Value[string](
			shop,
			"SELECT reference FROM stock_movements WHERE reason = 'import' ORDER BY id LIMIT 1",
		),
	)

	done = load(
		t, shop, admin, []byte("sku,brand,popularity,new_fact,title\nP-1,,,yes,Renamed\n"),
		part{"attributes", "popularity,new_fact"},
	)
	assert.Equal(t, [4]int64{0, 1, 0, 0}, counted(done), complaints(admin, done.ID))
	admin.Get("/api/v1/admin/products?gtin=4006381333931").Into(&page)
	assert.Nil(t, page.Items[0].Brand, "an empty cell clears")
	assert.Equal(t, map[string]string{"new_fact": "yes"}, page.Items[0].Attributes)
	assert.Equal(
		t, []string{"Renamed"}, named(shop.Get("/api/v1/products?q=renamed")),
		"and is found by its new name",
	)
	shop.RequireSound()
}

// startImport, listImportErrors: rows that are refused.
func TestARowThatIsWrongStopsNothing(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte("id,title,price,gtin\nOLD,Old,5,4006381333931\nGONE,Gone,5,\n"))
	shop.Exec("UPDATE products SET deleted_at = now() WHERE name = 'Gone'")
	rows := []string{
		"id,title,price,sale_price,gtin,quantity,availability,condition,item_group_id,color," +
			"image_link,brand",
		"A1,Good,10,,,1,in_stock,new,,,,", "A2,Euro,10 EUR,,,1,,,,,,", "A3,Negative,-5,,,1,,,,,,",
		"A4,NaN,NaN,,,1,,,,,,", "A5,Infinite,1e9,,,1,,,,,,", "A6,Decimals,1.999,,,1,,,,,,",
		"A7,Sale,10,12,,1,,,,,,", "A8,Check digit,10,,4006381333930,1,,,,,,",
		"A9,Not a GTIN,10,,4.00638E+12,1,,,,,,", "A10,Taken,10,,4006381333931,1,,,,,,",
		"A11,Units,10,,,-3,,,,,,", "A12,Units,10,,,many,,,,,,", "A13,There,10,,,1,perhaps,,,,,",
		"A14,Condition,10,,,1,,broken,,,,", "A15,Picture,10,,,1,,,,,ftp://a.example/x,",
		",Nameless,10,,,1,,,,,,", "A17,,10,,,1,,,,,,", "A18,Priceless,,,,1,,,,,,",
		"A1,Again,10,,,1,,,,,,", "G1,Red,10,,,1,,,G,red,,", "G2,Red too,10,,,1,,,G,red,,",
		"G3,Nothing,10,,,1,,,G,,,", "GONE,Gone,10,,,1,,,,,,", "A24,Short",
		"A25,Long,10,,,1,,,,,,,more", "A26,Last,10,,,1,,,,,,\"quoted\"",
	}
	done := load(t, shop, admin, []byte(strings.Join(rows, "\n")), part{"images", "false"})
	assert.Equal(t, api.ImportStatusCompleted, done.Status)
	assert.Equal(t, []string{
		"3 price: is in EUR; the shop sells in USD", "4 price: is below zero",
		"5 price: is not a price such as 19.99 USD", "6 price: is not a price such as 19.99 USD",
		"7 price: may mean thousands or decimals: write it with the currency's decimals, such " +
			"as 1299.00",
		"8 sale_price: is above the price", "9 gtin: has a wrong check digit: 4006381333930",
		`10 gtin: is not a GTIN of 8, 12, 13 or 14 digits: "4.00638E+12"`,
		"11 gtin: is the GTIN of another variant (sku OLD)",
		`12 quantity: is below zero, and is taken for 0: "-3"`,
		`13 quantity: is not a whole number: "many"`,
		`14 availability: is not in_stock, out_of_stock, preorder or backorder: "perhaps"`,
		`15 condition: is not new, refurbished or used: "broken"`,
		`16 image_link: is not an http or https address: "ftp://a.example/x"`,
		"17 id: is empty, and so is all else that could tell the product", "18 title: is empty",
		"19 price: is empty", "20 id: is that of a row before",
		"22 : has the same color, size, material and pattern as another one of its group",
		"23 : must tell itself apart by the same as the others of its group: color",
		"24 : is of a product that was deleted: restore that first", "25 price: is empty",
		"26 : has 13 cells, and there are 12 columns",
	}, complaints(admin, done.ID))
	assert.Equal(t, [4]int64{5, 0, 0, 21}, counted(done))
	assert.Equal(
		t, []string{"Good", "Last", "Old", "Picture", "Red", "Units"},
		named(shop.Get("/api/v1/products?sort=name_asc")),
	)
	shop.RequireSound()

	var page api.ImportErrorPage
	admin.Get(at(done.ID) + "/errors?limit=20").Want(http.StatusOK).Into(&page)
	require.NotNil(t, page.NextCursor)
	assert.EqualValues(t, 3, page.Items[0].Line)
	assert.Equal(t, api.ImportErrorSeverityError, page.Items[0].Severity)
	admin.Get(at(done.ID) + "/errors?limit=20&cursor=" + *page.NextCursor).
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 3)
	assert.Nil(t, page.NextCursor)
}

// listImportErrors: the first 1,000 errors are stored, all are counted.
func TestErrorsAreKeptWithinLimits(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var b strings.Builder
	b.WriteString("id,title,price\n")
	for i := range 1200 {
		fmt.Fprintf(&b, "N%d,Name,none\n", i)
	}
	done := load(t, shop, admin, []byte(b.String()))
	assert.EqualValues(t, 1200, done.Rows.Failed)
	assert.Equal(t, 1000, apitest.Value[int](shop, "SELECT count(*)::int FROM import_errors"))
}

// startImport: dry_run changes nothing.
func TestADryRunOnlyFindsOut(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte(phones))
	before := catalogueText(shop)
	changed := strings.Replace(
		phones, "49.99 USD", "55 USD", 1,
	) + "P-6,New,,x,,,,,,1,,,,\nP-7,New,,1,,,New category,,,1,,,,\n"
	done := load(t, shop, admin, []byte(changed), part{"dry_run", "true"})
	assert.True(t, done.DryRun)
	assert.Equal(t, [4]int64{1, 1, 4, 1}, counted(done))
	assert.Len(t, complaints(admin, done.ID), 2, "and popularity is not published")
	assert.Equal(t, before, catalogueText(shop))
	assert.Equal(t, 4, apitest.Value[int](shop, "SELECT count(*)::int FROM categories"))
}

// startImport: cached responses are invalidated.
func TestKeptAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"})
	admin := shop.Admin()
	load(t, shop, admin, []byte("id,title,price\nA,One,1\n"))
	assert.Equal(t, []string{"One"}, named(shop.Get("/api/v1/products")))
	load(t, shop, admin, []byte("id,title,price\nA,Two,1\n"))
	assert.Equal(t, []string{"Two"}, named(shop.Get("/api/v1/products")))
}

// startImport: one job at the end updates the vectors, if anything changed, and the file is
// deleted.
func TestWhatFollowsAnImport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	shop := apitest.New(t, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})
	admin := shop.Admin()
	count := func() int {
		return apitest.Value[int](
			shop, "SELECT count(*)::int FROM river_job WHERE kind = 'catalog.names_changed'",
		)
	}
	load(t, shop, admin, []byte(phones))
	assert.Equal(t, 1, count())
	load(t, shop, admin, []byte(phones))
	assert.Equal(t, 1, count())
	left, err := filepath.Glob(filepath.Join(folder, "private", "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
