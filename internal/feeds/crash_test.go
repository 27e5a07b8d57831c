package feeds_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/apitest"
)

// another is the same shop as a process of its own, which works jobs and can be killed.
func another(t *testing.T, s *apitest.Shop, folder string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "SHOPD_TEST_SERVE=1", "DEBUG=true", "DATABASE_URL="+s.DatabaseURL, "REDIS_URL="+apitest.RedisURL(), "CACHE_RESPONSES=false",
		"RATE_LIMIT_FACTOR=0", "WORKERS=true", "RAG_PROVIDER=local", "LOG_LEVEL=error", "UPLOAD_DIR="+folder, "PAYMENT_TEST_DIR="+t.TempDir(),
		"MAIL_DIR="+t.TempDir(), "HOST=127.0.0.1", "PORT=0", "DATABASE_POOL=6")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	_, err = bufio.NewReader(out).ReadString('\n') // its address: it serves
	require.NoError(t, err)
	return c
}

// memory is the most a process ever had in memory, in MiB.
func memory(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.Atoi(strings.Fields(text)[0])
			require.NoError(t, err)
			return kilobytes >> 10
		}
	}
	return 0
}

// A server that is killed in the middle of an import: the next one goes on, and no row is lost or doubled. Set
// IMPORT_ROWS=1000000 to see it with as many.
func TestADeathInTheMiddleOfAnImport(t *testing.T) {
	t.Parallel()
	rows, kills := 3000, 1
	if text := os.Getenv("IMPORT_ROWS"); text != "" {
		var err error
		rows, err = strconv.Atoi(text)
		require.NoError(t, err)
		kills = 3
	}
	folder := t.TempDir()
	shop := apitest.New(t, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})
	admin := shop.Admin()
	var started, now api.Import
	admin.Post(imports, form(t, manyRows(rows), part{"batch_size", "250"})).Want(http.StatusAccepted).Into(&started)
	begun := time.Now()
	done := func() int64 {
		return apitest.Value[int64](shop, "SELECT created + updated + unchanged + failed FROM imports WHERE id = $1", started.ID)
	}
	for kill := range kills {
		mark := int64(rows * (kill + 1) / (kills + 2))
		dying := another(t, shop, folder)
		require.Eventually(t, func() bool { return done() >= mark }, 30*time.Minute, 2*time.Millisecond)
		t.Logf("killed after %d rows at %d MiB", done(), memory(t, dying))
		require.NoError(t, dying.Process.Kill())
		assert.Error(t, dying.Wait())
		assert.Less(t, done(), int64(rows), "it was in the middle")
		// As if its silence had lasted: the periodic job finds the import.
		shop.Exec("UPDATE imports SET alive_at = now() - interval '1 minute'")
		shop.Exec("DELETE FROM river_leader")
	}
	last := another(t, shop, folder)
	var status string
	require.Eventually(t, func() bool {
		status = apitest.Value[string](shop, "SELECT status FROM imports WHERE id = $1", started.ID)
		return status == "completed"
	}, time.Hour, 20*time.Millisecond, "%s", status)
	took := time.Since(begun)
	t.Logf("%d rows in %s with %d deaths, %.0f rows/s, at most %d MiB", rows, took.Round(time.Millisecond), kills, float64(rows)/took.Seconds(), memory(t, last))
	admin.Get(at(started.ID)).Want(http.StatusOK).Into(&now)
	assert.Equal(t, [4]int64{int64(rows), 0, 0, 0}, counted(now), "each row was counted once")
	assert.Equal(t, []int{rows, rows, rows, rows}, apitest.Value[[]int](shop, `SELECT ARRAY[(SELECT count(*) FROM products)::int, (SELECT count(*) FROM variants)::int,
		(SELECT count(*) FROM feed_items)::int, (SELECT count(*) FROM product_search)::int]`))
	assert.Equal(t, 0, apitest.Value[int](shop, `SELECT count(*)::int FROM variants v WHERE v.stock <> (regexp_replace(v.sku, '\D', '', 'g'))::int % 50`))
	require.NoError(t, last.Process.Kill())
	assert.Error(t, last.Wait())
	requireSound(t, shop)
}

// Runners that take up one import at once: one of them works.
func TestOneRunnerAtATime(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var started, now api.Import
	admin.Post(imports, form(t, manyRows(300), part{"batch_size", "20"})).Want(http.StatusAccepted).Into(&started)
	const runners = 8
	failed := make(chan error, runners)
	for range runners {
		go func() {
			_, err := shop.App.Feeds().Run(t.Context(), started.ID, time.Now().Add(time.Minute), nil)
			failed <- err
		}()
	}
	for range runners {
		require.NoError(t, <-failed)
	}
	admin.Get(at(started.ID)).Want(http.StatusOK).Into(&now)
	assert.Equal(t, [4]int64{300, 0, 0, 0}, counted(now))
	assert.Equal(t, api.ImportStatusCompleted, now.Status)
	requireSound(t, shop)
}
