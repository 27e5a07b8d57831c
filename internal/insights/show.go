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

// harmlessArgs are the kinds of jobs with the texts among their arguments that anybody may see who
// sees jobs. Numbers, which are ids, are shown in any case. Addresses that files are fetched from
// may hold a secret.
var harmlessArgs = map[string][]string{
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

// secret is what looks like one in the text of an error: a parameter of an address, or the password
// in it.
var secret = regexp.MustCompile(
	`(?i)\b((?:token|key|secret|password|signature|sig|code)=)[^&\s"']+|(://[^/\s:@]*:)[^/\s@]+(@)|\b(bearer |(?:sk|rk|whsec|tok|pm)_)[A-Za-z0-9._-]+`,
)

// jobBody is a job with nothing in it that nobody should see.
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
	read := json.NewDecoder(bytes.NewReader(row.Args))
	read.UseNumber()
	if err := read.Decode(&body.Args); err != nil {
		return body, err
	}
	for name, value := range body.Args {
		body.Args[name] = shown(value, slices.Contains(harmlessArgs[row.Kind], name))
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

// shown is an argument as it may be seen.
func shown(value any, isHarmless bool) any {
	switch v := value.(type) {
	case nil, bool, json.Number:
		return v
	case string:
		if isHarmless {
			return v
		}
	case []any:
		list := make([]any, len(v))
		for i, one := range v {
			list[i] = shown(one, isHarmless)
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
