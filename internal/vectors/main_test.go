package vectors_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "index") }

func TestGuards(t *testing.T) {
	apitest.Guards(t, "index")
}

func TestLimits(t *testing.T) {
	apitest.Limits(t, "index")
}
