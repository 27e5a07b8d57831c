package assistant_test

import (
	"net/http"
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "assistant") }

// Every operation of the tag assistant: token, role, body and parameters.
func TestGuards(t *testing.T) {
	apitest.Guards(t, "assistant")
}

// Every operation of the tag assistant: its rate limit.
func TestLimits(t *testing.T) {
	apitest.Limits(t, "assistant")
}

// index makes the vectors of all products.
func index(admin apitest.Caller) {
	admin.Post("/api/v1/rag/index", nil).Want(http.StatusOK)
}

// indexCategories makes the vectors of all categories.
func indexCategories(admin apitest.Caller) {
	admin.Post("/api/v1/rag/index/categories", nil).Want(http.StatusOK)
}
