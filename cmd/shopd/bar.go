package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is how often progress is printed if the output is no terminal.
const plainEvery = 2 * time.Second

// bar shows the progress of a long task: a progress bar on a terminal, or else a line every two
// seconds.
type bar struct {
	out   io.Writer
	title string

	mu      sync.Mutex
	line    *progressbar.ProgressBar
	printed time.Time // when the last line was printed
}

func newBar(out io.Writer, title string) *bar {
	return &bar{out: out, title: title, printed: time.Now()}
}

// at shows that done of total steps are done. It may be called from several goroutines.
func (b *bar) at(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case total == 0:
	case !isTerminal(b.out):
		if time.Since(b.printed) >= plainEvery {
			fmt.Fprintf(b.out, "         %s: %d of %d\n", b.title, done, total)
			b.printed = time.Now()
		}
	case b.line == nil:
		b.line = progressbar.NewOptions(
			total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(b.title),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
		fallthrough
	default:
		_ = b.line.Set(done) // an error of drawing is not important
	}
}

func (b *bar) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.line != nil {
		_ = b.line.Finish()
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
