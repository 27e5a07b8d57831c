// Package version prevents two people from overwriting each other's changes. The ETag of a response
// carries the version of the resource, and a change whose If-Match names another version is refused
// (RFC 9110, section 13.1.1).
package version

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrStale is returned for a change of a resource that has changed since the client read it.
var ErrStale = &problem.Error{
	Status:     http.StatusPreconditionFailed,
	Code:       "stale",
	Detail:     "It was changed since you read it. Read it again and repeat your change.",
	Resolution: problem.Retry,
}

// Tag returns the ETag of a version. shown are other numbers in the response, such as a count: when
// they change, the ETag does, but not the version that Check compares.
func Tag(version int64, shown ...int64) string {
	text := strconv.FormatInt(version, 10)
	for _, one := range shown {
		text += "." + strconv.FormatInt(one, 10)
	}
	return `"` + text + `"`
}

// Check returns ErrStale if If-Match names other versions than the current one. Without If-Match it
// returns nil. The ending of a compressed response's ETag is not part of the version.
func Check(ifMatch *string, version int64) error {
	if ifMatch == nil || strings.TrimSpace(*ifMatch) == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(*ifMatch, ",") {
		known, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(tag), `"`), ".")
		if known = strings.TrimSuffix(known, "-gzip"); known == strconv.FormatInt(version, 10) {
			return nil
		}
	}
	return ErrStale
}
