package catalog_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "catalogue", "catalogue-admin") }

func TestGuards(t *testing.T) { apitest.Guards(t, "catalogue") }

func TestAdminGuards(t *testing.T) { apitest.Guards(t, "catalogue-admin") }
