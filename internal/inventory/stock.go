package inventory

import (
	"context"
	"errors"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
)

// Reasons units move for.
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

// level is where units of a variant lie.
type level struct{ variant, location int64 }

// move is a change of one level.
type move struct {
	level
	delta int32
}

// Open gives new variants the stock they begin with, at the first location.
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

// ledger is the locked stock of some variants within a transaction.
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

// lockOrMake locks all levels of some variants, and makes those that are not there. What is there
// is locked first: a new level locks its variant, which those who hold its other levels are about
// to want.
func lockOrMake(ctx context.Context, q *db.Queries, at []level) (*ledger, error) {
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

// total is what there is of a variant at all locations.
func (l *ledger) total(variant int64) int32 {
	sum := int32(0)
	for at, quantity := range l.levels {
		if at.variant == variant {
			sum += quantity
		}
	}
	return sum
}

// apply moves units, writes the ledger and raises or clears alerts. The levels are locked; no move
// leads below zero.
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

// alert raises an alert for what fell to a level somebody should know of, and clears those of what
// was filled up.
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
			raised, levels, stocks = append(raised, variant), append(
				levels, is,
			), append(stocks, now)
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

// alertLevel is out, low, or empty when there is enough.
func (s *Stock) alertLevel(stock int32) string {
	switch {
	case stock == 0:
		return "out"
	case stock <= s.settings.Low:
		return "low"
	}
	return ""
}

// lockLevel locks a level, which is made if there is none. Unless it is what it is expected to be,
// the change is refused.
func lockLevel(ctx context.Context, q *db.Queries, at level, expected *int32) (*ledger, error) {
	l, err := lockOrMake(ctx, q, []level{at})
	if err != nil {
		return nil, err
	}
	if expected != nil && *expected != l.levels[at] {
		return nil, ErrStockChanged.Detailf(
			"There are %d units there, not %d. Count again.", l.levels[at], *expected,
		)
	}
	return l, nil
}

// set makes a level exactly quantity; expected, if not nil, is what it must be before.
func (s *Stock) set(
	ctx context.Context, q *db.Queries, at level, quantity int32, expected *int32, cause Cause,
) error {
	l, err := lockLevel(ctx, q, at, expected)
	if err != nil {
		return err
	}
	return s.apply(ctx, q, l, []move{{at, quantity - l.levels[at]}}, cause)
}

// adjust adds delta units to a level, or takes some, but never more than there are.
func (s *Stock) adjust(
	ctx context.Context, q *db.Queries, at level, delta int32, expected *int32, cause Cause,
) error {
	l, err := lockLevel(ctx, q, at, expected)
	if err != nil {
		return err
	}
	if there := l.levels[at]; int64(there)+int64(delta) < 0 {
		return ErrInsufficient.Detailf(
			"There are %d units there, and %d were to be taken.", there, -int64(delta),
		)
	} else if int64(there)+int64(delta) > math.MaxInt32 {
		return ErrTooManyUnits
	}
	return s.apply(ctx, q, l, []move{{at, delta}}, cause)
}

// location answers the id of a location by its code, or of the first.
func location(ctx context.Context, q *db.Queries, code *string) (int64, error) {
	if code == nil {
		first, err := q.GetFirstLocation(ctx)
		return first.ID, err
	}
	found, err := q.GetLocationByCode(ctx, *code)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, errUnknownLocation
	}
	return found.ID, err
}

// SetTotals makes the units of each variant, at all locations together, exactly the line's. What is
// too many is taken from the first location that has any, what is missing comes to the first.
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
	l, err := lockOrMake(ctx, q, at)
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
