package question

import (
	"strings"

	"github.com/shopd/shopd/internal/question/words"
)

// maxTurns bounds how many earlier questions a chain of follow-ups gathers.
const maxTurns = 3

// Standalone returns the question as one that needs no history, and whether it carried earlier
// turns: a turn that points back, or names nothing of its own, is put behind the user turn before
// it (and that one behind its own, when it too points back). A new noun of the catalogue is a new
// topic: nothing is carried. Parse the result again: its later price bound replaces the earlier
// one, since the old bounds are left out when the new turn has any. q is text parsed.
func Standalone(history []Turn, q Question, text string) (resolved string, carried bool) {
	if !q.pointsBack(history) {
		return text, false
	}
	parts := []string{text}
	later := q
	for i := len(history) - 1; i >= 0 && len(parts) <= maxTurns; i-- {
		if history[i].Role != User {
			continue
		}
		previous := Parse(history[i].Content, nil, 2)
		if previous.Smalltalk != None || IsWordless(history[i].Content) {
			continue
		}
		parts = append(parts, earlier(history[i].Content, later))
		later = merge(previous, later)
		if !previous.pointsBack(history[:i]) {
			break
		}
	}
	if len(parts) == 1 {
		return text, false
	}
	var out strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		part := strings.TrimSpace(clip(parts[i], MaxLength/(maxTurns+1)))
		if out.Len() > 0 && part != "" {
			out.WriteString(" ")
		}
		out.WriteString(part)
		if i > 0 && part != "" && !strings.ContainsAny(part[len(part)-1:], ".!?") {
			out.WriteByte('.') // keeps the clauses of two turns apart
		}
	}
	return out.String(), true
}

// pointsBack decides whether the turn needs the history.
func (q Question) pointsBack(history []Turn) bool {
	if len(history) == 0 || q.Smalltalk != None || q.wide {
		return false
	}
	if !q.Topic {
		return true
	}
	return q.Within && !q.namesNew(history)
}

// namesNew: a brand or category is named that the conversation has not had yet.
func (q Question) namesNew(history []Turn) bool {
	if len(q.nameStems) == 0 {
		return false
	}
	said := map[string]bool{}
	for _, m := range history {
		for _, w := range words.Split(clip(m.Content, 4*MaxLength)) {
			said[words.Stem(w)] = true
		}
	}
	for _, stem := range q.nameStems {
		if !said[stem] {
			return true
		}
	}
	return false
}

// earlier is a previous turn without the constraints that a later one replaces.
func earlier(text string, later Question) string {
	p := newParser(text, 2)
	var dropped Question
	if later.MinPriceMinor != nil || later.MaxPriceMinor != nil {
		p.prices(&dropped)
	}
	return p.rest()
}

// merge keeps what the later turns settled.
func merge(previous, later Question) Question {
	if later.MinPriceMinor == nil && later.MaxPriceMinor == nil {
		later.MinPriceMinor, later.MaxPriceMinor = previous.MinPriceMinor, previous.MaxPriceMinor
	}
	return later
}

// maxCitations bounds what one message may cite; an answer of ours cites far fewer.
const maxCitations = 50

// CitedIDs reads the product ids an answer cites, such as [#12] or [#12, #13], in order, each once.
// The message came from the client: check every id in the database before use.
func CitedIDs(message string) []int64 {
	var out []int64
	seen := map[int64]bool{}
	for {
		open := strings.Index(message, "[#")
		if open < 0 || len(out) == maxCitations {
			return out
		}
		message = message[open+1:]
		for len(out) < maxCitations {
			rest, ok := strings.CutPrefix(strings.TrimLeft(message, ", "), "#")
			id, after, isID := leadingID(rest)
			if !ok || !isID {
				break
			}
			closes := strings.HasPrefix(after, "]") ||
				strings.HasPrefix(strings.TrimLeft(after, ", "), "#")
			if !closes {
				break
			}
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
			message = after
			if strings.HasPrefix(after, "]") {
				break
			}
		}
	}
}

// leadingID reads up to 18 digits, which always fit; ids start at 1.
func leadingID(text string) (id int64, after string, ok bool) {
	n := 0
	for n < len(text) && n < 18 && isDigit(text[n]) {
		id = id*10 + int64(text[n]-'0')
		n++
	}
	return id, text[n:], n > 0 && id > 0
}
