package assistant_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "assistant") }

func TestGuards(t *testing.T) { apitest.Guards(t, "assistant") }

func TestLimits(t *testing.T) { apitest.Limits(t, "assistant") }
