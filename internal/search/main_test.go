package search_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "search") }

func TestGuards(t *testing.T) { apitest.Guards(t, "search") }
