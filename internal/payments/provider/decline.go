package provider

// declines maps decline codes of banks and providers to messages for customers. Codes that would
// tell a thief something (a card reported lost or stolen, suspected fraud) are left out on purpose:
// they get the general message.
var declines = map[string]string{
	"insufficient_funds": "The card has too little money for this payment. " +
		"Use another payment method.",
	"expired_card":         "The card has expired. Use another payment method.",
	"incorrect_cvc":        "The card's security code is wrong. Check it and try again.",
	"invalid_cvc":          "The card's security code is wrong. Check it and try again.",
	"incorrect_number":     "The card number is wrong. Check it and try again.",
	"invalid_number":       "The card number is wrong. Check it and try again.",
	"invalid_expiry_month": "The card's expiry date is wrong. Check it and try again.",
	"invalid_expiry_year":  "The card's expiry date is wrong. Check it and try again.",
	"incorrect_zip":        "The postal code does not fit the card. Check it and try again.",
	"incorrect_address":    "The address does not fit the card. Check it and try again.",
	"incorrect_pin":        "The PIN is wrong. Try again.",
	"invalid_pin":          "The PIN is wrong. Try again.",
	"card_not_supported": "The card does not allow this kind of payment. " +
		"Use another payment method.",
	"currency_not_supported": "The card does not allow payments in this currency. " +
		"Use another payment method.",
	"invalid_account": "The card or its account cannot be used. " +
		"Use another payment method.",
	"new_account_information_available": "The card or its account cannot be used. " +
		"Use another payment method.",
	"card_velocity_exceeded": "The card has reached its limit. " +
		"Use another payment method or ask your bank.",
	"withdrawal_count_limit_exceeded": "The card has reached its limit. " +
		"Use another payment method or ask your bank.",
	"authentication_required": "The bank wants this payment to be confirmed. " +
		"Use another payment method.",
	"duplicate_transaction": "A payment of the same amount was made just now. " +
		"Look at your orders before you try again.",
	"processing_error": "The bank could not handle the payment. " +
		"Try again in a few minutes.",
	"issuer_not_available": "The bank could not be reached. Try again in a few minutes.",
	"reenter_transaction": "The bank could not handle the payment. " +
		"Try again in a few minutes.",
	"try_again_later": "The bank could not handle the payment. Try again in a few minutes.",
	"approve_with_id": "The bank could not approve the payment. " +
		"Try again, or ask your bank.",
	"call_issuer": "The bank declined the payment. " +
		"Ask your bank, or use another payment method.",
	"canceled": "The payment was cancelled. Start it again.",
}

// DeclineMessage returns the message for customers of a decline code; a general one if it is
// unknown.
func DeclineMessage(code string) string {
	if words, ok := declines[code]; ok {
		return words
	}
	return "The bank declined the payment. Use another payment method or ask your bank."
}
