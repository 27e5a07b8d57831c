// Package version keeps two people from overwriting each other's changes: what they read carries
// its version as ETag, and a change that names another one in If-Match does not happen (RFC 9110,
// section 13.1.1).
package version

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrStale is a change of something that has changed since it was read.
var ErrStale = &problem.Error{
	Status:     http.StatusPreconditionFailed,
	Code:       "stale",
	Detail:     "It was changed since you read it. Read it again and repeat your change.",
	Resolution: problem.Retry,
}

// Tag is the ETag of a version. What else the answer shows, such as a count, follows it: it makes
// another answer, but not another version.
func Tag(version int64, shown ...int64) string {
	text := strconv.FormatInt(version, 10)
	for _, one := range shown {
		text += "." + strconv.FormatInt(one, 10)
	}
	return `"` + text + `"`
}

// Check holds If-Match, if there is one, against the version a change would be made to.
func Check(ifMatch *string, version int64) error {
	if ifMatch == nil || strings.TrimSpace(*ifMatch) == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(*ifMatch, ",") {
		known, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(tag), `"`), ".")
		if known == strconv.FormatInt(version, 10) {
			return nil
		}
	}
	return ErrStale
}
