package catalog_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "catalogue", "catalogue-admin") }

// Every operation of the tag catalogue: token, role and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "catalogue") }

// Every operation of the tag catalogue-admin: token, role, body and parameters.
func TestAdminGuards(t *testing.T) { apitest.Guards(t, "catalogue-admin") }
