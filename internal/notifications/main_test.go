package notifications_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "mails") }

func TestGuards(t *testing.T) { apitest.Guards(t, "mails") }

func TestLimits(t *testing.T) { apitest.Limits(t, "mails") }
