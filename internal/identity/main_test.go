package identity_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "auth", "users", "customers") }

// Every operation of the tags auth, users and customers: token, role, body and parameters.
func TestGuards(t *testing.T) {
	for _, tag := range []string{"auth", "users", "customers"} {
		t.Run(tag, func(t *testing.T) { apitest.Guards(t, tag) })
	}
}

// Every operation of the tag auth: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "auth") }
