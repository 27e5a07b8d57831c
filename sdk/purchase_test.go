package sdk_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/sdk"
)

// counting counts the exchanges of tokens.
type counting struct{ refreshes atomic.Int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/auth/refresh") {
		c.refreshes.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// addCartItem, createOrder, payOrder, cancelOrder: a purchase by the SDK.
func TestAWholePurchase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shop := connect(t, newShop(t).URL(), sdk.Options{})
	signUp(t, shop, "ada@example.com")

	var names []string
	for product, err := range shop.Products(ctx, client.ListProductsParams{
		Limit: new(client.Limit(1)),
		Sort:  new(client.ProductSortPriceAsc),
	}) {
		require.NoError(t, err)
		names = append(names, product.Name)
	}
	assert.Equal(t, []string{"Travel Mug", "Everyday Steel Bottle", "Field Coffee Grinder"}, names)

	var bottle client.ID
	for hit, err := range shop.Hits(ctx, client.SearchProductsParams{Q: "steel bottle"}) {
		require.NoError(t, err)
		bottle = hit.Product.ID
		break
	}
	moved, err := shop.GetProductBySlugWithResponse(ctx, "mug")
	require.NoError(t, err)
	assert.Equal(t, "travel-mug", moved.JSON200.Slug, "an old slug is followed")

	cart, err := shop.AddCartItemWithResponse(
		ctx, nil, client.CartItem{ProductID: bottle, Quantity: 2},
	)
	require.NoError(t, err)
	assert.Equal(t, "25.00", cart.JSON200.Subtotal)

	_, err = shop.CreateOrderWithResponse(
		ctx, nil,
		client.OrderInput{Items: []client.OrderItemInput{{ProductID: bottle, Quantity: 9_999}}},
	)
	require.True(t, sdk.HasCode(err, "insufficient_stock"), "%v", err)
	var problem *sdk.Problem
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, "/items/0", problem.Errors[0].Pointer)

	key := client.CreateOrderParams{IdempotencyKey: new("mine")}
	order, err := shop.CreateOrderWithResponse(
		ctx, &key, client.OrderInput{ExpectedTotal: new("25.00")},
	)
	require.NoError(t, err)
	again, err := shop.CreateOrderWithResponse(
		ctx, &key, client.OrderInput{ExpectedTotal: new("25.00")},
	)
	require.NoError(t, err)
	assert.Equal(t, order.JSON201.ID, again.JSON201.ID)

	_, err = shop.PayOrderWithResponse(
		ctx, order.JSON201.ID, nil,
		client.PayInput{PaymentType: new("card"), Token: new("tok_declined")},
	)
	require.True(t, sdk.HasCode(err, "payment_declined"), "%v", err)
	payment, err := shop.PayOrderWithResponse(
		ctx, order.JSON201.ID, nil,
		client.PayInput{PaymentType: new("card"), Token: new("tok_visa")},
	)
	require.NoError(t, err)
	assert.Equal(t, client.PaymentStatusPaid, payment.JSON201.Status)

	_, err = shop.CancelOrderWithResponse(ctx, order.JSON201.ID)
	require.NoError(t, err)
	for one, err := range shop.Orders(ctx, client.ListOrdersParams{}) {
		require.NoError(t, err)
		assert.Equal(t, client.OrderStatusCANCELLED, one.Status)
	}
	var statuses []client.PaymentStatus
	for one, err := range shop.Payments(
		ctx, client.ListPaymentsParams{OrderID: &order.JSON201.ID},
	) {
		require.NoError(t, err)
		statuses = append(statuses, one.Status)
	}
	assert.ElementsMatch(
		t, []client.PaymentStatus{client.PaymentStatusFailed, client.PaymentStatusRefunded},
		statuses,
	)

	var answer strings.Builder
	var done *client.AssistantAnswer
	for event, err := range shop.Ask(
		ctx, client.AssistantQuestion{Query: "Do you have a steel bottle?"},
	) {
		require.NoError(t, err)
		answer.WriteString(event.Text)
		done = event.Answer
	}
	require.NotNil(t, done)
	assert.Equal(t, done.Answer, answer.String())
	assert.Contains(t, done.Answer, "Everyday Steel Bottle")
}

// addCartItem, createOrder, payOrder: whatever a list of the demo shop shows can be bought by its
// default variant, products of several variants too.
func TestAPurchaseOfEachNewProductOfTheDemoShop(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shop := connect(t, apitest.Demo(t).URL(), sdk.Options{})
	signUp(t, shop, "grace@example.com")
	page, err := shop.ListProductsWithResponse(
		ctx, &client.ListProductsParams{Limit: new(client.Limit(100)), InStock: new(true)},
	)
	require.NoError(t, err)
	withVariants := 0
	for _, product := range page.JSON200.Items {
		item := client.CartItem{
			ProductID: product.ID,
			VariantID: &product.DefaultVariantID,
			Quantity:  1,
		}
		_, err := shop.AddCartItemWithResponse(ctx, nil, item)
		if sdk.HasCode(err, "insufficient_stock") { // another of its variants is in stock
			continue
		}
		require.NoError(t, err, product.Name)
		if product.VariantCount > 1 {
			withVariants++
		}
	}
	assert.Positive(t, withVariants)
	order, err := shop.CreateOrderWithResponse(ctx, nil, client.OrderInput{})
	require.NoError(t, err)
	payment, err := shop.PayOrderWithResponse(
		ctx, order.JSON201.ID, nil,
		client.PayInput{PaymentType: new("card"), Token: new("tok_visa")},
	)
	require.NoError(t, err)
	assert.Equal(t, client.PaymentStatusPaid, payment.JSON201.Status)
}

// refreshToken, getCurrentUser: many calls with a spent token refresh it once.
func TestManyCallsWithASpentTokenRefreshItOnce(t *testing.T) {
	t.Parallel()
	var transport counting
	var kept []sdk.Tokens
	shop := connect(
		t,
		newShop(t).URL(),
		sdk.Options{
			Transport: &transport,
			OnTokens:  func(tokens sdk.Tokens) { kept = append(kept, tokens) },
		},
	)
	signUp(t, shop, "ada@example.com")
	tokens := shop.Tokens()

	resumed := connect(
		t,
		shop.ClientInterface.(*client.Client).Server,
		sdk.Options{
			Tokens:    sdk.Tokens{Access: "spent", Refresh: tokens.Refresh},
			Transport: &transport,
		},
	)
	var calls sync.WaitGroup
	for range 32 {
		calls.Go(func() {
			me, err := resumed.GetCurrentUserWithResponse(t.Context())
			if assert.NoError(t, err) {
				assert.Equal(t, "Ada", me.JSON200.FirstName)
			}
		})
	}
	calls.Wait()
	assert.EqualValues(t, 1, transport.refreshes.Load())
	assert.NotEqual(t, tokens.Refresh, resumed.Tokens().Refresh)

	require.NoError(t, resumed.SignOut(t.Context()))
	_, err := shop.GetCurrentUserWithResponse(t.Context())
	var problem *sdk.Problem
	require.ErrorAs(t, err, &problem)
	assert.EqualValues(t, http.StatusUnauthorized, problem.Status)
	assert.Empty(t, shop.Tokens(), "a session that has ended is forgotten")
	assert.Equal(t, []sdk.Tokens{tokens, {}}, kept)
}
