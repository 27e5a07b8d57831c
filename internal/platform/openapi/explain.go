package openapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// explain appends to the description of an operation who may call it, how often, and its problems.
func explain(op *operation, problems []Problem) {
	var words []string
	switch {
	case op.role == "":
		words = append(words, "**Who**: everybody, without a token.")
	case op.isForGuests:
		words = append(words, fmt.Sprintf(
			"**Who**: everybody; with a token, an account of at least the role `%s`.", op.role,
		))
	default:
		words = append(words, fmt.Sprintf(
			"**Who**: an account of at least the role `%s`.", op.role,
		))
	}
	for _, l := range op.limits {
		words = append(words, l.words())
	}
	all := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	byStatus := make(map[int][]string)
	for _, p := range problems {
		if !slices.Contains(p.Operations, op.id) {
			continue
		}
		all.Content = append(all.Content, Text(p.Code))
		if p.When != "every" {
			byStatus[p.Status] = append(byStatus[p.Status], "`"+p.Code+"`")
		}
	}
	all.Style = sequenceStyle(all)
	Set(op.node, problemsKey, all)
	if len(byStatus) > 0 {
		words = append(words, "**Problems**: "+listed(byStatus)+
			", and those of every operation (see [/problems](/problems)).")
	}
	description := strings.TrimSpace(text(Get(op.node, "description")))
	Set(op.node, "description", Text(description+"\n\n"+strings.Join(words, "\n\n")+"\n"))
}

// words says how often an operation may be called.
func (l limit) words() string {
	window := l.window
	switch d, err := time.ParseDuration(l.window); {
	case err != nil: // the server refuses to start
	case d == time.Minute:
		window = "a minute"
	case d == time.Hour:
		window = "an hour"
	default:
		window = fmt.Sprintf("in %.0f minutes", d.Minutes())
	}
	per := "account"
	if l.per == "address" {
		per = "IP address"
	}
	return fmt.Sprintf("**Rate limit**: %s calls %s for each %s.", l.calls, window, per)
}

// listed returns codes by status: 401 `a`, `b`; 409 `c`.
func listed(byStatus map[int][]string) string {
	var parts []string
	for status := 400; status < 600; status++ {
		if codes := byStatus[status]; codes != nil {
			parts = append(parts, fmt.Sprintf("%d %s", status, strings.Join(codes, ", ")))
		}
	}
	return strings.Join(parts, "; ")
}
