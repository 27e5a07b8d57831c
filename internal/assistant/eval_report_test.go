package assistant_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
)

// report prints the table and requires that the totals reach the floors.
func report(t *testing.T, tallies map[string]*tally, least floors) {
	t.Helper()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\tn\tP@5\tnDCG@10\tviolations\trefused\tunsupported\t")
	total := &tally{}
	answerable, refused := 0, 0
	line := func(name string, k *tally) {
		graded := float64(max(k.graded, 1))
		fmt.Fprintf(
			w, "%s\t%d\t%.3f\t%.3f\t%d\t%d\t%d\t\n", name, k.n, k.precision/graded, k.ndcg/graded,
			k.violations, k.refused, k.unsupported,
		)
	}
	for _, name := range []string{
		"exact", "typo", "category", "concept", "constraint", "follow-up", "untold", "unanswerable",
	} {
		k := tallies[name]
		if k == nil {
			continue
		}
		line(name, k)
		total.n += k.n
		total.graded += k.graded
		total.violations += k.violations
		total.refused += k.refused
		total.unsupported += k.unsupported
		total.precision += k.precision
		total.ndcg += k.ndcg
		if name != "unanswerable" {
			answerable, refused = answerable+k.n, refused+k.refused
		}
	}
	line("ALL", total)
	_ = w.Flush()
	t.Log("\n" + text.String())
	assert.Zero(t, total.violations, "no source breaks a condition of the question")
	assert.Zero(t, total.unsupported, "no answer says what its sources do not")
	off := tallies["unanswerable"]
	assert.GreaterOrEqual(
		t, float64(off.refused), least.mustRefuse*float64(off.n),
		"what the shop does not carry is refused",
	)
	assert.Less(
		t, float64(refused), least.mayRefuse*float64(answerable), "what it carries is answered",
	)
	assert.GreaterOrEqual(t, total.ndcg/float64(total.graded), least.ndcg)
	assert.GreaterOrEqual(t, total.precision/float64(total.graded), least.precision)
}

// rate returns the share of the first five sources that are relevant, of as many as there could be,
// and nDCG at ten.
func rate(sources []api.AssistantSource, grades map[int64]int) (precision, ndcg float64) {
	var got, best []int
	for _, s := range sources {
		got = append(got, grades[s.ID])
	}
	for _, grade := range grades {
		best = append(best, grade)
	}
	slices.SortFunc(best, func(x, y int) int { return y - x })
	dcg := func(grades []int) (sum float64) {
		for i, grade := range grades[:min(10, len(grades))] {
			sum += (math.Exp2(float64(grade)) - 1) / math.Log2(float64(i+2))
		}
		return sum
	}
	relevant := 0
	for _, grade := range got[:min(5, len(got))] {
		if grade > 0 {
			relevant++
		}
	}
	return float64(relevant) / float64(min(5, len(best))), dcg(got) / dcg(best)
}

var (
	priceInAnswer  = regexp.MustCompile(`(\d+\.\d\d) USD|\$(\d+\.\d\d)`)
	amountInAnswer = regexp.MustCompile(`\d+\.\d\d`)
	citedInAnswer  = regexp.MustCompile(`\[#(\d+)\]`)
	stockInAnswer  = regexp.MustCompile(`(?i)(?:only )?(\d+) (?:left|available|in stock)`)
)

// unsupportedFacts are the amounts, references and stocks of an answer that no source has, read in
// another way than the server does it.
func unsupportedFacts(answer api.AssistantAnswer, q judgedQuestion) (facts []string) {
	has := func(is func(api.AssistantSource) bool) bool {
		return slices.ContainsFunc(answer.Sources, is)
	}
	text := answer.Answer
	for _, s := range answer.Sources { // names may hold numbers
		text = strings.ReplaceAll(text, s.Name, "")
	}
	for _, match := range priceInAnswer.FindAllStringSubmatch(text, -1) {
		amount := match[1] + match[2]
		known := has(func(s api.AssistantSource) bool {
			if s.DiscountPrice != nil {
				price, _ := strconv.ParseFloat(s.Price, 64)
				now, _ := strconv.ParseFloat(*s.DiscountPrice, 64)
				if amount == *s.DiscountPrice || amount == fmt.Sprintf("%.2f", price-now) {
					return true
				}
			}
			return amount == s.Price
		})
		if !known && !strings.Contains(q.Q, strings.TrimSuffix(amount, ".00")) {
			facts = append(facts, amount)
		}
	}
	for _, match := range citedInAnswer.FindAllStringSubmatch(text, -1) {
		if !has(
			func(s api.AssistantSource) bool { return strconv.FormatInt(s.ID, 10) == match[1] },
		) {
			facts = append(facts, match[0])
		}
	}
	for _, match := range stockInAnswer.FindAllStringSubmatch(text, -1) {
		if !has(
			func(s api.AssistantSource) bool { return strconv.FormatInt(s.Stock, 10) == match[1] },
		) {
			facts = append(facts, match[0])
		}
	}
	return facts
}
