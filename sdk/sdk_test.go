package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/sdk"
)

// standIn responds in the server's place, the nth call by n, which begins at 1.
type standIn struct {
	calls  []*http.Request
	answer func(n int) *http.Response
}

func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	s.calls = append(s.calls, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := s.answer(len(s.calls))
	if response == nil {
		return nil, errors.New("connection reset")
	}
	return response, nil
}

func reply(status int, body string, headers ...string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		recorder.Header().Set(headers[i], headers[i+1])
	}
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body)
	return recorder.Result()
}

func refusal(status int, code string, headers ...string) *http.Response {
	return reply(
		status,
		fmt.Sprintf(
			`{"status":%d,"code":%q,"detail":"It went wrong.","request_id":"abc"}`, status, code,
		),
		headers...)
}

// against runs calls against a stand-in, with a clock that does not wait.
func against(
	t *testing.T, answer func(n int) *http.Response, options sdk.Options,
	work func(t *testing.T, shop *sdk.Shop, server *standIn),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := &standIn{answer: answer}
		options.Transport = server
		work(t, connect(t, "http://shop.test/prefix/", options), server)
	})
}

// createOrder: a call that got no response is repeated with its key.
func TestAnOrderIsRepeatedWithItsKey(t *testing.T) {
	t.Parallel()
	//nolint:bodyclose // the client reads and closes it
	inFlight := refusal(409, "idempotency_in_flight", "Retry-After", "1")
	//nolint:bodyclose // the client does
	answers := []*http.Response{nil, inFlight, reply(201, `{"id": 9}`)}
	against(
		t,
		func(n int) *http.Response { return answers[n-1] },
		sdk.Options{},
		func(t *testing.T, shop *sdk.Shop, server *standIn) {
			order, err := shop.CreateOrderWithResponse(t.Context(), nil, client.OrderInput{})
			require.NoError(t, err)
			assert.EqualValues(t, 9, order.JSON201.ID)
			require.Len(t, server.calls, 3)
			key := server.calls[0].Header.Get("Idempotency-Key")
			assert.Len(t, key, 26)
			assert.Equal(t, key, server.calls[2].Header.Get("Idempotency-Key"))
			body, err := io.ReadAll(server.calls[2].Body)
			require.NoError(t, err)
			assert.Equal(t, "{}", strings.TrimSpace(string(body)))
		},
	)
}

// getProduct: a repeated call waits as long as Retry-After says.
func TestReadsWaitAsLongAsTheyAreTold(t *testing.T) {
	t.Parallel()
	against(t, func(n int) *http.Response {
		if n == 1 {
			return refusal(429, "rate_limited", "Retry-After", "7")
		}
		return reply(200, `{}`)
	}, sdk.Options{}, func(t *testing.T, shop *sdk.Shop, _ *standIn) {
		started := time.Now()
		_, err := shop.GetProductWithResponse(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, 7*time.Second, time.Since(started))
	})
}

// getProduct, addCartItem: what is repeated, and how often.
func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	unavailable := func(int) *http.Response { return refusal(503, "unavailable") }
	against(
		t,
		unavailable,
		sdk.Options{Attempts: 3},
		func(t *testing.T, shop *sdk.Shop, server *standIn) {
			_, err := shop.GetProductWithResponse(t.Context(), 1)
			assert.True(t, sdk.HasCode(err, "unavailable"))
			assert.Len(t, server.calls, 3)
		},
	)
	against(t, unavailable, sdk.Options{}, func(t *testing.T, shop *sdk.Shop, server *standIn) {
		_, err := shop.AddCartItemWithResponse(
			t.Context(), nil, client.CartItem{ProductID: 1, Quantity: 1},
		)
		assert.True(t, sdk.HasCode(err, "unavailable"))
		assert.Len(t, server.calls, 1, "it may have had its effect")
	})
	against(
		t,
		func(int) *http.Response { return refusal(429, "rate_limited", "Retry-After", "3600") },
		sdk.Options{},
		func(t *testing.T, shop *sdk.Shop, _ *standIn) {
			_, err := shop.GetProductWithResponse(t.Context(), 1)
			var problem *sdk.Problem
			require.ErrorAs(t, err, &problem)
			assert.Equal(t, time.Hour, problem.RetryAfter, "beyond patience")
		},
	)
	against(t, unavailable, sdk.Options{}, func(t *testing.T, shop *sdk.Shop, _ *standIn) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := shop.GetProductWithResponse(ctx, 1)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// getProduct: a page of a proxy becomes a problem.
func TestAPageOfAProxyIsAProblemToo(t *testing.T) {
	t.Parallel()
	against(
		t,
		func(int) *http.Response { return reply(502, "<h1>Bad Gateway</h1>") },
		sdk.Options{Attempts: 1},
		func(t *testing.T, shop *sdk.Shop, _ *standIn) {
			_, err := shop.GetProductWithResponse(t.Context(), 1)
			assert.True(t, sdk.HasCode(err, "http_502"), "%v", err)
		},
	)
}

// refreshToken, getCurrentUser: an outage during a refresh leaves the session alone.
func TestARefreshThatFailsKeepsTheSession(t *testing.T) {
	t.Parallel()
	session := sdk.Tokens{Access: "a", Refresh: "r"}
	//nolint:bodyclose // the client does
	expired := refusal(401, "token_expired")
	//nolint:bodyclose // the client does
	answers := []*http.Response{expired, refusal(503, "unavailable")}
	against(
		t,
		func(n int) *http.Response { return answers[n-1] },
		sdk.Options{Tokens: session},
		func(t *testing.T, shop *sdk.Shop, server *standIn) {
			_, err := shop.GetCurrentUserWithResponse(t.Context())
			assert.True(t, sdk.HasCode(err, "unavailable"), "%v", err)
			assert.Equal(t, session, shop.Tokens())
			assert.Equal(t, "Bearer a", server.calls[0].Header.Get("Authorization"))
			assert.Equal(t, "/prefix/api/v1/auth/refresh", server.calls[1].URL.Path)
			assert.Empty(t, server.calls[1].Header.Get("Authorization"))
		},
	)
}

// A response that breaks off is an error.
func TestAnswersThatBreakOffAreNone(t *testing.T) {
	t.Parallel()
	ask := func(stream string) (events []sdk.Event, failed error) {
		against(
			t,
			func(int) *http.Response {
				return reply(200, stream, "Content-Type", "text/event-stream")
			},
			sdk.Options{},
			func(t *testing.T, shop *sdk.Shop, _ *standIn) {
				for event, err := range shop.Ask(
					t.Context(), client.AssistantQuestion{Query: "tea"},
				) {
					if err != nil {
						failed = err
						break
					}
					events = append(events, event)
				}
			},
		)
		return events, failed
	}
	events, err := ask(
		"event: sources\r\ndata: []\r\n\r\n: a comment\n\nevent:ping\ndata: {}\n\nevent:delta\n" +
			"data:{\"text\":\ndata: \"Tea.\"}\n\nevent: done\ndata: {\"answer\":\"Tea.\"}\n\n",
	)
	require.NoError(t, err)
	assert.Equal(
		t,
		[]sdk.Event{
			{Sources: []client.AssistantSource{}},
			{Text: "Tea."},
			{Answer: &client.AssistantAnswer{Answer: "Tea."}},
		},
		events,
	)
	events, err = ask("event: delta\ndata: {\"text\":\"Tea\"}\n\nevent: done\ndata: {")
	assert.ErrorIs(t, err, sdk.ErrBrokenOff)
	assert.Len(t, events, 1)
	_, err = ask(
		"event: error\n" +
			"data: {\"status\":503,\"code\":\"assistant_unavailable\",\"detail\":\"Later.\"}\n\n",
	)
	assert.True(t, sdk.HasCode(err, "assistant_unavailable"))
}

// All: pages are fetched only as far as they are read.
func TestListsAreFetchedNoFurtherThanTheyAreRead(t *testing.T) {
	t.Parallel()
	pages := 0
	for item, err := range sdk.ByCursor(func(
		*client.Cursor,
	) ([]int, nullable.Nullable[string], error) {
		pages++
		return []int{pages}, nullable.NewNullableWithValue("more"), nil
	}) {
		require.NoError(t, err)
		if item == 3 {
			break
		}
	}
	assert.Equal(t, 3, pages)
	for _, err := range sdk.ByOffset(func(client.Offset) ([]int, int64, error) {
		return nil, 0, io.ErrUnexpectedEOF
	}) {
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

// New: an address without a host is refused.
func TestAnAddressNeedsAHost(t *testing.T) {
	t.Parallel()
	_, err := sdk.New("shop.example", sdk.Options{})
	assert.ErrorContains(t, err, "needs a scheme and a host")
}
