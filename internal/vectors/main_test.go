package vectors_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "index") }

// Every operation of the tag index: token, role and parameters.
func TestGuards(t *testing.T) {
	apitest.Guards(t, "index")
}

// Every operation of the tag index: its rate limit.
func TestLimits(t *testing.T) {
	apitest.Limits(t, "index")
}
