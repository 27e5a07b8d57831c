package optional_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/platform/optional"
)

func TestOptionalValues(t *testing.T) {
	t.Parallel()
	assert.Zero(t, optional.Value[int](nil))
	assert.Equal(t, 7, optional.Value(new(7)))
	assert.Equal(t, "b", optional.Or(nil, "b"))
	assert.Empty(t, optional.Or(new(""), "b"), "an empty value is a value")
	assert.Nil(t, optional.Of(""))
	assert.Equal(t, new("a"), optional.Of("a"))
	assert.Equal(t, map[string]int{}, optional.Map[map[string]int](nil))
	assert.Equal(t, map[string]int{"a": 1}, optional.Map(map[string]int{"a": 1}))
	assert.Equal(t, []int{}, optional.List[[]int](nil))
	assert.Equal(t, []int{1}, optional.List([]int{1}))
}
