package insights_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "insights", "jobs") }

func TestGuardsOfInsights(t *testing.T) { apitest.Guards(t, "insights") }

func TestGuardsOfJobs(t *testing.T) { apitest.Guards(t, "jobs") }
