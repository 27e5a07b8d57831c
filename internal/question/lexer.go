package question

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/question/words"
)

type tokenKind int

const (
	wordToken tokenKind = iota
	numberToken
	currencyToken
	symbolToken // < > = ≤ ≥ ~ % + - # &
)

// token is one piece of the question and where it stands in the original text.
type token struct {
	kind       tokenKind
	text       string // folded; of a number, its digits and separators
	stem       string // of words
	class      words.Class
	start, end int
	glued      bool // nothing stands between it and the token before
	breaks     bool // a full stop, comma or the like stands before it
	sentence   bool // … and it ends a sentence
	name       bool // part of a brand or category name: no constraint word
	used       bool // part of a constraint: not in Text
}

// lex splits a text in one pass. Numbers keep their separators ("1,299.00") and lose glued letters,
// which become a token of their own: "20usd" is 20 and usd, "1.5k" is 1.5 and k.
func lex(text string) []token {
	var out []token
	gapFrom := 0
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		var t token
		switch {
		case unicode.IsDigit(r) && r < utf8.RuneSelf:
			end := numberEnd(text, at)
			t = token{kind: numberToken, text: strings.TrimRight(text[at:end], ".,"), start: at}
			t.end = at + len(t.text)
		case words.InWord(r):
			end := runEnd(text, at)
			t = token{
				kind:  wordToken,
				text:  words.Bare(words.Fold(text[at:end])),
				start: at,
				end:   end,
			}
			t.stem, t.class = words.Stem(t.text), words.ClassOf(t.text)
		case unicode.Is(unicode.Sc, r):
			t = token{kind: currencyToken, text: string(r), start: at, end: at + size}
		case strings.ContainsRune("<>=≤≥~%+-–—#&", r):
			t = token{kind: symbolToken, text: string(r), start: at, end: at + size}
		default:
			at += size
			continue
		}
		gap := text[gapFrom:t.start]
		t.glued = gap == "" && len(out) > 0
		t.breaks = strings.ContainsAny(gap, ",;:.!?\n()")
		t.sentence = strings.ContainsAny(gap, ".!?\n")
		out = append(out, t)
		at, gapFrom = t.end, t.end
	}
	return out
}

// numberEnd reads digits with single separators between digits.
func numberEnd(text string, at int) int {
	for at < len(text) {
		c := text[at]
		isSeparator := (c == ',' || c == '.') && at+1 < len(text) && isDigit(text[at+1])
		if !isDigit(c) && !isSeparator {
			break
		}
		at++
	}
	return at
}

// runEnd reads a word: letters, marks and digits, and apostrophes with a letter after them.
func runEnd(text string, at int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == '\'' || r == '’' {
			next, _ := utf8.DecodeRuneInString(text[at+size:])
			if !unicode.IsLetter(next) {
				return at
			}
		} else if !words.InWord(r) {
			return at
		}
		at += size
	}
	return at
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parser walks the tokens of one question; every rule marks what it used.
type parser struct {
	text     string
	digits   int
	tokens   []token
	isSearch bool // a search rather than a question: see Prices
}

func newParser(text string, currencyDigits int) *parser {
	text = clip(text, MaxLength)
	return &parser{text: text, digits: min(max(currencyDigits, 0), 6), tokens: lex(text)}
}

// at returns the folded text of token i; "" outside the question and for parts of a name, which
// no rule may read as its own word.
func (p *parser) at(i int) string {
	if i < 0 || i >= len(p.tokens) || p.tokens[i].name {
		return ""
	}
	return p.tokens[i].text
}

func (p *parser) is(i int, options ...string) bool {
	word := p.at(i)
	for _, o := range options {
		if word == o && word != "" {
			return true
		}
	}
	return false
}

func (p *parser) use(from, to int) {
	for i := from; i < to && i < len(p.tokens); i++ {
		p.tokens[i].used = true
	}
}

// isContent: token i is a word that names something.
func (p *parser) isContent(i int) bool {
	return i >= 0 && i < len(p.tokens) && p.tokens[i].kind == wordToken &&
		p.tokens[i].class == words.Content
}

// connectors hold no meaning once the words they led to are gone.
var connectors = wordSet(
	`for at in with and or but that which are is be priced costing cost under of from to a an the by on being
thats whats also please than so my budget`,
)

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		out[word] = true
	}
	return out
}

// rest writes the unused words in their original form.
func (p *parser) rest() string {
	kept := make([]int, 0, len(p.tokens))
	droppedBefore := false
	for i := range p.tokens {
		if p.tokens[i].used {
			if !droppedBefore {
				kept = p.trimConnectors(kept)
			}
			droppedBefore = true
			continue
		}
		droppedBefore = false
		kept = append(kept, i)
	}
	for len(kept) > 0 && p.is(kept[0], "and", "or", "but", "than") {
		kept = kept[1:]
	}
	var out strings.Builder
	for k, i := range kept {
		t := p.tokens[i]
		if k > 0 {
			gap := " "
			if kept[k-1] == i-1 {
				gap = p.text[p.tokens[i-1].end:t.start]
			}
			out.WriteString(gap)
		}
		out.WriteString(p.text[t.start:t.end])
	}
	return strings.TrimSpace(out.String())
}

// trimConnectors drops connectors at the end of kept, but keeps a question's own start ("which are
// …").
func (p *parser) trimConnectors(kept []int) []int {
	for len(kept) > 1 {
		last := p.tokens[kept[len(kept)-1]]
		isLoneSign := last.kind == symbolToken && !last.glued
		if last.name || !connectors[last.text] && !isLoneSign {
			break
		}
		kept = kept[:len(kept)-1]
	}
	return kept
}
