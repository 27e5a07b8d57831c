package question

import "math"

// bound is how a phrase next to an amount limits the price.
type bound int

const (
	below bound = iota + 1 // strictly
	atMost
	above // strictly
	atLeast
	around
	loosely // "about", which has other meanings too, so the amount needs a currency
	between
	from
)

// boundsBefore are the phrases before an amount.
var boundsBefore = book(map[bound]string{
	below: `
		under, below, less than, lower than, cheaper than, less then, not as much as, beneath, <,
		sub, for less than, for under, costing less than, smaller than
	`,
	atMost: `
		up to, at most, no more than, not more than, max, maximum, maximum of, max of, within,
		not over, not above, not exceeding, < =, ≤, no higher than, at the most, budget,
		my budget is, my budget, budget of, budget is, budget around, a budget of, spend,
		spend up to, spending, to spend, limit, limit of, until, only have, capped at, no more then,
		price limit, upper limit, price cap, nothing over, nothing above, nothing more than,
		nothing higher than, nothing exceeding, nothing beyond, nothing pricier than,
		nothing dearer than, nothing more expensive than, none over, none above, none more than,
		not higher than, not pricier than, not dearer than, not more expensive than,
		not costing more than, not cost more than, doesnt cost more than, dont cost more than,
		isnt over, isnt above, isnt more than, arent over, arent above, arent more than, never over,
		never above, never more than, without exceeding, dont exceed, doesnt exceed, not exceed,
		dont go over, not go over, not going over, cant go over, without going over
	`,
	above: `
		over, above, more than, greater than, higher than, exceeding, >, upwards of, north of,
		more expensive than, more then, dearer than, pricier than
	`,
	atLeast: `
		at least, minimum, min, minimum of, min of, no less than, not less than, starting at,
		starting from, > =, ≥, not under, not below, from at least, nothing under, nothing below,
		nothing less than, nothing lower than, nothing cheaper than, none under, none below,
		none cheaper than, not lower than, not cheaper than, not costing less than,
		not cost less than, doesnt cost less than, dont cost less than, isnt under, isnt below,
		isnt less than, arent under, arent below, arent less than, never under, never below,
		never less than
	`,
	around: `
		around, roughly, approximately, approx, ~, circa, close to, near, or around,
		in the region of
	`,
	loosely: `about, like, say, almost, nearly`,
	between: `
		between, in between, ranging from, range of, price range, price range of, priced between,
		in the range of
	`,
	from: `from, priced from, starts at`,
})

// boundsAfter are the phrases after an amount.
var boundsAfter = book(map[bound]string{
	atMost: `
		or less, or under, or below, and under, and below, or cheaper, and less, max, maximum, tops,
		at most, at the most, limit, budget, or lower, at max, price limit
	`,
	atLeast: `
		or more, and up, or above, and above, or over, and over, plus, +, minimum, min, at least,
		or higher, and more, upwards, or up, and higher
	`,
	around: `or so, ish, - ish, more or less, give or take, or thereabouts`,
})

// fillers are words that may stand between a bound and its amount: "under about $20", "a budget of
// only 50".
var fillers = wordSet(`
	about around approximately a the only just total like say my price budget is of roughly
	maybe some at
`)

// strict reports whether the phrase makes a bare number a price although a noun follows. No phrase
// does before a unit.
func (b bound) strict() bool { return b == below || b == atMost || b == around || b == between }

// prices reads all price bounds in order. A later lower or upper bound replaces an earlier one, as
// in "under 50 … no, under 30" and in follow-ups.
func (p *parser) prices(q *Question) {
	for i := 0; i < len(p.tokens); i++ {
		if p.tokens[i].used || p.tokens[i].name {
			continue
		}
		if b, end, ok := boundsBefore.match(p, i); ok {
			if next := p.boundAt(q, b, i, end); next > i {
				i = next - 1
				continue
			}
		}
		if next := p.plainAmount(q, i); next > i {
			i = next - 1
		}
	}
}

// boundAt reads the price behind a phrase of b, which is the tokens from start to at. It returns
// the token after the price, or 0 if there is none.
func (p *parser) boundAt(q *Question, b bound, start, at int) int {
	for skipped := 0; skipped < 3 && fillers[p.at(at)] &&
		!(p.is(at, "a") && powers[p.at(at+1)] > 0); skipped++ {
		at++
	}
	a, ok := p.amountAt(at)
	if !ok || at < len(p.tokens) && p.tokens[at].sentence {
		return 0
	}
	if !a.currency && (searchBounds[p.at(start)] || b == around) && p.isMeasured(start, b, a) {
		return 0
	}
	if p.isSearch && !a.currency && !searchBounds[p.at(start)] {
		if second, ok := p.rangeEnd(a, true); !ok || !second.currency {
			return 0
		}
	}
	if second, ok := p.rangeEnd(a, b == between); ok &&
		(b == between || b == from || b == around || a.currency || second.currency) {
		if !p.isPrice(second, second.currency || a.currency, true) {
			return 0
		}
		q.setRange(a.minor, second.minor)
		p.use(start, second.end)
		return second.end
	}
	if !p.isPrice(a, a.currency, b.strict()) || !a.currency && (b == loosely || b == from) {
		return 0
	}
	end := a.end
	switch b {
	case below:
		q.setMax(max(a.minor, 1) - 1)
	case atMost:
		q.setMax(a.minor)
	case above:
		q.setMin(plus(a.minor, 1))
	case atLeast, from:
		q.setMin(a.minor)
	case around, loosely:
		q.setAround(a.minor)
	case between: // one end only: no range
		return 0
	}
	if _, after, ok := boundsAfter.match(p, end); ok { // "from $20 and up"
		if _, another := p.amountAt(after); !another {
			end = after
		}
	}
	p.use(start, end)
	return end
}

// plainAmount reads an amount without a phrase before it: "$20 or less", "10-20 dollars", "for
// $20". It returns the token after the price, or 0 if there is none.
func (p *parser) plainAmount(q *Question, i int) int {
	a, ok := p.amountAt(i)
	if !ok {
		return 0
	}
	if second, ok := p.rangeEnd(a, false); ok && (a.currency || second.currency) {
		q.setRange(a.minor, second.minor)
		p.use(i, second.end)
		return second.end
	}
	after, end, ok := boundsAfter.match(p, a.end)
	if _, another := p.amountAt(end); ok &&
		another { // "$50 and over 10": the phrase belongs to the next amount
		ok = false
	}
	switch {
	case !a.currency && p.isMeasured(i, after, a),
		!a.currency && (!ok || after == atLeast || p.tokens[i].kind != numberToken),
		p.isSearch && (!a.currency || !ok):
		return 0
	case !ok:
		q.setMax(a.minor)
		end = a.end
	case after == atMost:
		q.setMax(a.minor)
	case after == atLeast:
		q.setMin(a.minor)
	case after == around:
		q.setAround(a.minor)
	}
	p.use(i, end)
	return end
}

// rangeEnd reads "to 50" or "- 50" behind a, and "and 50" after "between".
func (p *parser) rangeEnd(a amount, afterBetween bool) (amount, bool) {
	if !p.is(a.end, "to", "-", "–", "—", "through") && !(afterBetween && p.is(a.end, "and")) {
		return a, false
	}
	second, ok := p.amountAt(a.end + 1)
	return second, ok && second.minor > 0
}

// isPrice reports whether an amount is a price. It is not in "under 5 kg" and, for phrases that
// often count other things, in "at least 3 pockets".
func (p *parser) isPrice(a amount, currency, strict bool) bool {
	if currency {
		return true
	}
	if a.end >= len(p.tokens) || p.tokens[a.end].breaks {
		return true
	}
	if units[p.at(a.end)] && !p.is(a.end, "in") || p.is(a.end, "in") && p.tokens[a.end].glued ||
		p.is(a.end, "%", "+", "-", "#") {
		return false
	}
	return strict || !p.isContent(a.end)
}

func (q *Question) setMin(minor int64) { q.MinPriceMinor = &minor }
func (q *Question) setMax(minor int64) { q.MaxPriceMinor = &minor }

func (q *Question) setRange(a, b int64) {
	q.setMin(min(a, b))
	q.setMax(max(a, b))
}

// setAround limits the price to a fifth less or more.
func (q *Question) setAround(minor int64) {
	q.setMin(minor - minor/5)
	q.setMax(plus(minor, minor/5))
}

// plus returns a + b, at most the largest int64; both are ≥ 0.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
