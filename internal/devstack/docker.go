package devstack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The same images as in compose.yaml.
const (
	postgresImage = "pgvector/pgvector:0.8.6-pg17"
	redisImage    = "redis:7.4-alpine"
)

// hasDocker reports whether a Docker engine runs. An installed client is not enough.
func hasDocker(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "info").Run() == nil
}

// containers are the names of the containers and the volume of one project.
type containers struct{ postgres, redis, volume string }

func containersOf(dir string) containers {
	hash := sha256.Sum256([]byte(dir))
	name := "shopd-dev-" + hex.EncodeToString(hash[:4])
	return containers{name + "-postgres", name + "-redis", name + "-data"}
}

func startDocker(ctx context.Context, o Options) (*Servers, error) {
	c := containersOf(o.Dir)
	if err := ensureContainer(
		ctx, o, c.postgres, "5432", "--volume", c.volume+":/var/lib/postgresql/data", "--env",
		"POSTGRES_USER=shopd", "--env", "POSTGRES_HOST_AUTH_METHOD=trust", postgresImage,
		"postgres", "-c", "shared_buffers=512MB", "-c", "max_wal_size=2GB", "-c",
		"max_connections=300", "-c", "jit=off", "-c", "max_parallel_maintenance_workers=0",
	); err != nil {
		return nil, err
	}
	if err := ensureContainer(
		ctx, o, c.redis, "6379", redisImage, "redis-server", "--save", "", "--appendonly", "no",
	); err != nil {
		return nil, err
	}
	postgres, err := published(ctx, c.postgres, "5432")
	if err != nil {
		return nil, err
	}
	redis, err := published(ctx, c.redis, "6379")
	if err != nil {
		return nil, err
	}
	s := &Servers{
		DatabaseURL: "postgres://shopd@" + postgres + "/shopd?sslmode=disable",
		RedisURL:    "redis://" + redis + "/0",
		Origin:      "docker",
		stop: func(ctx context.Context) error {
			_, err := docker(ctx, "stop", c.postgres, c.redis)
			return err
		},
	}
	o.Step("Waiting for PostgreSQL and Redis in Docker")
	return s, waitForBoth(ctx, s)
}

// ensureContainer starts a container, and creates it if there is none. Its port is published only
// on the loopback address.
func ensureContainer(ctx context.Context, o Options, name, port string, arguments ...string) error {
	if _, err := docker(ctx, "inspect", name); err == nil {
		_, err = docker(ctx, "start", name)
		return err
	}
	o.Step("Starting container %s", name)
	run := []string{"run", "--detach", "--name", name, "--publish", "127.0.0.1::" + port}
	_, err := docker(ctx, append(run, arguments...)...)
	return err
}

func published(ctx context.Context, name, port string) (string, error) {
	text, err := docker(ctx, "port", name, port+"/tcp")
	address, _, _ := strings.Cut(text, "\n")
	return address, err
}

func resetDocker(ctx context.Context, o Options) error {
	c := containersOf(o.Dir)
	if _, err := docker(ctx, "rm", "--force", "--volumes", c.postgres, c.redis); err != nil {
		return err
	}
	_, err := docker(ctx, "volume", "rm", "--force", c.volume)
	return err
}

func docker(ctx context.Context, arguments ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s: %s", arguments[0], lastLine(string(out)))
	}
	return strings.TrimSpace(string(out)), nil
}

// waitForBoth waits until both servers are ready.
func waitForBoth(ctx context.Context, s *Servers) error {
	if err := wait(ctx, "PostgreSQL", func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, s.DatabaseURL)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}); err != nil {
		return err
	}
	return wait(ctx, "Redis", func(ctx context.Context) error { return pingRedis(ctx, s.RedisURL) })
}

// readyWithin is how long a server may take to be ready.
const readyWithin = time.Minute

// wait calls check until it returns nil. name is the server's, for the error.
func wait(ctx context.Context, name string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		err := check(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
