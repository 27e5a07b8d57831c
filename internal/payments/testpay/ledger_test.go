package testpay_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/testpay"
)

// The tests run their own program again as another process of the shop, which charges one key after
// the other and prints those that were answered.
func TestMain(m *testing.M) {
	dir := os.Getenv("TESTPAY_CHARGE_IN")
	if dir == "" {
		os.Exit(m.Run())
	}
	p, err := testpay.New(testpay.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	count, err := strconv.Atoi(os.Getenv("TESTPAY_CHARGES"))
	if err != nil {
		panic(err)
	}
	for i := range count {
		key := fmt.Sprint("key-", i)
		if _, err := p.Charge(context.Background(), charge(key, testpay.TokenVisa)); err != nil {
			panic(err)
		}
		fmt.Println(key)
	}
}

func anotherProcess(t *testing.T, dir string, charges int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(
		os.Environ(), "TESTPAY_CHARGE_IN="+dir, "TESTPAY_CHARGES="+strconv.Itoa(charges),
	)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	return program, bufio.NewScanner(out)
}

// Charge: a process that is killed loses no charge it returned.
func TestAKilledProcessLosesNoAnsweredCharge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, lines := anotherProcess(t, dir, 1_000_000)
	answered := []string{}
	for len(answered) < 50 && lines.Scan() {
		answered = append(answered, lines.Text())
	}
	require.NoError(t, program.Process.Kill()) // SIGKILL, in the middle of something
	for lines.Scan() {
		answered = append(answered, lines.Text())
	}
	require.Error(t, program.Wait())

	ledger, err := testpay.ReadLedger(dir)
	require.NoError(t, err)
	charged := map[string]int{}
	for _, c := range ledger.Charges {
		charged[c.IdempotencyKey]++
	}
	for _, key := range answered {
		assert.Equal(t, 1, charged[key], key)
	}
	assert.LessOrEqual(
		t, len(ledger.Charges)-len(answered), 1, "at most one was charged and not answered",
	)

	p, err := testpay.New(testpay.Options{Dir: dir})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Charge(t.Context(), charge(answered[0], testpay.TokenVisa))
	require.NoError(t, err)
	after, err := p.Ledger()
	require.NoError(t, err)
	assert.Len(t, after.Charges, len(ledger.Charges), "after the restart the key is still known")
}

// Charge: several processes write one ledger.
func TestProcessesShareALedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const charges = 40
	p, err := testpay.New(testpay.Options{Dir: dir})
	require.NoError(t, err)
	defer p.Close()
	var racing sync.WaitGroup
	for range 3 {
		program, lines := anotherProcess(t, dir, charges)
		racing.Go(func() {
			for lines.Scan() {
			}
			assert.NoError(t, program.Wait())
		})
	}
	for i := range charges {
		_, err := p.Charge(t.Context(), charge(fmt.Sprint("key-", i), testpay.TokenVisa))
		require.NoError(t, err)
	}
	racing.Wait()
	own, err := p.Ledger()
	require.NoError(t, err)
	audited, err := testpay.ReadLedger(dir)
	require.NoError(t, err)
	assert.Len(t, own.Charges, charges, "each key was charged once")
	assert.Equal(t, own, audited)
}

// A writer that died within a line told nobody of it: the line is dropped and the next one begins
// afresh.
func TestATornLineIsDropped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := testpay.New(testpay.Options{Dir: dir})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Charge(t.Context(), charge("a", testpay.TokenVisa))
	require.NoError(t, err)
	file := filepath.Join(dir, "ledger.jsonl")
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(whole, whole[:len(whole)/2]...), 0o644))

	_, found, err := p.Find(t.Context(), provider.FindRequest{ProviderPaymentID: "x"})
	require.NoError(t, err)
	assert.False(t, found)
	_, err = p.Charge(t.Context(), charge("b", testpay.TokenVisa))
	require.NoError(t, err)
	ledger, err := testpay.ReadLedger(dir)
	require.NoError(t, err)
	assert.Len(t, ledger.Charges, 2)
}

// A ledger that cannot be believed charges nothing.
func TestABrokenLedgerIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := testpay.New(testpay.Options{Dir: dir})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Charge(t.Context(), charge("a", testpay.TokenVisa))
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filepath.Join(dir, "ledger.jsonl"), 3))
	_, err = p.Charge(t.Context(), charge("b", testpay.TokenVisa))
	require.ErrorIs(t, err, provider.ErrUnavailable)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "ledger.jsonl"), []byte("no json\n"), 0o644))
	_, err = testpay.New(testpay.Options{Dir: dir})
	require.ErrorIs(t, err, provider.ErrConfiguration)
	_, err = testpay.ReadLedger(dir)
	require.Error(t, err)
	_, err = testpay.New(testpay.Options{})
	assert.ErrorIs(t, err, provider.ErrConfiguration)
}
