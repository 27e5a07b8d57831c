package reviews_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createReview, deleteAccount: a review written while the account is deleted has no name either.
func TestNoNameStaysOfAnAccountDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	_, address := product(shop.Admin(), "Drift")
	var all sync.WaitGroup
	for range 16 {
		ada := shop.Customer()
		all.Go(func() { ada.Post(address, apitest.Fields{"rating": 3}) })
		all.Go(func() { ada.Delete("/api/v1/users/me").Want(http.StatusNoContent) })
	}
	all.Wait()
	assert.Zero(
		t,
		apitest.Value[int](shop, "SELECT count(*) FROM reviews WHERE author <> 'Deleted customer'"),
	)
}

// createReview: racing calls come to one review.
func TestOneReviewPerCustomerUnderRace(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	_, address := product(shop.Admin(), "Drift")
	ada := shop.Customer()
	var all sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range 32 {
		all.Go(func() {
			status := ada.Post(address, apitest.Fields{"rating": 1 + i%5}).Status
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	assert.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 31}, statuses)
	requireCounted(t, shop)
}

// createReview, replaceMyReview, deleteMyReview, setReviewVisibility: the rating of a product is
// that of its reviews, whatever races.
func TestRatingsAreRightUnderRace(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	_, drift := product(admin, "Drift")
	_, other := product(admin, "Other")
	var all sync.WaitGroup
	for range 16 {
		customer := shop.Customer()
		all.Go(func() {
			for range 4 {
				address := []string{drift, other}[rand.IntN(2)]
				var own api.OwnReview
				if customer.Post(
					address, apitest.Fields{"rating": 1 + rand.IntN(5)},
				).Status == http.StatusCreated {
					customer.Get(address + "/mine").Want(http.StatusOK).Into(&own)
					admin.Put(
						fmt.Sprintf("%s/%d/visibility", adminReviews, own.ID),
						apitest.Fields{"is_hidden": rand.IntN(2) == 0},
					).
						Want(http.StatusOK)
				}
				customer.Put(address+"/mine", apitest.Fields{"rating": 1 + rand.IntN(5)}).
					Want(http.StatusOK)
				if rand.IntN(2) == 0 {
					customer.Delete(address + "/mine").Want(http.StatusNoContent)
				}
			}
		})
	}
	all.Wait()
	requireCounted(t, shop)
}
