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

// maxContradictions is how many contradictions a report shows.
const maxContradictions = 20

// Report is the result of a run.
type Report struct {
	Attempts       int
	Took           time.Duration
	Kills          int
	Responses      map[string]int // to orders, by status and code; an attempt may get several
	Acknowledged   int            // orders
	Cancelled      int            // of those
	Unknown        int            // attempts without a response for a minute
	Late           int            // orders of a copy without a response, after another was refused
	Sold           int64          // units that were not cancelled
	Oversold       int64          // units
	Lost           int            // acknowledged orders that do not exist
	Duplicates     int            // orders after the first of their Idempotency-Key
	Paid           int            // orders whose payment was acknowledged
	ChargedTwice   int            // orders
	MoneyIn        int64          // minor units that the provider charged for orders of the run
	MoneyOut       int64          // and refunded
	MoneyKept      int64          // totals of the orders that are paid
	Checks         []integrity.Result
	Contradictions []string // responses that were not true, in the order they were found
}

// Write writes the report as a table.
func (r Report) Write(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, value any) { fmt.Fprintf(table, "%s\t%v\n", name, value) }
	row("attempts", fmt.Sprintf("%d in %s", r.Attempts, r.Took.Round(time.Millisecond)))
	row("server killed", fmt.Sprintf("%d times", r.Kills))
	for _, response := range slices.Sorted(maps.Keys(r.Responses)) {
		row("  "+response, r.Responses[response])
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
	for _, found := range r.Contradictions[:min(maxContradictions, len(r.Contradictions))] {
		fmt.Fprintln(table, "  "+found)
	}
	return table.Flush()
}
