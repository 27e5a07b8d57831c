package stripepay_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/payments/provider"
	"github.com/shopd/shopd/internal/payments/stripepay"
)

const (
	key    = "sk_test_51NotAKeyOfAnyone"
	secret = "whsec_for_tests"
)

// standin is a server in Stripe's place that answers as a test wants, and keeps what it was asked.
type standin struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
}

type asked struct {
	method, path string
	header       http.Header
	form         url.Values // of the body, or of the query
}

func newStandin(t *testing.T, answer http.HandlerFunc) *standin {
	t.Helper()
	s := &standin{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.Method, r.URL.Path, r.Header.Clone(), r.Form})
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *standin) provider(t *testing.T) *stripepay.Provider {
	t.Helper()
	return connect(t, s.URL)
}

func (s *standin) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func connect(t *testing.T, address string) *stripepay.Provider {
	t.Helper()
	p, err := stripepay.New(
		stripepay.Options{
			Key:           key,
			WebhookSecret: secret,
			BaseURL:       address,
			Timeout:       300 * time.Millisecond,
		},
	)
	require.NoError(t, err)
	return p
}

// says responds with the status and the JSON of body, or with body itself if it is a string.
func says(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, isText := body.(string)
		if !isText {
			encoded, err := json.Marshal(body)
			if err != nil {
				panic(err)
			}
			text = string(encoded)
		}
		w.Header().Set("Request-Id", "req_test")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// hangsUp cuts the connection after the request has arrived.
func hangsUp(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		connection.Close()
	}
}

type object = map[string]any

func refuses(status int, kind, code string, more object) http.HandlerFunc {
	body := object{"type": kind, "code": code, "message": "Told by Stripe."}
	for name, value := range more {
		body[name] = value
	}
	return says(status, object{"error": body})
}

func intent(status string, more object) object {
	o := object{
		"id":            "pi_1",
		"object":        "payment_intent",
		"amount":        1250,
		"currency":      "usd",
		"status":        status,
		"created":       time.Now().Unix(),
		"client_secret": "pi_1_secret_x",
		"metadata":      object{"order_reference": "order-1", "idempotency_key": "key-1"},
	}
	if status == "succeeded" {
		o["amount_received"] = 1250
	}
	for name, value := range more {
		o[name] = value
	}
	return o
}

func charge() provider.ChargeRequest {
	return provider.ChargeRequest{
		IdempotencyKey: "key-1",
		AmountMinor:    1250,
		Currency:       "USD",
		OrderReference: "order-1",
		Token:          "pm_card_visa",
	}
}
