//go:build unix

package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

func (m *machine) redisPID() string { return filepath.Join(m.Dir, "redis", "redis.pid") }

// startRedis starts Redis unless it runs, and returns its URL. It stores nothing on disk, since a
// cache may be lost.
func (m *machine) startRedis(ctx context.Context, program string) (string, error) {
	dir := filepath.Join(m.Dir, "redis")
	if port := m.lastPort("redis"); isOurRedis(ctx, port, dir) {
		return redisURL(port), nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	number, err := m.port("redis")
	if err != nil {
		return "", err
	}
	port := strconv.Itoa(number)
	m.Step("Starting Redis on port %s", port)
	log := filepath.Join(dir, "server.log")
	command := exec.CommandContext(
		ctx, program, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "",
		"--appendonly", "no", "--daemonize", "yes", "--pidfile", m.redisPID(), "--logfile", log,
		"--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru",
	)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("redis does not start: %w (see %s)", err, log)
	}
	url := redisURL(port)
	return url, wait(ctx, "Redis", func(ctx context.Context) error { return pingRedis(ctx, url) })
}

func redisURL(port string) string { return "redis://127.0.0.1:" + port + "/0" }

// isOurRedis reports whether the server at a port is this project's.
func isOurRedis(ctx context.Context, port, dir string) bool {
	if port == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, MaxRetries: -1})
	defer func() { _ = client.Close() }()
	settings, err := client.ConfigGet(ctx, "dir").Result()
	return err == nil && settings["dir"] == dir
}
