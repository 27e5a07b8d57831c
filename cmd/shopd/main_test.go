package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/openapi"
)

// actsAsProgram is an environment variable that turns the test binary into shopd, so that tests can
// start the program without building it.
const actsAsProgram = "TEST_ACTS_AS_SHOPD"

func TestMain(m *testing.M) {
	if os.Getenv(actsAsProgram) != "" {
		main()
		return
	}
	apitest.Main(m)
}

func run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	return runWith(t, "", arguments...)
}

// runWith runs a command with standard input.
func runWith(t *testing.T, input string, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := command()
	c.SetIn(strings.NewReader(input))
	c.SetArgs(arguments)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

// The commands version and openapi, the usage, and an unknown command.
func TestSmallCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	out, err := run(t, "version")
	require.NoError(t, err)
	assert.Equal(t, "shopd "+config.Version+"\n", out)
	out, err = run(t, "openapi")
	require.NoError(t, err)
	document, err := openapi.Flatten(shopd.Contract)
	require.NoError(t, err)
	contract, err := document.YAML()
	require.NoError(t, err)
	assert.Equal(t, string(contract), out)
	out, err = run(t, "openapi", "--json")
	require.NoError(t, err)
	assert.True(t, json.Valid([]byte(out)))
	out, err = run(t)
	require.NoError(t, err)
	assert.Contains(t, out, "shopd dev")
	_, err = run(t, "frobnicate")
	assert.ErrorContains(t, err, "unknown command")
}

// The commands serve, dev, migrate and health: a wrong setting or argument is one line that names
// it.
func TestMistakesAreOneClearLine(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DEBUG", "false")
	t.Setenv("SECRET_KEY", "short")
	_, err := run(t, "serve")
	assert.ErrorContains(t, err, "SECRET_KEY: must have at least 32 characters")
	t.Setenv("DEBUG", "true")
	t.Setenv("PORT", "eighty")
	_, err = run(t, "dev")
	assert.ErrorContains(t, err, "PORT: not a valid int")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	t.Setenv("PORT", port)
	t.Setenv("HOST", "127.0.0.1")
	for _, name := range []string{"serve", "dev"} {
		_, err = run(t, name)
		assert.EqualError(
			t, err, "PORT: "+port+" is in use by another program; stop that one or set PORT", name,
		)
	}
	_, err = run(t, "migrate", "down", "all")
	assert.ErrorContains(t, err, "STEPS")
	require.NoError(t, listener.Close())
	_, err = run(t, "health")
	assert.ErrorContains(t, err, "no server responds on port "+port)
}

// No operation: the commands serve, migrate, prepare, index, worker and check, on a database of
// their own.
func TestDatabaseCommands(t *testing.T) {
	apitest.NotWithRace(t) // it draws every image of the demo shop
	t.Chdir(t.TempDir())
	t.Setenv("DEBUG", "true")
	t.Setenv("LOG_LEVEL", "error")
	t.Setenv("PORT", "0") // any that is free
	t.Setenv("DATABASE_URL", apitest.CreateDatabase(t))
	t.Setenv("REDIS_URL", apitest.RedisURL())
	_, err := run(t, "serve")
	assert.ErrorContains(t, err, "migrate up")
	out, err := run(t, "migrate", "up")
	require.NoError(t, err)
	assert.Contains(t, out, "The schema is at version")
	_, err = run(t, "migrate", "down", "1")
	require.NoError(t, err)
	out, err = run(t, "prepare")
	require.NoError(t, err, out)
	_, err = run(t, "index")
	require.NoError(t, err)

	working, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		worker := command()
		worker.SetArgs([]string{"worker"})
		ended <- worker.ExecuteContext(working)
	}()
	conn, err := pgx.Connect(t.Context(), os.Getenv("DATABASE_URL"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	require.Eventually(t, func() bool { // the only worker becomes the leader
		var leads bool
		err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM river_leader)").Scan(&leads)
		return err == nil && leads
	}, 20*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, <-ended)

	_, err = runWith(t, "password123\n", "admin", "create", "boss@example.com")
	assert.ErrorContains(t, err, "is one of the most common passwords")
	out, err = runWith(t, "correct horse 9\n", "admin", "create", "boss@example.com")
	require.NoError(t, err)
	assert.Contains(t, out, "boss@example.com is an administrator")
	assert.NotContains(t, out, "horse")
	_, err = runWith(t, "correct horse 9\n", "admin", "create", "boss@example.com")
	assert.ErrorContains(t, err, "exists")
	_, err = run(t, "admin", "promote", "nobody@example.com")
	assert.EqualError(t, err, "There is no such account.")
	_, err = run(t, "admin", "promote", "boss@example.com")
	require.NoError(t, err)

	out, err = run(t, "check")
	require.NoError(t, err, out)
	assert.Contains(t, out, "checked, 0 wrong")
	_, err = conn.Exec(t.Context(), `
		UPDATE stock_levels SET quantity = quantity + 1
		 WHERE variant_id = (SELECT min(variant_id) FROM stock_levels)`)
	require.NoError(t, err)
	out, err = run(t, "check")
	require.EqualError(t, err, "the books do not balance: 1 findings")
	assert.Contains(t, out, "and its movements add up to")
}
