package search_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "search") }

// Every operation of the tag search: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "search") }
