package inventory_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "stock") }

// Every operation of the tag stock: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "stock") }
