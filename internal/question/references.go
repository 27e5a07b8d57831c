package question

// references reads the words that point back to the conversation.
func (p *parser) references(q *Question) {
	contentBefore := false
	for i := range p.tokens {
		if p.tokens[i].name || p.isContent(i) {
			contentBefore = true
			continue
		}
		if p.tokens[i].used && !p.is(i, "cheaper", "pricier") {
			continue
		}
		if n, ok := p.ordinal(i); ok {
			q.Ordinal, q.Within = n, true
		}
		switch p.pointer(i, contentBefore) {
		case within:
			q.Within = true
		case like:
			q.Refers = true
		}
	}
	q.Refers = q.Refers || q.Within
}

// pointing is what a word points at.
type pointing int

const (
	nowhere pointing = iota
	within           // at products named before
	like             // at something like them: "a cheaper one"
)

// pointer returns what the word at i points at. A pronoun after a noun of the same turn means that
// noun ("a watch … is it waterproof"), except in "of those".
func (p *parser) pointer(i int, contentBefore bool) pointing {
	compares := p.is(i-1, "like", "than", "besides", "except") ||
		p.is(i-1, "to") && p.is(i-2, "similar", "compared")
	strong := within
	if compares {
		strong = like
	} else if contentBefore && !p.is(i-1, "of") {
		strong = nowhere
	}
	switch p.at(i) {
	case "it", "its":
		if p.is(i+1, "possible", "true", "ok", "okay", "for") ||
			p.is(i+1, "is") && p.is(i+2, "for") {
			return nowhere
		}
		return strong
	case "they", "them", "those", "these", "their", "theirs", "former":
		return strong
	case "latter":
		return strong
	case "both", "either":
		if p.ends(i+1) || p.is(i+1, "of") {
			return strong
		}
	case "this", "that":
		isAsked := i == p.verbAt() ||
			p.is(
				i-1, "about", "is", "does", "of", "than", "with", "like", "has", "was", "on", "for",
			)
		if isAsked && !p.is(i+1, "is", "are", "has", "have", "can", "fits") || p.is(i+1, "one") {
			return strong
		}
	case "one", "ones":
		if !p.isContent(i+1) && !p.is(i+1, "of", "-", "hundred") || p.ends(i+1) {
			return p.oneWithin(i, contentBefore)
		}
	case "cheaper", "pricier", "another", "other", "others", "else", "instead", "same", "similar",
		"smaller", "bigger", "larger", "lighter", "more":
		return like
	}
	if p.is(i, "what", "how") && p.is(i+1, "about") || i == 0 && p.is(i, "and") {
		return like
	}
	return nowhere
}

// oneWithin returns what "one" at token i points at, by its article: "the blue one" was named
// before, "a blue one" was not.
func (p *parser) oneWithin(i int, contentBefore bool) pointing {
	for back := 1; back <= 4; back++ {
		if p.is(i-back, "the", "that", "this", "which", "those", "these") {
			return within
		}
		if p.is(i-back, "a", "an", "another", "some", "any", "different", "other") {
			break
		}
	}
	if contentBefore {
		return nowhere
	}
	return like
}

// ends reports whether the clause ends before token i.
func (p *parser) ends(i int) bool { return i >= len(p.tokens) || p.tokens[i].breaks }

// ordinals are places in a list; negative ones count from its end.
var ordinals = map[string]int{
	"first":   1,
	"second":  2,
	"third":   3,
	"fourth":  4,
	"fifth":   5,
	"sixth":   6,
	"seventh": 7,
	"eighth":  8,
	"ninth":   9,
	"tenth":   10,
	"last":    -1,
	"final":   -1,
	"former":  1,
	"latter":  -1,
}

// ordinal returns the place in a list that token i begins: "the second one", "the 2nd", "number
// two", "option 3", "#2", "the last one"; not "a second hand watch" or "the first aid kit".
func (p *parser) ordinal(i int) (int, bool) {
	n, next := ordinals[p.at(i)], i+1
	if n == 0 && p.tokens[i].kind == numberToken && p.is(i+1, "st", "nd", "rd", "th") &&
		p.tokens[i+1].glued {
		n, next = smallNumber(p.at(i)), i+2
	}
	if n != 0 {
		isPlace := p.is(
			next, "one", "option", "product", "item", "choice", "result", "pick", "suggestion",
		) ||
			p.is(i-1, "the", "your", "that") &&
				(p.ends(next) || p.is(
					next, "is", "in", "on", "for", "does", "and", "you", "please", "has", "have",
					"come", "cost", "still",
				))
		return n, isPlace
	}
	isLabel := p.is(i, "number", "option", "#", "no", "nr", "item", "product") &&
		i+1 < len(p.tokens)
	if isLabel && (p.tokens[i+1].kind == numberToken || numberWords[p.at(i+1)] > 0) &&
		(p.ends(i+2) || p.is(i+2, "please")) ||
		isLabel && p.is(i, "#") && p.tokens[i+1].glued {
		n = smallNumber(p.at(i + 1))
		return n, n > 0
	}
	return 0, false
}

// smallNumber returns a number of 1 to 20, else 0: more is no place in a list of products.
func smallNumber(text string) int {
	if n := numberWords[text]; n > 0 && n <= 20 {
		return int(n)
	}
	n := 0
	for i := range len(text) {
		if !isDigit(text[i]) || n > 20 {
			return 0
		}
		n = n*10 + int(text[i]-'0')
	}
	if n > 20 {
		return 0
	}
	return n
}
