package cart_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "cart") }

// Every operation of the tag cart: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "cart") }

// Every operation of the tag cart: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "cart") }
