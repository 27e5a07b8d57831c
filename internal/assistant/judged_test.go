package assistant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// judged are questions with the products of the demo shop that fit, judged by hand from the
// descriptions. At least one of them must be among the first three sources.
var judged = map[string][]string{
	"a gift for someone who loves coffee under $30": {
		"Coffee Tasting Box", "Travel Coffee Press Mug",
	},
	"waterproof jacket": {"Storm Waterproof Jacket", "Drizzle Packable Rain Jacket"},
	"watrproof jaket":   {"Storm Waterproof Jacket", "Drizzle Packable Rain Jacket"},
	"wireless headphones with long battery": {
		"Drift Wireless Headphones", "Hush Noise-Cancelling Headphones",
	},
	"noise cancelling headphones": {"Hush Noise-Cancelling Headphones"},
	"wireles hedphones":           {"Drift Wireless Headphones", "Junior Safe Headphones"},
	"earbuds for running":         {"Pebble True Wireless Earbuds", "Trail Running Shoes"},
	"something for camping with kids": {
		"Family Dome Tent 4", "Kids Sleeping Bag", "Pop-Up Play Tent",
	},
	"a tent for four people": {"Family Dome Tent 4"},
	"coffee grinder": {
		"Hand Coffee Grinder M1", "Electric Burr Grinder E2", "Espresso Grinder Pro",
	},
	"do you have a gooseneck kettle?": {"Gooseneck Kettle"},
	"merino t-shirt":                  {"Merino Travel T-Shirt"},
	"a couch for the living room":     {"Modular Three-Seat Sofa"},
	"sneakers":                        {"Everyday Leather Trainers"},
	"backpack for a laptop":           {"Daypack 20 l", "Roll-Top Commuter Bag"},
	"yoga mat":                        {"Natural Rubber Yoga Mat"},
	"board game for two players": {
		"Harbour Lights Board Game", "Word Garden", "Fox and Hedge Card Game",
	},
	"puzzle with 1000 pieces":     {"Puzzle Old Observatory 1000"},
	"notebook for a fountain pen": {"Dotted Notebook A5", "Brass Fountain Pen"},
	"dog bed for an old dog":      {"Orthopaedic Dog Bed"},
	"what do you have for my cat?": {
		"Cat Scratching Lounge", "Window Cat Hammock", "Quiet Pet Fountain", "Feather Teaser Wand",
	},
	"sun protection": {"Mineral Sun Cream SPF 50"},
	"cast iron pan":  {"Cast Iron Skillet 26 cm"},
	"a power bank for travelling": {
		"Ember 10000 Power Bank", "Ember 26000 Power Bank",
	},
	"desk lamp that can be dimmed":             {"Arc Desk Lamp"},
	"green tea":                                {"Sencha Green Tea 100 g"},
	"lightweight rain jacket that packs small": {"Drizzle Packable Rain Jacket"},
	"bike lock":                                {"Folding Lock 90 cm"},
	"ergonomic keyboard or mouse": {
		"Split Ergonomic Keyboard", "Upright Vertical Mouse",
	},
	"insulated water bottle that keeps drinks hot": {"Insulated Bottle 1 l"},
	"mechanical keyboard on sale":                  {"K75 Mechanical Keyboard"},
	"chocolate": {
		"Dark Chocolate 72 %", "Drinking Chocolate 300 g",
	},
	"seeds for bees and butterflies":                 {"Wildflower Seed Mix 100 g"},
	"wool blanket":                                   {"Wool Throw Blanket"},
	"what can you tell me about the worm composter?": {"Worm Composter"},
	"I need a knife to cut bread":                    {"Bread Knife 24 cm"},
	"Keystrel mice": {
		"Glide Wireless Mouse", "Upright Vertical Mouse",
	},
	"lamp without a cable for the balcony": {"Mushroom Table Lamp", "Solar Path Lights 4"},
}

// offTopic are things the shop does not carry.
var offTopic = []string{
	"do you sell helicopters?", "I want to buy a lawn mower with a diesel engine", "used cars",
	"what is the capital of France?", "book me a flight to Lisbon", "do you have wedding rings?",
	"contact lenses", "crypto wallet ledger nano", "can you write a poem about the sea?",
	"toilet seat",
}

// askAssistant: questions whose good answers were written down beforehand.
func TestJudgedQuestions(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	missed := 0
	for question, wanted := range judged {
		sources := ask(t, shop.Caller, question, nil).Sources
		if !slices.ContainsFunc(
			sources[:min(3, len(sources))],
			func(s api.AssistantSource) bool { return slices.Contains(wanted, s.Name) },
		) {
			missed++
			t.Logf("%s: %v", question, names(sources))
		}
	}
	assert.LessOrEqual(t, missed, 2, "of %d", len(judged))
	answered := 0
	for _, question := range offTopic {
		if sources := ask(t, shop.Caller, question, nil).Sources; len(sources) > 0 {
			answered++
			t.Logf("%s: %v", question, names(sources))
		}
	}
	assert.LessOrEqual(t, answered, 1, "of %d", len(offTopic))
}

func names(sources []api.AssistantSource) []string {
	var out []string
	for _, s := range sources {
		out = append(out, s.Name)
	}
	return out
}

// askAssistant: judged conversations of several questions.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	shop := apitest.Demo(t)
	first := ask(t, shop.Caller, "coffee grinder", nil)
	listed := names(first.Sources)
	require.GreaterOrEqual(t, len(listed), 3)

	cheapest := ask(t, shop.Caller, "which is the cheapest?", first.History)
	assert.Contains(t, strings.SplitN(cheapest.Answer, "\n", 2)[0], "Hand Coffee Grinder M1")
	for _, name := range names(cheapest.Sources) {
		assert.Contains(t, listed, name, "the cheapest of those")
	}
	second := ask(t, shop.Caller, "is the second one in stock?", first.History)
	require.Len(t, second.Sources, 1)
	assert.True(t, strings.HasPrefix(second.Answer, "Yes"), second.Answer)
	within := ask(t, shop.Caller, "any of those under $100?", first.History)
	require.NotEmpty(t, within.Sources)
	for _, source := range within.Sources {
		assert.Less(t, cents(t, source), int64(10000))
		assert.Contains(t, listed, source.Name)
	}
	topic := ask(t, shop.Caller, "and do you have yoga mats?", first.History)
	assert.Equal(
		t, "Natural Rubber Yoga Mat", topic.Sources[0].Name, "a new topic carries nothing over",
	)
}
