package testpay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/payments/provider"
)

const (
	ledgerName = "ledger.jsonl"
	lockName   = "ledger.lock"
)

// ledger is the file and what this process has read of it. A lock file keeps processes apart, the
// mutex goroutines.
type ledger struct {
	mu   sync.Mutex
	file *os.File
	lock *os.File
	end  int64 // how far the file was read into book: always the end of a line
	book *book
}

func openLedger(dir string) (*ledger, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(
		filepath.Join(dir, ledgerName), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644,
	)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l := &ledger{file: file, lock: lock, book: newBook()}
	if err := errors.Join(syncDir(dir), l.read(func(*book) {})); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *ledger) close() error { return errors.Join(l.file.Close(), l.lock.Close()) }

// read calls show with the book after everything that any process has written.
func (l *ledger) read(show func(*book)) error {
	return l.locked(func() error {
		if _, err := l.catchUp(); err != nil {
			return fmt.Errorf("%w: the test provider's ledger: %w", provider.ErrUnavailable, err)
		}
		show(l.book)
		return nil
	})
}

// change calls decide with the book and writes the entries that it returns. They are on disk when
// change returns nil. An error of decide is returned as it is.
func (l *ledger) change(decide func(*book) ([]entry, error)) error {
	return l.locked(func() error {
		torn, err := l.catchUp()
		if err == nil && torn {
			err = l.file.Truncate(
				l.end,
			) // the writer crashed in the middle of it, before it responded
		}
		if err != nil {
			return fmt.Errorf("%w: the test provider's ledger: %w", provider.ErrUnavailable, err)
		}
		entries, err := decide(l.book)
		if err != nil || len(entries) == 0 {
			return err
		}
		return l.append(entries)
	})
}

// append writes the entries with one call and waits until they are on disk.
func (l *ledger) append(entries []entry) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines) // ends each with a newline
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("%w: %w", provider.ErrUnavailable, err)
		}
	}
	_, err := l.file.Write(lines.Bytes())
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		if undo := l.file.Truncate(l.end); undo != nil {
			return fmt.Errorf(
				"%w: the test provider's ledger: %w", provider.ErrOutcomeUnknown,
				errors.Join(err, undo),
			)
		}
		return fmt.Errorf("%w: the test provider's ledger: %w", provider.ErrUnavailable, err)
	}
	l.end += int64(lines.Len())
	for _, e := range entries {
		l.book.apply(e)
	}
	return nil
}

// catchUp reads what other processes have written since. torn reports that the file ends within a
// line.
func (l *ledger) catchUp() (torn bool, err error) {
	info, err := l.file.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() < l.end {
		return false, errors.New("it has become shorter")
	}
	lines := bufio.NewReader(io.NewSectionReader(l.file, l.end, info.Size()-l.end))
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return len(line) > 0, nil
		}
		if err != nil {
			return false, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return false, fmt.Errorf("at byte %d: %w", l.end, err)
		}
		l.book.apply(e)
		l.end += int64(len(line))
	}
}

func (l *ledger) locked(do func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := lockFile(l.lock); err != nil {
		return fmt.Errorf("%w: the test provider's ledger: %w", provider.ErrUnavailable, err)
	}
	defer unlockFile(l.lock)
	return do()
}

// Ledger holds all charges and refunds, in the order of their requests.
type Ledger struct {
	Charges []Charge
	Refunds []Refund
}

// Ledger returns the whole ledger, including what other processes have written.
func (p *Provider) Ledger() (all Ledger, err error) {
	now := p.options.Now()
	err = p.ledger.read(func(b *book) { all = b.all(now) })
	return all, err
}

// ReadLedger reads the ledger in dir for an audit, whether the shop is running or not.
func ReadLedger(dir string) (Ledger, error) {
	l := &ledger{book: newBook()}
	file, err := os.Open(filepath.Join(dir, ledgerName))
	if err != nil {
		return Ledger{}, err
	}
	defer func() { _ = file.Close() }()
	l.file = file
	if _, err := l.catchUp(); err != nil {
		return Ledger{}, fmt.Errorf("the test provider's ledger: %w", err)
	}
	return l.book.all(time.Now()), nil
}

func (b *book) all(now time.Time) Ledger {
	var all Ledger
	for _, id := range b.chargeOrder {
		all.Charges = append(all.Charges, b.charges[id].asOf(now))
	}
	for _, id := range b.refundOrder {
		all.Refunds = append(all.Refunds, b.refunds[id])
	}
	return all
}
