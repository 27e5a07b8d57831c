package gemini

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopd/shopd/internal/assistant/provider"
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
func (f *failure) read() refusal {
	var body struct {
		Error refusal `json:"error"`
	}
	_ = json.Unmarshal(f.body, &body)
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

// explain turns any error of a call into one of package provider's.
func (p *Provider) explain(err error, to target) error {
	err, _ = asBroken(err)
	var (
		config *provider.ConfigError
		out    *provider.UnavailableError
		f      *failure
		broken *url.Error
	)
	switch {
	case errors.Is(err, provider.ErrBlocked), errors.As(err, &config), errors.As(err, &out):
		return err
	case errors.As(err, &f):
		return p.explainFailure(f, to)
	case errors.As(err, &broken): // its own text has the URL; the cause is enough
		return &provider.UnavailableError{Reason: p.oneLine("connection failed: " + broken.Err.Error())}
	default:
		return &provider.UnavailableError{Reason: p.oneLine("unreadable answer: " + err.Error())}
	}
}

func (p *Provider) explainFailure(f *failure, to target) error {
	r := f.read()
	said := p.oneLine(r.Message)
	if said == "" {
		said = f.Error()
	}
	switch {
	case f.status == http.StatusTooManyRequests:
		return p.quota(f, r)
	case f.status == http.StatusUnauthorized, f.status == http.StatusForbidden,
		f.status == http.StatusBadRequest && r.aboutKey():
		return &provider.ConfigError{Setting: settingKey, Reason: "refused by Google: " + said}
	case f.status == http.StatusNotFound:
		return &provider.ConfigError{
			Setting: to.setting,
			Reason:  fmt.Sprintf("%s is not available, name another model: %s", to.model, said),
		}
	case f.status == http.StatusRequestTimeout, f.status >= 500:
		return &provider.UnavailableError{Reason: fmt.Sprintf("status %d: %s", f.status, said)}
	default:
		return &provider.ConfigError{
			Setting: to.setting,
			Reason:  fmt.Sprintf("%s refused the request (status %d): %s", to.model, f.status, said),
		}
	}
}

// oneLine makes a foreign text fit for a log line. Google's own messages may quote the key ("Consumer
// 'api_key:…' has been suspended").
func (p *Provider) oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.ReplaceAll(s, p.transport.key, "[key]")
	return provider.Cut(s, 300)
}

// minuteQuota is how long to wait when Google does not say: such quotas are per minute.
const minuteQuota = time.Minute

// quota reads how long to wait. A daily quota outlasts the retry delay that comes with it, so it waits
// for the reset: midnight Pacific time.
func (p *Provider) quota(f *failure, r refusal) *provider.QuotaError {
	wait := time.Duration(0)
	for _, d := range r.Details {
		if delay, err := time.ParseDuration(d.RetryDelay); err == nil {
			wait = max(wait, delay)
		}
		for _, v := range d.Violations {
			id := strings.ToLower(v.QuotaID + " " + v.QuotaMetric)
			if strings.Contains(id, "perday") || strings.Contains(id, "per_day") {
				return &provider.QuotaError{RetryAfter: wholeSeconds(untilReset(p.now())), Daily: true}
			}
		}
	}
	if wait <= 0 {
		wait, _ = time.ParseDuration(f.header.Get("Retry-After") + "s")
	}
	if wait <= 0 {
		wait = minuteQuota
	}
	return &provider.QuotaError{RetryAfter: wholeSeconds(wait)}
}

// wholeSeconds rounds up, to one second at least: Retry-After has no fractions.
func wholeSeconds(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}
