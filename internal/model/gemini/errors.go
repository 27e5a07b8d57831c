package gemini

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// refusal is the part of Google's error body that decides something.
// The SDKs read neither the retry delay nor the quota over REST.
type refusal struct {
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []struct {
		Reason     string `json:"reason"`     // ErrorInfo
		RetryDelay string `json:"retryDelay"` // RetryInfo, such as "46s" or "46.837s"
		Violations []struct {
			QuotaMetric string `json:"quotaMetric"`
			QuotaID     string `json:"quotaId"` // such as GenerateRequestsPerDayPerProjectPerModel-FreeTier
		} `json:"violations"` // QuotaFailure
	} `json:"details"`
}

// read decodes the body; one that is no JSON (proxies answer HTML) gives an empty refusal.
func read(f *model.Failure) refusal {
	var body struct {
		Error refusal `json:"error"`
	}
	_ = json.Unmarshal(f.Body, &body)
	return body.Error
}

// aboutKey says whether a 400 is about the key or its owner: Google has no 401 for these.
func (r refusal) aboutKey() bool {
	for _, d := range r.Details {
		if strings.HasPrefix(d.Reason, "API_KEY_") {
			return true
		}
	}
	return r.Status == "FAILED_PRECONDITION" // the country is not served, or billing is required
}

// explain turns a refusal into one of package provider's errors.
func (p *Provider) explain(f *model.Failure, to target) error {
	r := read(f)
	said := p.caller.OneLine(r.Message)
	if said == "" {
		said = f.Error()
	}
	switch {
	case f.Status == http.StatusTooManyRequests:
		return p.quota(f, r)
	case f.Status == http.StatusUnauthorized, f.Status == http.StatusForbidden,
		f.Status == http.StatusBadRequest && r.aboutKey():
		return &model.ConfigError{Setting: settingKey, Reason: "refused by Google: " + said}
	case f.Status == http.StatusNotFound:
		return &model.ConfigError{
			Setting: to.setting,
			Reason:  fmt.Sprintf("%s is not available, name another model: %s", to.model, said),
		}
	case f.Status == http.StatusRequestTimeout, f.Status >= 500:
		return &model.UnavailableError{Reason: fmt.Sprintf("status %d: %s", f.Status, said)}
	default:
		return &model.ConfigError{
			Setting: to.setting,
			Reason:  fmt.Sprintf("%s refused the request (status %d): %s", to.model, f.Status, said),
		}
	}
}

// minuteQuota is how long to wait when Google does not say: such quotas are per minute.
const minuteQuota = time.Minute

// quota reads how long to wait. A daily quota outlasts the retry delay that comes with it, so it
// waits for the reset: midnight Pacific time.
func (p *Provider) quota(f *model.Failure, r refusal) *model.QuotaError {
	wait := time.Duration(0)
	for _, d := range r.Details {
		if delay, err := time.ParseDuration(d.RetryDelay); err == nil {
			wait = max(wait, delay)
		}
		for _, v := range d.Violations {
			id := strings.ToLower(v.QuotaID + " " + v.QuotaMetric)
			if strings.Contains(id, "perday") || strings.Contains(id, "per_day") {
				return &model.QuotaError{RetryAfter: wholeSeconds(untilReset(p.now())), Daily: true}
			}
		}
	}
	if wait <= 0 {
		wait, _ = time.ParseDuration(f.Header.Get("Retry-After") + "s")
	}
	if wait <= 0 {
		wait = minuteQuota
	}
	return &model.QuotaError{RetryAfter: wholeSeconds(wait)}
}

// wholeSeconds rounds up, to one second at least: Retry-After has no fractions.
func wholeSeconds(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}
