package dialect

import (
	"encoding/binary"
	"errors"
	"os"

	"github.com/cespare/xxhash/v2"
)

// ErrNoSpace is the error for rows that memory is not meant to hold and no temporary file can.
var ErrNoSpace = errors.New(
	"the rows of products with variants cannot be stored in a temporary file",
)

// spillBytes is how much of a spill is in memory.
const spillBytes = 4 << 20

// spill stores rows that other rows of the file need. Memory holds a hash and a position of each,
// 16 bytes; their texts are in a temporary file once they are more than spillBytes.
type spill struct {
	at      map[uint64]int64 // the positions of records by the hash of their key
	tail    []byte           // what is not in the file yet
	written int64            // bytes in the file
	file    *os.File         // nil: all is in tail
	failed  error

	recent      int64 // the position of the record in texts
	recentTexts []string
}

func newSpill() *spill { return &spill{at: map[uint64]int64{}, recent: -1} }

// add stores texts and returns their position.
func (s *spill) add(texts []string) int64 {
	position := s.written + int64(len(s.tail))
	var record []byte
	for _, text := range texts {
		record = binary.AppendUvarint(record, uint64(len(text)))
		record = append(record, text...)
	}
	s.tail = binary.AppendUvarint(s.tail, uint64(len(record)))
	s.tail = append(s.tail, record...)
	if len(s.tail) > spillBytes {
		s.flush()
	}
	return position
}

// flush moves tail to the file.
func (s *spill) flush() {
	if s.file == nil && s.failed == nil {
		if s.file, s.failed = os.CreateTemp("", "shopd-import-*"); s.failed == nil {
			_ = os.Remove(s.file.Name()) // the open file is all that is needed
		}
	}
	if s.failed == nil {
		_, s.failed = s.file.Write(s.tail)
	}
	s.written += int64(len(s.tail))
	s.tail = s.tail[:0]
}

// call gives the record at a position a key.
func (s *spill) call(key string, position int64) { s.at[xxhash.Sum64String(key)] = position }

// find returns the position of the record with a key.
func (s *spill) find(key string) (position int64, found bool) {
	position, found = s.at[xxhash.Sum64String(key)]
	return position, found
}

// read returns the texts at a position; none if they cannot be read.
func (s *spill) read(position int64) []string {
	if position == s.recent {
		return s.recentTexts
	}
	var texts []string
	for record := s.record(position); len(record) > 0; {
		size, n := binary.Uvarint(record)
		if n <= 0 || uint64(len(record)-n) < size {
			s.failed = errors.Join(s.failed, ErrNoSpace)
			return nil
		}
		texts = append(texts, string(record[n:n+int(size)]))
		record = record[n+int(size):]
	}
	s.recent, s.recentTexts = position, texts
	return texts
}

func (s *spill) record(position int64) []byte {
	if position >= s.written {
		size, n := binary.Uvarint(s.tail[position-s.written:])
		from := int(position-s.written) + n
		return s.tail[from : from+int(size)]
	}
	if s.failed != nil {
		return nil
	}
	head := make([]byte, binary.MaxVarintLen64)
	read, err := s.file.ReadAt(head, position)
	size, n := binary.Uvarint(head[:read])
	if n <= 0 {
		s.failed = errors.Join(ErrNoSpace, err)
		return nil
	}
	record := make([]byte, size)
	if _, err := s.file.ReadAt(record, position+int64(n)); err != nil {
		s.failed = errors.Join(ErrNoSpace, err)
	}
	return record
}

// close deletes the temporary file and returns why the rows could not be stored or read.
func (s *spill) close() error {
	if s.file != nil {
		_ = s.file.Close()
	}
	if s.failed != nil {
		return errors.Join(ErrNoSpace, s.failed)
	}
	return nil
}
