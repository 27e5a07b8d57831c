package assistant_test

import (
	"cmp"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/model/geministub"
)

// tally is what came of the questions of a kind.
type tally struct {
	n, refused, graded, violations, unsupported int
	precision, ndcg                             float64
}

// askAssistant: judges the assistant offline and prints a table with -v: with the built-in
// provider, and with the stand-in of Gemini, whose vectors are made of the words of a text (see
// geministub) and whose model lies in every second answer, if EVAL is set (task eval). FEED names a
// file with the feed that a part of the questions is about.
func TestAnswerQuality(t *testing.T) {
	apitest.NotWithRace(t)
	t.Parallel()
	var questions []judgedQuestion
	content, err := os.ReadFile("testdata/questions.yaml")
	require.NoError(t, err)
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&questions))
	require.GreaterOrEqual(t, len(questions), 120)
	for _, shopName := range []string{"demo", "feed"} {
		for _, providerName := range []string{"local", "stand-in"} {
			t.Run(shopName+"/"+providerName, func(t *testing.T) {
				t.Parallel()
				path := os.Getenv("FEED")
				if providerName != "local" && os.Getenv("EVAL") == "" && path == "" {
					t.Skip("EVAL is not set")
				}
				if shopName == "feed" && path == "" {
					t.Skip("FEED names no product feed")
				}
				start := apitest.Demo
				if shopName == "feed" {
					start = apitest.New
				}
				more := apitest.Setting{Name: "RAG_TOP_K", Value: "10"}
				var shop *apitest.Shop
				if providerName == "local" {
					shop = start(t, more)
				} else {
					shop = withStandIn(
						t, start, more,
						apitest.Setting{Name: "RAG_SIMILARITY_THRESHOLD", Value: "0.4"},
					) // see docs/assistant.md
				}
				if shopName == "feed" {
					loadFeed(t, shop, path)
				}
				if shopName == "feed" || providerName != "local" {
					require.NoError(t, shop.App.Index(t.Context(), nil))
				}
				judge(
					t,
					shop,
					slices.DeleteFunc(
						slices.Clone(questions),
						func(q judgedQuestion) bool { return q.Shop != shopName },
					),
					floorsOf[shopName+"/"+providerName],
				)
			})
		}
	}
}

// floors are slightly below what the assistant scores today.
type floors struct {
	ndcg, precision float64
	// share of the answerable questions; words alone do not know what a feed's concepts mean
	mayRefuse  float64
	mustRefuse float64 // share of the unanswerable ones
}

var floorsOf = map[string]floors{
	"demo/local": {0.83, 0.8, 0.05, 0.95}, "demo/stand-in": {0.83, 0.79, 0.05, 0.95},
	"feed/local": {0.6, 0.63, 0.05, 0.95}, "feed/stand-in": {0.58, 0.62, 0.05, 0.95},
}

// withStandIn starts a shop whose model lies in every second answer.
func withStandIn(
	t *testing.T, start func(testing.TB, ...apitest.Setting) *apitest.Shop, more ...apitest.Setting,
) *apitest.Shop {
	t.Helper()
	model := geministub.New()
	var asked atomic.Int64
	model.SetAnswer(func(p geministub.Prompt) string {
		if asked.Add(1)%2 == 0 {
			return geministub.Liar(p)
		}
		return geministub.Obedient(p)
	})
	listener := httptest.NewServer(model)
	t.Cleanup(listener.Close)
	return start(
		t,
		append(
			more, apitest.Setting{Name: "RAG_PROVIDER", Value: "gemini"},
			apitest.Setting{Name: "GEMINI_API_KEY", Value: "test-key"},
			apitest.Setting{Name: "GEMINI_ENDPOINT", Value: listener.URL},
		)...)
}

func judge(t *testing.T, shop *apitest.Shop, questions []judgedQuestion, least floors) {
	t.Helper()
	all := judgedProducts(t, shop)
	byID := map[int64]judgedProduct{}
	for _, p := range all {
		byID[p.id] = p
	}
	tallies := map[string]*tally{}
	var bestOff, worstOn []float64
	for _, q := range questions {
		grades := q.grades(t, all)
		if len(grades) == 0 && len(q.Any)+len(q.Products)+len(q.Rules) > 0 {
			continue // all of them are sold out
		}
		kind := tallies[q.Kind]
		if kind == nil {
			kind = &tally{}
			tallies[q.Kind] = kind
		}
		kind.n++
		var history []message
		var first api.AssistantAnswer
		if q.First != "" {
			first = ask(t, shop.Caller, q.First, nil)
			history = first.History
		}
		answer := ask(t, shop.Caller, q.Q, history)
		for _, s := range answer.Sources {
			why := q.breaks(byID[s.ID].minor, s.DiscountPrice != nil)
			if q.Within &&
				!slices.ContainsFunc(
					first.Sources, func(f api.AssistantSource) bool { return f.ID == s.ID },
				) {
				why = "is none of those"
			}
			if !byID[s.ID].sellable {
				why = "cannot be bought"
			}
			if why != "" {
				kind.violations++
				t.Logf("%q: %s %s", q.Q, s.Name, why)
			}
		}
		for _, fact := range unsupportedFacts(answer, q) {
			kind.unsupported++
			t.Logf("%q: %s in %s", q.Q, fact, answer.Answer)
		}
		for _, says := range q.Says {
			assert.Contains(t, answer.Answer, says, q.Q)
		}
		if len(answer.Sources) == 0 {
			kind.refused++
			if q.Kind != "unanswerable" {
				t.Logf("refused: %q", q.Q)
			}
		} else {
			best := slices.MaxFunc(
				answer.Sources,
				func(x, y api.AssistantSource) int {
					return cmp.Compare(x.SimilarityScore, y.SimilarityScore)
				},
			).SimilarityScore
			if q.Kind == "unanswerable" {
				t.Logf("answered: %q with %s at %.3f", q.Q, answer.Sources[0].Name, best)
				bestOff = append(bestOff, best)
			} else {
				worstOn = append(worstOn, best)
			}
		}
		if len(grades) == 0 {
			continue
		}
		kind.graded++
		p, n := rate(answer.Sources, grades)
		kind.precision += p
		kind.ndcg += n
		if n < 0.3 {
			t.Logf(
				"nDCG %.2f: %q got %v", n, q.Q, names(answer.Sources[:min(3, len(answer.Sources))]),
			)
		}
	}
	report(t, tallies, least)
	slices.Sort(worstOn)
	if len(worstOn) > 20 {
		t.Logf(
			"best score of answerable questions: 2 %% below %.3f, 10 %% below %.3f, half below "+
				"%.3f; of unanswerable ones that were answered: %.3f",
			worstOn[len(worstOn)/50], worstOn[len(worstOn)/10], worstOn[len(worstOn)/2], bestOff,
		)
	}
}
