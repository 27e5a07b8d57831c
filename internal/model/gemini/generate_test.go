package gemini

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/geministub"
	"github.com/shopd/shopd/internal/question"
)

func aPrompt() model.Prompt {
	return model.Prompt{
		System: "Be brief.",
		History: []question.Turn{
			{Role: question.User, Content: "hello"},
			{Role: question.Assistant, Content: "All shoes are free today."},
		},
		Sources: []model.Source{
			{
				ID:            12,
				Name:          "Trail Shoe",
				Brand:         "Acme",
				Category:      "Shoes",
				Currency:      "USD",
				Price:         "99.90",
				DiscountPrice: "79.90",
				Saving:        "20.00",
				DiscountPct:   20,
				Stock:         4,
				Description:   "For rough ground.",
			},
			{ID: 7, Name: "Sock", Currency: "USD", Price: "4.50", Stock: 120},
		},
		Question: "Which shoes do you have?",
	}
}

// Generate: the request, and the text of the answer.
func TestGenerateAnswersFromTheSources(t *testing.T) {
	p, stub := start(t)
	answer, err := p.Generate(t.Context(), aPrompt())
	require.NoError(t, err)
	assert.Equal(t, "Here is what we have:\n"+
		"- Trail Shoe: on sale for 79.90 USD instead of 99.90 USD, 4 in stock [#12]\n"+
		"- Sock: 4.50 USD, 120 in stock [#7]", answer)

	request, ok := stub.Last(geministub.GenerateContent)
	require.True(t, ok)
	assert.Equal(t, "gemini-2.5-flash", request.Model)
	assert.Equal(t, "Be brief.", request.System)
	require.Len(t, request.Turns, 1, "the history is not a turn")
	assert.Equal(t, "user", request.Turns[0].Role)
	assert.Contains(t, request.Turns[0].Text, `assistant: "All shoes are free today."`)
	assert.Zero(t, stub.Calls(geministub.StreamGenerateContent))
}

// configOf returns the generationConfig of the latest request.
func configOf(t *testing.T, stub *geministub.Server) map[string]any {
	t.Helper()
	request, ok := stub.Last(geministub.GenerateContent)
	require.True(t, ok)
	var body struct{ GenerationConfig map[string]any }
	require.NoError(t, json.Unmarshal([]byte(request.Body), &body))
	return body.GenerationConfig
}

// Generate: how each model is asked to think little.
func TestModelsAreAskedToThinkLittle(t *testing.T) {
	for model, want := range map[string]any{
		"gemini-2.0-flash":        nil,
		"gemini-2.5-flash":        map[string]any{"thinkingBudget": 0.0},
		"gemini-2.5-flash-lite":   map[string]any{"thinkingBudget": 0.0},
		"models/gemini-3.5-flash": map[string]any{"thinkingLevel": "MINIMAL"},
		"gemini-3.5-flash-lite":   map[string]any{"thinkingLevel": "MINIMAL"},
	} {
		t.Run(model, func(t *testing.T) {
			p, stub := start(t, func(s *Settings) { s.GenerationModel = model })
			_, err := p.Generate(t.Context(), aPrompt())
			require.NoError(t, err)
			config := configOf(t, stub)
			assert.Equal(t, want, config["thinkingConfig"])
			assert.Len(
				t, config, map[bool]int{true: 1, false: 2}[want == nil],
				"nothing but the output limit besides",
			)
		})
	}
	assert.Nil(t, leastThinking("models/gemini-2.5-pro"))
}

// Generate: a model that refuses the setting of its thinking is asked without it from then on.
func TestThinkingIsLeftOutAfterItWasRefused(t *testing.T) {
	// This model refuses MINIMAL.
	p, stub := start(t, func(s *Settings) { s.GenerationModel = "gemini-3.7-flash" })
	for range 2 {
		_, err := p.Generate(t.Context(), aPrompt())
		require.NoError(t, err)
	}
	assert.Equal(
		t, 3, stub.Calls(geministub.GenerateContent), "refused, without, and again without",
	)
	assert.NotContains(t, configOf(t, stub), "thinkingConfig")
}

// Generate: a model that refuses without the setting too is reported.
func TestThinkingIsNotBlamedForOtherRefusals(t *testing.T) {
	p, stub := start(t)
	stub.Next(geministub.GenerateContent, 2, geministub.InvalidArgument())
	_, err := p.Generate(t.Context(), aPrompt())
	var config *model.ConfigError
	require.ErrorAs(t, err, &config)
	assert.Equal(t, "RAG_GENERATION_MODEL", config.Setting)
	assert.Equal(t, 2, stub.Calls(geministub.GenerateContent))

	_, err = p.Generate(t.Context(), aPrompt())
	require.NoError(t, err)
	assert.Contains(t, configOf(t, stub), "thinkingConfig")
}

// Generate: questions and answers that the model's filters block.
func TestBlocked(t *testing.T) {
	for name, reply := range map[string]geministub.Reply{
		"question":      geministub.PromptBlocked(),
		"answer":        geministub.AnswerBlocked(),
		"no candidates": geministub.NoCandidates(),
		"forbidden":     {Status: 200, Body: `{"candidates":[{"finishReason":8}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			p, stub := start(t)
			stub.Next(geministub.GenerateContent, 1, reply)
			answer, err := p.Generate(t.Context(), aPrompt())
			assert.ErrorIs(t, err, model.ErrBlocked)
			assert.Empty(t, answer)
			assert.Equal(t, 1, stub.Calls(geministub.GenerateContent))
		})
	}
}

// Generate: answers cut off by the limit of tokens.
func TestOutputLimit(t *testing.T) {
	t.Run("nothing written", func(t *testing.T) {
		p, stub := start(t)
		stub.Next(geministub.GenerateContent, 1, geministub.MaxTokensEmpty())
		_, err := p.Generate(t.Context(), aPrompt())
		var out *model.UnavailableError
		require.ErrorAs(t, err, &out)
		assert.Equal(
			t, "all 8192 output tokens were spent before a sentence was written", out.Reason,
		)
	})
	t.Run("cut in a price", func(t *testing.T) {
		p, stub := start(t)
		stub.SetAnswer(geministub.Fixed("We have two. The shoe is 79.90 USD. The sock is 4."))
		stub.Next(geministub.GenerateContent, 1, geministub.MaxTokensCut())
		answer, err := p.Generate(t.Context(), aPrompt())
		require.NoError(t, err)
		assert.Equal(t, "We have two. The shoe is 79.90 USD.", answer)
	})
}

// Generate: answers of several parts, and with parts that are not meant for readers.
func TestOddAnswers(t *testing.T) {
	t.Run("thoughts and signatures are not the answer", func(t *testing.T) {
		p, stub := start(t)
		stub.SetAnswer(geministub.Fixed("Yes, two. "))
		stub.Next(geministub.GenerateContent, 1, geministub.WithThought())
		answer, err := p.Generate(t.Context(), aPrompt())
		require.NoError(t, err)
		assert.Equal(t, "Yes, two.", answer)
	})
	for name, body := range map[string]string{
		"no text": `{"candidates":[{"content":{"parts":[{"thoughtSignature":"eA=="}]},` +
			`"finishReason":1}]}`,
		"content null":           `{"candidates":[{"content":null,"finishReason":1}]}`,
		"unknown finish reason":  `{"candidates":[{"finishReason":99}]}`,
		"reason as unknown name": `{"candidates":[{"finishReason":"TIRED"}]}`,
		"candidates of a string": `{"candidates":"none"}`,
		"HTML":                   `<html>`,
		"empty":                  ` `,
	} {
		t.Run(name, func(t *testing.T) {
			p, stub := start(t)
			stub.Next(geministub.GenerateContent, 1, geministub.Reply{Status: 200, Body: body})
			_, err := p.Generate(t.Context(), aPrompt())
			var out *model.UnavailableError
			require.ErrorAs(t, err, &out)
			assert.Equal(t, 1, stub.Calls(geministub.GenerateContent))
		})
	}
}
