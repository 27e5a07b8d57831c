package feeds

import (
	"errors"
	"strings"
	"time"
)

var errPeriod = errors.New(
	"is not a period such as 2026-02-01T00:00+0100/2026-02-07T23:59+0100",
)

// instants are the forms of points in time, as Google's product data specification and common
// programs write them. Those without a zone are in the shop's.
var instants = []string{
	"2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04:05.999Z07:00",
	"2006-01-02T15:04Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15Z0700", "2006-01-02T15Z07:00",
	"20060102T150405Z0700", "20060102T1504Z0700",
	"2006-01-02T15:04:05.999", "2006-01-02T15:04", "20060102T150405", "20060102T1504",
}

// parsePeriod parses an interval of ISO 8601: two points in time with a slash between them. A
// missing one means that the period is open on that side.
func parsePeriod(text string, zone *time.Location) (starts, ends *time.Time, err error) {
	from, to, found := strings.Cut(strings.ReplaceAll(text, "--", "/"), "/")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if !found || from == "" && to == "" {
		return nil, nil, errPeriod
	}
	if from != "" && from != ".." {
		if starts, err = parseInstant(from, zone, false); err != nil {
			return nil, nil, err
		}
	}
	if to != "" && to != ".." {
		if ends, err = parseInstant(to, zone, true); err != nil {
			return nil, nil, err
		}
	}
	return starts, ends, nil
}

// parseInstant parses a point in time. A date alone is the beginning of that day, or its end if
// atEnd is set. Dates with the day or the month first can be read two ways and are refused.
func parseInstant(text string, zone *time.Location, atEnd bool) (*time.Time, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " +", "+")
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + strings.TrimSpace(text[11:])
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, " UTC"), " GMT")
	for _, form := range instants {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return &at, nil
		}
	}
	for _, form := range []string{"2006-01-02", "20060102", "2006/01/02"} {
		if day, err := time.ParseInLocation(form, text, zone); err == nil {
			if atEnd {
				day = day.AddDate(0, 0, 1)
			}
			return &day, nil
		}
	}
	return nil, errPeriod
}

// instantText returns a point in time for the database; empty for none.
func instantText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// formatPeriod writes a period as an export has it; empty if it is open on both sides.
func formatPeriod(starts, ends *time.Time) string {
	if starts == nil && ends == nil {
		return ""
	}
	return instantText(starts) + "/" + instantText(ends)
}

// googlePeriod writes a period as Google's feed has it, which knows no open sides and no seconds.
func googlePeriod(starts, ends *time.Time) string {
	if starts == nil && ends == nil {
		return ""
	}
	const form = "2006-01-02T15:04-0700"
	from, to := time.Unix(0, 0), time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
	if starts != nil {
		from = *starts
	}
	if ends != nil {
		to = *ends
	}
	return from.UTC().Format(form) + "/" + to.UTC().Format(form)
}
