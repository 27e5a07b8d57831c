package orders

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// newNumber, readNumber: order numbers and their check digit.
func TestNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := newNumber()
		for _, written := range []string{
			number, strings.ToLower(number), strings.TrimPrefix(number, "SO-"),
			strings.ReplaceAll(number, "0", "o"), strings.ReplaceAll(number, "1", "l"),
			strings.ReplaceAll(number, "-", " "),
		} {
			read, ok := readNumber(written)
			require.True(t, ok, written)
			require.Equal(t, number, read)
		}
		at := rapid.SampledFrom([]int{3, 4, 5, 6, 7, 9, 10, 11, 12, 13}).Draw(t, "at")
		digit := rapid.SampledFrom([]byte(alphabet)).
			Filter(func(b byte) bool { return b != number[at] }).
			Draw(t, "digit")
		_, ok := readNumber(number[:at] + string(digit) + number[at+1:])
		require.False(t, ok, "a wrong digit is found")
	})
	for _, no := range []string{
		"", "SO-", "ada@example.com", "SO-4F7KR-9M2Q", "SO-4F7KR-9M2QUU", "SO-UUUUU-UUUUU",
		"SO-äöüäö-äöüäö",
	} {
		_, ok := readNumber(no)
		assert.False(t, ok, no)
	}
}
