package contract_test

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// matching draws a text that matches a schema's pattern, about so long and no longer than most.
func matching(t *rapid.T, schema *openapi3.Schema, length, most int) string {
	parsed, err := syntax.Parse(goPattern(schema.Pattern), syntax.Perl)
	if err != nil {
		t.Fatalf("pattern %s: %v", schema.Pattern, err)
	}
	parsed = parsed.Simplify()
	for repeat := length; ; repeat-- {
		var text strings.Builder
		write(t, parsed, max(repeat, 0), &text)
		if utf8.RuneCountInString(text.String()) <= most || repeat < 0 {
			for !allows(schema, text.String()) &&
				utf8.RuneCountInString(text.String()) < int(schema.MinLength) {
				text.Reset() // a pattern with a fixed start: longer by one until it is long enough
				repeat++
				write(t, parsed, repeat, &text)
			}
			return text.String()
		}
	}
}

// write draws what an expression matches, with open repetitions of a length.
func write(t *rapid.T, re *syntax.Regexp, repeat int, out *strings.Builder) {
	switch re.Op {
	case syntax.OpLiteral:
		out.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		out.WriteRune(oneOf(t, re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte('x')
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			write(t, sub, repeat, out)
		}
	case syntax.OpAlternate:
		write(t, re.Sub[rapid.IntRange(0, len(re.Sub)-1).Draw(t, "alternative")], repeat, out)
	case syntax.OpCapture:
		write(t, re.Sub[0], repeat, out)
	case syntax.OpQuest:
		if rapid.Bool().Draw(t, "maybe") {
			write(t, re.Sub[0], repeat, out)
		}
	case syntax.OpStar, syntax.OpPlus:
		times := min(repeat, 3)
		if re.Sub[0].Op == syntax.OpCharClass {
			var one strings.Builder
			write(t, re.Sub[0], 0, &one)
			out.WriteString(strings.Repeat(one.String(), max(repeat, 1)-1))
			times = min(repeat, 1)
		}
		if re.Op == syntax.OpPlus {
			times = max(times, 1)
		}
		for range times {
			write(t, re.Sub[0], repeat/4, out)
		}
	case syntax.OpRepeat:
		for range re.Min + min(repeat, max(re.Max, re.Min)-re.Min) {
			write(t, re.Sub[0], repeat, out)
		}
	}
}

// oneOf draws a character of a class, a plain one where it can.
func oneOf(t *rapid.T, ranges []rune) rune {
	var plain []rune
	for i := 0; i < len(ranges); i += 2 {
		for r := max(ranges[i], '!'); r <= min(ranges[i+1], '~'); r++ {
			plain = append(plain, r)
		}
	}
	if len(plain) == 0 {
		return ranges[0]
	}
	return rapid.SampledFrom(plain).Draw(t, "character")
}
