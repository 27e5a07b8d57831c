package audit_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "audit") }

func TestGuards(t *testing.T) { apitest.Guards(t, "audit") }
