package bulkhead

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARequestThatWaitsForANameTakesNoRoomFromOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(16)
		release := make(chan struct{})
		var inside, busy atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				err := b.Do(t.Context(), []string{"kettle", "kettle"}, func() error {
					inside.Add(1)
					<-release
					return nil
				})
				if err != nil {
					assert.ErrorIs(t, err, ErrBusy)
					busy.Add(1)
				}
			})
		}
		synctest.Wait()
		assert.EqualValues(t, 4, inside.Load())
		started := time.Now()
		require.NoError(t, b.Do(t.Context(), []string{"pan"}, func() error { return nil }))
		assert.Zero(t, time.Since(started), "others do not wait")
		time.Sleep(maxWait)
		synctest.Wait()
		assert.EqualValues(t, 60, busy.Load())
		close(release)
		all.Wait()
		assert.Empty(t, b.keys)
		assert.Empty(t, b.all)
	})
}

func TestNamesInAnyOrderAndRoomForHalf(t *testing.T) {
	t.Parallel()
	b := New(2)
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for i := range 200 {
		names := []string{"a", "b"}
		if i%2 == 0 {
			names = []string{"b", "a"}
		}
		all.Go(func() {
			assert.NoError(t, b.Do(t.Context(), names, func() error {
				most.Store(max(most.Load(), inside.Add(1)))
				inside.Add(-1)
				return nil
			}))
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, most.Load())
	require.NoError(t, (*Bulkhead)(nil).Do(t.Context(), []string{"a"}, func() error { return nil }))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	b.all <- struct{}{}
	require.ErrorIs(t, b.Do(ended, nil, nil), context.Canceled)
}
