//go:build unix

package devstack

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// private returns options of servers that only this test uses.
func private(t *testing.T) Options {
	t.Helper()
	if os.Getenv("DATABASE_URL") != "" || hasDocker(t.Context()) {
		t.Skip("the servers are those of DATABASE_URL, or run in Docker")
	}
	o := Options{Dir: t.TempDir(), Step: t.Logf}
	require.NoError(t, os.Chmod(filepath.Dir(o.Dir), 0o755))
	require.NoError(t, o.complete())
	t.Cleanup(func() { assert.NoError(t, Reset(context.WithoutCancel(t.Context()), o)) })
	return o
}

func query(t *testing.T, s *Servers, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	var value string
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

// Start: processes share the servers, which outlive them.
func TestServersAreSharedAndSurvive(t *testing.T) {
	o := private(t)
	// Several processes may start them at once, as the packages of one test run do.
	started := make([]*Servers, 4)
	var all sync.WaitGroup
	for i := range started {
		all.Go(func() {
			s, err := Start(t.Context(), o)
			assert.NoError(t, err)
			started[i] = s
		})
	}
	all.Wait()
	first := started[0]
	for _, s := range started[1:] {
		require.Equal(t, first.DatabaseURL, s.DatabaseURL)
		require.Equal(t, first.RedisURL, s.RedisURL)
	}
	assert.Equal(t, "native", first.Origin)
	do := func(s *Servers, sql string) {
		conn, err := pgx.Connect(t.Context(), s.DatabaseURL)
		require.NoError(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		_, err = conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	do(first, "CREATE EXTENSION vector; CREATE TABLE stored AS SELECT '[1,2]'::vector AS v")

	// While other processes use them, they cannot be stopped or deleted.
	require.NoError(t, first.Stop(t.Context()))
	assert.Equal(t, "[1,2]", query(t, started[1], "SELECT v::text FROM stored"))
	assert.ErrorContains(t, Reset(t.Context(), o), "stop it first")
	for _, s := range started[1:] {
		require.NoError(t, s.Release())
	}

	// A crash loses no committed data.
	text, err := os.ReadFile(filepath.Join(o.Dir, "postgres", "postmaster.pid"))
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.Fields(string(text))[0])
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	again, err := Start(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, first.DatabaseURL, again.DatabaseURL, "the port is remembered")
	assert.Equal(t, "[1,2]", query(t, again, "SELECT v::text FROM stored"))

	// The last process that uses them can stop them.
	require.NoError(t, again.Stop(t.Context()))
	assert.NoFileExists(t, filepath.Join(o.Dir, "postgres", "postmaster.pid"))
	options, err := redis.ParseURL(again.RedisURL)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	assert.Error(t, client.Ping(t.Context()).Err())

	// If another program uses the port now, another port is chosen.
	taken, err := net.Listen("tcp", options.Addr)
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	moved, err := Start(t.Context(), o)
	require.NoError(t, err)
	assert.NotEqual(t, again.RedisURL, moved.RedisURL)
	require.NoError(t, moved.Stop(t.Context()))
}

// Start: servers that the settings name are used, and none is started.
func TestServersOfTheSettingsAreUsed(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://elsewhere/shop")
	t.Setenv("REDIS_URL", "redis://elsewhere")
	s, err := Start(t.Context(), Options{})
	require.NoError(t, err)
	assert.Equal(
		t,
		&Servers{
			DatabaseURL: "postgres://elsewhere/shop",
			RedisURL:    "redis://elsewhere",
			Origin:      "settings",
		},
		s,
	)
	require.NoError(t, s.Stop(t.Context()))
	assert.ErrorContains(t, Reset(t.Context(), Options{}), "DATABASE_URL")
	t.Setenv("REDIS_URL", "")
	_, err = Start(t.Context(), Options{})
	assert.ErrorContains(t, err, "set both")
}

// readSystem, advice: how to install a server on each operating system.
func TestAdviceFitsTheSystem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "os-release")
	require.NoError(
		t,
		os.WriteFile(
			file, []byte("NAME=\"Fedora Linux\"\nID=fedora\nVERSION_CODENAME=\"\"\n"), 0o644,
		),
	)
	s := readSystem(file)
	assert.False(t, s.hasAPT())
	assert.Contains(t, s.advice(), "dnf install")
	assert.Contains(t, readSystem("/no/such/file").advice(), "brew install")
	if _, err := exec.LookPath("apt-get"); err == nil {
		assert.Contains(t, system{id: "mint", like: "ubuntu debian"}.advice(), "apt-get install")
	}
}

// sourcesFor: package sources of a newer release.
func TestSourcesOfANewerRelease(t *testing.T) {
	oneLine := `# comment
deb http://deb.debian.org/debian bookworm main contrib
deb [arch=amd64 signed-by=/usr/share/keyrings/d.gpg] https://m.example.com/debian bookworm main
deb http://deb.debian.org/debian-security bookworm-security main
deb-src http://deb.debian.org/debian bookworm main
`
	assert.Equal(t, []string{
		"deb-src http://deb.debian.org/debian trixie main",
		"deb-src [signed-by=/usr/share/keyrings/d.gpg] https://m.example.com/debian trixie main",
	}, sourcesFor(oneLine, "bookworm", "trixie", "main"))
	stanzas := `Types: deb
# a comment: with a colon
URIs: http://deb.debian.org/debian http://other.example.com/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
`
	assert.Equal(t, []string{
		"deb-src [signed-by=/usr/share/keyrings/archive.gpg] " +
			"http://deb.debian.org/debian trixie main",
		"deb-src [signed-by=/usr/share/keyrings/archive.gpg] " +
			"http://other.example.com/debian trixie main",
	}, sourcesFor(stanzas, "bookworm", "trixie", "main"))
	assert.Empty(t, sourcesFor("", "bookworm", "trixie", "main"))
}

// majorOf: the version of PostgreSQL, by the path of its programs.
func TestVersionsAreReadFromPaths(t *testing.T) {
	for path, major := range map[string]int{
		"/usr/lib/postgresql/15/bin":          15,
		"/usr/pgsql-17/bin":                   17,
		"/opt/homebrew/opt/postgresql@16/bin": 16,
		"/usr/bin":                            0,
	} {
		assert.Equal(t, major, majorOf(path), path)
	}
}
