package feeds_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

const exports = "/api/v1/admin/exports/products.csv"

// exportOf returns the rows of an export by the names of their columns.
func exportOf(t testing.TB, answer *apitest.Answer) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(string(answer.Want(http.StatusOK).Body))).ReadAll()
	require.NoError(t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// exportProducts, startImport: importing an export changes nothing here, and creates the same
// products in another shop.
func TestAnExportIsAnIdentity(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte(phones))
	admin.Post(
		"/api/v1/admin/products",
		apitest.Fields{"name": "Shirt", "is_featured": true, "variants": []apitest.Fields{
			{
				"price":   "5.00",
				"options": apitest.Fields{"fit": "slim", "size": "M"},
				"stock":   3,
			},
			{
				"price":           "6.00",
				"discount_price":  "5.50",
				"options":         apitest.Fields{"fit": "wide", "size": "M"},
				"track_inventory": false,
			},
		}},
	).
		Want(http.StatusCreated)
	admin.Post("/api/v1/admin/products", apitest.Fields{
		"name": "=1+1", "description": "'=2+2\r\n\tand \"more\", ", "price": "1.00",
		"attributes": apitest.Fields{"formula": "@SUM(A1)"},
	}).
		Want(http.StatusCreated)
	shop.Exec(
		`UPDATE products SET name = E'\t=x', description = '-5' WHERE id = (SELECT min(id)
			FROM products WHERE is_active)`,
	)
	shop.Exec(
		`UPDATE products SET name = '''=1+1', description = E'+1 \n ' WHERE id = (SELECT min(id) + 1
			FROM products WHERE is_active)`,
	)
	shop.Exec(`UPDATE brands SET name = '@' || name WHERE id = (SELECT min(id) FROM brands)`)
	export := admin.Get(exports).Want(http.StatusOK)
	assert.Equal(t, `attachment; filename="products.csv"`, export.Header.Get("Content-Disposition"))
	for _, row := range exportOf(t, export) {
		for name, cell := range row {
			if cell != "" {
				assert.NotContains(t, "=+-@\t\r\n", cell[:1], name)
			}
		}
	}
	assert.Contains(t, string(export.Body), "'\t=x")
	assert.Contains(t, string(export.Body), "''=1+1")
	before := writes(shop)
	done := load(t, shop, admin, export.Body)
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(t, [4]int64{0, 0, *done.Rows.Total, 0}, counted(done))
	assert.Equal(t, before, writes(shop))
	assert.Equal(t, export.Body, admin.Get(exports).Body)

	other := apitest.New(t)
	done = load(t, other, other.Admin(), export.Body, part{"images", "false"})
	assert.Equal(
		t, [4]int64{*done.Rows.Total, 0, 0, 0}, counted(done), complaints(other.Admin(), done.ID),
	)
	copied := exportOf(t, other.Admin().Get(exports))
	for i, row := range exportOf(t, export) {
		for _, name := range []string{"image_link", "additional_image_link"} {
			delete(row, name)
			delete(copied[i], name)
		}
		require.Equal(t, row, copied[i])
	}
	other.RequireSound()
}

// exportProducts: the filters of listProducts.
func TestAnExportPassesTheFilters(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, []byte(phones))
	ids := func(query string) (ids []string) {
		for _, row := range exportOf(t, admin.Get(exports+query)) {
			ids = append(ids, row["id"])
		}
		return ids
	}
	assert.Equal(t, []string{"P-1", "P-2", "P-3", "P-4", "P-5"}, ids(""))
	assert.Equal(t, []string{"P-3", "P-4", "P-5"}, ids("?category=cases"))
	assert.Equal(t, []string{"P-2", "P-3", "P-4"}, ids("?brand=acme"))
	assert.Equal(t, []string{"P-2"}, ids("?min_price=1000"))
	assert.Equal(t, []string{"P-2"}, ids("?in_stock=false"))
	assert.Equal(t, []string{"P-2"}, ids("?availability=out_of_stock"))
	assert.Equal(t, []string{"P-1"}, ids("?on_sale=true"))
	assert.Equal(t, []string{"P-5"}, ids("?attribute=color:black"))
	assert.Equal(t, []string{"P-1"}, ids("?gtin=4006381333931"))
	assert.Equal(t, []string{"P-5"}, ids("?q=charger"))
	assert.Empty(t, ids("?featured=true"))
	admin.Get(exports+"?min_price=1.999").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// exportProducts: many products are streamed page by page.
func TestAnExportIsStreamed(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(t, shop, admin, manyRows(1200))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.URL()+exports, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+admin.Token())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.EqualValues(t, -1, response.ContentLength, "its length is not known")
	lines := 0
	for s := bufio.NewScanner(response.Body); s.Scan(); lines++ {
	}
	assert.Equal(t, 1201, lines)
	assert.LessOrEqual(
		t, shop.Statements(func() { admin.Get(exports) }), 12, "three pages, and who asks",
	)
}

var token = apitest.Setting{Name: "FEED_TOKEN", Value: "a-secret-of-sixteen-or-more"}

// getGoogleFeed: its elements, and who may read it.
func TestTheFeedForGoogle(t *testing.T) {
	t.Parallel()
	shop := apitest.New(
		t, token, apitest.Setting{Name: "STOREFRONT_URL", Value: "https://shop.example.com/"},
	)
	load(t, shop, shop.Admin(), []byte(phones))
	addImages(shop)
	load(t, shop, shop.Admin(), []byte("id,title,price\nBARE,Without an image,5\n"))
	load(t, shop, shop.Admin(), []byte("id,title,price\nFREE,Free,0\n"), part{"allow_free", "true"})
	shop.Get("/feeds/google.xml?token=another").Problem(http.StatusNotFound, "feed_not_found")
	shop.Get("/feeds/google.xml").Problem(http.StatusUnprocessableEntity, "invalid_request")
	answer := shop.Get("/feeds/google.xml?token=" + token.Value).Want(http.StatusOK)
	assert.Equal(t, "application/xml; charset=utf-8", answer.Header.Get("Content-Type"))
	var feed struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Items   []struct {
			ID           string `xml:"http://base.google.com/ns/1.0 id"`
			Title        string `xml:"http://base.google.com/ns/1.0 title"`
			Link         string `xml:"http://base.google.com/ns/1.0 link"`
			Availability string `xml:"http://base.google.com/ns/1.0 availability"`
			Price        string `xml:"http://base.google.com/ns/1.0 price"`
			SalePrice    string `xml:"http://base.google.com/ns/1.0 sale_price"`
			GTIN         string `xml:"http://base.google.com/ns/1.0 gtin"`
			Group        string `xml:"http://base.google.com/ns/1.0 item_group_id"`
			Color        string `xml:"http://base.google.com/ns/1.0 color"`
			Type         string `xml:"http://base.google.com/ns/1.0 product_type"`
			Brand        string `xml:"http://base.google.com/ns/1.0 brand"`
		} `xml:"channel>item"`
	}
	require.NoError(t, xml.Unmarshal(answer.Body, &feed))
	assert.Equal(t, "2.0", feed.Version)
	assert.NotContains(t, string(answer.Body), "identifier_exists", "no feed said so")
	require.Len(t, feed.Items, 5)
	first, red := feed.Items[0], feed.Items[2]
	assert.Equal(t, "P-1", first.ID)
	assert.Equal(t, `Café Phone – 5" display`, first.Title)
	assert.Equal(t, "https://shop.example.com/products/cafe-phone-5-display", first.Link)
	assert.Equal(t, "in_stock", first.Availability)
	assert.Equal(t, "49.99 USD", first.Price)
	assert.Equal(t, "39.99 USD", first.SalePrice)
	assert.Equal(t, "4006381333931", first.GTIN)
	assert.Equal(t, "Müller & Söhne", first.Brand)
	assert.Equal(t, "Phones > Smart > Café", first.Type)
	assert.Equal(t, "036000291452", red.GTIN)
	assert.Equal(t, "G-1", red.Group)
	assert.Equal(t, "red", red.Color)

	closed := apitest.New(t)
	closed.Get("/feeds/google.xml?token="+token.Value).
		Problem(http.StatusNotFound, "feed_not_found")
}

// exportProducts: if the database fails half-way, the connection breaks off.
func TestAnExportThatBreaksOffSaysSo(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	load(
		t,
		shop,
		admin,
		bytes.ReplaceAll(
			manyRows(600), []byte("Good for many things."), bytes.Repeat([]byte("x"), 19_000),
		),
	)
	shop.Exec(`ALTER TABLE product_images RENAME TO product_images_gone`)
	admin.Get(exports).
		Problem(http.StatusInternalServerError, "internal_error")
		// before the first byte: a problem
	shop.Exec(`ALTER TABLE product_images_gone RENAME TO product_images`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.URL()+exports, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+admin.Token())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	_, err = io.ReadFull(response.Body, make([]byte, 1000))
	require.NoError(t, err)
	shop.Exec(`ALTER TABLE product_images RENAME TO product_images_gone`)
	_, err = io.Copy(io.Discard, response.Body)
	require.Error(t, err, "the connection breaks off")
}

// addImages gives every product an image, without which Google's feed leaves it out.
func addImages(s *apitest.Shop) {
	s.Exec(
		`INSERT INTO product_images (product_id, is_primary, position, alt, sizes)
		 SELECT id, true, 0, '', '[{"path": "a.jpg", "width": 1, "height": 1}]' FROM products`,
	)
}

// getGoogleFeed: identifier_exists is what the feed of the product said.
func TestIdentifiersThatDoNotExist(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, token)
	load(t, shop, shop.Admin(), []byte(
		"id,title,price,brand,identifier_exists\nA,Own work,5,,no\nB,Branded,5,Acme,\n"+
			"C,Other,5,Acme,yes\n",
	))
	addImages(shop)
	feed := string(shop.Get("/feeds/google.xml?token=" + token.Value).Want(http.StatusOK).Body)
	assert.Equal(t, 1, strings.Count(feed, "<g:identifier_exists>no</g:identifier_exists>"))
	assert.Equal(t, 1, strings.Count(feed, "identifier_exists>\n"))
	assert.Equal(t, 3, strings.Count(feed, "<item>"))
}
