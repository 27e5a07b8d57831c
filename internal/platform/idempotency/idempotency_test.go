package idempotency_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/idempotency"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

func TestMain(m *testing.M) { apitest.Main(m) }

// call returns a call of a user with a key.
func call(t *testing.T, user int64, key string, body any) idempotency.Call {
	t.Helper()
	info := &request.Info{Operation: "pay", Principal: request.Principal{UserID: user}}
	made, err := idempotency.NewCall(request.With(t.Context(), info), &key, body)
	require.NoError(t, err)
	return made
}

func response(t *testing.T, body any) idempotency.Response {
	t.Helper()
	made, err := idempotency.NewResponse(http.StatusCreated, body)
	require.NoError(t, err)
	return made
}

// Once: work runs once for each key, and its response is returned again.
func TestOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var effects atomic.Int32
	run := func(c idempotency.Call, fail error) (got idempotency.Response, err error) {
		err = postgres.Tx(t.Context(), shop.Pool, func(q *db.Queries) error {
			got, err = idempotency.Once(
				t.Context(),
				q,
				c,
				func(store func(idempotency.Response) error) (idempotency.Response, error) {
					r := response(t, map[string]int32{"n": effects.Add(1)})
					return r, errors.Join(store(r), fail)
				},
			)
			return err
		})
		return got, err
	}
	boom := errors.New("boom")
	_, err := run(call(t, 1, "a", "x"), boom)
	require.ErrorIs(t, err, boom)
	first, err := run(call(t, 1, "a", "x"), nil)
	require.NoError(t, err, "the response of what failed was not stored")
	assert.False(t, first.Replayed)
	again, err := run(call(t, 1, "a", "x"), nil)
	require.NoError(t, err)
	assert.Equal(
		t, idempotency.Response{Status: first.Status, Body: first.Body, Replayed: true}, again,
	)
	_, err = run(call(t, 1, "a", "y"), nil)
	require.ErrorIs(t, err, idempotency.ErrReused)
	other, err := run(call(t, 2, "a", "y"), nil)
	require.NoError(t, err)
	assert.False(t, other.Replayed)

	recorder := httptest.NewRecorder()
	require.NoError(t, again.Write(recorder))
	assert.Equal(t, http.StatusCreated, recorder.Code)
	assert.Equal(t, "true", recorder.Header().Get("Idempotent-Replayed"))
	assert.Equal(t, first.Body, recorder.Body.Bytes())

	none, err := idempotency.NewCall(t.Context(), nil)
	require.NoError(t, err)
	before := effects.Load()
	for range 2 {
		_, err = run(none, nil)
		require.NoError(t, err)
	}
	assert.Equal(t, before+2, effects.Load(), "without a key every call has its effect")
}

// Once: a second call with a key under way is refused without waiting.
func TestACallThatIsUnderWayIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	c := call(t, 1, "a", "x")
	within := func(work func(q *db.Queries)) {
		require.NoError(
			t,
			postgres.Tx(t.Context(), shop.Pool, func(q *db.Queries) error { work(q); return nil }),
		)
	}
	within(func(q *db.Queries) {
		_, err := idempotency.Once(
			t.Context(),
			q,
			c,
			func(store func(idempotency.Response) error) (idempotency.Response, error) {
				within(func(q *db.Queries) {
					_, err := idempotency.Once(t.Context(), q, c, nil)
					assert.ErrorIs(t, err, idempotency.ErrInFlight)
				})
				r := response(t, "done")
				return r, store(r)
			},
		)
		assert.NoError(t, err)
	})
}

// Take: work outside a transaction, and who may continue it after a crash.
func TestLease(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	q := db.New(shop.Pool)
	c := call(t, 1, "a", "x")
	lease, known, err := idempotency.Take(t.Context(), q, c, time.Minute)
	require.NoError(t, err)
	assert.Nil(t, known)
	assert.False(t, lease.Resumed())
	_, _, err = idempotency.Take(t.Context(), q, c, time.Minute)
	require.ErrorIs(t, err, idempotency.ErrInFlight)
	_, _, err = idempotency.Take(t.Context(), q, call(t, 1, "a", "y"), time.Minute)
	require.ErrorIs(t, err, idempotency.ErrReused)

	// The first request's process seems to have crashed. After a minute a repetition resumes the
	// call, and the first request's response comes too late.
	shop.Exec("UPDATE idempotency_keys SET leased_until = now() - interval '1 second'")
	_, _, err = idempotency.Take(t.Context(), q, call(t, 1, "a", "y"), time.Minute)
	require.ErrorIs(t, err, idempotency.ErrReused, "not with another request")
	second, known, err := idempotency.Take(t.Context(), q, c, time.Minute)
	require.NoError(t, err)
	assert.Nil(t, known)
	assert.True(t, second.Resumed())
	require.ErrorIs(t, lease.Store(t.Context(), q, response(t, "late")), idempotency.ErrLost)
	require.NoError(t, lease.Release(t.Context(), q), "a lost lease releases nothing")
	stored := response(t, "stored")
	require.NoError(t, second.Store(t.Context(), q, stored))
	_, known, err = idempotency.Take(t.Context(), q, c, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, stored.Body, known.Body)
	assert.True(t, known.Replayed)

	// A request that failed with an uncertain effect leaves the call to its repetition, which
	// learns that there was an attempt before.
	left := call(t, 1, "c", "x")
	lease, _, err = idempotency.Take(t.Context(), q, left, time.Minute)
	require.NoError(t, err)
	boom := errors.New("boom")
	require.ErrorIs(t, lease.End(t.Context(), q, boom), boom)
	lease, _, err = idempotency.Take(t.Context(), q, left, time.Minute)
	require.NoError(t, err)
	assert.True(t, lease.Resumed())
	require.ErrorIs(t, lease.End(t.Context(), q, idempotency.ErrLost), idempotency.ErrLost)
	lease, _, err = idempotency.Take(t.Context(), q, left, time.Minute)
	require.NoError(t, err)
	assert.False(t, lease.Resumed(), "a refused call is as good as new")

	other := call(t, 1, "b", "x")
	lease, _, err = idempotency.Take(t.Context(), q, other, time.Minute)
	require.NoError(t, err)
	require.NoError(t, lease.Release(t.Context(), q))
	lease, _, err = idempotency.Take(t.Context(), q, other, time.Minute)
	require.NoError(t, err)
	assert.False(t, lease.Resumed(), "a released call is as good as new")

	shop.Exec("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
	_, known, err = idempotency.Take(t.Context(), q, call(t, 1, "a", "another"), time.Minute)
	require.NoError(t, err)
	assert.Nil(t, known, "the response is valid for a day")
	require.NoError(t, q.PurgeIdempotencyKeys(t.Context()))
	assert.Equal(t, 1, apitest.Value[int](shop, "SELECT count(*) FROM idempotency_keys"))

	none, err := idempotency.NewCall(t.Context(), nil)
	require.NoError(t, err)
	lease, _, err = idempotency.Take(t.Context(), q, none, time.Minute)
	require.NoError(t, err)
	require.NoError(
		t, errors.Join(lease.Store(t.Context(), q, stored), lease.Release(t.Context(), q)),
	)
}

// Take: of racing calls one takes a lease, and one a lease that ran out.
func TestALeaseIsTakenOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	q := db.New(shop.Pool)
	take := func(ctx context.Context, c idempotency.Call) (taken int32) {
		var all sync.WaitGroup
		var count atomic.Int32
		for range 16 {
			all.Go(func() {
				if _, _, err := idempotency.Take(ctx, q, c, time.Minute); err == nil {
					count.Add(1)
				} else {
					assert.ErrorIs(t, err, idempotency.ErrInFlight)
				}
			})
		}
		all.Wait()
		return count.Load()
	}
	c := call(t, 1, "a", "x")
	assert.Equal(t, int32(1), take(t.Context(), c))
	shop.Exec("UPDATE idempotency_keys SET leased_until = now() - interval '1 second'")
	assert.Equal(t, int32(1), take(t.Context(), c))
}
