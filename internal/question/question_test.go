package question

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var shop = NewDictionary(
	[]Name{
		{1, "Headphones"},
		{2, "Laptops"},
		{3, "Home & Kitchen"},
		{4, "Shoes"},
		{5, "Phones"},
		{6, "Coffee Makers"},
		{7, "Toys and Games"},
		{8, "Running Shoes"},
	},
	[]Name{
		{21, "Acme"},
		{22, "Under Armour"},
		{23, "Levi's"},
		{24, "Next"},
		{25, "Crème & Co"},
		{26, "Nordvik"},
	},
)

// brief returns how a question was understood, so briefly that a row of a table fits on a line.
func brief(q Question) string {
	var out []string
	add := func(set bool, format string, args ...any) {
		if set {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	if q.MinPriceMinor != nil {
		add(true, "min=%d", *q.MinPriceMinor)
	}
	if q.MaxPriceMinor != nil {
		add(true, "max=%d", *q.MaxPriceMinor)
	}
	add(q.OnSale, "sale")
	add(q.InStock, "stock")
	add(len(q.CategoryIDs) > 0, "cat=%v", q.CategoryIDs)
	add(len(q.BrandIDs) > 0, "brand=%v", q.BrandIDs)
	add(
		q.Order != Relevance, "%s",
		[...]string{"", "cheapest", "dearest", "discount", "newest"}[q.Order],
	)
	add(
		q.Intent != List, "%s",
		[...]string{
			"", "Pick", "Compare", "AskDiscount", "AskStock", "AskPrice", "Details",
		}[q.Intent],
	)
	add(q.Within, "within")
	add(q.Refers && !q.Within, "refers")
	add(q.Ordinal != 0, "#%d", q.Ordinal)
	add(q.Generic, "generic")
	add(q.Smalltalk != None, "%s", [...]string{"", "greeting", "thanks", "goodbye"}[q.Smalltalk])
	return strings.Join(out, " ")
}

// Parse: questions, and what they ask for.
func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want, rest string }{
		// price bounds
		{"shoes under $20", "max=1999 cat=[4]", "shoes"},
		{"headphones below 50", "max=4999 cat=[1]", "headphones"},
		{"a laptop for less than 1,299.00 dollars", "max=129899 cat=[2]", "a laptop"},
		{"a lamp up to 30 euros", "max=3000", "a lamp"},
		{"at most £15 for a mug", "max=1500", "for a mug"},
		{"no more than 20 bucks, a scarf please", "max=2000", "a scarf please"},
		{"something between 10 and 20", "min=1000 max=2000 generic", "something"},
		{"desks between $1k and $1.5k", "min=100000 max=150000", "desks"},
		{"between 50 and 20 dollars", "min=2000 max=5000 generic", ""},
		{"jackets over $100", "min=10001", "jackets"},
		{"watches at least 75", "min=7500", "watches"},
		{"more than €40 but under €60", "min=4001 max=5999 generic", ""},
		{"a gift around $50", "min=4000 max=6000", "a gift"},
		{"a gift around fifty dollars", "min=4000 max=6000", "a gift"},
		{"about $20 for socks", "min=1600 max=2400", "for socks"},
		{"$20 mugs", "max=2000", "mugs"},
		{"I have 20 dollars", "max=2000 generic", "I have"},
		{"anything for twenty-five bucks?", "max=2500 generic", "anything"},
		{"cables under a hundred", "max=9999", "cables"},
		{"sofas under two thousand dollars", "max=199999", "sofas"},
		{"10-20 dollar toys", "min=1000 max=2000 cat=[7]", "toys"},
		{"$10 to $20 candles", "min=1000 max=2000", "candles"},
		{"from 15 to 25 euro a vase", "min=1500 max=2500", "a vase"},
		{"from $100 and up tents", "min=10000", "tents"},
		{"tents $100+", "min=10000", "tents"},
		{"tents 100 or less", "max=10000", "tents"},
		{"a bag, $80 max", "max=8000", "a bag"},
		{"my budget is 60 for a blender", "max=6000", "for a blender"},
		{"budget of $60", "max=6000 generic", ""},
		{"a kettle <= 35", "max=3500", "a kettle"},
		{"a kettle > 35 USD", "min=3501", "a kettle"},
		{"pens for 99 cents", "max=99", "pens"},
		{"1.299,00 € laptop", "max=129900 cat=[2]", "laptop"},
		{"a ring under $99999999999999999999", "max=9223372036854775806", "a ring"},
		{"under $50 no wait, under $30", "max=2999", "no wait"},
		// negated limits
		{"nothing over 20 dollars", "max=2000 generic", ""},
		{"a mug, nothing above $15", "max=1500", "a mug"},
		{"nothing more expensive than 40, a lamp", "max=4000", "a lamp"},
		{"a lamp that isn't more than $40", "max=4000", "a lamp"},
		{"a lamp that doesn't cost more than 40", "max=4000", "a lamp"},
		{"a lamp without going over 30", "max=3000", "a lamp"},
		{"no more than 20 for a mug", "max=2000", "for a mug"},
		{"watches, nothing under 75", "min=7500", "watches"},
		{"watches not under $75", "min=7500", "watches"},
		{"watches not cheaper than 75", "min=7500", "watches"},
		// ages and measures are no prices
		{"toys for kids under 3", "cat=[7]", "toys for kids under 3"},
		{"toys for kids, under 30", "max=2999 cat=[7]", "toys for kids"},
		{"a bike for kids under 200", "max=19999", "a bike for kids"},
		{"toys for babies over 1", "cat=[7]", "toys for babies over 1"},
		{"games for girls under 12", "cat=[7]", "games for girls under 12"},
		{"games for children between 3 and 6", "cat=[7]", "games for children between 3 and 6"},
		{"games for children 5 and under", "cat=[7]", "games for children 5 and under"},
		{"vitamins for men over 50", "", "vitamins for men over 50"},
		{"toys for ages under 5", "cat=[7]", "toys for ages under 5"},
		{"toys for kids under $3", "max=299 cat=[7]", "toys for kids"},
		{"toys for a baby around 1", "cat=[7]", "toys for a baby around 1"},
		{"shoes for men under 50", "max=4999 cat=[4]", "shoes for men"},
		{
			"do you have shoes for women under 40?", "max=3999 cat=[4]",
			"do you have shoes for women",
		},
		{"shoes for men over 50", "cat=[4]", "shoes for men over 50"},
		{"shoes for men 40 or less", "max=4000 cat=[4]", "shoes for men"},
		{"books rated over 4", "", "books rated over 4"},
		{"a sunscreen with SPF above 30", "", "a sunscreen with SPF above 30"},
		{"a sleeping bag for temperatures below 5", "", "a sleeping bag for temperatures below 5"},
		// numbers that are no prices
		{"dumbbells under 5 kg", "", "dumbbells under 5 kg"},
		{"backpack with at least 3 pockets", "", "backpack with at least 3 pockets"},
		{"power bank over 10000mah", "", "power bank over 10000mah"},
		{"2-in-1 laptop", "cat=[2]", "2-in-1 laptop"},
		{"games for over 10 players", "cat=[7]", "games for over 10 players"},
		{"monitor around 27 inches under 300", "max=29999", "monitor around 27 inches"},
		{"100% cotton shirt", "", "100% cotton shirt"},
		{"two $20 mugs", "max=2000", "two mugs"},
		// sale, stock, order
		{"headphones on sale", "sale cat=[1] AskDiscount", "headphones"},
		{"Any DEALS on laptops?!", "sale cat=[2] AskDiscount", "Any on laptops"},
		{"what do you have for sale", "generic", "what do you have"},
		{"in stock running shoes", "stock cat=[8]", "running shoes"},
		{"which lamps are available now?", "stock", "which lamps"},
		{"is the kettle on sale?", "AskDiscount", "is the kettle"},
		{"is there a discount on the kettle", "AskDiscount", "is there on the kettle"},
		{"Is the Acme kettle in stock?", "brand=[21] AskStock", "Is the Acme kettle"},
		{"cheapest laptop", "cat=[2] cheapest Pick", "laptop"},
		{
			"what affordable products do you have?", "cheapest Pick generic",
			"what products do you have",
		},
		{"budget headphones", "cat=[1] cheapest Pick", "headphones"},
		{"a watch that is not too expensive", "cheapest Pick", "a watch"},
		{"most expensive phone", "cat=[5] dearest Pick", "phone"},
		{"premium sofas", "dearest Pick", "sofas"},
		{"which shoes have the biggest discount", "sale cat=[4] discount Pick", "which shoes have"},
		{"best deals today", "sale discount Pick generic", "today"},
		{"newest phones", "cat=[5] newest Pick", "phones"},
		{"lamps without a discount", "AskDiscount", "lamps"},
		// names
		{"LEVIS jeans", "brand=[23]", "LEVIS jeans"},
		{"under armour shirts under 40", "max=3999 brand=[22]", "under armour shirts"},
		{"creme and co soap", "brand=[25]", "creme and co soap"},
		{"the next lamp", "", "the next lamp"},
		{"a lamp by Next", "brand=[24]", "a lamp by Next"},
		{"something like Nordvik", "", "something like Nordvik"},
		{"phone case", "", "phone case"},
		{"case for my phone", "", "case for my phone"},
		{"something for the kitchen", "cat=[3]", "something for the kitchen"},
		{"coffee maker", "cat=[6]", "coffee maker"},
		{"kitchen knives", "", "kitchen knives"},
		{"Acme headphones", "cat=[1] brand=[21]", "Acme headphones"},
		{"anything but shoes", "", "anything but shoes"},
		// pointing back
		{
			"do any of those have a discount?", "sale AskDiscount within generic",
			"do any of those have",
		},
		{"are those on sale?", "AskDiscount within generic", "are those"},
		{"is it waterproof?", "Details within", "is it waterproof"},
		{
			"tell me about the second one", "Details within #2 generic",
			"tell me about the second one",
		},
		{"how much is the last one", "AskPrice within #-1 generic", "how much is the last one"},
		{"what about the 3rd?", "within #3", "what about the 3rd"},
		{"number two please", "within #2", "number two please"},
		{"anything cheaper?", "cheapest Pick refers generic", "anything"},
		{"the cheaper one", "cheapest Pick within generic", "the one"},
		{"do you have a blue one", "refers", "do you have a blue one"},
		{"and in blue?", "refers", "in blue"},
		{
			"compare the first and the second one", "Compare within #2 generic",
			"compare the first and the second one",
		},
		{"second hand watch", "", "second hand watch"},
		{"the first aid kit", "", "the first aid kit"},
		{"a watch, is it waterproof?", "Details", "a watch, is it waterproof"},
		{"cheaper headphones", "cat=[1] cheapest Pick", "headphones"},
		{"a bag that fits a laptop", "", "a bag that fits a laptop"},
		// intents and smalltalk
		{"Acme kettle vs Nordvik kettle", "brand=[21 26] Compare", "Acme kettle vs Nordvik kettle"},
		{"how much is the kettle", "AskPrice", "how much is the kettle"},
		{
			"what is the Acme kettle made of", "brand=[21] Details",
			"what is the Acme kettle made of",
		},
		{"Hi!", "greeting", "Hi"},
		{"good morning", "greeting", "good morning"},
		{"hi, how are you?", "greeting", "hi, how are you"},
		{"who are you", "greeting", "who are you"},
		{"Thanks a lot, that was helpful :)", "thanks", "Thanks a lot, that was helpful"},
		{"thank you", "thanks", "thank you"},
		{"ok great, bye", "goodbye", "ok great, bye"},
		{"thanks, any lamps?", "", "thanks, any lamps"},
		{"how much?", "AskPrice generic", "how much"},
		{"where is my order?", "", "where is my order"},
		{"", "generic", ""},
		{"?!…", "generic", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			q := Parse(c.text, shop, 2)
			assert.Equal(t, c.want, brief(q))
			assert.Equal(t, c.rest, q.Text)
		})
	}
}

// Trees: a category means all below it.
func TestTrees(t *testing.T) {
	d := NewDictionary(nil, nil)
	for _, pair := range [][2]int64{{2, 1}, {3, 1}, {4, 3}, {5, 9}} { // of a child and its parent
		d.Nest(pair[0], pair[1])
	}
	assert.ElementsMatch(t, []int64{1, 2, 3, 4}, d.Trees([]int64{1, 3}))
	assert.Equal(t, []int64{4}, d.Trees([]int64{4}))
	assert.Empty(t, d.Trees(nil))
}

// IsWordless: questions without a word.
func TestIsWordless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "???", "\U0001F381\U0001F44D", "<b></b><br/>", " . ! $ ", "<!-- x -->",
	} {
		assert.True(t, IsWordless(text), text)
	}
	for _, text := range []string{"a", "7", "茶?", "<b>tea</b>", "a < b > c", "<3 7"} {
		assert.False(t, IsWordless(text), text)
	}
}
