package feeds_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport: an odd cell that could be left out costs only itself.
func TestAnOddCellCostsOnlyItself(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const state = `concat_ws('|', v.sku, v.stock, v.gtin, p.condition, p.is_active)`
	n := 0
	for _, c := range []struct {
		column, cell string
		want         string // stock|gtin|condition|is_active
		warning      string
	}{
		{"quantity", "5.0000", "5|new|t", ""},
		{"quantity", "5.00", "5|new|t", ""},
		{"quantity", "5,00", "5|new|t", ""},
		{"quantity", "1,000", "1000|new|t", ""},
		{"quantity", "1 000", "1000|new|t", ""},
		{"quantity", "1.000,00", "1000|new|t", ""},
		{"quantity", "1,234,567.0", "1234567|new|t", ""},
		{"quantity", "-3", "0|new|t", "is below zero, and is taken for 0"},
		{"quantity", "−2.00", "0|new|t", "is below zero"},
		{"quantity", "n/a", "0|new|t", "is no number"},
		{"gtin", "n/a", "1|new|t", "is no GTIN"},
		{"gtin", "-", "1|new|t", "is no GTIN"},
		{"gtin", "0", "1|new|t", "is no GTIN"},
		{"gtin", "Does not apply", "1|new|t", "is no GTIN"},
		{"gtin", "0000000000000", "1|new|t", "is no GTIN"},
		{"gtin", "000000000000", "1|new|t", "is no GTIN"},
		{"gtin", "'4006381333931", "1|04006381333931|new|t", ""},
		{"gtin", `="4006381333948"`, "1|04006381333948|new|t", ""},
		{"gtin", "4006381333955.0", "1|04006381333955|new|t", ""},
		{"gtin", "36000291452", "1|00036000291452|new|t", ""},
		{"isbn", "0-306-40615-2", "1|09780306406157|new|t", ""},
		{"image_link", "no_selection", "1|new|t", "is not an http or https address"},
		{"image_link", "//host/a.jpg", "1|new|t", "is not an http or https address"},
		{"image_link", "https://a.example/50%.jpg", "1|new|t", "is not an http or https address"},
		{"condition", "http://schema.org/NewCondition", "1|new|t", ""},
		{"condition", "https://schema.org/UsedCondition", "1|used|t", ""},
		{"condition", "Gebraucht", "1|used|t", ""},
		{"is_active", "VRAI", "1|new|t", ""},
		{"is_active", "FAUX", "1|new|f", ""},
		{"is_active", "VERDADERO", "1|new|t", ""},
		{"is_active", "ONWAAR", "1|new|f", ""},
		{"is_active", "WAAR", "1|new|t", ""},
		{"is_active", "on", "1|new|t", ""},
		{"is_active", "-1", "1|new|f", ""},
		{"is_active", "PRAWDA", "1|new|t", ""},
		{"is_active", "perhaps", "1|new|t", "is neither true nor false"},
	} {
		n++
		name := fmt.Sprintf("%s %s", c.column, c.cell)
		row := map[string]string{"quantity": "1", c.column: c.cell}
		head, cells := "sku,title,price", fmt.Sprintf("O-%d,Odd,5", n)
		for column, cell := range row {
			head += "," + column
			cells += `,"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		done := load(t, shop, admin, []byte(head+"\n"+cells+"\n"), part{"images", "false"})
		require.Equal(
			t, [4]int64{1, 0, 0, 0}, counted(done), "%s: %v", name, complaints(admin, done.ID),
		)
		got := apitest.Value[string](
			shop,
			"SELECT "+state+
				" FROM variants v JOIN products p ON p.id = v.product_id WHERE v.sku = $1",
			fmt.Sprintf("O-%d", n),
		)
		assert.Equal(t, fmt.Sprintf("O-%d|%s", n, c.want), got, name)
		said := complaints(admin, done.ID)
		if c.warning == "" {
			assert.Empty(t, said, name)
		} else if assert.Len(t, said, 1, name) {
			assert.Contains(t, said[0], c.warning, name)
		}
	}
	shop.RequireSound()
}

// startImport: a stock that can be read two ways is refused.
func TestAmbiguousQuantitiesAreRefused(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for _, cell := range []string{"1.000", "12.500", "5.5", "1,00,000", "2e3"} {
		done := load(t, shop, admin, []byte("id,title,price,quantity\nq,Odd,5,\""+cell+"\"\n"))
		assert.Equal(t, [4]int64{0, 0, 0, 1}, counted(done), cell)
	}
}

// startImport: lists of addresses, and commas within one.
func TestListsOfImages(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	//nolint:lll // a file
	load(t, shop, admin, []byte(`id,title,price,image_link,additional_image_link
i1,One,5,"https://a.example/a.jpg, https://a.example/b.jpg","https://a.example/c,d.jpg"
i2,Two,5,https://a.example/a.jpg|https://a.example/b.jpg,
i3,Three,5,"https://a.example/w_300,h_300/a.jpg","https://a.example/x,y.jpg,https://a.example/z.jpg https://a.example/&amp;.jpg"
`), part{"images", "true"})
	urls := apitest.Value[[]string](
		shop, `SELECT array_agg((args ->> 'urls')::text ORDER BY (args ->> 'product')::bigint)
			FROM river_job WHERE kind = 'feeds.fetch_images'`,
	)
	require.Len(t, urls, 3)
	assert.JSONEq(
		t, `["https://a.example/a.jpg", "https://a.example/b.jpg", "https://a.example/c,d.jpg"]`,
		urls[0],
	)
	assert.JSONEq(t, `["https://a.example/a.jpg", "https://a.example/b.jpg"]`, urls[1])
	assert.JSONEq(
		t,
		`["https://a.example/w_300,h_300/a.jpg", "https://a.example/x,y.jpg",
			"https://a.example/z.jpg", "https://a.example/&.jpg"]`,
		urls[2],
	)
}

// startImport: a sku that cannot be one stays what identifies the row.
func TestSkusWithBlanks(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	feed := []byte("sku,title,price\nAB 12,One,5\nA+B,Two,5\nÄ,Three,5\n")
	done := load(t, shop, admin, feed)
	assert.Equal(t, [4]int64{3, 0, 0, 0}, counted(done), complaints(admin, done.ID))
	assert.Equal(t, []string{"AB 12 500 -1 0", "A+B 500 -1 0", "Ä 500 -1 0"}, variantsOf(shop))
	done = load(t, shop, admin, feed)
	assert.Equal(t, [4]int64{0, 0, 3, 0}, counted(done))
}

// startImport: cells missing at the end of a row are empty, unless the file breaks off there.
func TestRowsThatEndEarly(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(
		"id,title,price,quantity,brand\nt1,A,5,3,Acme\nt2,B,5,3\nt3,C,5\nt4,D,5,3",
	))
	assert.Equal(
		t, []string{"5 : has 4 cells, and there are 5 columns"}, complaints(admin, done.ID),
	)
	assert.Equal(t, []string{"t1 500 -1 3", "t2 500 -1 3", "t3 500 -1 0"}, variantsOf(shop))
}

// startImport: variants differ in any public column.
func TestVariantsDifferInFurtherColumns(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	//nolint:lll // a file
	done := load(t, shop, admin, []byte(`id,title,price,item_group_id,color,gender,capacity,age_group
g1,Shirt,5,G1,red,male,,adult
g2,Shirt,5,G1,red,female,,adult
g3,Bottle,5,G2,,,1 l,
g4,Bottle,5,G2,,,2 l,
g5,Cap,5,G3,blue,male,,
g6,Cap,5,G3,green,male,,
`), part{"attributes", "capacity"}, part{"batch_size", "1"})
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(t, []string{
		`{"color": "red", "gender": "male"}`, `{"color": "red", "gender": "female"}`,
		`{"capacity": "1 l"}`, `{"capacity": "2 l"}`, `{"color": "blue"}`, `{"color": "green"}`,
	}, apitest.Value[[]string](shop, "SELECT array_agg(options::text ORDER BY id) FROM variants"))
	assert.Equal(t, 3, apitest.Value[int](shop, "SELECT count(*)::int FROM products"))
	again := load(t, shop, admin, []byte(
		"id,title,price,item_group_id,color,gender,age_group\ng2,Shirt,5,G1,red,female,adult\n"+
			"g7,Shirt,5,G1,red,unisex,adult\n",
	))
	assert.Equal(t, [4]int64{1, 0, 1, 0}, counted(again), complaints(admin, again.ID))
}

// startImport: a cell with several categories means the first.
func TestSeveralCategories(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(
		"id,title,price,product_type\nk1,A,5,\"A > B, C > D\"\nk2,B,5,\"Hand, foot > Care\"\n"+
			"k3,C,5,A > B | C > D\n",
	))
	assert.Len(t, complaints(admin, done.ID), 2)
	assert.EqualValues(t, 2, done.Rows.Warnings)
	assert.Equal(
		t, []string{"A", "B", "Care", "Hand, foot"},
		apitest.Value[[]string](shop, "SELECT array_agg(name ORDER BY name) FROM categories"),
	)
}

// startImport: a file of a program that is not known says so.
func TestUnknownProgramsAreNamed(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	done := load(t, shop, admin, []byte(
		"Item Type,Product ID,Product Name,Product Code/SKU,Price\nProduct,1,Mug,M-1,5\n",
	))
	assert.Contains(t, strings.Join(complaints(admin, done.ID), "\n"), "an export of BigCommerce")
	var page api.ImportErrorPage
	admin.Get(at(done.ID) + "/errors").Want(http.StatusOK).Into(&page)
	assert.Equal(t, api.ImportErrorSeverityWarning, page.Items[0].Severity)
}
