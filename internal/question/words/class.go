package words

import "strings"

// Class is how much a word says about what a shopper wants.
type Class int

// The classes, from nothing to everything.
const (
	Stop    Class = iota // grammar and shop talk: "the", "show", "product", "cheap"
	Soft                 // narrows, but names no goods: "red", "comfortable", "gift", "wife"
	Content              // names something
)

// ClassOf returns the class of a folded word.
func ClassOf(word string) Class {
	if class, ok := classes[word]; ok {
		return class
	}
	if class, ok := classes[Stem(word)]; ok {
		return class
	}
	if word == "" || len(word) == 1 && !IsNumber(word) {
		return Stop
	}
	return Content
}

// classes has words and their stems, so that "products" and "product" need one entry.
var classes = func() map[string]Class {
	out := map[string]Class{}
	for _, list := range []struct {
		class Class
		text  string
	}{{Soft, softWords}, {Stop, grammarWords}} {
		for word := range strings.FieldsSeq(list.text) {
			out[word] = list.class
		}
	}
	for word := range strings.FieldsSeq(shopWords) {
		out[word], out[Stem(word)] = Stop, Stop
	}
	for word := range strings.FieldsSeq(softWords) {
		if _, taken := out[Stem(word)]; !taken {
			out[Stem(word)] = Soft
		}
	}
	return out
}()

const grammarWords = `
	a an the and or but nor if then than as of at by for from in into on onto to up with without
	within about around over under between below above off out so too very just only also not no yes
	please do does did doing done is are was were be been being am have has had having can could
	will would shall should may might must i me my mine we us our ours you your yours he him his she
	her hers it its they them their theirs this that these those there here who whom whose which
	what when where why how any some all each every both either neither one ones other others
	another else more most less least much many few lot lots such same own im ive id ill youre youve
	dont doesnt didnt isnt arent cant wont whats thats theres lets let hows wouldnt couldnt
	whichever whatever per via vs versus etc ok okay oh well still even ever again instead though
	because while until since through across along against toward towards theyre weve were upon
	rather quite pretty bit little somewhat second first third last next former latter myself
	yourself himself herself itself ourselves themselves
`

const shopWords = `
	product item thing stuff something anything everything nothing someone anyone shop store catalog
	catalogue sell sold selling buy buying bought purchase order get got getting give need want
	wanted looking look find finding found search searching show showing tell see know recommend
	recommended recommendation suggest suggested suggestion advise advice help helping like liked
	love prefer interest interested available availability stock stocked carry offer price priced
	pricing cost costing cheap cheaper cheapest affordable afford budget inexpensive expensive
	pricey pricier priciest deal discount discounted sale bargain best good great nice better
	popular favorite favourite option choice choose choosing range selection kind type sort hello hi
	hey thanks thank currently now today right new newer newest latest arrival really actually maybe
	compare comparison comparing difference different similar worth money dollar euro usd eur gbp
	buck pay spend spending question information info detail details description describe idea pick
	alternative come coming brand category assortment inventory inside left remain remaining welcome
	wondering wonder think thinking guess suppose number try trying ask mean possible possibly
	considering consider hoping hope assist greetings cool awesome perfectly exactly basically
`

// softWords are colours, sizes, opinions, people, occasions and everyday verbs. If no product has
// one, the question may still be about the shop, unlike with a noun that no product has.
const softWords = `
	red blue green black white yellow orange purple pink brown grey gray silver gold golden beige
	navy teal turquoise ivory dark bright colour color colored coloured small smaller smallest
	medium large larger largest big bigger biggest tiny huge mini long longer short shorter tall
	wide narrow thick thin size sized xs xl xxl petite compact slim heavy lightweight soft hard
	comfortable comfy cozy cosy stylish elegant beautiful pretty cute modern classic vintage durable
	sturdy strong quality premium luxury fancy simple easy perfect reliable decent solid fun useful
	practical handy everyday daily casual formal fresh fast faster quick quiet quieter powerful warm
	warmer hot cold safe eco sustainable natural organic unique special original suitable ideal gift
	present birthday anniversary christmas xmas holiday wife husband mom mum mother dad father son
	daughter brother sister friend girlfriend boyfriend grandma grandpa grandmother grandfather
	uncle aunt boss colleague teacher parent lover owner beginner professional enthusiast family kid
	child person man woman adult teen boy girl guy lady everyone myself use used using work working
	wear wearing fit fits fitting keep keeping put take taking bring make making made go going play
	feature featuring include including contain containing last lasting allow hold holding rated
	rating star highly top year month week weekend home house room living place way lot age old
	young essential must-have set pair pack piece matching goes suit zero two three four five six
	seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty hundred thousand
	dozen couple
`
