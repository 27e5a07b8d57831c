package clock

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDatabasesTimePasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // the clock asks from a goroutine of its own
		ahead, takes, failing := time.Hour, time.Duration(0), false
		set := func(now, trip time.Duration, fails bool) {
			mu.Lock()
			defer mu.Unlock()
			ahead, takes, failing = now, trip, fails
		}
		ctx, end := context.WithCancel(t.Context())
		c, err := New(ctx, func(context.Context) (time.Time, error) {
			mu.Lock()
			now, trip, fails := ahead, takes, failing
			mu.Unlock()
			if fails {
				return time.Time{}, errors.New("away")
			}
			time.Sleep(trip / 2)
			said := time.Now().Add(now)
			time.Sleep(trip - trip/2)
			return said, nil
		})
		require.NoError(t, err)
		is := func(want time.Duration) {
			t.Helper()
			assert.Equal(t, want, time.Until(c.Now()))
		}
		is(time.Hour)
		time.Sleep(syncPeriod / 2)
		is(time.Hour)

		set(2*time.Hour, 0, false) // the database's clock was set
		time.Sleep(syncPeriod)
		is(2 * time.Hour)

		set(3*time.Hour, 2*maxTrip, false)
		time.Sleep(2 * syncPeriod)
		is(2 * time.Hour) // it took too long to be true

		set(3*time.Hour, maxTrip/2, true)
		time.Sleep(2 * syncPeriod)
		is(2 * time.Hour)
		set(3*time.Hour, maxTrip/2, false)
		time.Sleep(retryPeriod + maxTrip)
		is(3 * time.Hour)
		end()
	})
	assert.WithinDuration(t, time.Now(), (*Clock)(nil).Now(), time.Second)
}
