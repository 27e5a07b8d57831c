package page

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors of the cursor parameter.
var (
	ErrCursor = problem.Invalid(
		problem.Field{
			Pointer: "/cursor",
			Message: "is not one that this list answered with the same filters and sort",
		},
	)
	ErrCursorOffset = problem.Invalid(
		problem.Field{Pointer: "/cursor", Message: "cannot be combined with offset"},
	)
)

// Cursor names the place after a row in a list that is ordered by keys, as an opaque word.
func Cursor(keys ...int64) string {
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = strconv.FormatInt(key, 36)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, ".")))
}

// After reads a cursor of so many keys; nil without one. A cursor and an offset contradict each
// other.
func After(cursor *string, offset *int32, keys int) ([]int64, error) {
	if cursor == nil {
		return nil, nil
	}
	if offset != nil && *offset != 0 {
		return nil, ErrCursorOffset
	}
	data, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return nil, ErrCursor
	}
	parts := strings.Split(string(data), ".")
	if len(parts) != keys {
		return nil, ErrCursor
	}
	after := make([]int64, keys)
	for i, part := range parts {
		if after[i], err = strconv.ParseInt(part, 36, 64); err != nil {
			return nil, ErrCursor
		}
	}
	return after, nil
}
