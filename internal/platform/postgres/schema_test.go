package postgres_test

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/migrations"
)

const (
	schemaFile     = "../../../gen/db/schema.sql"
	refreshCommand = "go test ./internal/platform/postgres -run TestTheSchemaIsWrittenDown -update"
)

var update = flag.Bool("update", false, "write gen/db/schema.sql")

//go:embed testdata/objects.sql
var objectsSQL string

// gen/db/schema.sql is the schema as migrated: each object as it is after the last migration,
// listed under the migration that created it. It is read from the catalogs of the database, so that
// neither pg_dump nor a certain version of PostgreSQL is needed.
func TestTheSchemaIsWrittenDown(t *testing.T) {
	t.Parallel()
	url := apitest.CreateDatabase(t)
	files, err := fs.Glob(migrations.FS, "*.up.sql")
	require.NoError(t, err)
	madeBy := map[int64]string{}
	var objects []object
	for _, file := range files {
		require.NoError(t, postgres.MigrateSteps(t.Context(), url, 1))
		objects = readObjects(t, url)
		for _, o := range objects {
			if madeBy[o.OID] == "" {
				madeBy[o.OID] = file
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "-- The schema of the database, "+
		"generated from migrations/, where the comments are.\n"+
		"-- DO NOT EDIT. Refresh it with:\n--   %s\n", refreshCommand)
	for _, file := range files {
		title := "-- ── migrations/" + file + " "
		fmt.Fprintf(&text, "\n%s%s\n", title, strings.Repeat("─", 100-len([]rune(title))))
		for _, o := range objects {
			if madeBy[o.OID] == file {
				fmt.Fprintf(&text, "\n%s\n", o.Text)
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, []byte(text.String()), 0o644))
	}
	written, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.Equal(
		t, string(written), text.String(),
		"gen/db/schema.sql is stale. Refresh it: %s", refreshCommand,
	)
}

// object is one object of the schema.
type object struct {
	OID  int64
	Text string
}

func readObjects(t *testing.T, url string) []object {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), objectsSQL)
	require.NoError(t, err)
	objects, err := pgx.CollectRows(rows, pgx.RowToStructByPos[object])
	require.NoError(t, err)
	return objects
}
