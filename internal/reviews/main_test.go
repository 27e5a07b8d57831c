package reviews_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "reviews") }

// Every operation of the tag reviews: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "reviews") }

// Every operation of the tag reviews: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "reviews") }
