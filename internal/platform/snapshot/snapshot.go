// Package snapshot caches a copy in memory of data that takes long to read, and reads it again in
// the background after it changed.
package snapshot

import (
	"context"
	"sync"
	"time"
)

// A copy that is older than checkAfter is compared with the version of the data, and one that is
// older than maxAge is read again in any case: a change may increase the version before its
// transaction is visible.
const (
	checkAfter = time.Minute
	maxAge     = 15 * time.Minute
	readWithin = 5 * time.Minute
)

// Source reads the data that a Snapshot is a copy of.
type Source[T any] struct {
	// Version returns a number that grows with every change of the data.
	Version func(ctx context.Context) (int64, error)
	Read    func(ctx context.Context) (T, error)
	// Failed is called with the error of a read in the background.
	Failed func(err error)
}

// Snapshot is a copy of what its source reads. It is safe for concurrent use.
type Snapshot[T any] struct {
	source  Source[T]
	running context.Context
	stop    context.CancelFunc
	reads   sync.WaitGroup

	mu        sync.Mutex
	filled    bool
	data      T
	number    int // of the copy that data is
	version   int64
	readAt    time.Time
	checkedAt time.Time
	checking  bool
}

// New returns a snapshot that is filled by the first Get.
func New[T any](source Source[T]) *Snapshot[T] {
	s := &Snapshot[T]{source: source}
	s.running, s.stop = context.WithCancel(context.Background())
	return s
}

// Close cancels reads in the background and waits for them to end.
func (s *Snapshot[T]) Close() {
	s.stop()
	s.reads.Wait()
}

// Forget makes the next Get read the data again.
func (s *Snapshot[T]) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filled = false
}

// Get returns the copy. Callers wait for the first read; afterwards an older copy is returned while
// a newer one is read.
func (s *Snapshot[T]) Get(ctx context.Context) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.filled {
		version, err := s.source.Version(ctx)
		if err != nil {
			return *new(T), err
		}
		read, err := s.source.Read(ctx)
		if err != nil {
			return *new(T), err
		}
		s.fill(read, version)
		return read, nil
	}
	if time.Since(s.checkedAt) >= checkAfter && !s.checking {
		s.checking = true
		number, version, old := s.number, s.version, time.Since(s.readAt) >= maxAge
		s.reads.Go(func() { s.refresh(number, version, old) })
	}
	return s.data, nil
}

// fill stores a copy. The caller holds the lock.
func (s *Snapshot[T]) fill(read T, version int64) {
	s.filled, s.data, s.version = true, read, version
	s.number++
	s.readAt, s.checkedAt = time.Now(), time.Now()
}

// refresh reads the data again if it changed since a version, or if the copy is too old. The read
// is dropped if the copy was forgotten or replaced meanwhile.
func (s *Snapshot[T]) refresh(number int, version int64, old bool) {
	ctx, cancel := context.WithTimeout(s.running, readWithin)
	defer cancel()
	current, err := s.source.Version(ctx)
	isNew := err == nil && (old || current != version)
	var read T
	if isNew {
		if read, err = s.source.Read(ctx); err != nil {
			isNew = false
		}
	}
	if err != nil {
		s.source.Failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checking, s.checkedAt = false, time.Now()
	if isNew && s.filled && s.number == number {
		s.fill(read, current)
	}
}
