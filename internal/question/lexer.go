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
	glued      bool // follows the token before without a gap
	breaks     bool // follows a full stop, comma or the like
	sentence   bool // follows the end of a sentence
	name       bool // part of a brand or category name, so not of a phrase
	used       bool // part of a constraint, so not of Text
}

// lex returns the tokens of a text, in one pass. A number includes its separators ("1,299.00").
// Letters right behind it are a token of their own: "20usd" is 20 and usd, "1.5k" is 1.5 and k.
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

// numberEnd returns the end of a number: digits with single separators between them.
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

// runEnd returns the end of a word: letters, marks and digits, and apostrophes before a letter.
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

// parser reads the tokens of one question. Each rule marks the tokens it used.
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

// at returns the folded text of token i. It is empty outside the question and for parts of a name,
// so that no rule reads them as words.
func (p *parser) at(i int) string {
	if i < 0 || i >= len(p.tokens) || p.tokens[i].name {
		return ""
	}
	return p.tokens[i].text
}

// is reports whether token i is one of some words.
func (p *parser) is(i int, options ...string) bool {
	word := p.at(i)
	for _, o := range options {
		if word == o && word != "" {
			return true
		}
	}
	return false
}

// use marks tokens as part of a constraint.
func (p *parser) use(from, to int) {
	for i := from; i < to && i < len(p.tokens); i++ {
		p.tokens[i].used = true
	}
}

// isContent reports whether token i is a word that names something.
func (p *parser) isContent(i int) bool {
	return i >= 0 && i < len(p.tokens) && p.tokens[i].kind == wordToken &&
		p.tokens[i].class == words.Content
}

// connectors are words without a meaning once the words behind them are removed.
var connectors = wordSet(`
	for at in with and or but that which are is be priced costing cost under of from to a an the
	by on being thats whats also please than so my budget
`)

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		out[word] = true
	}
	return out
}

// rest returns the unused words in their original form.
func (p *parser) rest() string {
	left := make([]int, 0, len(p.tokens))
	droppedBefore := false
	for i := range p.tokens {
		if p.tokens[i].used {
			if !droppedBefore {
				left = p.trimConnectors(left)
			}
			droppedBefore = true
			continue
		}
		droppedBefore = false
		left = append(left, i)
	}
	for len(left) > 0 && p.is(left[0], "and", "or", "but", "than") {
		left = left[1:]
	}
	var out strings.Builder
	for k, i := range left {
		t := p.tokens[i]
		if k > 0 {
			gap := " "
			if left[k-1] == i-1 {
				gap = p.text[p.tokens[i-1].end:t.start]
			}
			out.WriteString(gap)
		}
		out.WriteString(p.text[t.start:t.end])
	}
	return strings.TrimSpace(out.String())
}

// trimConnectors returns the tokens without connectors at their end, except the first word ("which
// are …").
func (p *parser) trimConnectors(tokens []int) []int {
	for len(tokens) > 1 {
		last := p.tokens[tokens[len(tokens)-1]]
		isLoneSign := last.kind == symbolToken && !last.glued
		if last.name || !connectors[last.text] && !isLoneSign {
			break
		}
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}
