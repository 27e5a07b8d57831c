package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/db"
)

// Open sets the initial stock of new variants, at the first location.
func Open(ctx context.Context, q *db.Queries, lines []Line, actor *int64) error {
	first, err := q.GetFirstLocation(ctx)
	if err != nil {
		return err
	}
	params := db.OpenStockParams{LocationID: first.ID, ActorID: actor}
	for _, line := range lines {
		params.VariantIds = append(params.VariantIds, line.Variant)
		params.Quantities = append(params.Quantities, line.Quantity)
	}
	return q.OpenStock(ctx, params)
}

// SetTotals makes the units of each variant, at all locations together, exactly the line's. Missing
// units are added to the first location. Units too many are taken from the first locations that
// have any.
func (s *Stock) SetTotals(ctx context.Context, q *db.Queries, lines []Line, cause Cause) error {
	if len(lines) == 0 {
		return nil
	}
	first, err := q.GetFirstLocation(ctx)
	if err != nil {
		return err
	}
	at := make([]level, len(lines))
	for i, line := range lines {
		at[i] = level{line.Variant, first.ID}
	}
	l, err := lockOrCreate(ctx, q, at)
	if err != nil {
		return err
	}
	there := make(map[int64][]level, len(lines))
	for _, one := range l.order {
		if one.location == first.ID {
			there[one.variant] = append([]level{one}, there[one.variant]...)
			continue
		}
		there[one.variant] = append(there[one.variant], one)
	}
	var moves []move
	for _, line := range lines {
		delta := line.Quantity
		for _, one := range there[line.Variant] {
			delta -= l.levels[one]
		}
		for _, one := range there[line.Variant] {
			step := max(delta, -l.levels[one])
			moves = append(moves, move{one, step})
			delta -= step
		}
	}
	return s.apply(ctx, q, l, moves, cause)
}
