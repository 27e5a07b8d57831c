package identity_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "auth", "users", "customers") }

func TestGuards(t *testing.T) {
	for _, tag := range []string{"auth", "users", "customers"} {
		t.Run(tag, func(t *testing.T) { apitest.Guards(t, tag) })
	}
}

func TestLimits(t *testing.T) { apitest.Limits(t, "auth") }
