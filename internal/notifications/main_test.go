package notifications_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "mails") }

// Every operation of the tag mails: parameters and body.
func TestGuards(t *testing.T) { apitest.Guards(t, "mails") }

// Every operation of the tag mails: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "mails") }
