package prove

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/shopd/shopd/internal/integrity"
)

// most contradictions a report tells.
const most = 20

// Report is how a run went.
type Report struct {
	Attempts       int
	Took           time.Duration
	Kills          int
	Answers        map[string]int // to orders, by status and code; an attempt may get several
	Acknowledged   int            // orders
	Cancelled      int            // of them
	Unknown        int            // attempts nobody answered for a minute
	Late           int            // orders of attempts that were refused while a copy without an answer was under way
	Sold           int64          // units, and not cancelled
	Oversold       int64          // units
	Lost           int            // acknowledged orders that are not there
	Duplicates     int            // orders beside the first of their Idempotency-Key
	Paid           int            // orders whose payment was acknowledged
	ChargedTwice   int            // orders
	MoneyIn        int64          // minor units the provider took for orders of the run
	MoneyOut       int64          // and gave back
	MoneyKept      int64          // totals of the orders that are paid
	Checks         []integrity.Result
	Contradictions []string // what is not as it was told, the first one first
}

// Write writes the report as a table.
func (r Report) Write(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, value any) { fmt.Fprintf(table, "%s\t%v\n", name, value) }
	row("attempts", fmt.Sprintf("%d in %s", r.Attempts, r.Took.Round(time.Millisecond)))
	row("server killed", fmt.Sprintf("%d times", r.Kills))
	for _, answer := range slices.Sorted(maps.Keys(r.Answers)) {
		row("  "+answer, r.Answers[answer])
	}
	row(
		"acknowledged orders",
		fmt.Sprintf("%d, of which %d were cancelled", r.Acknowledged, r.Cancelled),
	)
	row("never answered", r.Unknown)
	row("placed by a late copy", r.Late)
	row("sold", fmt.Sprintf("%d units", r.Sold))
	row("oversold", r.Oversold)
	row("lost", r.Lost)
	row("duplicates by key", r.Duplicates)
	row("paid", fmt.Sprintf("%d orders", r.Paid))
	row("charged twice", r.ChargedTwice)
	row(
		"money in - money out = money kept",
		fmt.Sprintf("%d - %d = %d", r.MoneyIn, r.MoneyOut, r.MoneyKept),
	)
	for _, check := range r.Checks {
		row(check.Name, fmt.Sprintf("%d checked, %d wrong", check.Checked, len(check.Found)))
	}
	row("contradictions", len(r.Contradictions))
	for _, told := range r.Contradictions[:min(most, len(r.Contradictions))] {
		fmt.Fprintln(table, "  "+told)
	}
	return table.Flush()
}
