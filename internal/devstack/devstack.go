// Package devstack starts PostgreSQL (with pgvector) and Redis for development and tests. It uses
// the servers of DATABASE_URL and REDIS_URL if these are set, else containers if a Docker engine
// runs, else servers on this machine that belong to the project, installing packages if necessary
// and possible.
//
// All processes of a project share one pair of servers. A process that uses them holds a shared
// lock, which the kernel releases when the process ends in any way. When no process holds the lock
// any more, a small watcher stops the servers.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Options of Start and Reset.
type Options struct {
	// Dir is the folder of data and logs; empty means Folder().
	Dir string
	// Step is called before each step that takes time, with its description. It may be nil.
	Step func(format string, args ...any)
}

// Servers are a PostgreSQL and a Redis server that run and are ready.
type Servers struct {
	DatabaseURL string // of a database of the project, with a superuser
	RedisURL    string
	Origin      string // settings, docker or native

	stop  func(context.Context) error // stops them, even while they are used
	dir   string
	users *lock
}

// Folder returns the path of .shopd: next to the go.mod in or above the working directory, or in
// the working directory if there is no go.mod.
func Folder() string {
	dir, err := os.Getwd()
	if err != nil {
		return ".shopd"
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return filepath.Join(at, ".shopd")
		}
		if at == filepath.Dir(at) {
			return filepath.Join(dir, ".shopd")
		}
	}
}

func (o *Options) complete() error {
	if o.Dir == "" {
		o.Dir = Folder()
	}
	if o.Step == nil {
		o.Step = func(string, ...any) {}
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	o.Dir = dir
	return os.MkdirAll(dir, 0o755)
}

// Start returns servers that are ready. The first start on a new machine installs packages and
// takes minutes. Later starts take seconds, or no time if the servers run already.
func Start(ctx context.Context, o Options) (*Servers, error) {
	databaseURL, redisURL := os.Getenv("DATABASE_URL"), os.Getenv("REDIS_URL")
	switch {
	case databaseURL != "" && redisURL != "":
		return &Servers{DatabaseURL: databaseURL, RedisURL: redisURL, Origin: "settings"}, nil
	case databaseURL != "" || redisURL != "":
		return nil, errors.New(
			"DATABASE_URL and REDIS_URL: set both, to use your own servers, or neither",
		)
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	starting, err := waitForLock(ctx, filepath.Join(o.Dir, "start.lock"), func() {
		o.Step("Waiting for another process that is starting the servers")
	})
	if err != nil {
		return nil, err
	}
	defer starting.release()
	users, err := shareLock(filepath.Join(o.Dir, "users.lock"))
	if err != nil {
		return nil, err
	}
	servers, err := start(ctx, o)
	if err != nil {
		users.release()
		return nil, err
	}
	servers.dir, servers.users = o.Dir, users
	return servers, nil
}

func start(ctx context.Context, o Options) (*Servers, error) {
	if hasDocker(ctx) {
		return startDocker(ctx, o)
	}
	return startNative(ctx, o)
}

// Release declares that this process no longer needs the servers. They run on for other processes,
// and stop two minutes after the last one has released them.
func (s *Servers) Release() error {
	if s.users != nil {
		s.users.release()
	}
	return nil
}

// Stop shuts down the servers, unless other processes use them. It does not stop servers of
// DATABASE_URL and REDIS_URL.
func (s *Servers) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.users.release()
	_, err := alone(ctx, s.dir, s.stop)
	return err
}

// alone runs work while no process uses or starts the servers. ran is false if one uses them.
func alone(
	ctx context.Context, dir string, work func(context.Context) error,
) (ran bool, err error) {
	starting, err := waitForLock(ctx, filepath.Join(dir, "start.lock"), func() {})
	if err != nil {
		return false, err
	}
	defer starting.release()
	users, free, err := tryLock(filepath.Join(dir, "users.lock"))
	if err != nil || !free {
		return false, err
	}
	defer users.release()
	return true, work(ctx)
}

// Reset stops the servers and deletes all their data. It returns an error while other processes use
// them.
func Reset(ctx context.Context, o Options) error {
	if os.Getenv("DATABASE_URL") != "" {
		return errors.New(
			"DATABASE_URL: is set, and only a database that was made here is deleted here; " +
				"drop it yourself",
		)
	}
	if err := o.complete(); err != nil {
		return err
	}
	ran, err := alone(ctx, o.Dir, func(ctx context.Context) error {
		if hasDocker(ctx) {
			return resetDocker(ctx, o)
		}
		return resetNative(ctx, o)
	})
	if err == nil && !ran {
		err = fmt.Errorf("another shopd or test run uses the data in %s: stop it first", o.Dir)
	}
	return err
}
