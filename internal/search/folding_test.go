package search_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// searchProducts: what people write otherwise is found as it is written, and first. The other
// products of the shop are what searches went astray to.
func TestSearchFoldsWhatPeopleFold(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for _, name := range []string{
		"White Vase", "Soy Candle", "Rose Cup", "Bike Pump", "Phone Holder", "USB-C Cable",
		"Weiß Vase", "Rød Kop", "Łódź Mug", "Kırmızı Halı", "Đorđe Knife", "Ærø Lamp",
		"Œuvre Print", "Þór Hammer", "STRAẞE Sign", "Ｓｏｎｙ Speaker", "ﬁne Tea", "ﾏｸﾞ Case",
		"Kopfhörer Pro", "Übergröße Hemd", "Blaabær Jam", "Moebel Polish", "ワイヤレスイヤホン", "智能手表充电器",
		"หูฟังไร้สาย", "កាសឥតខ្សែ", "黒い時計", "سماعات لاسلكية", "كتـــاب", "שָׁלוֹם Plate",
		"iPhone15Pro Cover", "Drill DCD777C2", "Headset WH-1000XM5", "E-Bike Bell", "T-Shirt Plain",
		"Wi-Fi Router", "C++ Primer Book", "C# Handbook", "Notebook A+", "Kopf\u00adkissen",
		"RTX 4090 Ti Card", "Ebook Reader",
	} {
		admin.Product(apitest.Fields{"name": name, "price": "10.00", "stock": 5})
	}
	require.NoError(t, shop.App.Search.RecountWords(t.Context()))
	for query, want := range map[string]string{
		// Letters that Unicode does not decompose.
		"weiss": "Weiß Vase", "WEISS vase": "Weiß Vase", "weiß": "Weiß Vase", "rod": "Rød Kop",
		"rod kop": "Rød Kop", "lodz": "Łódź Mug", "kirmizi hali": "Kırmızı Halı",
		"djordje": "", "dorde": "Đorđe Knife", "aero": "Ærø Lamp", "oeuvre": "Œuvre Print",
		"thor hammer": "Þór Hammer", "strasse": "STRAẞE Sign",
		// Compatibility forms.
		"sony": "Ｓｏｎｙ Speaker", "ＳＯＮＹ": "Ｓｏｎｙ Speaker", "fine tea": "ﬁne Tea",
		// ae, oe and ue for umlauts, on either side.
		"kopfhoerer": "Kopfhörer Pro", "Kopfhörer": "Kopfhörer Pro", "kopfhorer": "Kopfhörer Pro",
		"uebergroesse": "Übergröße Hemd", "übergrösse": "Übergröße Hemd", "roed kop": "Rød Kop",
		"möbel": "Moebel Polish",
		// Words within text without blanks.
		"イヤホン": "ワイヤレスイヤホン", "ワイヤレス": "ワイヤレスイヤホン", "ﾜｲﾔﾚｽ": "ワイヤレスイヤホン", "マグ": "ﾏｸﾞ Case",
		"手表": "智能手表充电器", "充电器": "智能手表充电器", "智能": "智能手表充电器", "ไร้สาย": "หูฟังไร้สาย",
		"หูฟัง": "หูฟังไร้สาย", "ខ្សែ": "កាសឥតខ្សែ", "時計": "黒い時計", "計": "黒い時計",
		// Marks that people leave out.
		"سَمَّاعات": "سماعات لاسلكية", "سماعات": "سماعات لاسلكية", "كتاب": "كتـــاب",
		"שלום": "שָׁלוֹם Plate",
		// Models and compounds written joined or apart.
		"iphone 15 pro": "iPhone15Pro Cover", "iphone15pro": "iPhone15Pro Cover",
		"iphone15 pro": "iPhone15Pro Cover", "DCD 777 C2": "Drill DCD777C2",
		"dcd777c2": "Drill DCD777C2", "dcd777 c2": "Drill DCD777C2",
		"dcd 777 c 2": "Drill DCD777C2", "wh1000xm5": "Headset WH-1000XM5",
		"wh 1000 xm 5": "Headset WH-1000XM5", "rtx4090ti": "RTX 4090 Ti Card",
		"ebike": "E-Bike Bell", "e-bike": "E-Bike Bell", "e bike": "E-Bike Bell",
		"tshirt": "T-Shirt Plain", "wifi": "Wi-Fi Router", "e-book": "Ebook Reader",
		"e book": "Ebook Reader",
		// Signs behind one letter, and invisible characters.
		"c++": "C++ Primer Book", "c#": "C# Handbook", "a+": "Notebook A+",
		"kopfkissen": "Kopf\u00adkissen", "Kopf\u200bkissen": "Kopf\u00adkissen",
	} {
		for _, mode := range []string{"keyword", "hybrid"} {
			results := find(shop, "mode="+mode+"&q="+url.QueryEscape(query))
			first := ""
			if len(results.Items) > 0 {
				first = results.Items[0].Product.Name
			}
			if want != "" {
				assert.Equal(t, want, first, "%s: %s", mode, query)
			}
		}
	}
	for query, want := range map[string]string{
		"weiss": "Weiß Vase", "sony": "Ｓｏｎｙ Speaker", "イヤホン": "ワイヤレスイヤホン",
		"سَمَّاعات": "سماعات لاسلكية", "c#": "C# Handbook", "手表": "智能手表充电器",
	} {
		items := list(shop, "q="+url.QueryEscape(query)).Items
		if assert.Len(t, items, 1, "listProducts: %s", query) {
			assert.Equal(t, want, items[0].Name)
		}
	}
}

// searchProducts, indexProducts: the built-in model reads letters alike, in texts and questions.
func TestMeaningFoldsWhatPeopleFold(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	for _, name := range []string{
		"White Vase", "Rose Cup", "Weiß Vase", "Rød Kop", "Übergröße Hemd", "ワイヤレスイヤホン", "智能手表充电器",
		"หูฟังไร้สาย", "黒い時計", "سماعات لاسلكية", "שָׁלוֹם Plate", "Ｓｏｎｙ Speaker",
	} {
		admin.Product(apitest.Fields{"name": name, "price": "10.00", "stock": 5})
	}
	admin.Post("/api/v1/rag/index", nil).Want(http.StatusOK)
	require.NoError(t, shop.App.Search.RecountWords(t.Context()))
	for query, want := range map[string]string{
		"weiss": "Weiß Vase", "WEISS vase": "Weiß Vase", "rod": "Rød Kop", "sony": "Ｓｏｎｙ Speaker",
		"uebergroesse": "Übergröße Hemd", "ubergrosse": "Übergröße Hemd",
		"イヤホン": "ワイヤレスイヤホン", "ﾜｲﾔﾚｽ": "ワイヤレスイヤホン", "手表": "智能手表充电器", "ไร้สาย": "หูฟังไร้สาย",
		"時計": "黒い時計", "سَمَّاعات": "سماعات لاسلكية", "שלום": "שָׁלוֹם Plate",
	} {
		results := find(shop, "mode=semantic&q="+url.QueryEscape(query))
		if assert.NotEmpty(t, results.Items, query) {
			assert.Equal(t, want, results.Items[0].Product.Name, query)
		}
	}
}

// searchProducts, adminListProducts: a name made of stop words is found.
func TestNamesMadeOfStopWordsAreFound(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	brand := func(name string) (id int64) {
		var made struct{ ID int64 }
		admin.Post("/api/v1/admin/brands", apitest.Fields{"name": name}).Into(&made)
		return made.ID
	}
	attID, who := brand("AT&T"), brand("The Who")
	for _, one := range []apitest.Fields{
		{"name": "Prepaid phone", "price": "10.00", "brand_id": attID},
		{"name": "Quadrophenia record", "price": "10.00", "brand_id": who},
		{"name": "On and on", "price": "10.00"},
		{"name": "Phone at a desk", "price": "10.00"},
		{"name": "Kettle for the office", "price": "10.00"},
	} {
		admin.Product(one)
	}
	require.NoError(t, shop.App.Search.RecountWords(t.Context()))
	for query, want := range map[string]string{
		"at&t": "Prepaid phone", "AT & T": "Prepaid phone", "at&t phone": "Prepaid phone",
		"the who": "Quadrophenia record", "the who record": "Quadrophenia record",
		"on and on": "On and on", "kettle for the": "Kettle for the office",
	} {
		results := find(shop, "mode=keyword&q="+url.QueryEscape(query))
		if assert.NotEmpty(t, results.Items, query) {
			assert.Equal(t, want, results.Items[0].Product.Name, query)
		}
	}
	for _, path := range []string{"/api/v1/admin/products", products} {
		var page struct{ Items []struct{ Name string } }
		admin.Get(path + "?q=" + url.QueryEscape("at&t")).Into(&page)
		if assert.Len(t, page.Items, 1, path) {
			assert.Equal(t, "Prepaid phone", page.Items[0].Name)
		}
	}
}
