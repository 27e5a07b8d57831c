package page_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

func asking(t *testing.T, address string) context.Context {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	return request.With(t.Context(), &request.Info{URL: parsed})
}

func pair(row [2]int64) page.Keys { return page.Keys{row[0], row[1]} }

func TestPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	ctx := asking(t, "/orders?status=PAID&limit=2")
	first, err := page.Read(ctx, 2, new(int32(2)), nil, nil)
	require.NoError(t, err)
	assert.False(t, first.HasCursor())
	assert.Nil(t, first.Key(0))
	assert.Nil(t, page.Next(first, [][2]int64{{7, -1}}, pair), "the page is not full")
	assert.Nil(t, page.Next(page.Page{}, nil, pair))
	cursor := page.Next(first, [][2]int64{{9, 3}, {7, -1}}, pair)
	require.NotNil(t, cursor)

	second, err := page.Read(
		asking(t, "/orders?limit=50&status=PAID&cursor=x"), 2, nil, nil, cursor,
	)
	require.NoError(t, err)
	assert.Equal(t, int32(20), second.Limit)
	assert.True(t, second.HasCursor())
	assert.Equal(t, new(int64(7)), second.Key(0))
	assert.Equal(t, new(int64(-1)), second.Key(1))
}

func TestCursorsOfOtherListsAreRefused(t *testing.T) {
	t.Parallel()
	ctx := asking(t, "/orders?status=PAID")
	first, err := page.Read(ctx, 2, new(int32(1)), nil, nil)
	require.NoError(t, err)
	cursor := page.Next(first, [][2]int64{{7, 8}}, pair)
	for _, other := range []string{"/payments?status=PAID", "/orders", "/orders?status=NEW"} {
		_, err := page.Read(asking(t, other), 2, nil, nil, cursor)
		require.ErrorIs(t, err, page.ErrCursor, other)
	}
	_, err = page.Read(ctx, 1, nil, nil, cursor)
	require.ErrorIs(t, err, page.ErrCursor, "another number of keys")
	for _, broken := range []string{"", "!", "MQ", *cursor + "A", "LjEuMg"} {
		_, err := page.Read(ctx, 2, nil, nil, &broken)
		require.ErrorIs(t, err, page.ErrCursor, broken)
	}
	_, err = page.Read(ctx, 2, nil, new(int32(3)), cursor)
	require.ErrorContains(t, err, "cannot be combined with offset")
	_, err = page.Read(ctx, 2, nil, new(int32(0)), cursor)
	require.NoError(t, err)
}
