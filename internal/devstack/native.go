//go:build unix

package devstack

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine starts and stops the servers of one project on this machine.
type machine struct {
	Options
	data  string     // the data folder of PostgreSQL
	owner *ownership // the user PostgreSQL runs as; nil means the current user
}

func startNative(ctx context.Context, o Options) (*Servers, error) {
	programs, err := findPrograms(ctx, o)
	if err != nil {
		return nil, err
	}
	m, err := newMachine(o)
	if err != nil {
		return nil, err
	}
	databaseURL, err := m.startPostgres(ctx, programs.postgres)
	if err != nil {
		return nil, err
	}
	redisURL, err := m.startRedis(ctx, programs.redis)
	if err != nil {
		return nil, err
	}
	m.watch()
	return &Servers{
		DatabaseURL: databaseURL,
		RedisURL:    redisURL,
		Origin:      "native",
		stop:        m.stopBoth,
	}, nil
}

func newMachine(o Options) (*machine, error) {
	m := &machine{Options: o, data: filepath.Join(o.Dir, "postgres")}
	if os.Geteuid() != 0 {
		return m, nil
	}
	owner, err := postgresUser() // PostgreSQL refuses to run as root
	if err != nil {
		return nil, err
	}
	m.owner = owner
	if !othersMayEnter(o.Dir) {
		hash := sha256.Sum256([]byte(o.Dir))
		m.data = filepath.Join("/var/tmp", "shopd-"+hex.EncodeToString(hash[:6]), "postgres")
	}
	return m, nil
}

// othersMayEnter reports whether any user can enter a folder.
func othersMayEnter(dir string) bool {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if at == filepath.Dir(at) {
			return true
		}
	}
}

// port returns the port that a server had last time, or a free port if another program uses it.
func (m *machine) port(name string) (int, error) {
	file := filepath.Join(m.Dir, name+".port")
	if text, err := os.ReadFile(file); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && isFree(port) {
			return port, nil
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return 0, err
	}
	return port, os.WriteFile(file, []byte(strconv.Itoa(port)), 0o644)
}

func (m *machine) lastPort(name string) string {
	text, _ := os.ReadFile(filepath.Join(m.Dir, name+".port")) // no file: no port yet
	return strings.TrimSpace(string(text))
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

//go:embed watch.sh
var watchScript string

// watch starts the watcher that stops the servers when no process uses them. If one runs already,
// the new one exits immediately. Without flock(1) the servers run until they are stopped by hand.
func (m *machine) watch() {
	flock, err := exec.LookPath("flock")
	if err != nil {
		return
	}
	command := exec.CommandContext(
		context.Background(), "/bin/sh", "-c", watchScript, "shopd-watch", flock, m.Dir,
		filepath.Join(m.data, "postmaster.pid"), m.redisPID(),
	)
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C must not end it
	if command.Start() == nil {
		go func() { _ = command.Wait() }()
	}
}

// stopBoth stops both servers, PostgreSQL by a fast shutdown.
func (m *machine) stopBoth(ctx context.Context) error {
	return errors.Join(
		stopProcess(ctx, filepath.Join(m.data, "postmaster.pid"), "postgres", syscall.SIGINT),
		stopProcess(ctx, m.redisPID(), "redis-server", syscall.SIGTERM))
}

// stopProcess sends a signal to the process of a pid file and waits for its end. It does nothing if
// the process is not the program.
func stopProcess(ctx context.Context, pidFile, program string, signal syscall.Signal) error {
	pid, running := processOf(pidFile, program)
	if !running {
		return nil
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return fmt.Errorf("stop %s: %w", program, err)
	}
	for runs(pid, program) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s (pid %d) has not stopped: %w", program, pid, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// processOf returns the process id in a pid file, and whether that process is the program.
func processOf(pidFile, program string) (pid int, running bool) {
	pid = readPID(pidFile)
	return pid, pid > 0 && runs(pid, program)
}

// readPID returns the process id in the first line of a pid file, or 0.
func readPID(pidFile string) int {
	text, _ := os.ReadFile(pidFile) // no file, no process
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}

// runs reports whether a process runs and is the program. Without /proc it reports only whether the
// process runs.
func runs(pid int, program string) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || strings.Contains(string(command), program)
}

func resetNative(ctx context.Context, o Options) error {
	m, err := newMachine(o)
	if err != nil {
		return err
	}
	if err := m.stopBoth(ctx); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(m.data), os.RemoveAll(filepath.Join(m.Dir, "redis")))
}
