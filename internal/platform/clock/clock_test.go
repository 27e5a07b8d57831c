package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDatabasesTimePasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ahead, failing := time.Hour, false
		takes := time.Duration(0)
		ctx, end := context.WithCancel(t.Context())
		c, err := New(ctx, func(context.Context) (time.Time, error) {
			if failing {
				return time.Time{}, errors.New("away")
			}
			time.Sleep(takes / 2)
			said := time.Now().Add(ahead)
			time.Sleep(takes - takes/2)
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

		ahead = 2 * time.Hour // the database's clock was set
		time.Sleep(syncPeriod)
		is(2 * time.Hour)

		ahead, takes = 3*time.Hour, 2*maxTrip
		time.Sleep(2 * syncPeriod)
		is(2 * time.Hour) // it took too long to be true

		takes, failing = maxTrip/2, true
		time.Sleep(2 * syncPeriod)
		is(2 * time.Hour)
		failing = false
		time.Sleep(retryPeriod + maxTrip)
		is(3 * time.Hour)
		end()
	})
	assert.WithinDuration(t, time.Now(), (*Clock)(nil).Now(), time.Second)
}
