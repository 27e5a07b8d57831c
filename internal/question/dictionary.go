package question

import (
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/question/words"
)

// Name is a category or brand as the database has it.
type Name struct {
	ID   int64
	Name string
}

// Dictionary finds category and brand names in a question. It is read-only once it is complete, so
// it may be shared; when the names change, build a new one.
type Dictionary struct {
	entries map[string]*entry // by the stems of the name, joined by blanks
	longest int               // words of the longest name
	below   map[int64][]int64 // categories by their parent

	attributes map[string]map[string]Attribute // by the stems of the name and of the value
}

// Attribute is a value that products have under a name.
type Attribute struct{ Name, Value string }

// entry is what a name refers to.
type entry struct {
	brands, categories []int64
	// categories of whose name this is one half: "Kitchen" of "Home & Kitchen"
	parts    []int64
	everyday bool // every word is shop talk or grammar, as in a brand "Next"
}

// maxNameWords is how many words a name has at most. It bounds the look-ups per word, so that
// parsing is linear.
const maxNameWords = 8

// NewDictionary returns a dictionary of categories and brands. It leaves out names without a letter
// or digit.
func NewDictionary(categories, brands []Name) *Dictionary {
	d := &Dictionary{entries: map[string]*entry{}, below: map[int64][]int64{}}
	for _, c := range categories {
		if e := d.add(c.Name); e != nil {
			e.categories = append(e.categories, c.ID)
		}
		parts := strings.FieldsFunc(
			strings.ReplaceAll(words.Fold(c.Name), " and ", "&"),
			func(r rune) bool { return strings.ContainsRune("&,/>|", r) },
		)
		for _, part := range parts {
			if len(parts) < 2 || len(strings.TrimSpace(part)) < 4 {
				continue
			}
			if e := d.add(part); e != nil {
				e.parts = append(e.parts, c.ID)
			}
		}
	}
	for _, b := range brands {
		if e := d.add(b.Name); e != nil {
			e.brands = append(e.brands, b.ID)
		}
	}
	return d
}

// Nest records that a category is a child of another.
func (d *Dictionary) Nest(category, parent int64) {
	d.below[parent] = append(d.below[parent], category)
}

// Trees returns categories and all their descendants, each once.
func (d *Dictionary) Trees(categories []int64) []int64 {
	all := distinct(slices.Clone(categories))
	for i := 0; i < len(all); i++ {
		for _, child := range d.below[all[i]] {
			if !slices.Contains(all, child) {
				all = append(all, child)
			}
		}
	}
	return all
}

// add returns the entry of a name. A name with an apostrophe is found without it as well ("Levi's"
// is also "Levis").
func (d *Dictionary) add(name string) *entry {
	e := d.addKey(name, nil)
	if plain := strings.NewReplacer("'", "", "’", "").Replace(name); plain != name && e != nil {
		d.addKey(plain, e)
	}
	return e
}

// addKey adds e, or a new entry if it is nil, under the stems of the name, unless there is an
// entry. It returns the entry there is.
func (d *Dictionary) addKey(name string, e *entry) *entry {
	stems, everyday := nameStems(name)
	if len(stems) == 0 || len(stems) > maxNameWords {
		return nil
	}
	key := strings.Join(stems, " ")
	if known := d.entries[key]; known != nil {
		return known
	}
	if e == nil {
		e = &entry{everyday: everyday}
	}
	d.entries[key] = e
	d.longest = max(d.longest, len(stems))
	return e
}

// nameStems returns the stems of a name, and whether all its words are everyday words. It leaves
// out "and" and "&", so that "Home & Kitchen" is found as "home and kitchen".
func nameStems(name string) (stems []string, everyday bool) {
	everyday = true
	for _, t := range lex(clip(name, MaxLength)) {
		if t.kind == symbolToken || t.kind == currencyToken || t.text == "and" || t.text == "" {
			continue
		}
		stems = append(stems, tokenStem(t))
		everyday = everyday && t.kind == wordToken && t.class == words.Stop
	}
	return stems, everyday
}

func tokenStem(t token) string {
	if t.kind == wordToken {
		return t.stem
	}
	return t.text
}

// names marks the brand and category names of the question, and makes those that are meant as such
// conditions. A wrong condition hides the right product, a missing one only ranks it lower, so in
// doubt there is none.
func (p *parser) names(dict *Dictionary, q *Question) {
	if dict == nil {
		return
	}
	for i := 0; i < len(p.tokens); i++ {
		e, end := dict.longestAt(p.tokens, i)
		if e == nil || e.everyday && !p.capitalised(i) {
			continue
		}
		for k := i; k < end; k++ {
			p.tokens[k].name = true
		}
		free := !p.isExcluded(i)
		if free {
			q.BrandIDs = append(q.BrandIDs, e.brands...)
		}
		isHead := !p.contentFollows(end)
		if free && isHead && !p.compounds(i, end) {
			q.CategoryIDs = append(q.CategoryIDs, e.categories...)
		}
		if free && isHead && !p.contentPrecedes(i) {
			q.CategoryIDs = append(q.CategoryIDs, e.parts...)
		}
		i = end - 1
	}
	q.BrandIDs, q.CategoryIDs = distinct(q.BrandIDs), distinct(q.CategoryIDs)
}

// longestAt returns the longest name that starts at token i, and the token after it.
func (d *Dictionary) longestAt(tokens []token, i int) (found *entry, end int) {
	var key strings.Builder
	n := 0
	for k := i; k < len(tokens) && n < d.longest; k++ {
		t := tokens[k]
		if t.text == "and" || t.text == "&" || t.text == "-" && n > 0 {
			if n == 0 {
				return nil, 0
			}
			continue
		}
		if t.kind == symbolToken || t.kind == currencyToken || t.text == "" || k > i && t.sentence {
			break
		}
		if n > 0 {
			key.WriteByte(' ')
		}
		key.WriteString(tokenStem(t))
		n++
		if e := d.entries[key.String()]; e != nil {
			found, end = e, k+1
		}
	}
	return found, end
}

// capitalised reports whether an everyday word is written like a name within a sentence.
func (p *parser) capitalised(i int) bool {
	t := p.tokens[i]
	c := p.text[t.start]
	return i > 0 && !t.sentence && 'A' <= c && c <= 'Z'
}

// isExcluded reports whether the name at i is a comparison, an exclusion, or what the goods are for
// ("a case for Acme phones").
func (p *parser) isExcluded(i int) bool {
	before := i - 1
	for p.is(before, "a", "an", "the", "my", "our", "your", "any", "his", "her") {
		before--
	}
	switch {
	case p.is(i-1, "at"): // "training at home"
		return true
	case p.is(
		before, "not", "no", "without", "except", "excluding", "besides", "than", "non", "dont",
		"like", "beyond",
	),
		p.is(before, "to") &&
			p.is(before-1, "similar", "comparable", "alternative", "alternatives", "compared"),
		p.is(before, "from") && p.is(before-1, "different", "apart"),
		p.is(before, "but") && p.is(before-1, "anything", "nothing", "everything"):
		return !p.is(before, "like") || !p.is(before-1, "would", "id", "i", "we")
	case p.is(before, "for", "with", "fit", "fits", "fitting"):
		return p.contentPrecedes(before)
	}
	return false
}

// contentFollows reports whether a noun follows, which makes the name a mere modifier ("phone" in
// "phone case").
func (p *parser) contentFollows(end int) bool {
	if end < len(p.tokens) && p.tokens[end].kind == numberToken &&
		!p.tokens[end].breaks { // "iPhone 6 case"
		end++
	}
	return p.isContent(end) && !p.tokens[end].breaks
}

// compounds reports whether a noun precedes a name of one word, which makes it another thing:
// "sleeping bags" are no bags.
func (p *parser) compounds(i, end int) bool {
	return end == i+1 && p.isContent(i-1) && !p.tokens[i-1].name && !p.tokens[i].breaks
}

// contentPrecedes reports whether a noun or a name precedes token i in its sentence.
func (p *parser) contentPrecedes(i int) bool {
	for k := i - 1; k >= 0 && !p.tokens[k].sentence; k-- {
		if p.isContent(k) && !p.tokens[k].name {
			return true
		}
		if p.tokens[k].name && k < i {
			return true
		}
	}
	return false
}

func distinct(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}
