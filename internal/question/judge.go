package question

import "github.com/shopd/shopd/internal/question/words"

// phrases reads the wishes and hints.
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
		w, end, ok := wishes.match(p, i)
		if !ok {
			i++
			continue
		}
		switch w {
		case wishSale:
			askedSale = true
			isNoun := p.is(
				end-1, "discount", "discounts", "deal", "deals", "offers", "sale", "sales",
				"promotion", "promotions", "rebate", "rebates",
			)
			q.OnSale = !about &&
				!(isNoun && p.is(end, "on", "for", "of") && p.is(end+1, definite...))
		case wishNoSale:
			q.OnSale = false
		case wishDiscount:
			q.OnSale, q.Order = true, BiggestDiscount
		case wishStock:
			q.InStock = !about
		case wishNoStock:
			q.InStock = false
		case wishCheapest:
			q.Order = Cheapest
		case wishDearest:
			q.Order = Dearest
		case wishNewest:
			q.Order = Newest
		}
		if w != wishNothing {
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

var definite = []string{
	"the", "this", "that", "these", "those", "it", "them", "they", "your", "its",
}

// yesNo: the question starts with a verb ("do you have …"), greetings and "please" aside.
func (p *parser) yesNo() bool {
	return p.is(
		p.verbAt(), "is", "are", "do", "does", "did", "has", "have", "can", "could", "will",
		"would", "any", "isnt", "arent", "dont", "doesnt", "was", "were",
	)
}

// verbAt is where the question starts, greetings aside.
func (p *parser) verbAt() int {
	i := 0
	for i < len(p.tokens) && i < 6 && p.is(i, "hi", "hello", "hey", "please", "ok", "okay", "and", "so", "thanks", "but", "there", "great", "cool") {
		i++
	}
	return i
}

// asksAboutOne: "is the kettle …", "does it …", "are those …", not "are there any …" or "do you
// have …".
func (p *parser) asksAboutOne() bool {
	i := p.verbAt()
	if !p.is(i, "is", "are", "does", "do", "has", "was", "isnt", "arent", "doesnt", "will") {
		return false
	}
	i++
	return p.is(i, definite...) || p.isContent(i) || i < len(p.tokens) && p.tokens[i].name
}

// judge settles what needs the whole question: topic, smalltalk and what pointing words mean.
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
		q.Refers = false // "cheaper headphones" says all by itself
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

// myOrder: "where is my order" is about an order, not a wish to order something.
func (p *parser) myOrder(i int) bool {
	return p.is(i, "order", "orders", "purchase") && p.is(i-1, "my", "an", "the", "our")
}

// shopWide words make a question without a topic one about the whole shop rather than about what
// was talked of before.
var shopWide = wordSet(
	`product products item items everything anything something stuff things shop store catalog catalogue inventory
sell assortment brands categories`,
)

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

var smalltalkFillers = wordSet(
	`there everyone all team good day how are you doing is it going whats up today friend please just wanted to say
i a an so very much lot for your the that thats its im need needed was helpful really have nice see later take care soon me us
do what can am or real this assistant and then well now much again my again day weekend`,
)

// smalltalk: nothing but the words above, one of them a trigger; the last kind named wins ("ok
// thanks").
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

func (p *parser) has(word string) bool {
	for i := range p.tokens {
		if p.is(i, word) {
			return true
		}
	}
	return false
}
