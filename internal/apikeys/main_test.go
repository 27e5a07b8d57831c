package apikeys_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "api-keys") }

// listAPIKeys and all others of the tag: who may call them, and what they refuse.
func TestGuards(t *testing.T) { apitest.Guards(t, "api-keys") }
