package reviews_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "reviews") }

func TestGuards(t *testing.T) { apitest.Guards(t, "reviews") }

func TestLimits(t *testing.T) { apitest.Limits(t, "reviews") }
