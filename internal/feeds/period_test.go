package feeds_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport, exportProducts, getGoogleFeed: a sale price holds within its period, in every form
// of it, and feeds give the period back.
func TestSalePeriods(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, token, apitest.Setting{Name: "STORE_TIME_ZONE", Value: "Europe/Berlin"})
	admin := shop.Admin()
	periods := func() string {
		return apitest.Value[string](
			shop, `SELECT concat_ws(' ', discount_minor, discount_starts_at AT TIME ZONE 'UTC', '-',
				discount_ends_at AT TIME ZONE 'UTC') FROM variants`,
		)
	}
	onSale := func() bool {
		var page api.ProductPage
		shop.Get("/api/v1/products?on_sale=true").Want(http.StatusOK).Into(&page)
		return len(page.Items) == 1
	}
	head := "id,title,price,sale_price,sale_price_effective_date,quantity\na2,Mug,20,10,"
	for period, want := range map[string]struct {
		text string
		now  bool
	}{
		"2020-01-01T00:00+0000/2020-01-31T00:00+0000": {
			"1000 2020-01-01 00:00:00 - 2020-01-31 00:00:00", false,
		},
		"2020-01-01T13:00-0800/2099-01-31T00:00-0800": {
			"1000 2020-01-01 21:00:00 - 2099-01-31 08:00:00", true,
		},
		"2020-01-01T13:00:30Z / 2099-01-31T00:00:00.5Z": {
			"1000 2020-01-01 13:00:30 - 2099-01-31 00:00:00.5", true,
		},
		"2020-07-01T00:00+02:00/2099-01-31T00:00+01:00": {
			"1000 2020-06-30 22:00:00 - 2099-01-30 23:00:00", true,
		},
		"2020-07-01/2099-01-31": {
			"1000 2020-06-30 22:00:00 - 2099-01-31 23:00:00", true,
		},
		"2020-07-01 10:00/2099-01-31 10:00": {
			"1000 2020-07-01 08:00:00 - 2099-01-31 09:00:00", true,
		},
		"2098-01-01T00:00Z/": {"1000 2098-01-01 00:00:00 -", false},
		"/2099-01-01T00:00Z": {"1000 - 2099-01-01 00:00:00", true},
		"":                   {"1000 -", true},
	} {
		done := load(t, shop, admin, []byte(head+period+",5\n"))
		assert.Empty(t, complaints(admin, done.ID), period)
		assert.Equal(t, want.text, periods(), period)
		assert.Equal(t, want.now, onSale(), period)
		before := writes(shop)
		again := load(t, shop, admin, admin.Get(exports).Body)
		assert.Equal(
			t, [4]int64{0, 0, 1, 0}, counted(again), "%s: %v", period, complaints(admin, again.ID),
		)
		assert.Equal(t, before, writes(shop))
	}
	for _, period := range []string{
		"01/02/2020", "soon", "2020-01-31T00:00Z/2020-01-01T00:00Z", "31.01.2099",
	} {
		done := load(t, shop, admin, []byte(head+period+",5\n"))
		assert.Equal(t, "-", periods(), period)
		assert.Contains(t, complaints(admin, done.ID)[0], "so there is no sale price", period)
	}
	for _, columns := range []string{
		"Date sale price starts,Date sale price ends",
		"special_price_from_date,special_price_to_date",
	} {
		load(t, shop, admin, []byte(
			"id,title,price,sale_price,"+columns+"\na2,Mug,20,10,2020-01-01,2020-01-31\n",
		))
		assert.Equal(t, "1000 2019-12-31 23:00:00 - 2020-01-31 23:00:00", periods(), columns)
		assert.False(t, onSale())
	}
	addImages(shop)
	feed := string(shop.Get("/feeds/google.xml?token=" + token.Value).Want(http.StatusOK).Body)
	assert.Contains(
		t, feed,
		"<g:sale_price_effective_date>2019-12-31T23:00+0000/2020-01-31T23:00+0000"+
			"</g:sale_price_effective_date>",
	)
}

// startImport: the day on which goods come is reported, because the catalogue has no place for it.
func TestDaysOfAvailabilityAreReported(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	const file = "id,title,price,availability,availability_date,quantity\n" +
		"r1,Game,5,preorder,2099-12-24T00:00+0100,\n" +
		"r2,Old,5,preorder,2020-01-01,3\nr3,Gone,5,out_of_stock,2099-01-01,\n" +
		"r4,Odd,5,backorder,soon,2\n"
	done := load(t, shop, admin, []byte(file))
	assert.Equal(t, [4]int64{4, 0, 0, 0}, counted(done))
	assert.Equal(
		t, []string{
			"2 availability_date: is not stored, and the goods are sold now: name the column in " +
				"`attributes` " +
				"to show buyers that they come on 2099-12-24T00:00+0100",
		}, complaints(admin, done.ID),
	)
	done = load(t, shop, admin, []byte(file), part{"attributes", "availability_date"})
	assert.Empty(t, complaints(admin, done.ID))
	assert.Equal(
		t, "2099-12-24T00:00+0100",
		apitest.Value[string](
			shop, "SELECT attributes ->> 'availability_date' FROM products WHERE name = 'Game'",
		),
	)
}
