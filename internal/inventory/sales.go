package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/db"
)

// Take takes units of different variants for an order, in the order of their ids, from the first
// locations that have any: all of them, or none and false when there are not enough. emptied says
// that the last unit of one went, which is when those who are shown the catalogue must know. The
// levels stay locked until the transaction q ends, so it should be the last thing that happens in
// it. Variants whose units are not counted are not for Take.
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

// Release gives back what orders hold, by their references, to where it was taken from. What was
// given back before is not given back again.
func (s *Stock) Release(
	ctx context.Context, q *db.Queries, references []string, actor *int64,
) error {
	return q.ReleaseStock(ctx, s.settings.Low, references, actor)
}

// Changed tells who wants to know that stock changed; to be called after the commit.
func (s *Stock) Changed(ctx context.Context) { s.settings.Changed(ctx) }
