package cart_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "cart") }

func TestGuards(t *testing.T) { apitest.Guards(t, "cart") }

func TestLimits(t *testing.T) { apitest.Limits(t, "cart") }
