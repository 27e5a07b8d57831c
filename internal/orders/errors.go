package orders

import (
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors that clients see.
var (
	ErrNotFound   = problem.NotFound("order_not_found", "There is no such order.")
	ErrNoShipment = problem.NotFound(
		"shipment_not_found", "There is nothing to tell of a shipment yet.",
	)
	ErrCartEmpty = problem.Conflict(
		"cart_empty", "The cart is empty. Put something into it, or send items.",
	)
	ErrPriceChanged  = problem.Conflict("price_changed", "The total is not the one you expect.")
	ErrTooManyUnpaid = problem.Conflict(
		"too_many_unpaid_orders",
		"The account has as many unpaid orders as it may. Pay or cancel one first.",
	)
	ErrTotalTooLarge = problem.Conflict(
		"total_too_large", "The total is larger than an amount can be. Order less at once.",
	)
	ErrNotShippable = problem.Conflict(
		"order_not_shippable", "Only an order that is paid and not cancelled can travel.",
	)
	ErrTransition = problem.BadRequest(
		"invalid_transition", "The order cannot go there from where it is.",
	)
	ErrRefunding = problem.Conflict(
		"refund_in_progress",
		"The money is on its way back, and the order is cancelled once it is there.",
	)
	errNoShippingAddr = problem.Invalid(problem.Field{
		Pointer: "/shipping_address_id", Message: "names no address of the account",
	})
	errNoMethod = problem.Invalid(problem.Field{
		Pointer: "/payment_method_id", Message: "names no payment method of the account",
	})
	errNoBillingAddr = problem.Invalid(problem.Field{
		Pointer: "/billing_address_id", Message: "names no address of the account",
	})
	// errStockTaken reports that other checkouts took the stock after this one read it.
	errStockTaken = problem.Unavailable(
		"busy", "Too many others are buying the same. Try again in a moment.", time.Second,
	)
)
