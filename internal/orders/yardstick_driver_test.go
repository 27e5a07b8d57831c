package orders_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// step is a statement of a script, prepared, and the names of its arguments in their order.
type step struct {
	sql       string
	arguments []string
}

var variable = regexp.MustCompile(`:[a-z_]+`)

// steps reads the statements of a script of pgbench: up to the one whose row the others use, and
// the rest.
func steps(script string) (first, second []step) {
	for _, line := range strings.Split(script, "\n") {
		if strings.HasPrefix(line, `\set `) {
			script = strings.Replace(script, line+"\n", "", 1)
		}
	}
	before, after, _ := strings.Cut(script, `\gset order_`)
	read := func(text string) (all []step) {
		for _, sql := range strings.Split(text, ";\n") {
			var s step
			s.sql = variable.ReplaceAllStringFunc(
				strings.ReplaceAll(sql, "::", "\x00"),
				func(name string) string {
					s.arguments = append(s.arguments, name[1:])
					return "$" + strconv.Itoa(len(s.arguments))
				},
			)
			if s.sql = strings.TrimSpace(strings.ReplaceAll(s.sql, "\x00", "::")); s.sql != "" {
				all = append(all, s)
			}
		}
		return all
	}
	return read(before), read(after)
}

// byDriver runs the script over 16 connections as fast as the driver can: two trips a checkout, as
// the order's number is known only after it is written.
func byDriver(b *testing.B, c *checkoutBench) float64 {
	b.Helper()
	first, second := steps(c.script(b))
	var all sync.WaitGroup
	var done atomic.Int64
	started := time.Now()
	for client := range 16 {
		conn, err := pgx.Connect(b.Context(), c.shop.DatabaseURL)
		require.NoError(b, err)
		all.Go(func() {
			defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
			for time.Since(started) < benchTurn {
				values := map[string]string{
					"who":    strconv.Itoa(client + 2),
					"cart":   strconv.Itoa(client + 1),
					"key":    strconv.FormatInt(1+rand.Int64N(1e15), 10),
					"first":  strconv.Itoa(2 + rand.IntN(benchProducts/2-1)),
					"second": strconv.Itoa(benchProducts/2 + 1 + rand.IntN(benchProducts/2)),
				}
				err := trip(b.Context(), conn.PgConn(), "first", first, values)
				if err == nil {
					err = trip(b.Context(), conn.PgConn(), "second", second, values)
				}
				if err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(started).Seconds()
}

// trip sends statements in one round trip and reads their results. The columns of the last row
// become values.
func trip(
	ctx context.Context, conn *pgconn.PgConn, name string, all []step, values map[string]string,
) error {
	if conn.CustomData()[name] == nil {
		for i, s := range all {
			if _, err := conn.Prepare(ctx, fmt.Sprint(name, i), s.sql, nil); err != nil {
				return fmt.Errorf("%s: %w", s.sql, err)
			}
		}
		conn.CustomData()[name] = true
	}
	pipeline := conn.StartPipeline(ctx)
	for i, s := range all {
		var arguments [][]byte
		for _, argument := range s.arguments {
			arguments = append(arguments, []byte(values[argument]))
		}
		pipeline.SendQueryPrepared(fmt.Sprint(name, i), arguments, nil, nil)
	}
	if err := pipeline.Sync(); err != nil {
		return errors.Join(err, pipeline.Close())
	}
	for range all {
		result, err := pipeline.GetResults()
		if err != nil {
			return errors.Join(err, pipeline.Close())
		}
		reader, ok := result.(*pgconn.ResultReader)
		if !ok {
			return errors.Join(fmt.Errorf("no result but %T", result), pipeline.Close())
		}
		for reader.NextRow() {
			for i, field := range reader.FieldDescriptions() {
				values["order_"+field.Name] = string(reader.Values()[i])
			}
		}
		if _, err := reader.Close(); err != nil {
			return errors.Join(err, pipeline.Close())
		}
	}
	return pipeline.Close()
}
