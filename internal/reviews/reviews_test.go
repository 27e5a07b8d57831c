package reviews_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const adminReviews = "/api/v1/admin/reviews"

// product creates a product and returns it with the path of its reviews.
func product(admin apitest.Caller, name string) (made api.AdminProduct, address string) {
	admin.Post("/api/v1/admin/products", apitest.Fields{"name": name, "price": "10.00"}).
		Want(http.StatusCreated).
		Into(&made)
	return made, fmt.Sprintf("/api/v1/products/%d/reviews", made.ID)
}

func list(caller apitest.Caller, address string) (body api.ReviewPage) {
	caller.Get(address).Want(http.StatusOK).Into(&body)
	return body
}

// requireCounted requires that every product's rating is that of the reviews that are shown.
func requireCounted(t *testing.T, shop *apitest.Shop) {
	t.Helper()
	require.Zero(
		t,
		apitest.Value[int](
			shop,
			`SELECT count(*) FROM product_listings l WHERE (l.rating_count, l.rating_sum) <>
		(SELECT count(*), coalesce(sum(r.rating), 0) FROM reviews r
			WHERE r.product_id = l.product_id AND NOT r.is_hidden)`,
		),
	)
}

// createReview, getMyReview, replaceMyReview, deleteMyReview, getProduct: a customer's review, and
// the rating of its product.
func TestAReviewIsWrittenChangedAndWithdrawn(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	drift, address := product(shop.Admin(), "Drift")
	ada := shop.Customer()
	ada.Get(address+"/mine").Problem(http.StatusNotFound, "review_not_found")
	ada.Put(address+"/mine", apitest.Fields{"rating": 3}).
		Problem(http.StatusNotFound, "review_not_found")
	ada.Delete(address+"/mine").Problem(http.StatusNotFound, "review_not_found")

	const body = "I charge them <b>once</b> a week.\n\tReally & truly 😀"
	var own api.OwnReview
	ada.Post(address, apitest.Fields{"rating": 5, "title": "Forty hours", "body": body}).
		Want(http.StatusCreated).
		Into(&own)
	assert.Equal(t, "Ada L.", own.Author)
	assert.Equal(t, body, own.Body, "text stays as it is")
	ada.Post(address, apitest.Fields{"rating": 1}).Problem(http.StatusConflict, "review_exists")

	page := list(shop.Caller, address)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "Forty hours", page.Items[0].Title)
	assert.Equal(t, int64(1), page.Summary.Distribution.N5)
	assert.InDelta(t, 5.0, *page.Summary.Average, 0)
	assert.NotContains(t, shop.Get(address).String(), "user_id")

	tag := ada.Get(address + "/mine").Want(http.StatusOK).Header.Get("ETag")
	ada.Get(address+"/mine", apitest.IfNoneMatch(tag)).
		Want(http.StatusNotModified)
	ada.Put(address+"/mine", apitest.Fields{"rating": 2}).Want(http.StatusOK).Into(&own)
	assert.Empty(t, own.Title, "what is left out is empty")
	var shown api.Product
	shop.Get(fmt.Sprintf("/api/v1/products/%d", drift.ID)).Want(http.StatusOK).Into(&shown)
	assert.Equal(t, int32(1), shown.Rating.Count)
	assert.InDelta(t, 2.0, *shown.Rating.Average, 0)
	requireCounted(t, shop)

	ada.Delete(address + "/mine").Want(http.StatusNoContent)
	page = list(shop.Caller, address)
	assert.Empty(t, page.Items)
	assert.Nil(t, page.Summary.Average)
	requireCounted(t, shop)
	ada.Post(address, apitest.Fields{"rating": 4}).Want(http.StatusCreated)
	requireCounted(t, shop)
}

// createReview, replaceMyReview, listProductReviews, adminListReviews, getMyReview, deleteMyReview:
// requests that are refused.
func TestReviewsRefuse(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	drift, address := product(admin, "Drift")
	ada := shop.Customer()
	for _, wrong := range []apitest.Fields{
		{}, {"rating": 0}, {"rating": 6}, {"rating": 4.5}, {"rating": "5"},
		{"rating": 5, "author": "Bob"}, {"rating": 5, "is_hidden": false},
		{"rating": 5, "title": strings.Repeat("x", 201)},
		{"rating": 5, "body": strings.Repeat("x", 5001)},
		{"rating": 5, "title": "two\nlines"}, {"rating": 5, "title": "\u202egnp.exe"},
		{"rating": 5, "body": "bell\u0007"}, {"rating": 5, "body": "\u0085"},
	} {
		ada.Post(address, wrong).Problem(http.StatusUnprocessableEntity, "invalid_request")
		ada.Put(address+"/mine", wrong).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	for _, query := range []string{
		"?rating=6", "?sort=best", "?cursor=nonsense", "?cursor=MS4y&offset=1", "?limit=0",
	} {
		shop.Get(address+query).Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	const most = 1<<63 - 1
	for _, keys := range [][]int64{
		{0, 5, most, 1}, {0, 5, -1, 1}, {0, 6, 1, 1}, {1, 5, 1, 1}, {0, 5, 1},
	} {
		shop.Get(address+"?cursor="+forgedCursor(keys...)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	admin.Get(adminReviews+"?cursor="+forgedCursor(most, 1)).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Get("/api/v1/products/0/reviews/mine").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	ada.Delete("/api/v1/products/0/reviews/mine").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Patch(
		fmt.Sprintf("/api/v1/admin/products/%d", drift.ID), apitest.Fields{"is_active": false},
	).Want(http.StatusOK)
	shop.Get(address).Problem(http.StatusNotFound, "product_not_found")
	ada.Post(address, apitest.Fields{"rating": 5}).Problem(http.StatusNotFound, "product_not_found")
	ada.Post("/api/v1/products/4242/reviews", apitest.Fields{"rating": 5}).
		Problem(http.StatusNotFound, "product_not_found")
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*) FROM reviews"))
}

// listProductReviews: order, filters and pages.
func TestOrdersFiltersAndPages(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	drift, address := product(shop.Admin(), "Drift")
	shop.Exec(
		`INSERT INTO users (email, password_hash, first_name, last_name)
			SELECT 'u' || n || '@example.com', '', 'U', 'V' FROM generate_series(1, 60) n`,
	)
	shop.Exec(`INSERT INTO reviews (product_id, user_id, rating, author, created_at, is_hidden)
		SELECT $1, id, 1 + id % 5, 'U V.', now() - make_interval(mins => (id % 7)::int), id % 10 = 0
			FROM users WHERE email LIKE 'u%'`, drift.ID)
	whole := list(shop.Caller, address+"?limit=100")
	shown := apitest.Value[int64](shop, "SELECT count(*) FROM reviews WHERE NOT is_hidden")
	assert.Equal(t, shown, whole.Total)
	assert.Len(t, whole.Items, int(shown))
	assert.Equal(t, shown, whole.Summary.Count)
	requireCounted(t, shop)
	for i := 1; i < len(whole.Items); i++ {
		assert.False(t, whole.Items[i].CreatedAt.After(whole.Items[i-1].CreatedAt))
	}
	for _, sort := range []string{"newest", "highest", "lowest"} {
		var expected, paged, skipped []int64
		all := list(shop.Caller, address+"?limit=100&sort="+sort).Items
		for i, review := range all {
			expected = append(expected, review.ID)
			if i > 0 && sort == "highest" {
				assert.LessOrEqual(t, review.Rating, all[i-1].Rating)
			}
			if i > 0 && sort == "lowest" {
				assert.GreaterOrEqual(t, review.Rating, all[i-1].Rating)
			}
		}
		page := list(shop.Caller, address+"?limit=7&sort="+sort)
		for {
			for _, review := range page.Items {
				paged = append(paged, review.ID)
			}
			for _, review := range list(
				shop.Caller,
				fmt.Sprintf("%s?limit=7&sort=%s&offset=%d", address, sort, len(skipped)),
			).Items {
				skipped = append(skipped, review.ID)
			}
			if page.NextCursor == nil {
				break
			}
			page = list(shop.Caller, address+"?limit=7&sort="+sort+"&cursor="+*page.NextCursor)
		}
		assert.Equal(t, expected, paged, sort)
		assert.Equal(t, expected, skipped, sort)
	}
	five := list(shop.Caller, address+"?rating=5&limit=3")
	assert.Equal(t, five.Summary.Distribution.N5, five.Total)
	assert.Equal(t, shown, five.Summary.Count, "the summary is of all")
	for _, review := range five.Items {
		assert.Equal(t, int32(5), review.Rating)
	}
	shop.Get(address+"?sort=lowest&cursor="+*five.NextCursor).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Equal(
		t, 2, shop.Statements(func() { list(shop.Caller, address+"?rating=4&sort=lowest") }),
	)
}

// setReviewVisibility, adminListReviews: a hidden review counts and is shown no longer.
func TestStaffHidesReviews(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	drift, address := product(admin, "Drift")
	_, other := product(admin, "Other")
	ada := shop.Customer()
	var own api.OwnReview
	ada.Post(address, apitest.Fields{"rating": 1, "title": "Bob from support is a fool"}).
		Want(http.StatusCreated).
		Into(&own)
	ada.Post(other, apitest.Fields{"rating": 4}).Want(http.StatusCreated)
	visibility := fmt.Sprintf("%s/%d/visibility", adminReviews, own.ID)
	var seen api.AdminReview
	admin.Put(visibility, apitest.Fields{"is_hidden": true, "reason": "Names an employee."}).
		Want(http.StatusOK).
		Into(&seen)
	assert.True(t, seen.IsHidden)
	assert.Equal(t, "Drift", seen.ProductName)
	admin.Put(visibility, apitest.Fields{"is_hidden": true}).Want(http.StatusOK)
	assert.Equal(
		t,
		1,
		apitest.Value[int](
			shop,
			`SELECT count(*) FROM audit_events WHERE event = 'review.hidden'
				AND actor_id IS NOT NULL
		AND detail->>'account' = $1::bigint::text AND detail->>'reason' = 'Names an employee.'`,
			seen.UserID,
		),
		"what changes nothing is no event",
	)
	assert.Empty(t, list(shop.Caller, address).Items)
	assert.Zero(t, list(shop.Caller, address).Summary.Count)
	requireCounted(t, shop)
	ada.Get(address + "/mine").Want(http.StatusOK).Into(&own)
	assert.True(t, own.IsHidden, "its author sees it")
	ada.Put(address+"/mine", apitest.Fields{"rating": 5}).Want(http.StatusOK).Into(&own)
	assert.True(t, own.IsHidden, "a change does not show it again")
	requireCounted(t, shop)

	var page api.AdminReviewPage
	admin.Get(adminReviews + "?limit=1").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(2), *page.Total)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "Other", page.Items[0].ProductName)
	admin.Get(adminReviews + "?limit=1&cursor=" + *page.NextCursor).Want(http.StatusOK).Into(&page)
	assert.Equal(t, own.ID, page.Items[0].ID)
	assert.Nil(t, page.Total)
	admin.Get(adminReviews + "?offset=100").Want(http.StatusOK).Into(&page)
	assert.Equal(t, int64(2), *page.Total)
	admin.Get(fmt.Sprintf("%s?product_id=%d&is_hidden=true&rating=5", adminReviews, drift.ID)).
		Want(http.StatusOK).
		Into(&page)
	assert.Len(t, page.Items, 1)
	admin.Get(adminReviews + "?is_hidden=false&rating=5").Want(http.StatusOK).Into(&page)
	assert.Zero(t, *page.Total)
	admin.Get(adminReviews+"?cursor=nonsense").
		Problem(http.StatusUnprocessableEntity, "invalid_request")

	admin.Put(visibility, apitest.Fields{"is_hidden": false}).Want(http.StatusOK)
	assert.Len(t, list(shop.Caller, address).Items, 1)
	requireCounted(t, shop)
	admin.Put(visibility, apitest.Fields{"is_hidden": false, "reason": "a\u0001"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	admin.Put(adminReviews+"/4242/visibility", apitest.Fields{"is_hidden": true}).
		Problem(http.StatusNotFound, "review_not_found")
}

// deleteAccount, listProductReviews: reviews of a deleted account stay, without a name.
func TestReviewsOutliveTheirAuthors(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	_, address := product(shop.Admin(), "Drift")
	ada := shop.Customer()
	ada.Post(address, apitest.Fields{"rating": 3, "title": "Fine"}).Want(http.StatusCreated)
	ada.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	page := list(shop.Caller, address)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "Deleted customer", page.Items[0].Author)
	assert.Equal(t, int32(3), page.Items[0].Rating)
	requireCounted(t, shop)
}

// createReview, listProductReviews: a review of a customer who paid for the product is marked.
func TestVerifiedPurchases(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, buyer, other := shop.Admin(), shop.Customer(), shop.Customer()
	var product api.AdminProduct
	admin.Post(
		"/api/v1/admin/products", map[string]any{"name": "Pan", "price": "5.00", "stock": 5},
	).
		Want(http.StatusCreated).
		Into(&product)
	var order api.Order
	buyer.Post(
		"/api/v1/orders",
		map[string]any{"items": []any{map[string]any{"product_id": product.ID, "quantity": 1}}},
	).
		Want(http.StatusCreated).
		Into(&order)
	address := fmt.Sprintf("/api/v1/products/%d/reviews", product.ID)
	var mine api.OwnReview
	buyer.Post(address, map[string]any{"rating": 5}).Want(http.StatusCreated).Into(&mine)
	assert.False(t, mine.IsVerifiedPurchase, "ordered, but not paid for")
	admin.Put(
		fmt.Sprintf("/api/v1/admin/orders/%d/status", order.ID), map[string]any{"status": "PAID"},
	).
		Want(http.StatusOK)
	buyer.Get(address + "/mine").Want(http.StatusOK).Into(&mine)
	assert.True(t, mine.IsVerifiedPurchase)
	other.Post(address, map[string]any{"rating": 1}).Want(http.StatusCreated).Into(&mine)
	assert.False(t, mine.IsVerifiedPurchase)
	var page api.ReviewPage
	shop.Get(address).Want(http.StatusOK).Into(&page)
	assert.Equal(
		t, []bool{false, true},
		[]bool{page.Items[0].IsVerifiedPurchase, page.Items[1].IsVerifiedPurchase},
	)
}

// forgedCursor is a cursor with keys that no list returned.
func forgedCursor(keys ...int64) string {
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = strconv.FormatInt(key, 36)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, ".")))
}
