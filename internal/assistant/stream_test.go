package assistant_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/model/geministub"
)

var eventStream = apitest.Header{Name: "Accept", Value: "text/event-stream"}

func mug(t *testing.T, settings ...apitest.Setting) (*apitest.Shop, *geministub.Server) {
	t.Helper()
	shop, model := apitest.WithGemini(t, apitest.New, settings...)
	shop.Exec(
		`INSERT INTO products (name, slug, description, attributes)
			VALUES ('Tea Mug', 'tea-mug', 'A mug for tea.', '{"colour": "red"}'),
			('Coffee Mug', 'coffee-mug', 'A mug for coffee.', '{"colour": "blue"}')`,
	)
	shop.Exec(
		`INSERT INTO variants (product_id, is_default, sku, price_minor, stock)
			SELECT id, true, slug, 1000 + id, 12 FROM products`,
	)
	index(shop.Admin())
	return shop, model
}

// askAssistant: sentences are sent as the model writes them, and a stream that breaks off ends in
// an error event.
func TestStreamsOfTheModel(t *testing.T) {
	t.Parallel()
	shop, model := mug(t)
	body := map[string]any{"query": "a tea mug"}
	answer := shop.Post(query, body, eventStream).Want(http.StatusOK)
	assert.Equal(t, 1, model.Calls(geministub.StreamGenerateContent), "the model streams")
	assert.Zero(t, model.Calls(geministub.GenerateContent))
	assert.Equal(t, "gemini", answer.Header.Get("X-Assistant-Provider"))
	assert.True(t, strings.HasPrefix(string(answer.Body), "event: sources\n"))
	assert.Contains(t, string(answer.Body), "event: done\n")

	// What goes wrong before the first sentence has a status.
	model.Next(geministub.StreamGenerateContent, 1, geministub.QuotaPerMinute("46.2s"))
	refused := shop.Post(query, map[string]any{"query": "one tea mug"}, eventStream)
	refused.Problem(http.StatusTooManyRequests, "assistant_quota_exhausted")
	assert.Equal(t, "47", refused.Header.Get("Retry-After"))
	// What goes wrong later is an event, and looks like no complete answer.
	for name, reply := range map[string]geministub.Reply{
		"cut": geministub.Cut(), "error": geministub.StreamError(),
	} {
		model.Next(geministub.StreamGenerateContent, 2, reply)
		broken := string(
			shop.Post(query, map[string]any{"query": "a tea mug please, " + name}, eventStream).
				Want(http.StatusOK).
				Body,
		)
		assert.Contains(t, broken, "event: error\n", name)
		assert.Contains(t, broken, "assistant_unavailable", name)
		assert.NotContains(t, broken, "event: done", name)
		model.Reset()
	}
}

// askAssistant: a client that disconnects ends the call of the model.
func TestWhoHangsUpEndsTheModelsCall(t *testing.T) {
	t.Parallel()
	model := geministub.New()
	entered, left := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, ":stream") {
			model.ServeHTTP(w, r)
			return
		}
		_, _ = io.ReadAll(r.Body)
		close(entered)
		<-r.Context().Done()
		close(left)
	}))
	defer upstream.Close()
	shop, _ := mug(
		t, apitest.Setting{Name: "GEMINI_ENDPOINT", Value: upstream.URL},
		apitest.Setting{Name: "RAG_GEMINI_TIMEOUT", Value: "60"},
	)
	ctx, hangUp := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, shop.URL()+query, strings.NewReader(`{"query":"a tea mug"}`),
	)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	<-entered
	hangUp()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Fatal("the model continues although the client is gone")
	}
}

// askAssistant: while the model is down, the built-in provider answers, if the settings say so.
func TestOutageAnsweredByTheBuiltInProvider(t *testing.T) {
	t.Parallel()
	shop, model := mug(
		t, apitest.Setting{Name: "RAG_OUTAGE", Value: "local"},
		apitest.Setting{Name: "RAG_GEMINI_TIMEOUT", Value: "2"},
	)
	model.Next(geministub.GenerateContent, 5, geministub.Overloaded())
	answer := ask(t, shop.Caller, "a tea mug", nil)
	assert.True(t, answer.Degraded)
	assert.Contains(t, answer.Answer, "Tea Mug")
	model.Next(geministub.EmbedContent, 5, geministub.Overloaded()) // not even vectors: words alone
	answer = ask(t, shop.Caller, "the coffee mug", nil)
	assert.True(t, answer.Degraded)
	assert.Equal(t, "Coffee Mug", answer.Sources[0].Name)
}

// askAssistant: filters and claims of the answer; questions are stored and logged nowhere.
func TestFiltersClaimsAndWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	shop, model := mug(t)
	answer := ask(t, shop.Caller, "mugs under $20 with colour blue", nil)
	require.NotNil(t, answer.Filters.MaxPrice)
	assert.Equal(t, "19.99", *answer.Filters.MaxPrice)
	assert.Equal(t, map[string]string{"colour": "blue"}, answer.Filters.Attributes)
	assert.Equal(t, []string{"Coffee Mug"}, names(answer.Sources))
	assert.Contains(
		t,
		answer.Claims,
		api.AssistantClaim{
			ProductID: answer.Sources[0].ID,
			Field:     api.AssistantClaimFieldPrice,
			Value:     answer.Sources[0].Price,
			Verified:  true,
		},
	)
	assert.Contains(
		t,
		answer.Claims,
		api.AssistantClaim{
			ProductID: answer.Sources[0].ID,
			Field:     api.AssistantClaimFieldStock,
			Value:     "12",
			Verified:  true,
		},
	)

	model.SetAnswer(geministub.Fixed("Yes, the Tea Mug is dishwasher-proof! It is a nice mug."))
	answer = ask(t, shop.Caller, "is the tea mug dishwasher-proof?", nil)
	assert.Contains(t, answer.Answer, "The catalogue does not say")
	assert.NotContains(t, answer.Answer, "Yes, the Tea Mug is dishwasher-proof")
}

// askAssistant, getMetrics: tokens are counted, and the day's budget ends the spending.
func TestTokensAreCountedAndBounded(t *testing.T) {
	t.Parallel()
	shop, _ := mug(t, apitest.Setting{Name: "RAG_DAILY_TOKENS", Value: "1000000"})
	ask(t, shop.Caller, "a tea mug", nil)
	assert.Positive(
		t,
		apitest.Value[int64](
			shop, "SELECT input_tokens + output_tokens FROM model_usage WHERE provider = 'gemini'",
		),
	)
	assert.Contains(
		t, string(shop.Get("/metrics").Want(http.StatusOK).Body),
		`shopd_assistant_tokens_total{call="generate",direction="output",provider="gemini"}`,
	)
	shop.Exec("UPDATE model_usage SET input_tokens = 2000000")
	poor := shop.Restart(
		apitest.Setting{Name: "RAG_PROVIDER", Value: "gemini"},
		apitest.Setting{Name: "GEMINI_API_KEY", Value: "k"},
		apitest.Setting{Name: "RAG_DAILY_TOKENS", Value: "1000000"},
	)
	answer := poor.Post(query, map[string]any{"query": "a tea mug"})
	answer.Problem(http.StatusTooManyRequests, "assistant_budget")
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
}
