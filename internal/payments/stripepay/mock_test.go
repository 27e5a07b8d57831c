package stripepay_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/stripepay"
)

// stripeMock starts Stripe's own mock server, which checks every request against Stripe's OpenAPI
// description. It is built by the go command, which keeps it for the next time; if that takes over
// a minute the test is skipped unless STRIPE_MOCK=1.
func stripeMock(t *testing.T) (address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	if os.Getenv("STRIPE_MOCK") != "1" {
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	}
	defer cancel()
	build := exec.CommandContext(
		ctx, "go", "tool", "-modfile=tools/stripemock.mod", "-n", "stripe-mock",
	)
	build.Dir, build.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	var trouble strings.Builder
	build.Stderr = &trouble
	path, err := build.Output()
	if err != nil && os.Getenv("STRIPE_MOCK") != "1" {
		t.Skipf(
			"stripe-mock could not be built within a minute (STRIPE_MOCK=1 insists on it): %v\n%s",
			err, trouble.String(),
		)
	}
	require.NoError(t, err, trouble.String())

	server := exec.Command(strings.TrimSpace(string(path)), "-http-addr", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	listening := regexp.MustCompile(`^Listening for HTTP at address: (\S+)$`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			return "http://" + found[1]
		}
	}
	t.Fatal("stripe-mock did not come up")
	return ""
}

// The mock answers with examples, whatever was asked for: what is tested is that Stripe knows every
// parameter sent, and that its answers can be read.
func TestAgainstStripeMock(t *testing.T) {
	t.Parallel()
	address := stripeMock(t)
	p, err := stripepay.New(stripepay.Options{Key: key, BaseURL: address})
	require.NoError(t, err)
	saved := provider.SavedMethod{ProviderMethodID: "pm_1", ProviderCustomerID: "cus_1"}

	t.Run("charge", func(t *testing.T) {
		request := charge()
		request.Description = "Order 1"
		result, err := p.Charge(t.Context(), request)
		require.NoError(t, err)
		assert.Regexp(t, "^pi_", result.ProviderPaymentID)
		request.Token, request.SavedMethod = "", saved
		_, err = p.Charge(t.Context(), request)
		require.NoError(t, err)
	})
	t.Run("charge with a card token", func(t *testing.T) {
		request := charge()
		request.Token = "tok_visa"
		_, err := p.Charge(t.Context(), request)
		require.NoError(t, err)
	})
	t.Run("find", func(t *testing.T) {
		result, found, err := p.Find(t.Context(), provider.FindRequest{ProviderPaymentID: "pi_1"})
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, "pi_1", result.ProviderPaymentID)
		_, found, err = p.Find(
			t.Context(), provider.FindRequest{IdempotencyKey: "unknown", AttemptedAt: time.Now()},
		)
		require.NoError(t, err)
		assert.False(t, found)
	})
	t.Run("refund", func(t *testing.T) {
		result, err := p.Refund(t.Context(), refund())
		require.NoError(t, err)
		assert.Regexp(t, "^re_", result.ProviderRefundID)
		assert.Equal(t, provider.RefundDone, result.Status)
	})
	t.Run("saved methods", func(t *testing.T) {
		method, err := p.SaveMethod(t.Context(), "user-1", "", "tok_visa")
		require.NoError(t, err)
		assert.Regexp(t, "^cus_", method.ProviderCustomerID)
		assert.Regexp(t, "^pm_", method.ProviderMethodID)
		assert.Len(t, method.LastFour, 4)
		require.NoError(t, p.RemoveMethod(t.Context(), saved))
	})
}
