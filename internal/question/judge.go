package question

import "github.com/shopd/shopd/internal/question/words"

// phrases reads the phrases of the question: constraints and hints.
func (p *parser) phrases(q *Question) {
	hinted := map[Intent]bool{}
	for i := 0; i < len(p.tokens); {
		if intent, end, ok := hints.match(p, i); ok {
			hinted[intent] = true
			i = end
			continue
		}
		i++
	}
	q.YesNo = p.yesNo()
	about := p.asksAboutOne()
	q.About = about
	askedSale := hinted[AskDiscount]
	for i := 0; i < len(p.tokens); {
		w, end, ok := constraints.match(p, i)
		if !ok {
			i++
			continue
		}
		switch w {
		case wantsSale:
			askedSale = true
			isNoun := p.is(
				end-1, "discount", "discounts", "deal", "deals", "offers", "sale", "sales",
				"promotion", "promotions", "rebate", "rebates",
			)
			q.OnSale = !about &&
				!(isNoun && p.is(end, "on", "for", "of") && p.is(end+1, definite...))
		case wantsNoSale:
			q.OnSale = false
		case wantsDiscount:
			q.OnSale, q.Order = true, BiggestDiscount
		case wantsStock:
			q.InStock = !about
		case wantsNoStock:
			q.InStock = false
		case wantsCheapest:
			q.Order = Cheapest
		case wantsDearest:
			q.Order = Dearest
		case wantsNewest:
			q.Order = Newest
		}
		if w != wantsNothing {
			p.use(i, end)
		}
		i = end
	}
	switch {
	case hinted[Compare]:
		q.Intent = Compare
	case q.Order == BiggestDiscount:
		q.Intent = Pick
	case askedSale:
		q.Intent = AskDiscount
	case hinted[AskStock] && (about || !q.InStock):
		q.Intent = AskStock
	case hinted[AskPrice] && q.Order == Relevance:
		q.Intent = AskPrice
	case q.Order != Relevance:
		q.Intent = Pick
	case hinted[Details]:
		q.Intent = Details
	}
}

// definite are the words that point at certain products.
var definite = []string{
	"the", "this", "that", "these", "those", "it", "them", "they", "your", "its",
}

// yesNo reports whether the question starts with a verb ("do you have …"), greetings and "please"
// aside.
func (p *parser) yesNo() bool {
	return p.is(
		p.verbAt(), "is", "are", "do", "does", "did", "has", "have", "can", "could", "will",
		"would", "any", "isnt", "arent", "dont", "doesnt", "was", "were",
	)
}

// verbAt returns the token with which the question starts, greetings aside.
func (p *parser) verbAt() int {
	i := 0
	for i < len(p.tokens) && i < 6 &&
		p.is(
			i, "hi", "hello", "hey", "please", "ok", "okay", "and", "so", "thanks", "but", "there",
			"great", "cool",
		) {
		i++
	}
	return i
}

// asksAboutOne reports whether the question is about certain products: "is the kettle …", "does it
// …", "are those …", not "are there any …" or "do you have …".
func (p *parser) asksAboutOne() bool {
	i := p.verbAt()
	if !p.is(i, "is", "are", "does", "do", "has", "was", "isnt", "arent", "doesnt", "will") {
		return false
	}
	i++
	return p.is(i, definite...) || p.isContent(i) || i < len(p.tokens) && p.tokens[i].name
}

// judge decides what depends on the whole question: topic, smalltalk and what pointing words mean.
func (p *parser) judge(q *Question) {
	content, soft, wide := 0, 0, false
	for i, t := range p.tokens {
		if t.used || t.kind == symbolToken || t.kind == currencyToken {
			continue
		}
		switch {
		case t.name:
			content++
			q.nameStems = append(q.nameStems, tokenStem(t))
		case t.kind == numberToken:
			soft++
		case t.class == words.Content || p.myOrder(i):
			content++
		case t.class == words.Soft:
			soft++
		case shopWide[t.text]:
			wide = true
		}
	}
	q.Topic = content > 0
	q.Generic = content+soft == 0
	if q.Topic && !q.Within {
		q.Refers = false // "cheaper headphones" needs no history
	}
	q.wide = wide && !q.Topic && !q.Refers
	constrained := q.OnSale || q.InStock || q.Order != Relevance || q.MinPriceMinor != nil ||
		q.MaxPriceMinor != nil ||
		q.Ordinal != 0
	if !constrained && len(q.nameStems) == 0 {
		q.Smalltalk = p.smalltalk()
	}
	if q.Smalltalk != None {
		q.Topic, q.Generic, q.Refers, q.Within, q.wide = false, false, false, false, false
	}
}

// myOrder reports whether the word at i is an order of the customer ("where is my order"), not the
// verb.
func (p *parser) myOrder(i int) bool {
	return p.is(i, "order", "orders", "purchase") && p.is(i-1, "my", "an", "the", "our")
}

// shopWide are the words that make a question without a topic one about the whole shop rather than
// about the conversation.
var shopWide = wordSet(`
	product products item items everything anything something stuff things shop store catalog
	catalogue inventory sell assortment brands categories
`)

// smalltalkTriggers are the words of which smalltalk has at least one, with its kind.
var smalltalkTriggers = map[string]Kind{
	"hi":          Greeting,
	"hello":       Greeting,
	"hey":         Greeting,
	"hiya":        Greeting,
	"howdy":       Greeting,
	"greetings":   Greeting,
	"yo":          Greeting,
	"hallo":       Greeting,
	"morning":     Greeting,
	"afternoon":   Greeting,
	"evening":     Greeting,
	"who":         Greeting,
	"bot":         Greeting,
	"robot":       Greeting,
	"human":       Greeting,
	"can":         Greeting,
	"help":        Greeting,
	"ai":          Greeting,
	"how":         Greeting,
	"thanks":      Thanks,
	"thank":       Thanks,
	"thx":         Thanks,
	"ty":          Thanks,
	"cheers":      Thanks,
	"appreciate":  Thanks,
	"appreciated": Thanks,
	"great":       Thanks,
	"perfect":     Thanks,
	"awesome":     Thanks,
	"cool":        Thanks,
	"ok":          Thanks,
	"okay":        Thanks,
	"nice":        Thanks,
	"super":       Thanks,
	"lovely":      Thanks,
	"wonderful":   Thanks,
	"bye":         Goodbye,
	"goodbye":     Goodbye,
	"night":       Goodbye,
	"goodnight":   Goodbye,
	"cya":         Goodbye,
	"farewell":    Goodbye,
}

// smalltalkFillers are the other words that smalltalk may have.
var smalltalkFillers = wordSet(`
	there everyone all team good day how are you doing is it going whats up today friend please
	just wanted to say i a an so very much lot for your the that thats its im need needed was
	helpful really have nice see later take care soon me us do what can am or real this
	assistant and then well now much again my again day weekend
`)

// smalltalk returns the kind of smalltalk that the question is: it has triggers and fillers alone.
// Of several kinds the last in the order of Kind counts ("hello, thanks" is Thanks).
func (p *parser) smalltalk() Kind {
	const longest = 12 // words; greetings are shorter
	if len(p.tokens) == 0 || len(p.tokens) > longest {
		return None
	}
	kind, weak := None, false
	for i, t := range p.tokens {
		if t.kind != wordToken {
			return None
		}
		k, isTrigger := smalltalkTriggers[t.text]
		switch {
		case !isTrigger && !smalltalkFillers[t.text]:
			return None
		case p.is(i, "can", "how", "who", "help"):
			weak = true // only with "you": "how are you", "can you help me"
		case k > kind:
			kind = k
		}
	}
	if kind == None && weak && (p.has("you") || len(p.tokens) == 1 && p.has("help")) &&
		!p.has("much") &&
		!p.has("have") {
		kind = Greeting
	}
	return kind
}

// has reports whether the question has a word.
func (p *parser) has(word string) bool {
	for i := range p.tokens {
		if p.is(i, word) {
			return true
		}
	}
	return false
}
