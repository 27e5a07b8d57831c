package payments

import (
	"errors"
	"net/http"
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors that clients see.
var (
	ErrNotFound       = problem.NotFound("payment_not_found", "There is no such payment.")
	ErrMethodNotFound = problem.NotFound(
		"payment_method_not_found", "The account has no such payment method.",
	)
	ErrMethodUnusable = problem.Conflict(
		"payment_method_unusable",
		"The payment provider cannot use this payment method any more. Delete it and save another.",
	)
	ErrMethodExists = problem.Conflict(
		"payment_method_exists", "This payment method is saved already.",
	)
	ErrTooManyMethods = problem.Conflict(
		"too_many_payment_methods",
		"The account has 20 payment methods, which is the most. Delete one first.",
	)
	ErrNotPayable = problem.Conflict(
		"order_not_payable", "Only an order that is PENDING can be paid.",
	)
	ErrAlreadyPaid  = problem.Conflict("order_already_paid", "The order is paid already.")
	ErrNothingToPay = problem.Conflict("nothing_to_pay", "The order costs nothing.")
	ErrInProgress   = problem.Conflict(
		"payment_in_progress",
		"A payment of this order is under way. Wait until it is known how it ends.",
	)
	ErrAmount = problem.Conflict(
		"amount_refused", "The payment provider does not take this amount.",
	)
	ErrCancelledMeanwhile = problem.Conflict(
		"order_not_payable",
		"The order was cancelled while it was paid. The money goes back by itself.",
	)
	ErrDeclined = &problem.Error{
		Status:     http.StatusPaymentRequired,
		Code:       "payment_declined",
		Resolution: problem.ChooseAgain,
		Detail:     "The payment was declined.",
	}
	ErrMismatch = &problem.Error{
		Status:     http.StatusConflict,
		Code:       amountMismatch,
		Resolution: problem.ContactShop,
		Detail:     mismatchMessage,
	}
	ErrCardNumber = &problem.Error{
		Status:     http.StatusUnprocessableEntity,
		Code:       "card_number_refused",
		Resolution: problem.FixRequest,
		Detail: "This looks like a card number, and the shop must not see one. " +
			"Send a token of the payment provider.",
	}
	ErrUnavailable = problem.Unavailable(
		"payments_unavailable",
		"The payment provider is out of reach, and nothing was done. Try again in a few minutes.",
		30*time.Second,
	)
	ErrTooLarge = problem.Conflict(
		"refund_too_large", "It is more than is left of the payment.",
	)
	ErrNothingToRefund = problem.Conflict(
		"nothing_to_refund", "Nothing that was paid for this order is left to be given back.",
	)
	ErrNotCancellable = problem.Conflict(
		"order_not_cancellable",
		"Only an order that is PAID, all of whose money goes back, can be cancelled this way.",
	)
	ErrRefundFailed = &problem.Error{
		Status:     http.StatusConflict,
		Code:       "refund_failed",
		Resolution: problem.ContactShop,
		Detail: "The payment provider could not give the money back. Nothing changed; " +
			"ask the shop.",
	}
	ErrNoWebhook = problem.NotFound(
		"webhook_not_found", "The shop does not use this payment provider.",
	)
	ErrWebhookRefused = problem.BadRequest(
		"webhook_refused",
		"It is not signed rightly, or too old, or does not fit what it tells of.",
	)
	errUnknownToken = problem.Invalid(problem.Field{
		Pointer: "/token", Message: "is not known to the payment provider, or was used before",
	})
)

// errMismatch reports that a webhook names another amount, currency, order or payment than the shop
// asked for.
var errMismatch = errors.New("the webhook does not match the payment")

// amountMismatch is the decline code of a payment for which the provider reports another amount
// than was requested. The customer reads mismatchMessage.
const (
	amountMismatch  = "amount_mismatch"
	mismatchMessage = "The payment provider took another amount than the order's total. " +
		"It goes back by itself; pay again, or ask the shop."
)

// notReceived is the decline code of a payment the provider has no record of.
const notReceived = "not_received"
