package insights

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

const masked = "[masked]"

// visibleArgs are the kinds of jobs, with the names of the text arguments that staff may see.
// Numbers are ids and always visible. The address of a file may hold a secret, so it is masked.
var visibleArgs = map[string][]string{
	"assistant.index":         nil,
	"cart.sweep":              nil,
	"catalog.count_sales":     nil,
	"catalog.names_changed":   nil,
	"catalog.product_changed": nil,
	"catalog.sweep_files":     nil,
	"events.purge":            nil,
	"feeds.fetch_images":      nil,
	"feeds.import":            nil,
	"feeds.resume":            nil,
	"feeds.sweep_files":       nil,
	"idempotency.sweep":       nil,
	"identity.mail":           {"purpose"},
	"identity.sweep":          nil,
	"notifications.mail":      {"mail"},
	"orders.expire":           nil,
	"payments.give_back":      nil,
	"payments.reconcile":      nil,
	"search.recount":          nil,
}

// secret matches what looks like a secret in the text of an error: a parameter of an address, the
// password in one, a token or a key.
var secret = regexp.MustCompile(
	`(?i)\b((?:token|key|secret|password|signature|sig|code)=)[^&\s"']+` +
		`|(://[^/\s:@]*:)[^/\s@]+(@)` +
		`|\b(bearer |(?:sk|rk|whsec|tok|pm)_)[A-Za-z0-9._-]+`,
)

// jobBody returns a job with its secrets masked.
func jobBody(row db.ListJobsRow) (api.Job, error) {
	body := api.Job{
		ID:          row.ID,
		Kind:        row.Kind,
		State:       api.JobState(row.State),
		Queue:       row.Queue,
		Priority:    int32(row.Priority),
		Attempt:     int32(row.Attempt),
		MaxAttempts: int32(row.MaxAttempts),
		Errors:      make([]api.JobError, 0, len(row.Errors)),
		CreatedAt:   row.CreatedAt.UTC(),
		ScheduledAt: row.ScheduledAt.UTC(),
		AttemptedAt: utc(row.AttemptedAt),
		FinishedAt:  utc(row.FinalizedAt),
	}
	decoder := json.NewDecoder(bytes.NewReader(row.Args))
	decoder.UseNumber()
	if err := decoder.Decode(&body.Args); err != nil {
		return body, err
	}
	for name, value := range body.Args {
		body.Args[name] = visible(value, slices.Contains(visibleArgs[row.Kind], name))
	}
	for _, text := range row.Errors {
		var failed struct {
			At      time.Time `json:"at"`
			Attempt int32     `json:"attempt"`
			Error   string    `json:"error"`
		}
		if err := json.Unmarshal([]byte(text), &failed); err != nil {
			return body, err
		}
		body.Errors = append(body.Errors, api.JobError{
			At:      failed.At.UTC(),
			Attempt: failed.Attempt,
			Message: secret.ReplaceAllString(failed.Error, "${1}${2}${4}"+masked+"${3}"),
		})
	}
	var metadata struct {
		CancelAttemptedAt *time.Time `json:"cancel_attempted_at"`
	}
	if err := json.Unmarshal(row.Metadata, &metadata); err != nil {
		return body, err
	}
	body.CancelRequested = row.State == "running" && metadata.CancelAttemptedAt != nil
	return body, nil
}

// visible returns an argument as staff may see it.
func visible(value any, showText bool) any {
	switch v := value.(type) {
	case nil, bool, json.Number:
		return v
	case string:
		if showText {
			return v
		}
	case []any:
		list := make([]any, len(v))
		for i, one := range v {
			list[i] = visible(one, showText)
		}
		return list
	}
	return masked
}

func utc(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
