package identity_test

import (
	"testing"

	"github.com/shopd/shopd/internal/platform/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "auth") }

func TestGuards(t *testing.T) { apitest.Guards(t, "auth") }

func TestLimits(t *testing.T) { apitest.Limits(t, "auth") }
