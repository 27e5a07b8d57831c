package question

import (
	"slices"
	"strings"
)

// phraseBook finds the longest of its phrases at a place in the question. It maps a first word to
// the phrases that start with it, the longest first.
type phraseBook[T any] map[string][]phrase[T]

type phrase[T any] struct {
	words   []string
	meaning T
}

// book returns a book of phrases, which are separated by commas, by their meaning.
func book[T comparable](lines map[T]string) phraseBook[T] {
	out := phraseBook[T]{}
	for meaning, line := range lines {
		for text := range strings.SplitSeq(line, ",") {
			if w := strings.Fields(text); len(w) > 0 {
				out[w[0]] = append(out[w[0]], phrase[T]{w, meaning})
			}
		}
	}
	for first := range out {
		slices.SortFunc(out[first], func(a, b phrase[T]) int { return len(b.words) - len(a.words) })
	}
	return out
}

// match returns the meaning of the longest phrase at token i, and the token after it.
func (b phraseBook[T]) match(p *parser, i int) (meaning T, end int, ok bool) {
	if p.at(i) == "" {
		return meaning, 0, false
	}
	for _, candidate := range b[p.at(i)] {
		if p.reads(i, candidate.words) {
			return candidate.meaning, i + len(candidate.words), true
		}
	}
	return meaning, 0, false
}

// reads reports whether the words are at token i, unused and within one clause.
func (p *parser) reads(i int, phraseWords []string) bool {
	for k, word := range phraseWords {
		if p.at(i+k) != word || p.tokens[i+k].used || k > 0 && p.tokens[i+k].breaks {
			return false
		}
	}
	return true
}

// constraint is what a phrase limits or orders the products to.
type constraint int

const (
	wantsSale constraint = iota + 1
	wantsNoSale
	wantsForSale
	wantsStock
	wantsNoStock
	wantsCheapest
	wantsDearest
	wantsDiscount
	wantsNewest
	wantsNothing // so that no shorter phrase in it is read: "offer" as a verb
)

// constraints are the phrases of constraints; Text is without them. Where "not" inverts the
// meaning, the phrase with it is one of its own.
var constraints = book(map[constraint]string{
	wantsSale: `
		on sale, sale, sales, on discount, discount, discounts, discounted, with a discount,
		at a discount, with discount, at discount, deal, deals, offers, on offer, special offer,
		special offers, any offer, an offer, bargain, bargains, clearance, marked down,
		reduced price, price reduced, promo, promos, promotion, promotions, on promotion,
		price drop, price drops, price cut, price cuts, rebate, rebates, discount price,
		discounted price, sale price, sale items, savings, money off
	`,
	wantsNoSale: `
		not on sale, not discounted, not reduced, without a discount, without discount,
		without any discount, full price, at full price, no discount, no discounts, isnt on sale,
		arent on sale, not on offer
	`,
	wantsForSale: `for sale, put up for sale`,
	wantsStock: `
		in stock, available now, available, available in stock, currently available, ready to ship,
		in the stock, on hand, in store, available right now, available today
	`,
	wantsNoStock: `
		out of stock, not in stock, not available, unavailable, sold out, isnt available,
		arent available
	`,
	wantsCheapest: `
		cheapest, cheaper, cheap, affordable, more affordable, most affordable, budget, on a budget,
		budget friendly, inexpensive, least expensive, less expensive, lower priced, lowest priced,
		lowest price, lower price, lowest prices, low price, low priced, low prices, low cost,
		lowest cost, economical, not too expensive, not expensive, not so expensive,
		not very expensive, not that expensive, isnt too expensive, arent too expensive,
		isnt expensive, arent expensive, not pricey, not too pricey, wont break the bank,
		best price, best prices, at the best price, cost the least, costs the least, least costly,
		bargain price, wallet friendly, good price, good prices
	`,
	wantsDearest: `
		most expensive, more expensive, expensive, priciest, pricier, dearest, premium, luxury,
		luxurious, high end, highend, highest price, highest priced, top of the line,
		top of the range, costliest, most costly, cost the most, costs the most
	`,
	wantsDiscount: `
		biggest discount, biggest discounts, largest discount, largest discounts, highest discount,
		best discount, best discounts, deepest discount, most discounted, greatest discount,
		best deal, best deals, biggest saving, biggest savings, largest saving, best offer,
		best offers, best bargain, best bargains, biggest deal, biggest deals, most off,
		biggest price drop, steepest discount, top deals, top deal, hottest deals, save the most,
		most savings, heavily discounted, biggest reduction
	`,
	wantsNewest: `
		newest, latest, new arrival, new arrivals, newly arrived, most recent, just arrived,
		just in, recently added, newly added, new in, whats new, latest arrivals, newest arrivals,
		new releases, newest items, fresh arrivals, new products, new items
	`,
	wantsNothing: `
		do you offer, you offer, can offer, to offer, deal with, in store credit, you have on offer
	`,
})

// hints show the intent. They remain in Text, because embedding models understand them.
var hints = book(map[Intent]string{
	List: `
		what is the best, whats the best, what is a good, whats a good, what are the best,
		which is the best, what about, how about
	`,
	Compare: `
		compare, comparison, versus, vs, difference between, differences between, the difference,
		which is better, which one is better, better than, how do they differ, differ, compared,
		whats different, how are they different, what is different
	`,
	AskPrice: `
		how much, price of, the price, what price, cost of, does it cost, do they cost,
		what does it cost, how expensive, its price, their prices, the prices, the cost,
		what is the price, whats the price
	`,
	Details: `
		tell me about, tell me more, more about, describe, details, detail, description, features,
		specs, specifications, specification, what is the, what is a, what is an, whats the,
		information, info, made of, made from, explain, how does, how do, what does, does it,
		does this, do they, learn more, how big, how heavy, how long, how tall, how many, what size,
		what sizes, what color, what colour, what colors, what material, what kind of material,
		is it, is the, is this, are they, are these, can it, can i use, dimensions, ingredients,
		who makes, does the, what are the
	`,
	AskStock: `
		how many are left, how many left, how many do you have, still have, any left, left in stock,
		stock level, stock levels, in stock, out of stock, available, availability, sold out,
		how many are in stock, how many of
	`,
	AskDiscount: `
		on sale, discount, discounts, discounted, on offer, reduced, marked down, special offer,
		any offers, deals, promotion, how much off, how much cheaper
	`,
})
