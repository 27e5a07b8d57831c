package question

import (
	"strings"

	"github.com/shopd/shopd/internal/question/words"
)

// maxTurns is how many earlier questions a chain of follow-ups gathers at most.
const maxTurns = 3

// Standalone returns the question as one that needs no history, and whether it includes earlier
// turns. A turn that points back, or names no goods of its own, is appended to the user's turn
// before it, and that one to its predecessor if it points back too. A new noun of the catalogue is
// a new topic and includes nothing. q is the parsed text. Parse the result again. It has only the
// latest price bounds: those of earlier turns are left out if a later turn has any.
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
			out.WriteByte('.') // separates the clauses of two turns
		}
	}
	return out.String(), true
}

// pointsBack reports whether the turn needs the history.
func (q Question) pointsBack(history []Turn) bool {
	if len(history) == 0 || q.Smalltalk != None || q.wide {
		return false
	}
	if !q.Topic {
		return true
	}
	return q.Within && !q.namesNew(history)
}

// namesNew reports whether the turn names a brand or category that is new in the conversation.
func (q Question) namesNew(history []Turn) bool {
	if len(q.nameStems) == 0 {
		return false
	}
	known := map[string]bool{}
	for _, m := range history {
		for _, w := range words.Split(clip(m.Content, 4*MaxLength)) {
			known[words.Stem(w)] = true
		}
	}
	for _, stem := range q.nameStems {
		if !known[stem] {
			return true
		}
	}
	return false
}

// earlier returns a previous turn without the price bounds that a later one replaces.
func earlier(text string, later Question) string {
	p := newParser(text, 2)
	var dropped Question
	if later.MinPriceMinor != nil || later.MaxPriceMinor != nil {
		p.prices(&dropped)
	}
	return p.rest()
}

// merge returns the later turn, with the price bounds of the previous one if it has none.
func merge(previous, later Question) Question {
	if later.MinPriceMinor == nil && later.MaxPriceMinor == nil {
		later.MinPriceMinor, later.MaxPriceMinor = previous.MinPriceMinor, previous.MaxPriceMinor
	}
	return later
}

// maxCitations is how many products of one message are read; an answer cites far fewer.
const maxCitations = 50

// CitedIDs returns the product ids that an answer cites, such as [#12] or [#12, #13], in order,
// each once. The message came from the client: check every id in the database before use.
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
