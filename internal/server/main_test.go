package server_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "platform") }

// Every operation of the tag platform: token, role and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "platform") }
