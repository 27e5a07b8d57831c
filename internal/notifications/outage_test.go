package notifications_test

import (
	"io"
	"maps"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// mailServer is a mail server that can be out of order.
type mailServer struct {
	mu       sync.Mutex
	isDown   bool
	refused  int
	received map[string]int // by Message-ID
}

// NewSession implements smtp.Backend.
func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return mailSession{s}, nil }

type mailSession struct{ *mailServer }

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s mailSession) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil || !strings.HasPrefix(m.Header.Get("Message-ID"), "<event-") {
		return err // mails about accounts, which expire sooner, are not this test's
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isDown {
		s.refused++
		return &smtp.SMTPError{Code: 451, Message: "out of order"}
	}
	s.received[m.Header.Get("Message-ID")]++
	return nil
}

func (s *mailServer) setDown(isDown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isDown = isDown
}

// state returns how many mails were refused, and what was received.
func (s *mailServer) state() (refused int, received map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused, maps.Clone(s.received)
}

// pending is the condition of mail jobs that are not finished.
const pending = " FROM river_job WHERE kind = 'notifications.mail' AND finalized_at IS NULL"

// skip waits until no mail is under way, and lets the time pass until all that wait are due. It
// returns how long that would have taken.
func skip(t *testing.T, shop *apitest.Shop) time.Duration {
	t.Helper()
	require.Eventually(t, func() bool {
		return apitest.Value[bool](shop,
			"SELECT count(*) FILTER (WHERE state = 'running' OR scheduled_at <= now()) = 0"+pending)
	}, 20*time.Second, 5*time.Millisecond)
	seconds := apitest.Value[float64](shop,
		"SELECT coalesce(extract(epoch FROM max(scheduled_at) - now()), 0)::float8"+pending)
	shop.Exec("UPDATE river_job SET state = 'available', scheduled_at = now()" +
		strings.TrimPrefix(pending, " FROM river_job") + " AND state <> 'running'")
	return time.Duration(seconds * float64(time.Second))
}

// createOrder: a mail server that is out of order for a day gets each mail once the day after. None
// is lost or sent twice, and neither the server nor the log is flooded meanwhile.
func TestAMailServerIsOutOfOrderForADay(t *testing.T) {
	t.Parallel()
	office := &mailServer{isDown: true, received: map[string]int{}}
	server := smtp.NewServer(office)
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	shop := apitest.New(
		t, apitest.Setting{Name: "WORKERS", Value: "true"},
		apitest.Setting{Name: "SMTP_URL", Value: "smtp://" + listener.Addr().String()},
	)
	var made api.AdminProduct
	shop.Admin().
		Post("/api/v1/admin/products", apitest.Fields{"name": "Lamp", "price": "1", "stock": 90}).
		Into(&made)
	const mails = 3
	for range mails {
		shop.Customer().Post(orders, apitest.Fields{
			"items": []apitest.Fields{{"product_id": made.ID, "quantity": 1}},
		}).Want(201)
	}
	require.Eventually(t, func() bool {
		return apitest.Value[int](shop, "SELECT count(*)"+pending+" AND attempt > 0") == mails
	}, 20*time.Second, 5*time.Millisecond)

	passed := time.Duration(0)
	for passed < 24*time.Hour {
		passed += skip(t, shop)
	}
	require.Eventually(t, func() bool {
		return apitest.Value[bool](shop, "SELECT bool_and(state = 'retryable')"+pending)
	}, 20*time.Second, 5*time.Millisecond)
	assert.Equal(t, mails, apitest.Value[int](shop, "SELECT count(*)"+pending), "none is given up")
	refused, received := office.state()
	assert.Empty(t, received)
	tried := apitest.Value[int](shop, "SELECT sum(attempt)"+pending)
	assert.Equal(t, tried, refused, "attempts in %s", passed)
	assert.Less(t, tried, 15*mails)
	assert.Less(t, strings.Count(shop.Log.String(), "out of order"), 2*15*mails)

	office.setDown(false)
	back := skip(t, shop)
	assert.Less(t, back, 12*time.Hour, "the attempt after the outage")
	require.Eventually(t, func() bool {
		return apitest.Value[int](shop, "SELECT count(*)"+pending) == 0
	}, 20*time.Second, 5*time.Millisecond)
	_, received = office.state()
	assert.Len(t, received, mails)
	for id, times := range received {
		assert.Equal(t, 1, times, id)
	}
	t.Logf("%d refused in %s, then %d sent %s later", refused, passed, mails, back)
}
