package payments_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/apitest"
)

// another is the same shop as a process of its own.
type another struct {
	*exec.Cmd
	url, token string
}

func (s stall) another(token string) another {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "SHOPD_TEST_SERVE=1", "DEBUG=true", "SECRET_KEY="+sharedSecret, "DATABASE_URL="+s.DatabaseURL, "REDIS_URL="+apitest.RedisURL(),
		"PAYMENT_TEST_DIR="+s.PaymentDir, "RATE_LIMIT_FACTOR=0", "WORKERS=false", "RAG_PROVIDER=local", "LOG_LEVEL=error", "UPLOAD_DIR="+s.t.TempDir(),
		"MAIL_DIR="+s.t.TempDir(), "HOST=127.0.0.1", "PORT=0", "DATABASE_POOL=4")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, c.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(s.t, err)
	return another{c, "http://" + strings.TrimSpace(address), token}
}

// send sends a call in the background; what it answers nobody hears.
func (a another) send(t *testing.T, path, body, key string) (ended chan struct{}) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Idempotency-Key", key)
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
	}()
	return ended
}

// kill ends it as the machine would.
func (a another) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, a.Process.Kill())
	assert.Error(t, a.Wait())
}

const sharedSecret = "a-secret-of-several-processes-of-a-test"

var shared = apitest.Setting{Name: "SECRET_KEY", Value: sharedSecret}

// A server that dies after the provider charged and before it noted so: the same key finishes what it began, and without
// it the reconciliation does.
func TestADeathAfterTheChargeChargesOnce(t *testing.T) {
	t.Parallel()
	s := open(t, shared)
	ada := s.Customer()
	again, found := s.order(ada), s.order(ada)
	dying := s.another(ada.Token())
	body := `{"payment_type": "card", "token": "tok_slow"}`
	first, second := dying.send(t, at(again)+"/pay", body, "one"), dying.send(t, at(found)+"/pay", body, "two")
	require.Eventually(t, func() bool { return len(s.ledger().Charges) == 2 }, 10*time.Second, 5*time.Millisecond)
	dying.kill(t)
	<-first
	<-second
	assert.Equal(t, api.PaymentStatusPending, read(ada, again).Payments[0].Status)
	s.requireSound()

	pay(ada, again, "tok_slow", key("one")).Problem(http.StatusConflict, "idempotency_in_flight")
	pay(ada, again, "tok_visa", key("three")).Problem(http.StatusConflict, "payment_in_progress")
	s.Exec("UPDATE idempotency_keys SET leased_until = now() - interval '1 second'") // a minute later
	var payment api.Payment
	pay(ada, again, "tok_slow", key("one")).Want(http.StatusCreated).Into(&payment)
	assert.Equal(t, api.PaymentStatusPaid, payment.Status)
	assertStatus(t, api.OrderStatusPAID, read(ada, again))

	s.later()
	assertStatus(t, api.OrderStatusPAID, read(ada, found))
	pay(ada, found, "tok_slow", key("two")).Want(http.StatusCreated) // what was found out is its answer
	assert.Len(t, s.ledger().Charges, 2)
	s.requireSound()
}

// Killed at any moment of a payment or a refund, and repeated with the same key: one charge, one refund.
func TestDeathsAtAnyMoment(t *testing.T) {
	t.Parallel()
	s := open(t, shared)
	ada := s.Customer()
	repeat := func(call func() *apitest.Answer) {
		require.Eventually(t, func() bool { // the database may still be at work on what the dead asked of it
			s.Exec("UPDATE idempotency_keys SET leased_until = now() - interval '1 second' WHERE status IS NULL")
			answer := call()
			if answer.Status == http.StatusConflict {
				answer.Problem(http.StatusConflict, "idempotency_in_flight")
			}
			return answer.Status == http.StatusCreated
		}, 10*time.Second, 10*time.Millisecond)
	}
	for round := range 8 {
		order, name := s.order(ada), fmt.Sprint(round)
		dying := s.another(ada.Token())
		ended := dying.send(t, at(order)+"/pay", `{"payment_type": "card", "token": "tok_visa"}`, name)
		<-time.After(rand.N(40 * time.Millisecond))
		dying.kill(t)
		<-ended
		repeat(func() *apitest.Answer { return pay(ada, order, "tok_visa", key(name)) })
		assertStatus(t, api.OrderStatusPAID, read(ada, order))
		assert.Len(t, s.ledger().Charges, round+1)

		if round%2 == 0 {
			continue
		}
		dying = s.another(s.keeper.Token())
		ended = dying.send(t, admin(order)+"/refunds", `{"reason": "A dent.", "cancel": true}`, name)
		<-time.After(rand.N(40 * time.Millisecond))
		dying.kill(t)
		<-ended
		repeat(func() *apitest.Answer {
			return s.refund(order, fields{"reason": "A dent.", "cancel": true}, key(name))
		})
		assertStatus(t, api.OrderStatusCANCELLED, read(ada, order))
		assert.Len(t, s.ledger().Refunds, round/2+1)
	}
	assert.Equal(t, 992, s.stock())
	s.requireSound()
}
