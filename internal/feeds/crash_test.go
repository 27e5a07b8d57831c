package feeds_test

import (
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

var workers = apitest.Setting{Name: "WORKERS", Value: "true"}

// startImport: a server is killed in the middle of an import; the next one resumes it, and no row
// is lost or doubled. Set IMPORT_ROWS=1000000 to see it with as many.
func TestADeathInTheMiddleOfAnImport(t *testing.T) {
	t.Parallel()
	rows, kills := 3000, 1
	if text := os.Getenv("IMPORT_ROWS"); text != "" {
		var err error
		rows, err = strconv.Atoi(text)
		require.NoError(t, err)
		kills = 3
	}
	shop := apitest.New(t)
	admin := shop.Admin()
	var started, now api.Import
	admin.Post(imports, form(t, manyRows(rows), part{"batch_size", "250"})).
		Want(http.StatusAccepted).
		Into(&started)
	begun := time.Now()
	done := func() int64 {
		return apitest.Value[int64](
			shop, "SELECT created + updated + unchanged + failed FROM imports WHERE id = $1",
			started.ID,
		)
	}
	for kill := range kills {
		mark := int64(rows * (kill + 1) / (kills + 2))
		dying := shop.Process(workers)
		require.Eventually(
			t, func() bool { return done() >= mark }, 30*time.Minute, 2*time.Millisecond,
		)
		t.Logf("killed after %d rows at %d MiB", done(), dying.PeakMemory())
		dying.Kill()
		assert.Less(t, done(), int64(rows), "it was in the middle")
		// As if its silence had lasted: the periodic job finds the import.
		shop.Exec("UPDATE imports SET alive_at = now() - interval '1 minute'")
		shop.Exec("DELETE FROM river_leader")
	}
	last := shop.Process(workers)
	var status string
	require.Eventually(t, func() bool {
		status = apitest.Value[string](shop, "SELECT status FROM imports WHERE id = $1", started.ID)
		return status == "completed"
	}, time.Hour, 20*time.Millisecond, "%s", status)
	took := time.Since(begun)
	t.Logf(
		"%d rows in %s with %d deaths, %.0f rows/s, at most %d MiB", rows,
		took.Round(time.Millisecond), kills, float64(rows)/took.Seconds(), last.PeakMemory(),
	)
	admin.Get(at(started.ID)).Want(http.StatusOK).Into(&now)
	assert.Equal(t, [4]int64{int64(rows), 0, 0, 0}, counted(now), "each row was counted once")
	assert.Equal(
		t,
		[]int{rows, rows, rows, rows},
		apitest.Value[[]int](
			shop,
			`SELECT ARRAY[(SELECT count(*) FROM products)::int, (SELECT count(*)
				FROM variants)::int,
		(SELECT count(*) FROM feed_items)::int, (SELECT count(*) FROM product_search)::int]`,
		),
	)
	assert.Equal(
		t,
		0,
		apitest.Value[int](
			shop,
			`SELECT count(*)::int FROM variants v
				WHERE v.stock <> (regexp_replace(v.sku, '\D', '', 'g'))::int % 50`,
		),
	)
	last.Kill()
	shop.RequireSound()
}

// startImport: of several runners of one import only one works.
func TestOneRunnerAtATime(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var started, now api.Import
	admin.Post(imports, form(t, manyRows(300), part{"batch_size", "20"})).
		Want(http.StatusAccepted).
		Into(&started)
	const runners = 8
	failed := make(chan error, runners)
	for range runners {
		go func() {
			_, err := shop.App.Feeds.RunImport(
				t.Context(), started.ID, time.Now().Add(time.Minute), nil,
			)
			failed <- err
		}()
	}
	for range runners {
		require.NoError(t, <-failed)
	}
	admin.Get(at(started.ID)).Want(http.StatusOK).Into(&now)
	assert.Equal(t, [4]int64{300, 0, 0, 0}, counted(now))
	assert.Equal(t, api.ImportStatusCompleted, now.Status)
	shop.RequireSound()
}
