package apitest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statementLog is what the server asked the database.
type statementLog struct {
	mu  sync.Mutex
	all []pgx.TraceQueryStartData
}

func (l *statementLog) add(s pgx.TraceQueryStartData) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

// Plans returns how the database runs every query that the server sends during work, with the very
// same arguments.
func (s *Shop) Plans(work func()) (plans []string) {
	s.t.Helper()
	log := new(statementLog)
	s.statements.kept.Store(log)
	work()
	s.statements.kept.Store(nil)
	for _, statement := range log.all {
		if !strings.HasPrefix(statement.SQL, "-- name:") {
			continue
		}
		args := slices.DeleteFunc(
			slices.Clone(statement.Args),
			func(arg any) bool { _, isMode := arg.(pgx.QueryExecMode); return isMode },
		)
		rows, err := s.Pool.Query(
			s.t.Context(),
			"EXPLAIN (COSTS OFF) "+statement.SQL,
			append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
		require.NoError(s.t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(s.t, err, statement.SQL)
		plans = append(
			plans,
			statement.SQL[:strings.IndexByte(statement.SQL, '\n')]+"\n"+strings.Join(lines, "\n"),
		)
	}
	return plans
}

// Read is a kind of request for a benchmark. Path returns the i-th path.
type Read struct {
	Name string
	Path func(i int) string
	// Limit of the 95th percentile alone; 0 is none.
	Limit time.Duration
}

// SequentialScan of a table that grows with the catalogue.
var SequentialScan = regexp.MustCompile(
	`Seq Scan on (products|product_listings|product_search|product_embeddings` +
		`|product_images|variants)\b`,
)

// Measure prints a table of how fast reads are answered, alone and at 64 connections, and requires
// that none of them reads a large table from end to end.
func (s *Shop) Measure(t testing.TB, reads []Read) {
	t.Helper()
	fmt.Println(
		"| read | alone p50, ms | alone p95, ms | 64 at once p95, ms | answers/s |\n" +
			"|---|---|---|---|---|",
	)
	for _, read := range reads {
		Load(t, s.url, 4, time.Second/2, read.Path) // warms up
		alone := Load(t, s.url, 1, time.Second, read.Path)
		many := Load(t, s.url, 64, 2*time.Second, read.Path)
		fmt.Printf(
			"| %s | %s | %s | %s | %.0f |\n", read.Name, milliseconds(alone.P50),
			milliseconds(alone.P95), milliseconds(many.P95), many.PerSecond,
		)
		for _, plan := range s.Plans(func() { s.Get(read.Path(0)) }) {
			assert.NotRegexp(t, SequentialScan, plan, read.Name)
		}
		if read.Limit > 0 {
			assert.Less(t, alone.P95, read.Limit, "%s, alone", read.Name)
		}
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000)
}
