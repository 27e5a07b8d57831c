package gemini

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// refusal is the part of Google's error body that matters here. Over REST the SDKs read neither the
// retry delay nor the quota.
type refusal struct {
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []struct {
		Reason     string `json:"reason"`     // ErrorInfo
		RetryDelay string `json:"retryDelay"` // RetryInfo, such as "46s" or "46.837s"
		Violations []struct {
			QuotaMetric string `json:"quotaMetric"`
			// QuotaID is such as GenerateRequestsPerDayPerProjectPerModel-FreeTier.
			QuotaID string `json:"quotaId"`
		} `json:"violations"` // QuotaFailure
	} `json:"details"`
}

// read decodes the body. It returns an empty refusal if the body is no JSON, such as HTML of a
// proxy.
func read(f *model.Failure) refusal {
	var body struct {
		Error refusal `json:"error"`
	}
	_ = json.Unmarshal(f.Body, &body)
	return body.Error
}

// aboutKey reports whether a 400 is about the key or its owner. Google sends no 401 for these.
func (r refusal) aboutKey() bool {
	for _, d := range r.Details {
		if strings.HasPrefix(d.Reason, "API_KEY_") {
			return true
		}
	}
	return r.Status == "FAILED_PRECONDITION" // the country is not served, or billing is required
}

// explain returns the error of package model for a failure.
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
			Reason: fmt.Sprintf(
				"%s refused the request (status %d): %s", to.model, f.Status, said,
			),
		}
	}
}

// minuteQuota is how long to wait if Google does not say: such quotas are per minute.
const minuteQuota = time.Minute

// quota returns the error of a 429, with the time to wait. The retry delay of a daily quota is too
// short, so that time is until the reset at midnight Pacific time.
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

// wholeSeconds rounds up to seconds, at least one: Retry-After has no fractions.
func wholeSeconds(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}
