package search_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/demo"
	"github.com/shopd/shopd/internal/platform/money"
)

// random is no mode of the search: it is what no search at all would score.
const random = "random"

var modes = []string{"keyword", "semantic", "hybrid", random}

// floors are slightly below what the search scores today, so that a change that costs more is
// noticed.
var floors = map[string]float64{"keyword": 0.82, "semantic": 0.79, "hybrid": 0.85}

// searchProducts: judges the search offline: with -v it prints how well the results of each mode
// fit queries whose fitting products were written down beforehand. FEED names a file with the feed
// that testdata/judged_feed.yaml judges.
func TestSearchQuality(t *testing.T) {
	apitest.NotWithRace(t)
	t.Parallel()
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		shop := apitest.Demo(t)
		items := demoItems(t)
		e := evaluate(
			t, shop, judged(t, "testdata/judged_demo.yaml", items), items,
			func(_, name string) string { return name },
		)
		e.report()
		for mode, floor := range floors {
			assert.GreaterOrEqual(t, e.ndcg(mode), floor, mode)
		}
		e.assertHybridPays()
	})
	t.Run("feed", func(t *testing.T) {
		t.Parallel()
		path := os.Getenv("FEED")
		if path == "" {
			t.Skip("FEED names no product feed")
		}
		shop := apitest.New(t)
		items := feed(t, shop, path)
		t.Logf("%d products loaded", len(items))
		require.Len(t, items, 3291, "the judgements are about one feed")
		e := evaluate(
			t, shop, judged(t, "testdata/judged_feed.yaml", items), items,
			func(sku, _ string) string { return sku },
		)
		e.report()
		e.assertHybridPays()
		assertPromises(t, shop)
	})
}

func demoItems(t *testing.T) (items []item) {
	t.Helper()
	catalogue, err := demo.Load()
	require.NoError(t, err)
	brands, categories := map[string]string{}, map[string]string{}
	for _, b := range catalogue.Brands {
		brands[b.Slug] = b.Name
	}
	for _, c := range catalogue.Categories { // parents come first
		categories[c.Slug] = strings.TrimPrefix(categories[c.ParentSlug]+" > "+c.Name, " > ")
	}
	for _, p := range catalogue.Products {
		if !p.Active {
			continue
		}
		minor, err := money.Currency("USD").
			Parse(cmp.Or(p.Variants[0].DiscountPrice, p.Variants[0].Price))
		require.NoError(t, err)
		items = append(
			items,
			item{
				key:      p.Name,
				title:    p.Name,
				brand:    brands[p.Brand],
				category: categories[p.Category],
				minor:    minor,
			},
		)
	}
	return items
}

// evaluation has the results of all modes for a set of queries.
type evaluation struct {
	t       *testing.T
	queries []query
	titles  map[string]string
	found   map[string][][]string // keys by mode and query
	scores  map[string][]score    // by mode and query
}

func evaluate(
	t *testing.T, shop *apitest.Shop, queries []query, items []item,
	key func(sku, name string) string,
) *evaluation {
	t.Helper()
	e := &evaluation{
		t:       t,
		queries: queries,
		titles:  map[string]string{},
		found:   map[string][][]string{},
		scores:  map[string][]score{},
	}
	for _, i := range items {
		e.titles[i.key] = i.title
	}
	shuffle := rand.New(rand.NewPCG(1, 2))
	for _, q := range queries {
		for _, mode := range modes {
			var found []string
			if mode == random {
				for _, n := range shuffle.Perm(len(items))[:depth] {
					found = append(found, items[n].key)
				}
			} else {
				for _, hit := range find(
					shop, fmt.Sprintf("mode=%s&limit=%d&q=%s", mode, depth, url.QueryEscape(q.Q)),
				).Items {
					found = append(found, key(hit.Product.Sku, hit.Product.Name))
				}
			}
			e.found[mode] = append(e.found[mode], found)
			e.scores[mode] = append(e.scores[mode], rate(found, q.wanted))
		}
	}
	return e
}

func (e *evaluation) ndcg(mode string) float64 {
	return mean(e.scores[mode], func(s score) float64 { return s.ndcg })
}

// assertHybridPays holds the mode that shoppers get by default to its promise: over all queries,
// tuned and sealed, it is as good as the better of the other two.
func (e *evaluation) assertHybridPays() {
	e.t.Helper()
	assert.GreaterOrEqual(
		e.t, e.ndcg("hybrid"), max(e.ndcg("keyword"), e.ndcg("semantic")),
		"hybrid must not be worse than either alone",
	)
}

// promises are what the first five products for three queries over the feed must be, without
// exception.
var promises = map[string]rule{
	"samsng galaxy s7 case": {
		TitleContainsAll:  []string{"samsung", "galaxy s7"},
		TitleContainsAny:  []string{"case", "cover", "shell"},
		TitleContainsNone: []string{"galaxy s7 edge", "galaxy s7 active", "screen protector"},
		CategoryContains:  "Cases & Clips",
	},
	"iphone 6 battery case under $60": {
		TitleContainsAll:  []string{"iphone 6", "battery case"},
		TitleContainsNone: []string{"iphone 6 plus"},
		MaxPrice:          "59.99",
	},
	"otterbox": {Brand: "OtterBox"},
}

func assertPromises(t *testing.T, shop *apitest.Shop) {
	t.Helper()
	for q, promised := range promises {
		hits := find(shop, "limit=5&q="+url.QueryEscape(q)).Items
		assert.Len(t, hits, 5, q)
		for place, hit := range hits {
			minor, err := money.Currency("USD").Parse(hit.Product.Price)
			require.NoError(t, err)
			got := item{
				title:    hit.Product.Name,
				brand:    hit.Product.Brand.Name,
				category: hit.Product.Category.Name,
				minor:    minor,
			}
			assert.True(t, promised.matches(t, got), "%q: place %d is %+v", q, place+1, got)
		}
	}
}

func (e *evaluation) report() {
	e.t.Helper()
	var text strings.Builder
	e.table(&text)
	for _, alone := range []string{"keyword", "semantic"} {
		middle, low, high := bootstrap(e.gains(alone))
		fmt.Fprintf(
			&text, "nDCG@10 of hybrid - %s: %+.3f, 95 %% between %+.3f and %+.3f\n", alone, middle,
			low, high,
		)
	}
	for _, mode := range modes[:3] {
		e.worst(&text, mode)
	}
	e.t.Log("\n" + text.String())
}

func (e *evaluation) gains(alone string) []float64 {
	gains := make([]float64, len(e.queries))
	for i := range gains {
		gains[i] = e.scores["hybrid"][i].ndcg - e.scores[alone][i].ndcg
	}
	return gains
}

// table writes the metrics of each kind of query and of all, a column for each mode.
func (e *evaluation) table(text *strings.Builder) {
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', tabwriter.AlignRight)
	metrics := []struct {
		name string
		of   func(score) float64
	}{
		{"nDCG", func(s score) float64 { return s.ndcg }},
		{"recall", func(s score) float64 { return s.recall }},
		{"MRR", func(s score) float64 { return s.mrr }},
		{"empty", func(s score) float64 {
			if s.empty {
				return 1
			}
			return 0
		}},
	}
	first, second := "@10\t", "queries\tn\t"
	for _, m := range metrics {
		first += "\t" + m.name + strings.Repeat("\t", len(modes)-1)
		for _, mode := range modes {
			second += mode[:3] + "\t"
		}
	}
	fmt.Fprintf(w, "%s\t\n%s\n", first, second)
	for _, g := range e.groups() {
		fmt.Fprintf(w, "%s\t%d\t", g.name, len(g.queries))
		for _, m := range metrics {
			for _, mode := range modes {
				var scores []score
				for _, n := range g.queries {
					scores = append(scores, e.scores[mode][n])
				}
				fmt.Fprintf(w, "%.3f\t", mean(scores, m.of))
			}
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
}

type group struct {
	name    string
	queries []int
}

// groups are the kinds in the order of the file, then the tuned and the sealed half, then all.
func (e *evaluation) groups() (groups []group) {
	add := func(name string, n int) {
		at := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
		if at < 0 {
			at, groups = len(groups), append(groups, group{name: name})
		}
		groups[at].queries = append(groups[at].queries, n)
	}
	for n, q := range e.queries {
		add(q.Kind, n)
	}
	for _, sealed := range []bool{false, true} {
		for n, q := range e.queries {
			if q.Sealed == sealed {
				add(map[bool]string{false: "TUNED", true: "SEALED"}[sealed], n)
			}
		}
	}
	for n := range e.queries {
		add("ALL", n)
	}
	return groups
}

// worst writes the ten queries with the worst results of a mode: the wanted products, and the
// results. It leaves out sealed ones.
func (e *evaluation) worst(text *strings.Builder, mode string) {
	var order []int
	for n, q := range e.queries {
		if !q.Sealed {
			order = append(order, n)
		}
	}
	slices.SortStableFunc(
		order,
		func(a, b int) int { return cmp.Compare(e.scores[mode][a].ndcg, e.scores[mode][b].ndcg) },
	)
	fmt.Fprintf(text, "\nworst of %s\n", mode)
	for _, n := range order[:min(10, len(order))] {
		q := e.queries[n]
		fmt.Fprintf(
			text, "%.3f %q (%s; keyword %.3f, semantic %.3f, hybrid %.3f)\n",
			e.scores[mode][n].ndcg, q.Q, q.Kind, e.scores["keyword"][n].ndcg,
			e.scores["semantic"][n].ndcg, e.scores["hybrid"][n].ndcg,
		)
		wanted := make([]string, 0, len(q.wanted))
		for key := range q.wanted {
			wanted = append(wanted, key)
		}
		slices.SortFunc(
			wanted,
			func(a, b string) int {
				return cmp.Or(cmp.Compare(q.wanted[b], q.wanted[a]), cmp.Compare(a, b))
			},
		)
		fmt.Fprintf(
			text, "    wanted %d:%s\n    came:%s\n", len(wanted), e.list(q, wanted),
			e.list(q, e.found[mode][n]),
		)
	}
}

// list writes the first products of a list, each after its grade.
func (e *evaluation) list(q query, keys []string) (text string) {
	for _, key := range keys[:min(5, len(keys))] {
		title := []rune(e.titles[key])
		text += fmt.Sprintf(" [%d] %s;", q.wanted[key], string(title[:min(70, len(title))]))
	}
	return text
}
