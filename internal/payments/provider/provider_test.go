package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/payments/provider"
)

// LooksLikeCardNumber: numbers in any spelling.
func TestLooksLikeCardNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"4242424242424242":               true,
		"4242 4242 4242 4242":            true,
		"4242-4242-4242-4242":            true,
		"3782 822463 10005":              true,
		"4242424242424242 12/27 123":     true, // as pasted with its expiry date
		"card 4242424242424242, please":  true,
		"tok_4242424242424242":           true,
		"４２４２４２４２４２４２４２４２":               true,
		"4242\u200b4242\u00a042424242":   true,
		"٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢":               true,
		"4242424242424241":               false, // wrong check digit
		"tok_visa":                       false,
		"pm_1N3T00LkdIwHu7ixt44h1F8k":    false,
		"":                               false,
		"42424242424":                    false, // too short
		"42424242424242424242":           false, // too long
		"018f3a5c-7e2b-7c10-9a35-4d2f1a": false,
	} {
		assert.Equal(t, want, provider.LooksLikeCardNumber(text), "%q", text)
	}
}

// What LooksLikeCardNumber relies on in Unicode.
func TestDigitsOfEveryScriptComeInRowsOfTen(t *testing.T) {
	t.Parallel()
	for _, row := range unicode.Nd.R16 {
		assert.Equal(t, uint16(1), row.Stride)
		assert.Zero(t, (row.Hi-row.Lo+1)%10)
	}
	for _, row := range unicode.Nd.R32 {
		assert.Equal(t, uint32(1), row.Stride)
		assert.Zero(t, (row.Hi-row.Lo+1)%10)
	}
}

// However a right card number is written, it is seen; with one digit changed, the number itself is
// not.
func TestEveryCardNumberIsSeen(t *testing.T) {
	t.Parallel()
	zeros := []rune{'0', '０', '٠', '०', '𝟘'}
	separators := []string{"", "", "", " ", "-", "\u00a0", "\u200b", "–", ".", " - "}
	letters := rapid.StringMatching(`[a-z,;:]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.IntRange(0, 9), 11, 18).Draw(t, "digits")
		number := slices.Concat(body, []int{checkDigit(body)})
		zero := rapid.SampledFrom(zeros).Draw(t, "script")
		write := func(number []int) string {
			var text strings.Builder
			for i, d := range number {
				if i > 0 {
					text.WriteString(rapid.SampledFrom(separators).Draw(t, "separator"))
				}
				text.WriteRune(zero + rune(d))
			}
			return letters.Draw(t, "before") + text.String() + letters.Draw(t, "after")
		}
		if text := write(number); !provider.LooksLikeCardNumber(text) {
			t.Fatalf("%q is not seen", text)
		}
		plain := make([]byte, len(number))
		for i, d := range number {
			plain[i] = byte('0' + d)
		}
		at := rapid.IntRange(0, len(number)-1).Draw(t, "changed")
		plain[at] = '0' + (plain[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if provider.LooksLikeCardNumber(string(plain)) {
			t.Fatalf("%q has a wrong digit", plain)
		}
	})
}

func checkDigit(body []int) int {
	sum := 0
	for i := range body {
		d := body[len(body)-1-i]
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return (10 - sum%10) % 10
}

// CheckSignatureAge: signatures that are too old, or of the future.
func TestCheckSignatureAge(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for header, ok := range map[string]bool{
		"t=1800000000,v1=aa":              true,
		"t=1799999700,v1=aa":              true,
		"t=1799999699,v1=aa":              false, // older than five minutes
		"t=1800000300,v1=aa":              true,
		"t=1800000301,v1=aa":              false, // from the future
		"t=1800000000,t=1700000000,v1=aa": false, // the last time is the signed one
		"v1=aa":                           false,
		"t=soon,v1=aa":                    false,
		"":                                false,
	} {
		err := provider.CheckSignatureAge(header, now)
		if ok {
			assert.NoError(t, err, "%q", header)
		} else {
			assert.ErrorIs(t, err, provider.ErrBadSignature, "%q", header)
		}
	}
}

// Check of charges and refunds: what is refused.
func TestRequestsAreCheckedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	good := provider.ChargeRequest{
		IdempotencyKey: "k",
		AmountMinor:    1,
		Currency:       "USD",
		OrderReference: "o",
		Token:          "tok_visa",
	}
	saved := provider.SavedMethod{ProviderMethodID: "pm", ProviderCustomerID: "cus"}
	for name, c := range map[string]struct {
		change func(r *provider.ChargeRequest)
		want   error
	}{
		"good": {func(*provider.ChargeRequest) {}, nil},
		"saved method": {func(r *provider.ChargeRequest) {
			r.Token, r.SavedMethod = "", saved
		}, nil},
		"card number": {func(r *provider.ChargeRequest) {
			r.Token = "4242 4242 4242 4242"
		}, provider.ErrCardNumber},
		"nothing":  {func(r *provider.ChargeRequest) { r.AmountMinor = 0 }, provider.ErrAmount},
		"negative": {func(r *provider.ChargeRequest) { r.AmountMinor = -5 }, provider.ErrAmount},
		"no key": {func(r *provider.ChargeRequest) {
			r.IdempotencyKey = ""
		}, provider.ErrRefused},
		"long key": {func(r *provider.ChargeRequest) {
			r.IdempotencyKey = strings.Repeat("k", 201)
		}, provider.ErrRefused},
		"no order": {func(r *provider.ChargeRequest) {
			r.OrderReference = ""
		}, provider.ErrRefused},
		"no method": {func(r *provider.ChargeRequest) { r.Token = "" }, provider.ErrRefused},
		"two methods": {func(r *provider.ChargeRequest) {
			r.SavedMethod = saved
		}, provider.ErrRefused},
	} {
		request := good
		c.change(&request)
		assert.ErrorIs(t, request.Check(), c.want, name)
	}
	refund := provider.RefundRequest{
		IdempotencyKey:    "k",
		ProviderPaymentID: "p",
		AmountMinor:       0,
		Currency:          "USD",
	}
	assert.ErrorIs(t, refund.Check(), provider.ErrAmount)
	refund.AmountMinor, refund.ProviderPaymentID = 1, ""
	assert.ErrorIs(t, refund.Check(), provider.ErrRefused)
	assert.ErrorIs(t, provider.FindRequest{IdempotencyKey: "k"}.Check(), provider.ErrRefused)
	assert.NoError(t, provider.FindRequest{IdempotencyKey: "k", AttemptedAt: time.Now()}.Check())
}

// DeclineMessage: what the customer may read.
func TestDeclineMessage(t *testing.T) {
	t.Parallel()
	general := provider.DeclineMessage("whatever_comes")
	assert.NotEmpty(t, general)
	assert.Equal(t, general, provider.DeclineMessage("stolen_card"), "a thief is told nothing")
	assert.Contains(t, provider.DeclineMessage("expired_card"), "expired")
}
