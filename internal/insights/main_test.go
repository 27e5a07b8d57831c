package insights_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "insights", "jobs") }

// Every operation of the tag insights: token, role and parameters.
func TestGuardsOfInsights(t *testing.T) { apitest.Guards(t, "insights") }

// Every operation of the tag jobs: token, role and parameters.
func TestGuardsOfJobs(t *testing.T) { apitest.Guards(t, "jobs") }
