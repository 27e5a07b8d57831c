package sdk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/sdk"
)

func TestMain(m *testing.M) { apitest.Main(m) }

// newShop starts a server with some products, and with the built-in model for its assistant.
func newShop(t testing.TB) *apitest.Shop {
	shop := apitest.New(t, apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"})
	admin := shop.Admin()
	for _, product := range []map[string]any{
		{
			"name": "Everyday Steel Bottle", "price": "12.50", "stock": 500,
			"description": "A bottle of steel that keeps tea hot for a day of walking.",
		},
		{
			"name": "Field Coffee Grinder", "price": "39.00", "stock": 500,
			"description": "Grinds coffee by hand, fine or coarse.",
		},
		{
			"name": "Travel Mug", "price": "9.90", "stock": 500,
			"description": "A mug with a lid for coffee on the way.", "slug": "mug",
		},
	} {
		admin.Post("/api/v1/admin/products", product).Want(http.StatusCreated)
	}
	mug := apitest.Value[int64](shop, "SELECT id FROM products WHERE slug = 'mug'")
	admin.Patch(fmt.Sprint("/api/v1/admin/products/", mug), map[string]any{"slug": "travel-mug"}).
		Want(http.StatusOK)
	admin.Post("/api/v1/rag/index", nil).Want(http.StatusOK)
	return shop
}

func connect(t testing.TB, address string, options sdk.Options) *sdk.Shop {
	t.Helper()
	shop, err := sdk.New(address, options)
	require.NoError(t, err)
	return shop
}

const password = "correct horse 9"

// signUp creates an account and logs in.
func signUp(t testing.TB, shop *sdk.Shop, email string) {
	t.Helper()
	_, err := shop.RegisterWithResponse(
		t.Context(),
		client.RegisterRequest{
			Email:     client.Email(email),
			Password:  password,
			FirstName: "Ada",
			LastName:  new("Lovelace"),
		},
	)
	require.NoError(t, err)
	user, err := shop.SignIn(t.Context(), email, password)
	require.NoError(t, err)
	require.Equal(t, email, user.Email)
}
