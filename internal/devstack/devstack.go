// Package devstack gives development and tests their PostgreSQL (with pgvector) and Redis: those
// that DATABASE_URL and REDIS_URL name; else containers, if a Docker engine answers; else servers
// of this machine, private to the project, with packages installed when that is possible.
//
// One pair of servers serves all processes of a project at once. A process that uses them holds a
// shared lock, which the kernel drops however it ends; when no process holds one any more, a small
// watcher stops the servers.
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
	// Dir is where data and logs live; empty means Folder().
	Dir string
	// Step is called for everything that takes time; it may be nil.
	Step func(format string, args ...any)
}

// Servers are running and answer.
type Servers struct {
	DatabaseURL string // of a database of its own, whose user may do everything
	RedisURL    string
	Origin      string // where they come from: settings, docker or native

	stop  func(context.Context) error // stops them, even while they are in use
	dir   string
	users *lock
}

// Folder is .shopd beside the project's go.mod, or in the working directory when there is none
// above it.
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

// Start returns servers that are ready. The first start on a bare machine installs packages and
// takes minutes; all others take seconds, or nothing when the servers are up already.
func Start(ctx context.Context, o Options) (*Servers, error) {
	databaseURL, redisURL := os.Getenv("DATABASE_URL"), os.Getenv("REDIS_URL")
	switch {
	case databaseURL != "" && redisURL != "":
		return &Servers{DatabaseURL: databaseURL, RedisURL: redisURL, Origin: "settings"}, nil
	case databaseURL != "" || redisURL != "":
		return nil, errors.New(
			"DATABASE_URL and REDIS_URL: set both, to use servers of your own, or neither",
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

// Release says that this process needs the servers no more. They go on for those who do, and for
// two minutes.
func (s *Servers) Release() error {
	if s.users != nil {
		s.users.release()
	}
	return nil
}

// Stop ends the servers in an orderly way, unless others use them. Servers of the settings are left
// alone.
func (s *Servers) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.users.release()
	_, err := alone(ctx, s.dir, s.stop)
	return err
}

// alone runs work while no process uses or starts the servers; ran is false if one
// uses them.
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

// Reset stops the servers and deletes all their data. It refuses while others use them.
func Reset(ctx context.Context, o Options) error {
	if os.Getenv("DATABASE_URL") != "" {
		return errors.New(
			"DATABASE_URL: is set, and a database that was not made here is not deleted here; drop it yourself",
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
