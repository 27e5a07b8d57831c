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

// call is one of a user with a key.
func call(t *testing.T, user int64, key string, body any) idempotency.Call {
	t.Helper()
	info := &request.Info{Operation: "pay", Principal: request.Principal{UserID: user}}
	made, err := idempotency.NewCall(request.With(t.Context(), info), &key, body)
	require.NoError(t, err)
	return made
}

func answer(t *testing.T, body any) idempotency.Answer {
	t.Helper()
	made, err := idempotency.NewAnswer(http.StatusCreated, body)
	require.NoError(t, err)
	return made
}

// Once: work runs once for each key, and its response is returned again.
func TestOnce(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	var effects atomic.Int32
	run := func(c idempotency.Call, fail error) (got idempotency.Answer, err error) {
		err = postgres.Tx(t.Context(), shop.Pool, func(q *db.Queries) error {
			got, err = idempotency.Once(
				t.Context(),
				q,
				c,
				func(keep func(idempotency.Answer) error) (idempotency.Answer, error) {
					a := answer(t, map[string]int32{"n": effects.Add(1)})
					return a, errors.Join(keep(a), fail)
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
	require.NoError(t, err, "what failed was not kept")
	assert.False(t, first.Replayed)
	again, err := run(call(t, 1, "a", "x"), nil)
	require.NoError(t, err)
	assert.Equal(
		t, idempotency.Answer{Status: first.Status, Body: first.Body, Replayed: true}, again,
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
func TestWhatIsUnderWayIsRefusedAtOnce(t *testing.T) {
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
			func(keep func(idempotency.Answer) error) (idempotency.Answer, error) {
				within(func(q *db.Queries) {
					_, err := idempotency.Once(t.Context(), q, c, nil)
					assert.ErrorIs(t, err, idempotency.ErrInFlight)
				})
				a := answer(t, "done")
				return a, keep(a)
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

	// Whoever held it crashed: after a minute another goes on, and the first one's answer comes too
	// late.
	shop.Exec("UPDATE idempotency_keys SET leased_until = now() - interval '1 second'")
	_, _, err = idempotency.Take(t.Context(), q, call(t, 1, "a", "y"), time.Minute)
	require.ErrorIs(t, err, idempotency.ErrReused, "not with another request")
	second, known, err := idempotency.Take(t.Context(), q, c, time.Minute)
	require.NoError(t, err)
	assert.Nil(t, known)
	assert.True(t, second.Resumed())
	require.ErrorIs(t, lease.Keep(t.Context(), q, answer(t, "late")), idempotency.ErrLost)
	require.NoError(t, lease.GiveBack(t.Context(), q), "it is not the first one's to give back")
	kept := answer(t, "kept")
	require.NoError(t, second.Keep(t.Context(), q, kept))
	_, known, err = idempotency.Take(t.Context(), q, c, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, kept.Body, known.Body)
	assert.True(t, known.Replayed)

	// Whoever failed without knowing what happened leaves it to the next, who knows that there was
	// somebody.
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
	assert.False(t, lease.Resumed(), "what was refused is as good as unused")

	other := call(t, 1, "b", "x")
	lease, _, err = idempotency.Take(t.Context(), q, other, time.Minute)
	require.NoError(t, err)
	require.NoError(t, lease.GiveBack(t.Context(), q))
	lease, _, err = idempotency.Take(t.Context(), q, other, time.Minute)
	require.NoError(t, err)
	assert.False(t, lease.Resumed(), "given back is as good as unused")

	shop.Exec("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
	_, known, err = idempotency.Take(t.Context(), q, call(t, 1, "a", "another"), time.Minute)
	require.NoError(t, err)
	assert.Nil(t, known, "forgotten after a day")
	require.NoError(t, q.PurgeIdempotencyKeys(t.Context()))
	assert.Equal(t, 1, apitest.Value[int](shop, "SELECT count(*) FROM idempotency_keys"))

	none, err := idempotency.NewCall(t.Context(), nil)
	require.NoError(t, err)
	lease, _, err = idempotency.Take(t.Context(), q, none, time.Minute)
	require.NoError(t, err)
	require.NoError(
		t, errors.Join(lease.Keep(t.Context(), q, kept), lease.GiveBack(t.Context(), q)),
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
