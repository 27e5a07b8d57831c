//go:build unix

package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ownership is a user of the system.
type ownership struct{ uid, gid int }

func postgresUser() (*ownership, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New(
			"PostgreSQL refuses to run as root, and there is no user postgres: " +
				"make one, or run as another user",
		)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return &ownership{uid, gid}, err
}

// postgresSettings are the settings of a cluster for development and tests. Committed data survives
// a crash.
const postgresSettings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 512MB
max_wal_size = 2GB
wal_level = minimal
max_wal_senders = 0
jit = off
max_parallel_maintenance_workers = 0
timezone = 'UTC'
log_timezone = 'UTC'
`

// startPostgres starts PostgreSQL unless it runs, and returns the URL of the project's database.
func (m *machine) startPostgres(ctx context.Context, bin string) (string, error) {
	if url := m.postgresURL(m.lastPort("postgres"), "shopd"); m.isOurPostgres(ctx, url) {
		return url, nil
	}
	if _, err := os.Stat(filepath.Join(m.data, "PG_VERSION")); err != nil {
		if err := m.initPostgres(ctx, bin); err != nil {
			return "", err
		}
	}
	port, err := m.port("postgres")
	if err != nil {
		return "", err
	}
	m.Step("Starting PostgreSQL on port %d", port)
	m.awaitDead()
	log := filepath.Join(m.data, "server.log")
	if err := m.run(
		ctx, filepath.Join(bin, "pg_ctl"), "start", "--wait", "--timeout=60", "--silent",
		"--pgdata="+m.data, "--log="+log, "--options=-p "+strconv.Itoa(port),
	); err != nil {
		text, _ := os.ReadFile(log) // without it the error is less detailed
		return "", fmt.Errorf("PostgreSQL does not start: %s (see %s)", lastLine(string(text)), log)
	}
	if err := createDatabase(ctx, m.postgresURL(strconv.Itoa(port), "postgres")); err != nil {
		return "", err
	}
	return m.postgresURL(strconv.Itoa(port), "shopd"), nil
}

// awaitDead waits at most five seconds for a killed server to be gone. Until then pg_ctl would
// treat it as running.
func (m *machine) awaitDead() {
	pid := readPID(filepath.Join(m.data, "postmaster.pid"))
	for range 100 {
		if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (m *machine) postgresURL(port, database string) string {
	return "postgres://shopd@127.0.0.1:" + port + "/" + database + "?sslmode=disable"
}

// isOurPostgres reports whether the server at a URL is this project's. Another server may use its
// port.
func (m *machine) isOurPostgres(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(ctx) }()
	var data string
	return conn.QueryRow(ctx, "SHOW data_directory").Scan(&data) == nil && data == m.data
}

func (m *machine) initPostgres(ctx context.Context, bin string) error {
	m.Step("Making a PostgreSQL cluster in %s", m.data)
	if err := os.RemoveAll(m.data); err != nil { // left behind by an interrupted attempt
		return err
	}
	if err := os.MkdirAll(m.data, 0o700); err != nil {
		return err
	}
	if m.owner != nil {
		if err := os.Chown(m.data, m.owner.uid, m.owner.gid); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Dir(m.data), 0o755); err != nil {
			return err
		}
	}
	if err := m.run(
		ctx, filepath.Join(bin, "initdb"), "--pgdata="+m.data, "--username=shopd", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
	); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	settings, err := os.OpenFile(
		filepath.Join(m.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0,
	)
	if err != nil {
		return err
	}
	_, err = settings.WriteString(postgresSettings)
	return errors.Join(err, settings.Close())
}

func createDatabase(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'shopd')").
		Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE shopd")
	return err
}

// run runs a program as the owner of the data. Its output goes to a file instead of a pipe: a
// server that it starts inherits the output, and would hold a pipe open as long as it runs.
func (m *machine) run(ctx context.Context, program string, arguments ...string) error {
	log, err := os.OpenFile(
		filepath.Join(m.Dir, "commands.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644,
	)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	before, err := log.Seek(0, 2)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stdout, command.Stderr, command.Dir = log, log, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if m.owner != nil {
		command.SysProcAttr.Credential = &syscall.Credential{
			Uid: uint32(m.owner.uid),
			Gid: uint32(m.owner.gid),
		}
	}
	if err := command.Run(); err != nil {
		text := make([]byte, 4096)
		n, _ := log.ReadAt(text, before) // a short read is not an error here
		return fmt.Errorf("%s: %w", lastLine(string(text[:n])), err)
	}
	return nil
}
