package contract_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd"
)

// words are the rules that OpenAPI 3.0 cannot express in a schema, so that the contract has them in
// descriptions: the message of a refusal of an otherwise valid request, and the description that
// announces it.
var words = []struct {
	message *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`^names no |^cannot name an image`), "that names nothing"},
	{
		regexp.MustCompile(`^is not one that this list answered`),
		"page before, with the same filters and order",
	},
	{regexp.MustCompile(`^must have at most [0-9]+ items$`), "At most `RAG_MAX_HISTORY`"},
	{
		regexp.MustCompile(`^is not an http or https address$`),
		"An http or https address before image paths",
	},
	{regexp.MustCompile(`^is in the past$`), "When it ends by itself, a time to come"},
	{regexp.MustCompile(`^is neither a network such as`), "networks in CIDR notation"},
	{regexp.MustCompile(`^contradicts in_stock$`), "must not contradict `in_stock`"},
	{regexp.MustCompile(`^relevance needs q$`), "`relevance` needs `q`"},
	{
		regexp.MustCompile(`^belongs to each of the variants$|^is required without variants$`),
		"or\n        `variants`",
	},
	{
		regexp.MustCompile(
			`^must name the same options as|^has two variants with the same options`,
		),
		"All variants of a product name the same `options`",
	},
	{regexp.MustCompile(`^has a wrong check digit$`), "with its check digit"},
	{regexp.MustCompile(`^holds control characters$`), "without control characters"},
	{regexp.MustCompile(`^has no letter or digit$`), "each with a letter or digit"},
	{
		regexp.MustCompile(`^would make more than 10000 units`),
		"A cart holds at most 100 lines of 10,000 units",
	},
	{regexp.MustCompile(`^is one of the terms$`), "None of the terms"},
	{
		regexp.MustCompile(`^needs two different terms`),
		"Without `meaning`, at least two different ones",
	},
	{
		regexp.MustCompile(`^is required with a token$|^is needed, or payment_method_id`),
		"either `payment_method_id` or `token` with its `payment_type`",
	},
	{regexp.MustCompile(`^is not a way to pay that the shop offers$`), "The code of a way to pay"},
	{
		regexp.MustCompile(`^goes with a token; a saved method`),
		"either `payment_method_id` or `token` with its `payment_type`",
	},
	{
		regexp.MustCompile(`^cannot differ from a variant without options`),
		"All variants of a product name the same `options`",
	},
	{
		regexp.MustCompile(`^makes more than 100 combinations$`),
		"every combination of the values given, at most 100",
	},
	{regexp.MustCompile(`^must not be 0$`), "Not 0"},
	{regexp.MustCompile(`^is not a code that ISO 3166-1`), "one that is assigned today"},
	{
		regexp.MustCompile(`^is not a postal code of|^is required in [A-Z]{2}$`),
		"The postal code, in the form of the country",
	},
	{regexp.MustCompile(`^needs a discount_price$`), "It needs a `discount_price`"},
	{
		regexp.MustCompile(`^must be later than discount_starts_at$`),
		"later than `discount_starts_at`",
	},
	{regexp.MustCompile(`^is not the name of an encoding`), "encoded, such as `windows-1250`"},
	{regexp.MustCompile(`^must hold no line breaks`), "It holds no line breaks"},
	{regexp.MustCompile(`^cannot be taken away`), "It cannot be taken away"},
	{regexp.MustCompile(`^must be a day of the years`), "of the years 1970 to 9999"},
	{regexp.MustCompile(`^must not be before from$`), "not before `from`"},
	{regexp.MustCompile(`^must be at most 365 days after from$`), "A range has at most 366 days"},
}

// saidInWords reports whether every field of a refusal is refused by such a rule.
func saidInWords(r reply) bool {
	if r.fields == "" {
		return false
	}
	for field := range strings.SplitSeq(strings.TrimSuffix(r.fields, separator), separator) {
		_, message, _ := strings.Cut(field, " ")
		if !isWorded(message) {
			return false
		}
	}
	return true
}

func isWorded(message string) bool {
	for _, rule := range words {
		if rule.message.MatchString(message) {
			return true
		}
	}
	return false
}

// Every operation: what a schema cannot say is in the descriptions.
func TestTheContractSaysInWordsWhatSchemasCannot(t *testing.T) {
	t.Parallel()
	unwrapped := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	text := unwrapped(string(shopd.Contract)) // lines end anywhere
	for _, rule := range words {
		assert.True(
			t, strings.Contains(text, unwrapped(rule.says)), "%s: not said: %s", rule.message,
			rule.says,
		)
	}
}
