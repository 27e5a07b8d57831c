package gtin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/platform/gtin"
)

func TestPad(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "04006381333931", gtin.Pad("4006381333931"))
	assert.Equal(t, "00000096385074", gtin.Pad("96385074"))
	assert.Equal(t, "10614141000415", gtin.Pad("10614141000415"))
}

func TestIsValid(t *testing.T) {
	t.Parallel()
	for _, digits := range []string{
		"96385074", "036000291452", "4006381333931", "10614141000415",
	} {
		assert.True(t, gtin.IsValid(digits), digits)
	}
	for _, digits := range []string{
		"", "0", "96385075", "4006381333930", "400638133393", "400638133393x", "106141410004150",
	} {
		assert.False(t, gtin.IsValid(digits), digits)
	}
}
