package apitest

import (
	"net/http/httptest"
	"testing"

	"github.com/shopd/shopd/internal/model/geministub"
)

// WithGemini starts a shop, by New or Demo, whose model is a stand-in of Google's API.
func WithGemini(
	t *testing.T, start func(testing.TB, ...Setting) *Shop, settings ...Setting,
) (*Shop, *geministub.Server) {
	t.Helper()
	model := geministub.New()
	listener := httptest.NewServer(model)
	t.Cleanup(listener.Close)
	settings = append([]Setting{
		{Name: "RAG_PROVIDER", Value: "auto"},
		{Name: "GEMINI_API_KEY", Value: "test-key"},
		{Name: "GEMINI_ENDPOINT", Value: listener.URL},
		{Name: "RAG_GEMINI_TIMEOUT", Value: "10"},
	}, settings...)
	return start(t, settings...), model
}
