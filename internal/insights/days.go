package insights

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/oapi-codegen/runtime/types"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Lengths of a range, in days.
const (
	maxDays     = 366
	defaultDays = 30
)

var (
	errRange   = problem.Invalid(problem.Field{Pointer: "/to", Message: "must not be before from"})
	errTooLong = problem.Invalid(
		problem.Field{Pointer: "/to", Message: "must be at most 365 days after from"},
	)
	errTooEarly = problem.Invalid(
		problem.Field{Pointer: "/from", Message: "must be a day of the years 1970 to 9999"},
	)
	errTooLate = problem.Invalid(
		problem.Field{Pointer: "/to", Message: "must be a day of the years 1970 to 9999"},
	)
)

// days is a range of days of the store's time zone: from inclusive, until exclusive.
type days struct{ from, until time.Time }

// daysOf reads a range. By default it ends today and has defaultDays days.
func (i *Insights) daysOf(from, to *types.Date) (days, error) {
	now := time.Now().In(i.settings.Zone)
	last := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if to != nil {
		last = to.Time
	}
	first := last.AddDate(0, 0, 1-defaultDays)
	if from != nil {
		first = from.Time
	}
	switch {
	case first.Year() < 1970 || first.Year() > 9999:
		return days{}, errTooEarly
	case last.Year() < 1970 || last.Year() > 9999:
		return days{}, errTooLate
	case last.Before(first):
		return days{}, errRange
	case last.After(first.AddDate(0, 0, maxDays-1)):
		return days{}, errTooLong
	}
	return days{first, last.AddDate(0, 0, 1)}, nil
}

func (d days) first() pgtype.Date { return pgtype.Date{Time: d.from, Valid: true} }
func (d days) end() pgtype.Date   { return pgtype.Date{Time: d.until, Valid: true} }
