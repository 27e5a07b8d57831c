package gemini

import (
	"time"
	_ "time/tzdata" // containers often have no time zones, and the reset follows summer time
)

// pacific is the zone in which Google's daily quotas end.
var pacific = mustZone("America/Los_Angeles")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // never: the zones are compiled in
	}
	return zone
}

// untilReset returns the time until the next midnight in Pacific time.
func untilReset(now time.Time) time.Duration {
	year, month, day := now.In(pacific).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, pacific).Sub(now)
}
