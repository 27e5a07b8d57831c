package feeds_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/feeds"
)

// variantsOf returns a line for each variant: its id, price, sale price, stock, and whether it is
// always in stock.
func variantsOf(s *apitest.Shop) []string {
	return apitest.Value[[]string](
		s,
		`SELECT coalesce(array_agg(concat_ws(' ', coalesce(i.feed_id, v.sku), v.price_minor,
			coalesce(v.discount_minor, -1), v.stock,
		        CASE WHEN NOT v.track_inventory THEN 'always' END) ORDER BY v.id), '{}')
		   FROM variants v LEFT JOIN feed_items i ON i.variant_id = v.id
		   WHERE v.deleted_at IS NULL`,
	)
}

// startImport: a sale price of 0 is no sale, in every spelling and under every name.
func TestASaleOfZeroIsNoSale(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for _, zero := range []string{
		"0", "0.00", `"0,00"`, "0 USD", "$0.00", "USD 0", "00", "0.0000", "-", "n/a", "０", "-0.00",
		"0.-",
	} {
		done := load(t, shop, admin, []byte(
			"id,title,price,sale_price,quantity\na1,Cutter,19.99 USD,"+zero+",5\n",
		))
		assert.Zero(t, done.Rows.Failed, zero)
		assert.Equal(t, []string{"a1 1999 -1 5"}, variantsOf(shop), zero)
	}
	for _, name := range []string{
		"discount_price", "special_price", "offer_price", "angebotspreis", "Promo Price",
		"g:sale_price",
	} {
		load(t, shop, admin, []byte("id,title,price,sale_price,quantity\na1,Cutter,19.99,9.99,5\n"))
		assert.Equal(t, []string{"a1 1999 999 5"}, variantsOf(shop), name)
		load(t, shop, admin, []byte("id,title,price,"+name+",quantity\na1,Cutter,19.99,0,5\n"))
		assert.Equal(t, []string{"a1 1999 -1 5"}, variantsOf(shop), "%s ends the sale", name)
	}
}

// startImport: a price of 0 needs allow_free, or a product that is free already.
func TestAPriceOfZeroIsRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	file := []byte("id,title,price,quantity\nf1,Sample,0.00,5\nf2,Paid,5,5\n")
	const message = "2 price: is 0, which gives the goods away: import with allow_free if they " +
		"are meant to be free"
	done := load(t, shop, admin, file)
	assert.Equal(t, []string{message}, complaints(admin, done.ID))
	assert.Equal(t, []string{"f2 500 -1 5"}, variantsOf(shop))
	done = load(t, shop, admin, file, part{"allow_free", "true"})
	assert.True(t, done.AllowFree)
	assert.Equal(t, [4]int64{1, 0, 1, 0}, counted(done), complaints(admin, done.ID))
	done = load(t, shop, admin, file)
	assert.Equal(t, [4]int64{0, 0, 2, 0}, counted(done), "it is free already")
	done = load(t, shop, admin, []byte("id,price\nf2,0\n"))
	assert.Equal(t, []string{message}, complaints(admin, done.ID), "an existing product")
	exported := load(t, shop, admin, admin.Get(exports).Body)
	assert.Equal(t, [4]int64{0, 0, 2, 0}, counted(exported))
}

// startImport: what is out of stock is not for sale, whatever its quantity.
func TestOutOfStockIsNotForSale(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte("id,title,price,quantity\na3,Jar,5,7\n"))
	for _, word := range []string{
		"out of stock", "https://schema.org/OutOfStock", "http://schema.org/SoldOut", "sold_out",
		"Ausverkauft", "discontinued", "0",
	} {
		load(t, shop, admin, []byte("id,title,price,quantity\na3,Jar,5,7\n"))
		require.Equal(t, []string{"a3 500 -1 7"}, variantsOf(shop))
		done := load(t, shop, admin, []byte(
			"id,title,price,availability,quantity\na3,Jar,5,"+word+",7\n",
		))
		assert.Equal(t, []string{"a3 500 -1 0"}, variantsOf(shop), word)
		assert.Equal(
			t, []string{"2 availability: is out of stock, so none of the 7 units is for sale"},
			complaints(admin, done.ID), word,
		)
		assert.EqualValues(t, 1, done.Rows.Warnings)
	}
	load(t, shop, admin, []byte("id,title,price,availability,quantity\na4,Lid,5,out of stock,7\n"))
	assert.Equal(t, "a4 500 -1 0", variantsOf(shop)[1], "a new one as well")
}

// startImport: columns that were not asked for are not published, and are reported.
func TestColumnsAreNotPublishedUnasked(t *testing.T) {
	t.Parallel()
	feed := []byte(
		"id,title,price,cost_of_goods_sold,supplier,color,capacity,custom_label_0\n" +
			"a5,Mug,5,1.20 USD,Secret Ltd,red,2 l,x\n",
	)
	attributes := func(s *apitest.Shop) map[string]string {
		var page api.ProductPage
		s.Get("/api/v1/products").Want(http.StatusOK).Into(&page)
		var p api.Product
		s.Get("/api/v1/products/slug/" + page.Items[0].Slug).Want(http.StatusOK).Into(&p)
		return p.Attributes
	}
	for names, want := range map[string]map[string]string{
		"":                 {"color": "red"},
		"capacity":         {"color": "red", "capacity": "2 l"},
		"Capacity,unknown": {"color": "red", "capacity": "2 l"},
		"*":                {"color": "red", "capacity": "2 l"},
		"*,supplier":       {"color": "red", "capacity": "2 l", "supplier": "Secret Ltd"},
	} {
		shop := apitest.New(t)
		done := load(t, shop, shop.Admin(), feed, part{"attributes", names})
		assert.Equal(t, want, attributes(shop), names)
		assert.EqualValues(t, 1, done.Rows.Warnings)
		warning := complaints(shop.Admin(), done.ID)[0]
		assert.Contains(t, warning, "cost_of_goods_sold", names)
		assert.Contains(t, warning, "FEED_ATTRIBUTES", names)
		assert.Equal(t, want["supplier"] == "", strings.Contains(warning, "supplier"), names)
	}
	shop := apitest.New(t, apitest.Setting{Name: "FEED_ATTRIBUTES", Value: "capacity, supplier"})
	load(t, shop, shop.Admin(), feed)
	internal, err := shop.App.Feeds.InternalAttributes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []feeds.InternalAttribute{{Name: "supplier", Products: 1}}, internal)
	assert.Equal(
		t, map[string]string{"color": "red", "capacity": "2 l", "supplier": "Secret Ltd"},
		attributes(shop),
	)
}

// startImport: text of another old encoding is refused, unless it is named.
func TestOldEncodingsAreNamed(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	polish, err := charmap.Windows1250.NewEncoder().String("id,title,price\np1,Zażółć,5\n")
	require.NoError(t, err)
	refused := admin.Post(imports, form(t, []byte(polish))).
		Problem(http.StatusUnprocessableEntity, "not_a_feed")
	assert.Contains(t, refused.Detail, "name its encoding")
	admin.Post(imports, form(t, []byte(polish), part{"encoding", "klingon"})).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	done := load(t, shop, admin, []byte(polish), part{"encoding", "Windows-1250"})
	assert.Equal(t, "windows-1250", *done.Encoding)
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(t, []string{"Zażółć"}, named(shop.Get("/api/v1/products")))
	done = load(t, shop, admin, []byte("id,title,price\np2,Caf\xe9,5\n"))
	assert.Equal(t, "iso-8859-1", *done.Encoding)
	assert.Contains(t, complaints(admin, done.ID)[0], "was read as iso-8859-1")
}

// startImport: entities of HTML are decoded once, and an export gives the same texts back.
func TestEntitiesAreDecoded(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(`id,title,price,brand,product_type,material
e1,Salt &amp; Pepper Mill,5,P&amp;G,Tools &gt; Kitchen,Oak &#38; steel
e2,AT&T &copy=1 &amp;amp; more,5,P&G,Tools > Kitchen,
e3,Caf&eacute; &#x2013; &nosuch;,5,p&amp;g,tools &gt; kitchen,
`))
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(
		t, []string{"AT&T &copy=1 &amp; more", "Café – &nosuch;", "Salt & Pepper Mill"},
		named(shop.Get("/api/v1/products?sort=name_asc")),
	)
	assert.Equal(t, 1, apitest.Value[int](shop, "SELECT count(*)::int FROM brands"))
	assert.Equal(t, 2, apitest.Value[int](shop, "SELECT count(*)::int FROM categories"))
	assert.Equal(
		t, "salt-and-pepper-mill",
		apitest.Value[string](shop, "SELECT slug FROM products ORDER BY id LIMIT 1"),
	)
	assert.Equal(
		t, "Oak & steel",
		apitest.Value[string](
			shop, "SELECT attributes ->> 'material' FROM products ORDER BY id LIMIT 1",
		),
	)
	before := writes(shop)
	again := load(t, shop, admin, admin.Get(exports).Body)
	assert.Equal(t, [4]int64{0, 0, 3, 0}, counted(again), complaints(admin, again.ID))
	assert.Equal(t, before, writes(shop))
}

// startImport: one bad row of a file with CR line ends costs only itself.
func TestCarriageReturns(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(
		"id,title,price\rc1,A,5\rc2,\"Bad \"x\" y\",5\rc3,C,5\rc4,D,5\r",
	))
	assert.Equal(t, [4]int64{3, 0, 0, 1}, counted(done))
	var page api.ImportErrorPage
	admin.Get(at(done.ID) + "/errors").Want(http.StatusOK).Into(&page)
	require.Len(t, page.Items, 1)
	assert.EqualValues(t, 3, page.Items[0].Line)
}

// startImport: inch marks in tab files, and quotes behind blanks.
func TestInchMarks(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte("id\ttitle\tprice\nt1\t\"Big TV\t5\nt2\tPipe 5\"\t5\n"))
	assert.Equal(t, [4]int64{2, 0, 0, 0}, counted(done), complaints(admin, done.ID))
	done = load(t, shop, admin, []byte("id, title, price\ns1, \"Cup\", 5\n"))
	assert.Empty(t, complaints(admin, done.ID))
	done = load(t, shop, admin, []byte("id,title,price\nj1,\"Big TV,5\nj2,Pipe 5\",5\n"))
	assert.Equal(
		t,
		[]string{
			"2 : has a cell that reads like several rows: is a quote missing, or one too many?",
		},
		complaints(admin, done.ID),
	)
	assert.Equal(
		t, []string{`"Big TV`, "Big TV,5\nj2,Pipe 5", "Cup", `Pipe 5"`},
		named(shop.Get("/api/v1/products?sort=name_asc")),
	)
}

// startImport, listProducts, searchProducts, createBrand: names that look the same are the same.
func TestNamesThatLookAlikeAreOne(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	// as it was once stored
	shop.Exec("INSERT INTO brands (name, slug) VALUES ('Levi’s  Shop', 'levis')")
	names := []string{
		"Café Lund", "Cafe\u0301 Lund", "Café\u00a0Lund", "Café  Lund", "Ca\u200bfé Lund",
		"CAFÉ LUND", "Café\u3000Lund ",
	}
	var b strings.Builder
	b.WriteString("id,title,price,brand,product_type\n")
	for i, name := range names {
		b.WriteString("n" + string(rune('a'+i)) + ",Thing,5," + name + "," + name + " > Levi’s\n")
	}
	b.WriteString("l1,Jeans,5,Levi's Shop,Café Lund > Levi's\n")
	done := load(t, shop, admin, []byte(b.String()), part{"batch_size", "3"})
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(
		t, []string{"Café Lund", "Levi’s  Shop"},
		apitest.Value[[]string](shop, "SELECT array_agg(name ORDER BY name) FROM brands"),
	)
	assert.Equal(
		t, []string{"Café Lund", "Levi's"},
		apitest.Value[[]string](shop, "SELECT array_agg(name ORDER BY name) FROM categories"),
	)
	again := load(t, shop, admin, []byte(b.String()))
	assert.Equal(t, [4]int64{0, 0, 8, 0}, counted(again))
	admin.Post("/api/v1/admin/brands", apitest.Fields{"name": "Cafe\u0301\u00a0Lund"}).
		Problem(http.StatusConflict, "brand_name_taken")
	found := func(path, parameter, name string) int64 {
		var page struct{ Total int64 }
		shop.Get(path + url.Values{parameter: {name}}.Encode()).Want(http.StatusOK).Into(&page)
		return page.Total
	}
	for _, name := range append(names, "café lund", "cafe-lund") {
		for _, path := range []string{"/api/v1/products?", "/api/v1/products?facets=true&"} {
			assert.EqualValues(t, 7, found(path, "brand", name), "%s%q", path, name)
			assert.EqualValues(t, 8, found(path, "category", name), "%s%q", path, name)
		}
		assert.EqualValues(
			t, 7, found("/api/v1/products/search?q=thing&", "brand", name), "%q", name,
		)
		assert.EqualValues(
			t, 7, found("/api/v1/products/search?q=thing&", "category", name), "%q", name,
		)
	}
	for _, name := range []string{"Levi's Shop", "LEVI’S  SHOP", "Leviʼs\u00a0shop"} {
		assert.EqualValues(t, 1, found("/api/v1/products?", "brand", name), name)
	}
	assert.EqualValues(t, 8, found("/api/v1/products?", "category", "Levi‘s"))
}

// startImport, createOrder: what is free on purpose is ordered and paid for with nothing.
func TestFreeGoodsAreOrdered(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(
		t, shop, admin, []byte("id,title,price,quantity\nf1,Sample,0.00,5\n"),
		part{"allow_free", "true"},
	)
	product := apitest.Value[int64](shop, "SELECT id FROM products")
	var order api.Order
	shop.Customer().Post("/api/v1/orders", apitest.Fields{
		"items": []apitest.Fields{{"product_id": product, "quantity": 2}},
	}).Want(http.StatusCreated).Into(&order)
	assert.EqualValues(t, "PAID", order.Status)
	assert.Equal(t, "0.00", order.Total)
	assert.Equal(t, []string{"f1 0 -1 3"}, variantsOf(shop))
}
