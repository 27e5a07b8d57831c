package catalog

import (
	"context"
	"strconv"
	"time"

	"github.com/shopd/shopd/gen/db"
)

// SaleTurn is the next moment at which the sale price of a product begins or ends.
type SaleTurn struct {
	// Name identifies the moment. What was computed from prices is valid while the catalogue has
	// the same version and the next turn the same name.
	Name string
	// Before is the moment by the clock of this process, or slightly earlier. If no turn is
	// foreseen, it is a day from now.
	Before time.Time
}

// TurnSales brings the listings of products whose sale price began or ended up to date, and returns
// the next turn. It is called before listings are read, so that lists, filters, facets and totals
// turn with the clock and not with a job. If there is nothing to do, it costs two index lookups.
func TurnSales(ctx context.Context, q *db.Queries) (SaleTurn, error) {
	for {
		asked := time.Now()
		row, err := q.TurnSales(ctx)
		if err != nil {
			return SaleTurn{}, err
		}
		if row.Seconds > 0 { // else more listings turn than one call brings up to date
			return SaleTurn{
				Name:   strconv.FormatInt(row.NextAt.UnixMicro(), 36),
				Before: asked.Add(time.Duration(row.Seconds * float64(time.Second))),
			}, nil
		}
	}
}

// How long this process relies on the next turn it knows of. A change of the catalogue may bring an
// earlier one: it makes another version, but a process that dies may fail to store that.
const (
	trustTurn          = time.Minute
	trustTurnUnchecked = time.Second // without a version to compare
)

// knownTurn is the next turn as this process knows it.
type knownTurn struct {
	turn    SaleTurn
	version string // of the catalogue
	until   time.Time
}

// TurnSales brings listings up to date if the sale price of a product may have begun or ended since
// it was called last. version is that of the catalogue, or empty if it is not known.
func (c *Catalog) TurnSales(ctx context.Context, version string) (SaleTurn, error) {
	now := time.Now()
	if k := c.nextTurn.Load(); k != nil && k.version == version && now.Before(k.until) &&
		now.Before(k.turn.Before) {
		return k.turn, nil
	}
	turn, err := TurnSales(ctx, c.queries)
	if err != nil {
		return SaleTurn{}, err
	}
	trust := trustTurn
	if version == "" {
		trust = trustTurnUnchecked
	}
	c.nextTurn.Store(&knownTurn{turn, version, now.Add(trust)})
	return turn, nil
}
