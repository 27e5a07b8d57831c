package phone_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/platform/phone"
)

func TestE164(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, country, want string }{
		{"+44 20 7946 0958", "", "+442079460958"},
		{"(555) 123-4567", "US", "+15551234567"},
		{"(020)\u00a07946\u20110958", "GB", "+442079460958"},
		{"+49 (0)30 1234567", "", "+49301234567"},
		{"212-555-0100 ext. 42", "US", "+12125550100"},
		{"0912 345 678", "TW", "+886912345678"},
		{"(555) 123-4567", "", ""},
		{"12345", "US", ""},
	} {
		got := phone.E164(&c.text, c.country)
		if c.want == "" {
			assert.Nil(t, got, c.text)
			continue
		}
		assert.Equal(t, &c.want, got, c.text)
	}
	assert.Nil(t, phone.E164(nil, "US"))
}
