package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/db"
)

// Take takes units of different variants for an order, from the first locations that have any. It
// takes all of them, or none if there are not enough. lines must be in the order of the variants'
// ids, of variants whose units are counted. emptied reports that it took the last unit of a
// variant: cached pages must then be invalidated. The levels stay locked until the transaction q
// ends, so Take should be its last statement.
func (s *Stock) Take(
	ctx context.Context, q *db.Queries, lines []Line, reference string, actor *int64,
) (taken, emptied bool, err error) {
	if len(lines) == 0 {
		return true, false, nil
	}
	params := db.TakeStockParams{Reference: reference, ActorID: actor, Low: s.settings.Low}
	for _, line := range lines {
		params.VariantIds = append(params.VariantIds, line.Variant)
		params.Quantities = append(params.Quantities, line.Quantity)
	}
	row, err := q.TakeStock(ctx, params)
	return row.Taken, row.Emptied, err
}

// Release returns the units that orders hold, by their references, to the locations they were taken
// from. What was released before is not released again.
func (s *Stock) Release(
	ctx context.Context, q *db.Queries, references []string, actor *int64,
) error {
	return q.ReleaseStock(ctx, s.settings.Low, references, actor)
}

// Changed invalidates cached stock. It is called after the commit of a change.
func (s *Stock) Changed(ctx context.Context) { s.settings.Changed(ctx) }
