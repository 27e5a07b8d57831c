package geministub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model/geministub"
)

const embedModel, chatModel = "gemini-embedding-001", "gemini-2.5-flash"

func start(t *testing.T) *geministub.Server {
	t.Helper()
	s := geministub.New()
	t.Cleanup(s.Close)
	return s
}

// post sends a body without an SDK, as any HTTP client would.
func post(
	t *testing.T, s *geministub.Server, model string, method geministub.Method, query, body string,
) (int, string) {
	t.Helper()
	url := fmt.Sprintf("%s/v1beta/models/%s:%s%s", s.URL(), model, method, query)
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("x-goog-api-key", "k")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text)
}

func embed(t *testing.T, s *geministub.Server, text string, more string) []float64 {
	t.Helper()
	quoted, _ := json.Marshal(text)
	status, body := post(
		t, s, embedModel, geministub.EmbedContent, "",
		`{"content":{"parts":[{"text":`+string(quoted)+`}]}`+more+`}`,
	)
	require.Equal(t, 200, status, body)
	var response struct {
		Embedding struct{ Values []float64 } `json:"embedding"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &response))
	return response.Embedding.Values
}

func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

// Server: vectors are of the length asked for, and near for texts of like meaning.
func TestVectorsCarryMeaningAndTheRequestedLength(t *testing.T) {
	s := start(t)
	full := embed(t, s, "wireless headphones", "")
	assert.Len(t, full, 3072)
	assert.InDelta(t, 1, dot(full), 1e-3, "full vectors have length one")

	short := embed(t, s, "wireless headphones", `,"outputDimensionality":768,"taskType":1`)
	assert.Len(t, short, 768)
	assert.Less(t, dot(short), 0.9, "shorter ones do not")
	assert.Equal(t, full[:768], short)
	assert.Equal(
		t,
		short,
		embed(
			t, s, "wireless headphones",
			`,"embedContentConfig":{"outputDimensionality":768},"taskType":"RETRIEVAL_QUERY"`,
		),
	)

	near := embed(
		t, s, "SoundMax wireless headphone, 30 hours of battery", `,"outputDimensionality":768`,
	)
	far := embed(t, s, "cast iron frying pan for induction", `,"outputDimensionality":768`)
	assert.Greater(t, cosine(short, near), 0.55)
	assert.Less(t, cosine(short, far), 0.5)
}

func dot(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return sum
}

// Server: requests that Google refuses.
func TestRequestsThatGoogleRefusesAreRefused(t *testing.T) {
	text := `{"content":{"parts":[{"text":"a"}]}`
	item := `{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]}}`
	items := strings.Repeat(item+",", 100) + item
	for name, c := range map[string]struct {
		model  string
		method geministub.Method
		body   string
		status int
		says   string
	}{
		"101 items": {
			embedModel, geministub.BatchEmbedContents, `{"requests":[` + items + `]}`,
			400, "at most 100",
		},
		"another model in a item": {
			embedModel, geministub.BatchEmbedContents,
			`{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]}}]}`,
			400, "must match",
		},
		"over 4 MiB": {
			embedModel, geministub.EmbedContent,
			`{"content":{"parts":[{"text":"` + strings.Repeat("a", 4<<20) + `"}]}}`,
			400, "payload size",
		},
		"empty text": {
			embedModel, geministub.EmbedContent, `{"content":{"parts":[{"text":" "}]}}`,
			400, "not specified",
		},
		"title of a query": {
			embedModel, geministub.EmbedContent,
			text + `,"title":"t","taskType":"RETRIEVAL_QUERY"}`,
			400, "RETRIEVAL_DOCUMENT",
		},
		"unknown task": {
			embedModel, geministub.EmbedContent, text + `,"taskType":99}`, 400, "task_type",
		},
		"unknown field": {
			embedModel, geministub.EmbedContent, text + `,"dimension":1}`,
			400, `Unknown name \"dimension\"`,
		},
		"too many dimensions": {
			embedModel, geministub.EmbedContent, text + `,"outputDimensionality":4000}`,
			400, "output_dimensionality",
		},
		"unknown model": {"gemini-1", geministub.EmbedContent, text + `}`, 404, "NOT_FOUND"},
		"model of the other kind": {
			chatModel, geministub.EmbedContent, text + `}`, 404, "not supported for embedContent",
		},
		"role system": {
			chatModel, geministub.GenerateContent,
			`{"contents":[{"role":"system","parts":[{"text":"a"}]}]}`, 400, "valid role",
		},
		"last turn of the model": {
			chatModel, geministub.GenerateContent,
			`{"contents":[{"role":"model","parts":[{"text":"a"}]}]}`, 400, "last turn",
		},
		"no contents": {chatModel, geministub.GenerateContent, `{}`, 400, "not specified"},
		"level for 2.5": {
			chatModel, geministub.GenerateContent,
			`{"contents":[{"parts":[{"text":"a"}]}],` +
				`"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}}`,
			400, "Thinking level",
		},
		"penalty for 3.5": {
			"gemini-3.5-flash", geministub.GenerateContent,
			`{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"presencePenalty":1}}`,
			400, "Penalty",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := post(t, start(t), c.model, c.method, "", c.body)
			assert.Equal(t, c.status, status)
			assert.Contains(t, body, c.says)
			var e struct {
				Error struct {
					Code    int
					Message string
					Status  string
				} `json:"error"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &e))
			assert.Equal(t, c.status, e.Error.Code)
		})
	}
}

// Server: a key in the URL is refused.
func TestKeyBelongsInTheHeader(t *testing.T) {
	s := start(t)
	body := `{"contents":[{"parts":[{"text":"a"}]}]}`
	status, text := post(t, s, chatModel, geministub.GenerateContent, "?key=k", body)
	assert.Equal(t, 400, status)
	assert.Contains(t, text, "key in the URL")

	res, err := http.Post(
		s.URL()+"/v1beta/models/"+chatModel+":generateContent", "application/json",
		strings.NewReader(body),
	)
	require.NoError(t, err)
	res.Body.Close()
	assert.Equal(t, 403, res.StatusCode)

	s.RequireKey("another")
	status, text = post(t, s, chatModel, geministub.GenerateContent, "", body)
	assert.Equal(t, 400, status)
	assert.Contains(t, text, "API_KEY_INVALID")
}

// Server: enums as words or numbers.
func TestEnumsAreWrittenAsRequested(t *testing.T) {
	s := start(t)
	body := `{"contents":[{"parts":[{"text":"a"}]}]}`
	_, text := post(t, s, chatModel, geministub.GenerateContent, "", body)
	assert.Contains(t, text, `"finishReason":"STOP"`)
	_, text = post(
		t, s, chatModel, geministub.GenerateContent, "?$alt=json%3Benum-encoding%3Dint", body,
	)
	assert.Contains(t, text, `"finishReason":1`)
}

// Server: a stream is a JSON array, and can break off.
func TestStreamIsAnArrayAndCanBreak(t *testing.T) {
	s := start(t)
	s.SetAnswer(geministub.Fixed("one\ntwo\nthree"))
	body := `{"contents":[{"parts":[{"text":"a"}]}]}`
	status, text := post(t, s, chatModel, geministub.StreamGenerateContent, "", body)
	require.Equal(t, 200, status)
	var pieces []struct {
		Candidates []struct{ FinishReason string } `json:"candidates"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &pieces), text)
	require.Len(t, pieces, 3)
	assert.Equal(t, "STOP", pieces[2].Candidates[0].FinishReason)
	assert.Empty(t, pieces[0].Candidates[0].FinishReason)

	s.Next(geministub.StreamGenerateContent, 1, geministub.StreamError())
	_, text = post(t, s, chatModel, geministub.StreamGenerateContent, "", body)
	assert.Contains(t, text, `"status":"INTERNAL"`)
	assert.True(t, json.Valid([]byte(text)))

	s.Next(geministub.StreamGenerateContent, 1, geministub.Cut())
	req, _ := http.NewRequest(
		http.MethodPost, s.URL()+"/v1beta/models/"+chatModel+":streamGenerateContent",
		strings.NewReader(body),
	)
	req.Header.Set("x-goog-api-key", "k")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	assert.Error(t, err, "the connection ends in the middle")
	assert.True(t, bytes.HasPrefix(got, []byte("[{")))
}

// Server: requests of several clients are counted and recorded.
func TestCountsAndRecordsFromManyClients(t *testing.T) {
	s := start(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { embed(t, s, "a shoe", `,"taskType":2,"title":"Shoe"`) })
	}
	group.Wait()
	assert.Equal(t, 8, s.Calls(geministub.EmbedContent))
	assert.Equal(t, 8, s.Items())
	last, ok := s.Last(geministub.EmbedContent)
	require.True(t, ok)
	assert.Equal(
		t, []geministub.Embedded{{TaskType: "RETRIEVAL_DOCUMENT", Title: "Shoe", Text: "a shoe"}},
		last.Texts,
	)
	s.Reset()
	assert.Empty(t, s.Requests())
	assert.Zero(t, s.Items())
}

// Server: tokens are counted.
func TestCountTokens(t *testing.T) {
	_, text := post(
		t, start(t), chatModel, geministub.CountTokens, "",
		`{"contents":[{"parts":[{"text":"eight ch"}]}]}`,
	)
	assert.JSONEq(t, `{"totalTokens":2}`, text)
}

// Server: the answers that SetAnswer can choose.
func TestAnswers(t *testing.T) {
	s := start(t)
	user := `[#12] {"name":"Shoe","price":"5.00 USD","stock":3}` + "\n" +
		`Question: "any \"shoes\"?"` + "\n"
	quoted, _ := json.Marshal(user)
	body := `{"contents":[{"role":"user","parts":[{"text":` + string(quoted) + `}]}]}`
	ask := func() string {
		_, text := post(t, s, chatModel, geministub.GenerateContent, "", body)
		return text
	}
	assert.Contains(t, ask(), "- Shoe: 5.00 USD, 3 in stock [#12]")

	s.SetAnswer(geministub.Liar)
	lie := ask()
	assert.Contains(t, lie, "Shoe is only 0.01 USD")
	assert.Contains(t, lie, "[#999999]")

	s.SetAnswer(func(p geministub.Prompt) string { return "You asked: " + p.Question })
	assert.Contains(t, ask(), `You asked: any \"shoes\"?`)

	s.SetAnswer(nil)
	body = `{"contents":[{"parts":[{"text":"anything"}]}]}`
	assert.Contains(t, ask(), "could not find that")

	s.Retire(chatModel)
	assert.Contains(t, ask(), "no longer available to new users")
}
