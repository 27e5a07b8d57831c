//go:build unix

package apitest

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Redis is a server of one test, to be ill-treated.
type Redis struct {
	*redis.Client
	t       testing.TB
	port    int
	process *exec.Cmd
}

// StartRedis starts a server for one test. Where there is no redis-server, the test is skipped.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("needs redis-server")
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &Redis{t: t, port: listener.Addr().(*net.TCPAddr).Port}
	require.NoError(t, listener.Close())
	r.Client = redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(r.port)})
	r.Start()
	t.Cleanup(func() {
		_ = r.Close()
		r.Kill()
	})
	return r
}

// Setting points a shop to it.
func (r *Redis) Setting() Setting {
	return Setting{"REDIS_URL", "redis://127.0.0.1:" + strconv.Itoa(r.port) + "/0"}
}

// Start starts it, empty, on the port it had.
func (r *Redis) Start() {
	r.t.Helper()
	r.process = exec.CommandContext(
		context.Background(), "redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", r.t.TempDir(),
	)
	require.NoError(r.t, r.process.Start())
	require.Eventually(
		r.t, func() bool { return r.Ping(context.Background()).Err() == nil }, 10*time.Second,
		10*time.Millisecond,
	)
}

// Kill ends it at once.
func (r *Redis) Kill() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
}

// Hang stops Redis from responding. Connections stay open, and new ones are accepted. Resume lets
// it continue.
func (r *Redis) Hang() { require.NoError(r.t, r.process.Process.Signal(syscall.SIGSTOP)) }

// Resume ends Hang.
func (r *Redis) Resume() { require.NoError(r.t, r.process.Process.Signal(syscall.SIGCONT)) }
