package feeds_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// shopText returns a line for each variant with all that an export of another program says of it.
func shopText(s *apitest.Shop) []string {
	return apitest.Value[[]string](
		s,
		`SELECT coalesce(array_agg(line ORDER BY line), '{}') FROM (
		SELECT concat_ws('|', v.sku, p.name, replace(p.description, E'\n', '/'), b.name,
		concat_ws('>', parent.name, c.name), v.options, v.price_minor, v.discount_minor,
		                 CASE WHEN v.track_inventory THEN v.stock::text ELSE 'always' END, v.gtin,
		                 p.attributes, CASE WHEN p.is_active THEN 'live' ELSE 'hidden' END) AS line
		  FROM variants v JOIN products p ON p.id = v.product_id
		  LEFT JOIN brands b ON b.id = p.brand_id
		  LEFT JOIN categories c ON c.id = p.category_id LEFT JOIN categories parent ON parent.id =
		  c.parent_id) x`,
	)
}

//nolint:lll // a file as the program writes it
const shopifyExport = `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,Variant Image,Variant Tax Code,Cost per item,Google Shopping / Gender,Status,Supplier note
tee,Tee &amp; more,"<p>Soft <b>cotton</b>.</p><ul><li>One</li><li>Two</li></ul>",Acme,Apparel > Shirts,Shirts,x,true,Size,S,Color,Red,T-S,shopify,3,deny,15.00,20.00,'4006381333931,https://a.example/1.jpg,1,,P1,4.00,unisex,active,secret
tee,,,,,,,,,M,,Red,T-M,shopify,-1,deny,20.00,20.00,ABC,https://a.example/2.jpg,2,https://a.example/2.jpg,,4.00,,,
tee,,,,,,,,,,,,,,,,,,,https://a.example/3.jpg,3,,,,,,
cup,Cup,Plain,,,Kitchen,,true,Title,Default Title,,,CUP,,,continue,5.00,,,,,,,2.00,,draft,
`

// startImport: an export of Shopify is read whole.
func TestShopifyExport(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(shopifyExport), part{"batch_size", "1"})
	said := strings.Join(complaints(admin, done.ID), "\n")
	require.Equal(t, [4]int64{3, 0, 0, 0}, counted(done), said)
	assert.Equal(t, "shopify", *done.Format)
	assert.EqualValues(t, 3, *done.Rows.Total, "a row of an image alone is none of a variant")
	assert.Equal(t, []string{
		`CUP|Cup|Plain|Kitchen|{}|500|always|{}|hidden`,
		`T-M|Tee & more|Soft cotton./- One/- Two|Acme|Apparel>Shirts|` +
			`{"size": "M", "color": "Red"}|2000|0|{"gender": "unisex"}|live`,
		`T-S|Tee & more|Soft cotton./- One/- Two|Acme|Apparel>Shirts|` +
			`{"size": "S", "color": "Red"}|2000|1500|3|04006381333931|{"gender": "unisex"}|live`,
	}, shopText(shop))
	assert.Contains(t, said, "Cost per item, Supplier note")
	assert.Contains(t, said, "3 Variant Barcode: is no GTIN")
	assert.Contains(t, said, "3 quantity: is below zero")
	again := load(t, shop, admin, []byte(shopifyExport))
	assert.Equal(t, [4]int64{0, 0, 3, 0}, counted(again), complaints(admin, again.ID))
	urls := apitest.Value[string](shop, `SELECT args ->> 'urls' FROM river_job
		WHERE kind = 'feeds.fetch_images' ORDER BY id LIMIT 1`)
	assert.JSONEq(
		t, `["https://a.example/1.jpg", "https://a.example/2.jpg", "https://a.example/3.jpg"]`,
		urls,
	)
	shop.RequireSound()
}

//nolint:lll // a file as the program writes it
const wooExport = `ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Is featured?,Visibility in catalog,Short description,Description,Date sale price starts,Date sale price ends,Tax status,Tax class,In stock?,Stock,Backorders allowed?,Sale price,Regular price,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global,Meta: _wc_cog_cost
11,variation,S-R,,Shirt - Red,1,,visible,,,,,taxable,parent,1,4,0,15,20,,https://a.example/r.jpg,S,Colour,Red,,1,7
10,variable,S,,Shirt,1,1,visible,Short,<p>A shirt.</p>,,,taxable,,1,,0,,,"Clothing, Clothing > Shirts","https://a.example/1.jpg, https://a.example/2.jpg",,Colour,"Red, Blue",1,1,
12,variation,,,Shirt - Blue,1,,visible,,,,,taxable,parent,0,9,0,0,20,,,id:10,Colour,Blue,,1,7
20,simple,MUG,4006381333931,Mug,-1,0,visible,,Plain,2020-01-01,2020-02-01,taxable,,1,,0,4,5,Kitchen,,,Material,Clay,1,0,3
30,grouped,SET,,Set,1,0,visible,,,,,taxable,,1,,0,,,,,,,,,,
`

// startImport: an export of WooCommerce is read whole, wherever the parent of a variation stands.
func TestWooCommerceExport(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(wooExport))
	said := strings.Join(complaints(admin, done.ID), "\n")
	assert.Equal(t, "woocommerce", *done.Format)
	require.Equal(t, [4]int64{3, 0, 0, 1}, counted(done), said)
	lines := shopText(shop)
	assert.Equal(
		t, `MUG|Mug|Plain|Kitchen|{}|500|400|always|04006381333931|{"material": "Clay"}|hidden`,
		lines[0],
	)
	assert.Equal(
		t, `S-R|Shirt|A shirt.|Clothing>Shirts|{"colour": "Red"}|2000|1500|4|{}|live`, lines[1],
	)
	assert.Contains(
		t, lines[2], `|Shirt|A shirt.|Clothing>Shirts|{"colour": "Blue"}|2000|0|{}|live`,
	)
	assert.Contains(t, said, "6 Type: is a product that is sold elsewhere or in parts")
	assert.Contains(t, said, "Meta: _wc_cog_cost")
	assert.Contains(t, said, "is out of stock, so none of the 9 units is for sale")
	again := load(t, shop, admin, []byte(wooExport))
	assert.Equal(t, [4]int64{0, 0, 3, 1}, counted(again), complaints(admin, again.ID))
}

//nolint:lll // a file as the program writes it
const magentoExport = `sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,tax_class_name,visibility,price,special_price,special_price_from_date,base_image,additional_images,additional_attributes,qty,is_in_stock,configurable_variations
P-R,,Default,simple,Default Category/Men,Pants Red,,1,Taxable Goods,Not Visible Individually,30,25,2020-01-01,/m/y/a.jpg,,"color=Red,cost=9,manufacturer=Acme",3,1,
P-B,,Default,simple,Default Category/Men,Pants Blue,,1,Taxable Goods,Not Visible Individually,30,,,no_selection,,color=Blue,4,1,
P,,Default,configurable,"Default Category/Men,Default Category/Men/Pants",Pants,<p>Warm &amp; soft</p>,1,Taxable Goods,"Catalog, Search",,,,https://a.example/p.jpg,,,0,1,"sku=P-R,color=Red|sku=P-B,color=Blue"
P,german,Default,configurable,,Hose,,,,,,,,,,,,,
HAT,,Default,simple,Default Category/Men,Hat,Warm,2,Taxable Goods,"Catalog, Search",10,0,,,,,5,0,
`

// startImport: an export of Magento is read whole.
func TestMagentoExport(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(magentoExport))
	said := strings.Join(complaints(admin, done.ID), "\n")
	assert.Equal(t, "magento", *done.Format)
	require.Equal(t, [4]int64{3, 0, 0, 0}, counted(done), said)
	assert.Equal(t, []string{
		`HAT|Hat|Warm|Men|{}|1000|0|{}|hidden`,
		`P-B|Pants|Warm & soft|Acme|Men>Pants|{"color": "Blue"}|3000|4|{}|live`,
		`P-R|Pants|Warm & soft|Acme|Men>Pants|{"color": "Red"}|3000|2500|3|{}|live`,
	}, shopText(shop))
	assert.Contains(
		t, said,
		`is not an http or https address, and the import has no image_base_url: "/m/y/a.jpg"`,
	)
	assert.Contains(t, said, "because attributes are public: cost")
}

// startImport, getImport: image paths of a Magento export are fetched from below a base, in each
// way to start an import.
func TestImagePathsHaveABase(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const base = "https://old.example/media/catalog/product"
	done := load(
		t, shop, admin, []byte(magentoExport), part{"images", "true"},
		part{"image_base_url", base + "/"},
	)
	assert.NotContains(t, strings.Join(complaints(admin, done.ID), "\n"), "image_base_url")
	assert.Contains(
		t, apitest.Value[string](
			shop,
			"SELECT string_agg(args ->> 'urls', ',') FROM river_job "+
				"WHERE kind = 'feeds.fetch_images'",
		), base+"/m/y/a.jpg",
	)
	for _, wrong := range []string{"old.example", "ftp://old.example/", "/media", "https://"} {
		admin.Post(imports, form(t, []byte(magentoExport), part{"image_base_url", wrong})).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		admin.Post(
			imports, apitest.Fields{"url": "https://old.example/x.csv", "image_base_url": wrong},
		).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	file := []byte("id,title,price,image_link\n" +
		"i1,One,5,\"https://a.example/b.jpg, /m/a.jpg, /m/no selection.png, no_selection\"\n")
	done = load(t, shop, admin, file, part{"images", "true"}, part{"image_base_url", base})
	assert.Equal(
		t, []string{`2 image_link: is not an http or https address: "no_selection"`},
		complaints(admin, done.ID),
	)
}

// startImport: an export in another encoding and with another delimiter gives the same.
func TestDialectsInAnyEncoding(t *testing.T) {
	t.Parallel()
	for name, export := range map[string]string{
		"shopify": shopifyExport, "woocommerce": wooExport, "magento": magentoExport,
	} {
		want := apitest.New(t)
		load(t, want, want.Admin(), []byte(export))
		windows, err := charmap.Windows1252.NewEncoder().String(export)
		require.NoError(t, err)
		for _, content := range [][]byte{
			[]byte("\xef\xbb\xbf" + with(t, export, ',', "\r\n")), wide(export, false, true),
			[]byte(windows),
			[]byte(with(t, export, ';', "\r")), []byte(with(t, export, '\t', "\n")),
			packed(t, []byte(export)),
		} {
			shop := apitest.New(t)
			load(t, shop, shop.Admin(), content)
			assert.Equal(t, shopText(want), shopText(shop), name)
		}
	}
}

// packed compresses content with gzip.
func packed(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

//nolint:lll // a file as the program writes it
const googleXML = `<?xml version="1.0" encoding="%s"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>X-1</g:id><title>Café &amp; Tea</title><g:price>5.00 USD</g:price><g:brand>P&amp;G</g:brand>
<g:product_type>Tools &gt; Kitchen</g:product_type><g:quantity>3</g:quantity><g:gtin>4006381333931</g:gtin>
<g:product_detail><g:section_name>General</g:section_name><g:attribute_name>Material</g:attribute_name><g:attribute_value>Oak</g:attribute_value></g:product_detail>
<g:shipping><g:country>DE</g:country><g:price>3 USD</g:price></g:shipping><g:custom_label_0>x</g:custom_label_0></item>
<item><g:id>X-2</g:id><g:title><![CDATA[Cup <b>]]></g:title><g:price>7 USD</g:price><g:sale_price>0 USD</g:sale_price><g:availability>out of stock</g:availability></item>
</channel></rss>`

// startImport: the XML of Google's own format, in any encoding, is a feed like any other.
func TestGoogleXML(t *testing.T) {
	t.Parallel()
	latin, err := charmap.ISO8859_1.NewEncoder().
		String(strings.Replace(googleXML, "%s", "ISO-8859-1", 1))
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"UTF-8": []byte(strings.Replace(googleXML, "%s", "UTF-8", 1)), "Latin 1": []byte(latin),
		"UTF-16": wide(strings.Replace(googleXML, "%s", "UTF-16", 1), false, true),
		"gzip":   packed(t, []byte(latin)),
	} {
		shop := apitest.New(t)
		admin := shop.Admin()
		done := load(t, shop, admin, content)
		require.Equal(
			t, [4]int64{2, 0, 0, 0}, counted(done), "%s: %v %v", name, done.Message,
			complaints(admin, done.ID),
		)
		assert.Equal(t, "google_xml", *done.Format)
		assert.Equal(t, []string{
			`X-1|Café & Tea||P&G|Tools>Kitchen|{}|500|3|04006381333931|{"material": "Oak"}|live`,
			`X-2|Cup <b>|||{}|700|0|{}|live`,
		}, shopText(shop), name)
		said := complaints(admin, done.ID)
		require.Len(t, said, 1)
		assert.Contains(t, said[0], "custom_label_0")
	}
	shop := apitest.New(t)
	for _, content := range []string{
		"<?xml version='1.0'?><html/>", "<?xml version='1.0'?><rss><channel><item><id>1</id>",
		"<?xml version='1.0' encoding='klingon'?><rss/>",
	} {
		done := load(t, shop, shop.Admin(), []byte(content))
		assert.Equal(t, api.ImportStatusFailed, done.Status, content)
		assert.Contains(t, *done.Message, "The file is XML")
	}
}

// startImport: a feed behind a user and a password, compressed, in an encoding that its server
// says.
func TestAFeedBehindAPassword(t *testing.T) {
	t.Parallel()
	polish, err := charmap.Windows1250.NewEncoder().String("id,title,price\np1,Zażółć,5\n")
	require.NoError(t, err)
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "feeds" || password != "s3:cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=windows-1250")
		_, _ = w.Write(packed(t, []byte(polish)))
	}))
	t.Cleanup(remote.Close)
	shop := apitest.New(t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	admin := shop.Admin()
	fetch := func(body apitest.Fields) api.Import {
		body["url"] = remote.URL + "/feed.csv.gz"
		var started api.Import
		answer := admin.Post(imports, body).Want(http.StatusAccepted)
		answer.Into(&started)
		assert.NotContains(t, string(answer.Body), "cret")
		return work(t, shop, admin, started.ID)
	}
	assert.Equal(t, api.ImportStatusFailed, fetch(apitest.Fields{}).Status)
	done := fetch(apitest.Fields{"username": "feeds", "password": "s3:cret"})
	assert.Equal(t, [4]int64{1, 0, 0, 0}, counted(done), done.Message)
	assert.Equal(t, "windows-1250", *done.Encoding)
	assert.Equal(t, []string{"Zażółć"}, named(shop.Get("/api/v1/products")))
	assert.Zero(
		t, apitest.Value[int](shop, "SELECT count(*)::int FROM imports WHERE url IS NOT NULL"),
	)
}
