// Package contract_test holds server and openapi.yaml against each other by requests made from the
// contract itself: valid ones, which the server must take, and broken ones, which it must refuse.
// The contract alone says what is called and with what, so a new operation is tried the moment it
// is written down.
//
// Everything is drawn by rapid from a seed that is printed: FUZZ_SEED=... replays a run.
// FUZZ_REQUESTS or FUZZ_FOR make it longer than in CI; see `task fuzz`.
package contract_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }
