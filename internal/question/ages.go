package question

import "strconv"

// ages are the years that a number behind a word for people can mean, both inclusive.
type ages struct{ youngest, oldest int }

// A bare number right behind people is an age if people of that kind can have it, and else a price:
// "toys for kids under 3", "bike for kids under 200". Children are told apart by an upper limit, as
// many things are made for those below it. Adults are not: "shoes for men under 50" is a price,
// while "vitamins for men over 50" is an age. A number with a currency, with cents or behind a
// comma is always a price.
var (
	children = people(map[ages]string{
		{0, 3}: `baby babies newborn newborns infant infants`,
		{0, 6}: `toddler toddlers preschooler preschoolers`,
		{0, 18}: `kid kids child children girl girls boy boys youngster youngsters minor minors
			schoolchild schoolchildren`,
		{13, 19}: `teen teens teenager teenagers adolescent adolescents`,
	})
	adults = people(map[ages]string{
		{0, 99}: `man men woman women male males female females adult adults senior seniors people
			persons person folks lady ladies gentleman gentlemen mother mothers father fathers mom
			moms mum mums dad dads grandparent grandparents grandmother grandmothers grandfather
			grandfathers guy guys`,
	})
	// measures are words before a bare number that is no price, whatever it is.
	measures = wordSet(`age aged ages rated rating ratings spf upf temperature temperatures temp
		temps degrees weight height size sizes`)
	// links stand between people and a limit: "kids who are under 3".
	links = wordSet(`who that is are aged`)
)

func people(kinds map[ages]string) map[string]ages {
	out := map[string]ages{}
	for years, words := range kinds {
		for word := range wordSet(words) {
			out[word] = years
		}
	}
	return out
}

// isMeasured reports whether the words right before token start, where b or its amount begins, say
// that the number is an age or a measure. A comma between them makes it a price again.
func (p *parser) isMeasured(start int, b bound, a amount) bool {
	for start > 0 && start < len(p.tokens) && !p.tokens[start].breaks && links[p.at(start-1)] &&
		!measures[p.at(start-1)] {
		start--
	}
	if start == 0 || start < len(p.tokens) && p.tokens[start].breaks {
		return false
	}
	word := p.at(start - 1)
	if measures[word] {
		return true
	}
	if years, ok := children[word]; ok {
		if second, ok := p.rangeEnd(a, b == between); ok && !p.isAge(second, years) {
			return false
		}
		return p.isAge(a, years)
	}
	years, ok := adults[word]
	return ok && (b == above || b == atLeast) && p.isAge(a, years)
}

// isAge reports whether an amount is a whole number of years within those of some people.
func (p *parser) isAge(a amount, years ages) bool {
	one := scale("1", p.digits)
	return a.minor%one == 0 && a.minor >= scale(strconv.Itoa(years.youngest), p.digits) &&
		a.minor <= scale(strconv.Itoa(years.oldest), p.digits)
}
