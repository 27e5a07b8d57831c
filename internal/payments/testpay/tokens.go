package testpay

import "github.com/shopd/shopd/internal/payments/provider"

// The tokens, each with the outcome of a charge.
const (
	TokenVisa              = "tok_visa"               // succeeds
	TokenMastercard        = "tok_mastercard"         // succeeds
	TokenDeclined          = "tok_declined"           // declined: card_declined
	TokenInsufficientFunds = "tok_insufficient_funds" // declined: insufficient_funds
	TokenExpired           = "tok_expired"            // declined: expired_card
	TokenTimeout           = "tok_timeout"            // charged, response lost: ErrOutcomeUnknown
	// request lost: ErrOutcomeUnknown, not charged
	TokenTimeoutLost     = "tok_timeout_lost"
	TokenSlow            = "tok_slow"             // succeeds, responds after Options.SlowFor
	TokenPending         = "tok_pending"          // pending until Options.SettleAfter or Settle
	TokenPendingDeclined = "tok_pending_declined" // pending, then declined
	TokenTwice           = "tok_twice"            // succeeds, every webhook is sent twice
	TokenWrongAmount     = "tok_wrong_amount"     // succeeds, charges WrongBy too much
	TokenUnavailable     = "tok_unavailable"      // ErrUnavailable
	TokenRefundPending   = "tok_refund_pending"   // its refunds are pending until SettleRefund
	TokenRefundFails     = "tok_refund_fails"     // its refunds fail
	TokenRefundTimeout   = "tok_refund_timeout"   // its refunds succeed, responses lost
)

// WrongBy is how much too much TokenWrongAmount takes, in minor units.
const WrongBy = 100

// behaviour is what happens with a token.
type behaviour struct {
	status      provider.Status // of a charge, at first
	settlesTo   provider.Status // of a pending one, in the end
	declineCode string

	unavailable bool // cannot be reached
	requestLost bool // the request is lost
	answerLost  bool // the request arrives, the response is lost
	slow        bool
	twice       bool
	wrongBy     int64 // minor units that it charges too much

	refund           provider.RefundStatus
	refundAnswerLost bool

	brand, lastFour    string
	expMonth, expYear  int
	saveDeclinedAsWell bool // the bank declines saving it, too
}

var behaviours = map[string]behaviour{
	TokenVisa:       paying(),
	TokenMastercard: paying(func(b *behaviour) { b.brand, b.lastFour = "mastercard", "4444" }),
	TokenDeclined: declining(
		"card_declined", func(b *behaviour) { b.lastFour, b.saveDeclinedAsWell = "0002", true },
	),
	TokenInsufficientFunds: declining("insufficient_funds", func(b *behaviour) {
		b.lastFour = "9995"
	}),
	TokenExpired: declining("expired_card", func(b *behaviour) {
		b.lastFour, b.expMonth, b.expYear, b.saveDeclinedAsWell = "0069", 1, 2020, true
	}),
	TokenTimeout:     paying(func(b *behaviour) { b.answerLost = true }),
	TokenTimeoutLost: paying(func(b *behaviour) { b.requestLost = true }),
	TokenSlow:        paying(func(b *behaviour) { b.slow = true }),
	TokenPending: paying(func(b *behaviour) {
		b.status, b.settlesTo = provider.Pending, provider.Succeeded
	}),
	TokenPendingDeclined: declining("insufficient_funds", func(b *behaviour) {
		b.status, b.settlesTo = provider.Pending, provider.Declined
	}),
	TokenTwice:         paying(func(b *behaviour) { b.twice = true }),
	TokenWrongAmount:   paying(func(b *behaviour) { b.wrongBy = WrongBy }),
	TokenUnavailable:   paying(func(b *behaviour) { b.unavailable = true }),
	TokenRefundPending: paying(func(b *behaviour) { b.refund = provider.RefundPending }),
	TokenRefundFails:   paying(func(b *behaviour) { b.refund = provider.RefundFailed }),
	TokenRefundTimeout: paying(func(b *behaviour) { b.refundAnswerLost = true }),
}

func paying(changes ...func(*behaviour)) behaviour {
	b := behaviour{
		status: provider.Succeeded, refund: provider.RefundDone,
		brand: "visa", lastFour: "4242", expMonth: 12, expYear: 2035,
	}
	for _, change := range changes {
		change(&b)
	}
	return b
}

func declining(code string, change func(*behaviour)) behaviour {
	return paying(func(b *behaviour) { b.status, b.declineCode = provider.Declined, code }, change)
}
