package server

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/problem"
)

// checkJSON: text that PostgreSQL cannot store is refused with its field.
func TestTextThatCannotBeStoredIsNamed(t *testing.T) {
	t.Parallel()
	const zero = "holds the character U+0000"
	const half = "holds half a character: a surrogate without its pair"
	for body, want := range map[string]problem.Field{
		`{"name":"a\u0000"}`:                      {Pointer: "/name", Message: zero},
		`{"a":{"b":[1,{},["x","\u0000"]]},"c":2}`: {Pointer: "/a/b/2/1", Message: zero},
		`{"a":1,"b\u0000":2}`:                     {Pointer: "", Message: zero},
		`{"x":[],"name":"\ud800"}`:                {Pointer: "/name", Message: half},
		`{"name":"\udc00\ud800"}`:                 {Pointer: "/name", Message: half},
		`{"name":"\ud83d\u0041"}`:                 {Pointer: "/name", Message: half},
		`"\u0000"`:                                {Pointer: "", Message: zero},
	} {
		var p *problem.Error
		require.ErrorAs(t, checkJSON([]byte(body)), &p, body)
		require.Len(t, p.Fields, 1, body)
		assert.Equal(t, want, p.Fields[0], body)
	}
	for _, body := range []string{
		`{"name":"\ud83d\ude00"}`, `{"name":"\\u0000"}`, `{"name":"\\\\ud800 \u00e9"}`, `"\u0001"`,
	} {
		assert.NoError(t, checkJSON([]byte(body)), body)
	}
}

// lowerFirst: abbreviations stay as they are.
func TestDescriptionsKeepTheirNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ISO 3166-1 code", lowerFirst("ISO 3166-1 code"))
	assert.Equal(t, "the name", lowerFirst("The name"))
	assert.Equal(t, "a", lowerFirst("a"))
}
