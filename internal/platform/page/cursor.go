package page

import (
	"context"
	"encoding/base64"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
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

// Keys are the values that a list is ordered by, of one row.
type Keys []int64

// Read returns the page that a request asks for, of a list that is ordered by so many keys. It
// returns ErrCursor for a cursor of another list, or of the same list with other filters, and
// ErrCursorOffset for a cursor together with an offset.
func Read(
	ctx context.Context, keys int, limit, offset *int32, cursor *string,
) (asked Page, err error) {
	asked = Of(limit, offset)
	asked.list = listOf(ctx)
	if cursor == nil {
		return asked, nil
	}
	if asked.Offset != 0 {
		return asked, ErrCursorOffset
	}
	data, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return asked, ErrCursor
	}
	list, rest, _ := strings.Cut(string(data), ".")
	parts := strings.Split(rest, ".")
	if list != asked.list || len(parts) != keys {
		return asked, ErrCursor
	}
	asked.after = make(Keys, keys)
	for i, part := range parts {
		if asked.after[i], err = strconv.ParseInt(part, 36, 64); err != nil {
			return asked, ErrCursor
		}
	}
	return asked, nil
}

// Next returns the cursor of the page that follows rows. It returns nil if the page is not full,
// which means that no row follows.
func Next[Row any](asked Page, rows []Row, keys func(Row) Keys) *string {
	if len(rows) == 0 || len(rows) < int(asked.Limit) {
		return nil
	}
	parts := []string{asked.list}
	for _, key := range keys(rows[len(rows)-1]) {
		parts = append(parts, strconv.FormatInt(key, 36))
	}
	return new(base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "."))))
}

// listOf returns a short hash of the path and the filters of a request, which identifies the list.
// Parameters that only select a part of the list are left out.
func listOf(ctx context.Context) string {
	address := request.From(ctx).URL
	if address == nil {
		return ""
	}
	filters := address.Query()
	for _, name := range []string{"cursor", "limit", "offset"} {
		filters.Del(name)
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(address.Path + "?" + filters.Encode()))
	return strconv.FormatUint(uint64(hash.Sum32()), 36)
}
