package audit_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "audit") }

// Every operation of the tag audit: token, role and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "audit") }
