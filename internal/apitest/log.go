package apitest

import (
	"bytes"
	"sync"
)

// Log is what the server wrote to its log.
type Log struct {
	mu      sync.Mutex
	text    bytes.Buffer
	discard bool
}

// Write implements io.Writer.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.discard {
		return len(line), nil
	}
	return l.text.Write(line)
}

// Discard discards all later lines, for measurements.
func (l *Log) Discard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.discard = true
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
