package addresses_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "addresses") }

// Every operation of the tag addresses: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "addresses") }
