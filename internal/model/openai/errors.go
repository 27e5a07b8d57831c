package openai

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/shopd/shopd/internal/model"
)

// refusal is the body of a failure, as far as servers agree on it.
type refusal struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    any    `json:"code"` // a word, or a number
}

func read(f *model.Failure) (r refusal) {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(f.Body, &body) != nil || json.Unmarshal(body.Error, &r) == nil {
		return r
	}
	_ = json.Unmarshal(body.Error, &r.Message) // Ollama sends {"error": "text"}
	return r
}

// explain returns the error of package model for a failure. setting and name are those of the
// model.
func (p *Provider) explain(f *model.Failure, setting, name string) error {
	r := read(f)
	said := p.caller.OneLine(cmp.Or(r.Message, f.Error()))
	switch {
	case f.Status == http.StatusTooManyRequests:
		return quota(f, r)
	case f.Status == http.StatusUnauthorized, f.Status == http.StatusForbidden:
		return &model.ConfigError{Setting: settingKey, Reason: "refused: " + said}
	case f.Status == http.StatusNotFound:
		return &model.ConfigError{
			Setting: setting,
			Reason:  fmt.Sprintf("%s is not available, name another model: %s", name, said),
		}
	case f.Status == http.StatusRequestTimeout, f.Status >= 500:
		return &model.UnavailableError{Reason: fmt.Sprintf("status %d: %s", f.Status, said)}
	case r.Code == "content_filter" || r.Code == "content_policy_violation":
		return fmt.Errorf("%w (%s)", model.ErrBlocked, said)
	}
	return &model.ConfigError{
		Setting: setting,
		Reason:  fmt.Sprintf("%s refused the request (status %d): %s", name, f.Status, said),
	}
}

// How long to wait if a server does not say, and if the account has no money left.
const (
	minuteQuota = time.Minute
	spentQuota  = time.Hour
)

func quota(f *model.Failure, r refusal) error {
	if r.Code == "insufficient_quota" || r.Type == "insufficient_quota" {
		return &model.QuotaError{RetryAfter: spentQuota, Daily: true}
	}
	wait := minuteQuota
	if ms, err := strconv.ParseFloat(f.Header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		wait = time.Duration(ms * float64(time.Millisecond))
	} else if s, err := strconv.ParseFloat(f.Header.Get("Retry-After"), 64); err == nil && s > 0 {
		wait = time.Duration(s * float64(time.Second))
	}
	return &model.QuotaError{
		RetryAfter: max(time.Second, (wait + time.Second - 1).Truncate(time.Second)),
	}
}
