package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/db"
)

// Reasons of a movement.
const (
	Count    = "count"
	Sale     = "sale"
	Release  = "release"
	Returned = "returned"
	Import   = "import"
)

// Cause is why units move, and who moves them.
type Cause struct {
	Reason    string
	Reference string // what it belongs to, such as order:42
	Actor     *int64 // nil: the system
}

// Line is a number of units of one variant.
type Line struct {
	Variant  int64
	Quantity int32
}

// level is the key of a level: a variant at a location.
type level struct{ variant, location int64 }

// move is a change of one level.
type move struct {
	level
	delta int32
}

// ledger holds the locked levels of some variants within a transaction.
type ledger struct {
	levels map[level]int32
	order  []level // by variant, then by id of the location
}

// lock locks all levels of some variants until the transaction ends.
func lock(ctx context.Context, q *db.Queries, variants []int64) (*ledger, error) {
	rows, err := q.LockStockLevels(ctx, variants)
	if err != nil {
		return nil, err
	}
	l := &ledger{levels: make(map[level]int32, len(rows))}
	for _, row := range rows {
		at := level{row.VariantID, row.LocationID}
		l.levels[at] = row.Quantity
		l.order = append(l.order, at)
	}
	return l, nil
}

// lockOrCreate locks all levels of some variants, and creates the missing ones of at. It locks the
// existing levels first: creating a level locks its variant, which transactions that hold other
// levels of it are about to lock too.
func lockOrCreate(ctx context.Context, q *db.Queries, at []level) (*ledger, error) {
	variants := make([]int64, len(at))
	for i, one := range at {
		variants[i] = one.variant
	}
	l, err := lock(ctx, q, variants)
	if err != nil {
		return nil, err
	}
	var missing, locations []int64
	for _, one := range at {
		if _, ok := l.levels[one]; !ok {
			missing, locations = append(missing, one.variant), append(locations, one.location)
		}
	}
	if len(missing) == 0 {
		return l, nil
	}
	if err := q.EnsureStockLevels(ctx, missing, locations); err != nil {
		return nil, err
	}
	return lock(ctx, q, variants)
}

// total returns the units of a variant at all locations.
func (l *ledger) total(variant int64) int32 {
	sum := int32(0)
	for at, quantity := range l.levels {
		if at.variant == variant {
			sum += quantity
		}
	}
	return sum
}

// apply changes locked levels, writes the movements, and raises or clears alerts. The caller has
// checked that no level falls below zero.
func (s *Stock) apply(
	ctx context.Context, q *db.Queries, l *ledger, moves []move, cause Cause,
) error {
	params := db.MoveStockParams{
		Reason:    cause.Reason,
		Reference: cause.Reference,
		ActorID:   cause.Actor,
	}
	before := map[int64]int32{}
	for _, m := range moves {
		if m.delta == 0 {
			continue
		}
		if _, seen := before[m.variant]; !seen {
			before[m.variant] = l.total(m.variant)
		}
		params.VariantIds = append(params.VariantIds, m.variant)
		params.LocationIds = append(params.LocationIds, m.location)
		params.Deltas = append(params.Deltas, m.delta)
	}
	if len(params.VariantIds) == 0 {
		return nil
	}
	if err := q.MoveStock(ctx, params); err != nil {
		return err
	}
	for i, variant := range params.VariantIds {
		l.levels[level{variant, params.LocationIds[i]}] += params.Deltas[i]
	}
	return s.alert(ctx, q, l, before)
}

// alert raises an alert for each variant whose total fell to low or out, and clears the alerts of
// those that rose above low. before holds the totals before the moves.
func (s *Stock) alert(ctx context.Context, q *db.Queries, l *ledger, before map[int64]int32) error {
	var raised, cleared []int64
	var levels []string
	var stocks []int32
	for variant, was := range before {
		now := l.total(variant)
		switch is := s.alertLevel(now); {
		case is == s.alertLevel(was):
		case is == "":
			cleared = append(cleared, variant)
		default:
			raised = append(raised, variant)
			levels = append(levels, is)
			stocks = append(stocks, now)
		}
	}
	if len(raised) > 0 {
		if err := q.RaiseStockAlerts(ctx, raised, levels, stocks); err != nil {
			return err
		}
	}
	if len(cleared) > 0 {
		return q.ClearStockAlerts(ctx, cleared)
	}
	return nil
}

// alertLevel returns out, low, or an empty text if there is enough.
func (s *Stock) alertLevel(stock int32) string {
	switch {
	case stock == 0:
		return "out"
	case stock <= s.settings.Low:
		return "low"
	}
	return ""
}
