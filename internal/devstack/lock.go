//go:build unix

package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock is a lock on a file. The kernel releases it when the process ends in any way.
type lock struct{ file *os.File }

func (l *lock) release() { _ = l.file.Close() }

func openLock(path string, how int) (*lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &lock{file}, nil
}

// shareLock takes a lock that several processes can hold.
func shareLock(path string) (*lock, error) { return openLock(path, syscall.LOCK_SH) }

// tryLock takes a lock that only one process can hold. free is false if another process holds it.
func tryLock(path string) (l *lock, free bool, err error) {
	l, err = openLock(path, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, nil
	}
	return l, err == nil, err
}

// waitForLock takes a lock that only one process can hold. It calls busy once if it has to wait for
// a second.
func waitForLock(ctx context.Context, path string, busy func()) (*lock, error) {
	for tries := 0; ; tries++ {
		l, free, err := tryLock(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if free {
			return l, nil
		}
		if tries == 10 {
			busy()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
