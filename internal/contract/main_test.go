// Package contract_test compares the server with openapi.yaml by requests that are generated from
// the contract: valid ones, which the server must accept, and broken ones, which it must refuse.
// The contract alone determines what is called, so a new operation is tested as soon as it is
// there.
//
// Everything is drawn by rapid from a seed that is printed: FUZZ_SEED=... replays a run.
// FUZZ_REQUESTS or FUZZ_FOR make it longer than in CI; see `task fuzz`.
package contract_test

import (
	"testing"

	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }
