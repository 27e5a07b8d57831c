package contract_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/apitest"
)

// How long a run is, unless FUZZ_REQUESTS or FUZZ_FOR is set, and its seed.
const (
	mostFindings  = 400 // the run ends with them
	usualRequests = 6000
	usualSeed     = 20261121
)

// maxTook is how long a response may take in a run that has the machine for itself.
const maxTook = 2 * time.Second

// Every operation: requests generated from the contract get the responses it documents.
func TestServerAndContractAgree(t *testing.T) {
	apitest.NotWithRace(t)
	requests, until, seed := budget(t)
	t.Logf("replay with FUZZ_SEED=%d", seed)
	shop := apitest.New
	// one of 100,000 products, which takes minutes to make once
	if os.Getenv("FUZZ_SHOP") == "large" {
		shop = apitest.Large
	}
	e := newEngine(t, shop(t, calm()...), readContract(t, shopd.Contract))
	e.prepare(t)
	const turn = 8 // requests of an operation in a row
	for round := uint64(0); len(e.findings) < mostFindings; round++ {
		if until.IsZero() && e.figures.requests >= requests ||
			!until.IsZero() && time.Now().After(until) {
			break
		}
		for i := range e.operations {
			// now before the others, now after them
			op := e.operations[(i*53+int(round)*17)%len(e.operations)]
			if found := e.check(op, seed+round*1000+uint64(i)+1, turn); found != nil {
				t.Errorf("%s%s", found.String("http://localhost:8000"), e.logged(found.reply))
			}
		}
	}
	t.Logf("\n%s", e.figures)
	for _, op := range e.operations {
		if neverAccepted[op.id] == "" {
			assert.Positive(
				t, e.figures.accepted[op.id], "no valid request to %s was accepted", op.id,
			)
		}
	}
	for _, name := range checkNames {
		assert.Positive(t, e.figures.checks[name], "the check %s was never made", name)
	}
	if os.Getenv("FUZZ_REQUESTS")+os.Getenv("FUZZ_FOR") != "" {
		assert.Less(t, e.figures.slowest, maxTook, "%s: %s", maxResponseTime, e.figures.slow)
	}
}

// neverAccepted are the operations of which no generated call can succeed, and why.
var neverAccepted = map[string]string{
	"resetPassword":          "needs a token that was mailed",
	"verifyEmail":            "needs a token that was mailed",
	"checkEmailVerification": "needs a token that was mailed",
	"checkUnsubscribe":       "needs a token that was mailed",
	"unsubscribe":            "needs a token that was mailed",
	"stripeWebhook":          "is signed by Stripe",
	"testWebhook":            "is signed by the provider",
}

func budget(t testing.TB) (requests int, until time.Time, seed uint64) {
	requests, seed = usualRequests, usualSeed
	var err error
	if text := os.Getenv("FUZZ_REQUESTS"); text != "" {
		requests, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	if text := os.Getenv("FUZZ_FOR"); text != "" {
		turn, err := time.ParseDuration(text)
		require.NoError(t, err)
		until = time.Now().Add(turn)
	}
	if text := os.Getenv("FUZZ_SEED"); text != "" {
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	return requests, until, seed
}

// holds runs a property a number of times from a seed. rapid has only flags for both.
func holds(seed uint64, times int, property func(*rapid.T)) (ok bool) {
	for name, value := range map[string]string{
		"rapid.checks": strconv.Itoa(times), "rapid.seed": strconv.FormatUint(seed, 10),
		"rapid.nofailfile": "true", "rapid.shrinktime": shrinkFor,
	} {
		if err := flag.Set(name, value); err != nil {
			panic(err) // rapid defines them
		}
	}
	defer func() {
		if cause := recover(); cause != nil && !errors.Is(asError(cause), errFailed) {
			panic(cause)
		}
	}()
	quiet := new(silent)
	rapid.Check(quiet, property)
	return !quiet.failed
}

// shrinkFor is how long a finding is shrunk.
var shrinkFor = cmp.Or(os.Getenv("FUZZ_SHRINK"), "2s")

var errFailed = errors.New("the property does not hold")

func asError(cause any) error {
	err, _ := cause.(error)
	return err
}

// silent is a test that drops what rapid logs: the engine reports it better.
type silent struct{ failed bool }

func (*silent) Helper()              {}
func (*silent) Name() string         { return "contract" }
func (*silent) Logf(string, ...any)  {}
func (*silent) Log(...any)           {}
func (*silent) Skipf(string, ...any) {}
func (*silent) Skip(...any)          {}
func (*silent) SkipNow()             {}
func (s *silent) Errorf(f string, a ...any) {
	s.failed = true
	if os.Getenv("FUZZ_DEBUG") != "" {
		fmt.Printf(f+"\n", a...)
	}
}
func (s *silent) Error(...any)          { s.failed = true }
func (s *silent) Fatalf(string, ...any) { s.FailNow() }
func (s *silent) Fatal(...any)          { s.FailNow() }
func (s *silent) FailNow()              { s.failed = true; panic(errFailed) }
func (s *silent) Fail()                 { s.failed = true }
func (s *silent) Failed() bool          { return s.failed }

func keys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

func newDecoder(body []byte) *json.Decoder {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder
}
