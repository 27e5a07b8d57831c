package question

import "strings"

// maxAttributeWords is how many words a name or a value that is looked for has at most.
const maxAttributeWords = 3

// AddAttributes adds attributes to the dictionary, the most frequent first. It must be called
// before the dictionary is shared.
func (d *Dictionary) AddAttributes(all []Attribute) {
	d.attributes = map[string]map[string]Attribute{}
	for _, a := range all {
		name, value := attributeKey(a.Name), attributeKey(a.Value)
		if name == "" || value == "" {
			continue
		}
		if d.attributes[name] == nil {
			d.attributes[name] = map[string]Attribute{}
		}
		if _, taken := d.attributes[name][value]; !taken {
			d.attributes[name][value] = a
		}
	}
}

// spellings unifies names that catalogues write in either way.
var spellings = strings.NewReplacer("color", "colour", "colours", "colour")

// attributeKey returns the stems of a short text; empty for a long one.
func attributeKey(text string) string {
	stems, _ := nameStems(strings.ReplaceAll(text, "_", " "))
	if len(stems) == 0 || len(stems) > maxAttributeWords {
		return ""
	}
	return spellings.Replace(strings.Join(stems, " "))
}

// attributes reads the attributes that stand with their name next to the value: "colour: red", "red
// colour", "material is oak". A value alone is no condition, it only ranks: a black product may be
// black in a variant, or say so in its text alone.
func (p *parser) attributes(dict *Dictionary, q *Question) {
	if dict == nil || len(dict.attributes) == 0 {
		return
	}
	for i := range p.tokens {
		for nameEnd := i + 1; nameEnd <= min(i+maxAttributeWords, len(p.tokens)); nameEnd++ {
			values := dict.attributes[p.key(i, nameEnd)]
			if values == nil {
				continue
			}
			at := nameEnd
			for p.is(at, "is", "of", "in", "must", "be", "should", "=") {
				at++
			}
			if a, ok := p.valueAt(values, at, true); ok && !p.sentenceEnds(nameEnd, at) {
				q.want(a)
			} else if a, ok := p.valueAt(values, i, false); ok && !p.tokens[i].breaks {
				q.want(a)
			}
		}
	}
}

// sentenceEnds reports whether a sentence ends between the name and the value.
func (p *parser) sentenceEnds(nameEnd, valueAt int) bool {
	for i := nameEnd; i <= valueAt && i < len(p.tokens); i++ {
		if p.tokens[i].sentence {
			return true
		}
	}
	return false
}

// valueAt returns the longest value that begins at a token, or that ends before it.
func (p *parser) valueAt(
	values map[string]Attribute, at int, begins bool,
) (found Attribute, ok bool) {
	for n := maxAttributeWords; n > 0; n-- {
		from, to := at, at+n
		if !begins {
			from, to = at-n, at
		}
		if from < 0 || to > len(p.tokens) {
			continue
		}
		if a, known := values[p.key(from, to)]; known {
			return a, true
		}
	}
	return found, false
}

// key returns the stems of tokens as attributeKey has them.
func (p *parser) key(from, to int) string {
	stems := make([]string, 0, to-from)
	for _, t := range p.tokens[from:to] {
		stems = append(stems, tokenStem(t))
	}
	return spellings.Replace(strings.Join(stems, " "))
}

// want adds an attribute to the conditions.
func (q *Question) want(a Attribute) {
	if q.Attributes == nil {
		q.Attributes = map[string]string{}
	}
	q.Attributes[a.Name] = a.Value
}
