//go:build !unix

package devstack

import (
	"context"
	"errors"
	"os"
)

var errNative = errors.New(
	"servers of this machine are started on Linux and macOS only: start Docker, or set " +
		"DATABASE_URL and REDIS_URL",
)

func startNative(context.Context, Options) (*Servers, error) { return nil, errNative }

func resetNative(context.Context, Options) error { return nil }

// lock is not needed where Docker runs the servers.
type lock struct{ file *os.File }

func (l *lock) release() {}

func shareLock(string) (*lock, error) { return &lock{}, nil }

func tryLock(string) (*lock, bool, error) { return &lock{}, true, nil }

func waitForLock(context.Context, string, func()) (*lock, error) { return &lock{}, nil }
