package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/sdk"
)

// address of the shop that the examples use.
var address = sync.OnceValue(func() string { return newShop(apitest.Examples()).URL() })

func Example() {
	ctx := context.Background()
	shop, err := sdk.New(address(), sdk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := shop.RegisterWithResponse(ctx, client.RegisterRequest{
		Email:     "grace@example.com",
		Password:  "correct horse 9",
		FirstName: "Grace",
		LastName:  new("Hopper"),
	}); err != nil {
		log.Fatal(err)
	}
	if _, err := shop.SignIn(ctx, "grace@example.com", "correct horse 9"); err != nil {
		log.Fatal(err)
	}
	for hit, err := range shop.Hits(ctx, client.SearchProductsParams{Q: "steel bottle"}) {
		if err != nil {
			log.Fatal(err)
		}
		if _, err := shop.AddCartItemWithResponse(ctx, nil, client.CartItem{
			ProductID: hit.Product.ID,
			VariantID: &hit.Product.DefaultVariantID,
			Quantity:  2,
		}); err != nil {
			log.Fatal(err)
		}
		break // the best is enough
	}
	order, err := shop.CreateOrderWithResponse(ctx, nil, client.OrderInput{})
	if err != nil {
		log.Fatal(err)
	}
	payment, err := shop.PayOrderWithResponse(
		ctx, order.JSON201.ID, nil,
		client.PayInput{PaymentType: new("card"), Token: new("tok_visa")},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.JSON201.Status, payment.JSON201.Amount, payment.JSON201.Currency)
	// Output: paid 25.00 USD
}

func ExampleShop_Ask() {
	shop, err := sdk.New(address(), sdk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var answer strings.Builder
	for event, err := range shop.Ask(
		context.Background(), client.AssistantQuestion{Query: "Do you have a steel bottle?"},
	) {
		if err != nil {
			log.Fatal(err)
		}
		answer.WriteString(event.Text) // or write it to the screen at once
	}
	fmt.Println(strings.Contains(answer.String(), "Everyday Steel Bottle"))
	// Output: true
}

func ExampleShop_Products() {
	shop, err := sdk.New(address(), sdk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for product, err := range shop.Products(
		context.Background(), client.ListProductsParams{Sort: new(client.ProductSortPriceAsc)},
	) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(product.Name, product.Price, product.Currency)
	}
	// Output:
	// Travel Mug 9.90 USD
	// Everyday Steel Bottle 12.50 USD
	// Field Coffee Grinder 39.00 USD
}

func ExampleProblem() {
	shop, err := sdk.New(address(), sdk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = shop.GetProductWithResponse(context.Background(), 404)
	var problem *sdk.Problem
	if errors.As(err, &problem) {
		fmt.Println(problem.Status, problem.Code)
		fmt.Println(problem.Detail)
	}
	// Output:
	// 404 product_not_found
	// There is no such product, or it is no longer offered.
}
