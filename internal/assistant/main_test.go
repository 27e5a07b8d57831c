package assistant_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "assistant", "index") }

func TestGuards(t *testing.T) {
	apitest.Guards(t, "assistant")
}

func TestLimits(t *testing.T) {
	apitest.Limits(t, "assistant")
}

func TestIndexGuards(t *testing.T) {
	apitest.Guards(t, "index")
}

func TestIndexLimits(t *testing.T) {
	apitest.Limits(t, "index")
}
