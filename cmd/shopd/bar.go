package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is how often progress is printed where no line can move.
const plainEvery = 2 * time.Second

// bar shows the progress of something long: a moving line on a terminal, a line now and then
// elsewhere.
type bar struct {
	out   io.Writer
	title string

	mu   sync.Mutex
	line *progressbar.ProgressBar
	told time.Time
}

func newBar(out io.Writer, title string) *bar {
	return &bar{out: out, title: title, told: time.Now()}
}

// at moves the bar; it appears with the first call. Calls may come from several goroutines.
func (b *bar) at(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case total == 0:
	case !isTerminal(b.out):
		if time.Since(b.told) >= plainEvery {
			fmt.Fprintf(b.out, "         %s: %d of %d\n", b.title, done, total)
			b.told = time.Now()
		}
	case b.line == nil:
		b.line = progressbar.NewOptions(
			total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(b.title),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
		fallthrough
	default:
		_ = b.line.Set(done) // a bar that cannot be drawn is no reason to stop
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
