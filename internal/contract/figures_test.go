package contract_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/apitest"
)

// finding is a disagreement of server and contract.
type finding struct {
	call      *call
	violation *apitest.Violation
	reply     reply
}

func (f *finding) String(base string) string {
	return fmt.Sprintf(
		"%s: %s: %s\n  a %s call\n  %s\n  answered %d: %.600s", f.call.op.id, f.violation.Check,
		f.violation.Detail, f.call.label(), f.call.curl(base), f.reply.status, f.reply.body,
	)
}

// logged is a line of the server's log about a request.
func (e *engine) logged(r reply) string {
	id := r.header.Get("X-Request-Id")
	for line := range strings.SplitSeq(e.shop.Log.String(), "\n") {
		if id != "" && strings.Contains(line, id) {
			return "\n  logged " + line
		}
	}
	return ""
}

// figures are the counts of a run.
type figures struct {
	started  time.Time
	requests int
	kinds    map[string]int
	statuses map[string]map[int]int // by operation
	accepted map[string]int         // valid requests that succeeded, by operation
	checks   map[string]int         // how often each was made
	slowest  time.Duration
	slow     string
	took     map[string]time.Duration // the server, by operation
	repeated int
	last     *finding
}

func newFigures() *figures {
	return &figures{
		started:  time.Now(),
		kinds:    map[string]int{},
		statuses: map[string]map[int]int{},
		accepted: map[string]int{},
		checks:   map[string]int{},
		took:     map[string]time.Duration{},
	}
}

func (f *figures) count(c *call, status int, took time.Duration) {
	f.requests++
	f.kinds[c.kind]++
	f.took[c.op.id] += took
	if c.kind == "follow-up" {
		return
	}
	if f.statuses[c.op.id] == nil {
		f.statuses[c.op.id] = map[int]int{}
	}
	f.statuses[c.op.id][status]++
	if c.defect == "" && status < 400 {
		f.accepted[c.op.id]++
	}
	if took > f.slowest {
		f.slowest, f.slow = took, c.op.id
	}
}

// String returns the table of a run.
func (f *figures) String() string {
	var out strings.Builder
	for _, id := range sortedKeys(f.statuses) {
		fmt.Fprintf(&out, "%-28s", id)
		for _, status := range slices.Sorted(keys(f.statuses[id])) {
			fmt.Fprintf(&out, " %d:%d", status, f.statuses[id][status])
		}
		fmt.Fprintf(&out, "  (valid and accepted: %d)\n", f.accepted[id])
	}
	for _, name := range checkNames {
		fmt.Fprintf(&out, "%-30s %d times\n", name, f.checks[name])
	}
	dear := slices.SortedFunc(
		keys(f.took), func(a, b string) int { return cmp.Compare(f.took[b], f.took[a]) },
	)
	waited := time.Duration(0)
	for _, id := range dear {
		waited += f.took[id]
	}
	fmt.Fprintf(&out, "the server took %s, most of it for", waited.Round(time.Millisecond))
	for _, id := range dear[:min(8, len(dear))] {
		fmt.Fprintf(&out, " %s %s", id, f.took[id].Round(time.Millisecond))
	}
	took := time.Since(f.started)
	fmt.Fprintf(
		&out, "\n%d requests to %d operations in %s: %.0f per second; slowest %s (%s); %v",
		f.requests, len(f.statuses), took.Round(time.Millisecond),
		float64(f.requests)/took.Seconds(), f.slowest.Round(time.Millisecond), f.slow, f.kinds,
	)
	return out.String()
}
