package webhooks_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// listWebhookDeliveries, createOrder: a receiver that fails is tried again, and gets nothing later
// of the same order before; of others it does.
func TestAReceiverThatFailsAndRecovers(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := receive(t)
	made := s.hook(r.URL, "order.created", "order.paid")
	r.trusts(made.Secret)
	r.answers(func(w http.ResponseWriter, _ *http.Request, _ message) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("out of \x00 order \xff" + strings.Repeat("x", 5000)))
	})
	ada := s.Customer()
	order := s.order(ada)
	s.pay(ada, order, "tok_visa").Want(http.StatusCreated)
	s.work()
	assert.Equal(t, "order.created", r.types())
	all := s.deliveries(made.ID)
	require.Len(t, all, 2)
	assert.EqualValues(t, 500, *all[0].ResponseStatus)
	assert.True(t, strings.HasPrefix(*all[0].ResponseBody, "out of \uFFFD order \uFFFDxxx"))
	assert.LessOrEqual(t, len(*all[0].ResponseBody), 4096+8)
	assert.Equal(t, "the address answered 500", *all[0].Error)
	assert.WithinDuration(t, time.Now().Add(5*time.Second), *all[0].NextAttemptAt, 4*time.Second)
	assert.Zero(t, all[1].Attempts)
	assert.NotNil(t, s.read(made.ID).FailingSince)

	s.work()
	assert.Empty(t, r.types(), "not before its time")
	s.later("6 seconds")
	assert.Equal(t, "order.created", r.types())
	other := s.order(ada)
	s.work()
	assert.Equal(t, "order.created", r.types(), "another order waits for none")
	require.NotZero(t, other.ID)

	r.answers(func(w http.ResponseWriter, _ *http.Request, _ message) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	s.later("6 minutes")
	r.types()
	wait := time.Until(*s.deliveries(made.ID)[0].NextAttemptAt)
	assert.Greater(t, wait, 119*time.Minute, "a receiver may ask for more time")

	r.status(http.StatusNoContent)
	s.later("3 hours")
	got := r.types()
	assert.Equal(t, 2, strings.Count(got, "order.created"))
	assert.Less(t, strings.Index(got, "order.created"), strings.Index(got, "order.paid"))
	for _, d := range s.deliveries(made.ID) {
		assert.Equal(t, api.WebhookDeliveryStatusDelivered, d.Status)
	}
	assert.Nil(t, s.read(made.ID).FailingSince)
}

// getWebhook, updateWebhook, redeliverWebhook: after ten attempts in three days a delivery is given
// up, and the webhook is disabled with notice. Made active again, it resumes.
func TestAReceiverThatFailsForThreeDays(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := receive(t)
	made := s.hook(r.URL+"/a-secret-path", "order.created", "order.paid")
	r.trusts(made.Secret)
	r.status(http.StatusBadGateway)
	ada := s.Customer()
	order := s.order(ada)
	s.work()
	waits := []string{
		"5 seconds", "5 minutes", "30 minutes", "2 hours", "5 hours", "10 hours", "14 hours",
		"20 hours", "24 hours",
	}
	for i, wait := range waits {
		assert.True(t, s.read(made.ID).IsActive)
		assert.EqualValues(t, i+1, s.deliveries(made.ID)[0].Attempts)
		before := apitest.Value[bool](
			s.Shop,
			"SELECT next_attempt_at BETWEEN now() + $1::interval * 0.9 - interval '10 s' "+
				"AND now() + $1::interval * 1.1 FROM webhook_deliveries",
			wait,
		)
		assert.True(t, before, wait)
		if i == len(waits)-1 {
			s.pay(ada, order, "tok_visa").Want(http.StatusCreated)
		}
		s.later(
			fmt.Sprintf(
				"%d seconds",
				apitest.Value[int](
					s.Shop,
					"SELECT ceil(extract(epoch FROM next_attempt_at - now()) + 1)::int "+
						"FROM webhook_deliveries LIMIT 1",
				),
			),
		)
	}
	now := s.read(made.ID)
	assert.False(t, now.IsActive)
	assert.Equal(t, "failing", *now.DisabledReason)
	all := s.deliveries(made.ID)
	assert.Equal(t, api.WebhookDeliveryStatusFailed, all[0].Status)
	assert.EqualValues(t, 10, all[0].Attempts)
	assert.Equal(t, api.WebhookDeliveryStatusPending, all[1].Status, "what is not given up waits")
	assert.Equal(t, strings.TrimSpace(strings.Repeat("order.created ", 10)), r.types())
	s.work()
	assert.Empty(t, r.types(), "nothing is sent to one that is disabled")
	assert.Equal(
		t,
		1,
		apitest.Value[int](
			s.Shop,
			"SELECT count(*) FROM river_job WHERE kind = 'notifications.mail' "+
				"AND args->>'mail' = 'webhook_disabled'",
		),
		"an administrator is notified",
	)
	assert.NotContains(
		t,
		apitest.Value[string](
			s.Shop, "SELECT data::text FROM events WHERE kind = 'webhook.disabled'",
		),
		"a-secret-path",
	)

	r.status(http.StatusOK)
	s.keeper.Patch(at(made.ID), apitest.Fields{"is_active": true}).Want(http.StatusOK).Into(&now)
	assert.Nil(t, now.DisabledReason)
	s.work()
	assert.Equal(t, "order.paid", r.types())
	var again api.WebhookDelivery
	s.keeper.Post(fmt.Sprintf("%s/deliveries/%d/redeliver", at(made.ID), all[0].ID), nil).
		Want(http.StatusAccepted).
		Into(&again)
	assert.Equal(t, all[0].EventID, again.EventID)
	assert.Equal(t, api.WebhookDeliveryStatusPending, again.Status)
	s.work()
	assert.Equal(t, all[0].EventID, r.messages()[0].ID)
}

// getWebhook: a receiver that responds with 410 is disabled.
func TestAReceiverThatIsGone(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := receive(t)
	made := s.hook(r.URL, "order.created")
	r.trusts(made.Secret)
	r.status(http.StatusGone)
	s.order(s.Customer())
	s.work()
	now := s.read(made.ID)
	assert.False(t, now.IsActive)
	assert.Equal(t, "gone", *now.DisabledReason)
	assert.Equal(t, api.WebhookDeliveryStatusFailed, s.deliveries(made.ID)[0].Status)
	s.order(s.Customer())
	s.work()
	assert.Equal(t, "order.created", r.types(), "nothing more")
}

// createWebhook, listWebhookDeliveries: a redirect is a failure, and its target is never called;
// nor is an address inside the network that no setting allows.
func TestNothingInwardIsCalled(t *testing.T) {
	t.Parallel()
	s := open(t)
	var called atomic.Int32
	canary := httptest.NewServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }),
	)
	t.Cleanup(canary.Close)
	r := receive(t)
	made := s.hook(r.URL, "order.created")
	r.trusts(made.Secret)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.answers(func(w http.ResponseWriter, request *http.Request, _ message) {
			http.Redirect(w, request, canary.URL, status)
		})
		s.order(s.Customer())
		s.work()
		all := s.deliveries(made.ID)
		assert.EqualValues(t, status, *all[len(all)-1].ResponseStatus)
		assert.Equal(t, api.WebhookDeliveryStatusPending, all[len(all)-1].Status)
	}
	strict := shop{
		Shop: s.Restart(apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.2"}),
		t:    t,
	}
	r.types()
	for _, url := range []string{
		canary.URL, strings.Replace(canary.URL, "127.0.0.1", "localhost", 1), "http://127.0.0.2:1/",
	} {
		s.Exec("UPDATE webhooks SET url = $1, failing_since = NULL", url)
		strict.later("1 day")
		for _, d := range s.deliveries(made.ID) {
			assert.Equal(
				t, "the address cannot be fetched", *d.Error, "closed looks like forbidden",
			)
			assert.Nil(t, d.ResponseStatus)
		}
	}
	assert.Zero(t, called.Load())
	assert.Empty(t, r.types())
}

// listWebhookDeliveries: receivers that hang, before their response or within it, delay no other.
func TestReceiversThatHang(t *testing.T) {
	t.Parallel()
	s := open(t, apitest.Setting{Name: "WEBHOOK_TIMEOUT", Value: "3s"})
	released := make(chan struct{})
	var hung, late atomic.Int32
	hangs := func(w http.ResponseWriter, request *http.Request) {
		hung.Add(1)
		if strings.HasPrefix(request.URL.Path, "/body") {
			w.(http.Flusher).Flush()
		}
		select {
		case <-released: // the healthy one has all of its own
		case <-request.Context().Done():
			late.Add(1)
		}
		<-request.Context().Done()
	}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body) // so that the end of the connection is seen
		hangs(w, request)
	}))
	t.Cleanup(slow.Close)
	var hanging []api.NewWebhook
	for i := range 20 {
		hanging = append(
			hanging,
			s.hook(fmt.Sprintf("%s/%s", slow.URL, []string{"body", "head"}[i%2]), "order.created"),
		)
	}
	healthy := receive(t)
	made := s.hook(healthy.URL, "order.created")
	healthy.trusts(made.Secret)
	var count atomic.Int32
	healthy.answers(func(http.ResponseWriter, *http.Request, message) {
		if count.Add(1) == 3 {
			close(released)
		}
	})
	for range 3 {
		s.order(s.Customer())
	}
	require.NoError(t, s.App.Events.Dispatch(t.Context()))
	require.NoError(t, s.App.Webhooks.Deliver(t.Context()))
	assert.Zero(t, late.Load(), "the healthy one had all before the others were given up")
	assert.GreaterOrEqual(t, hung.Load(), int32(20))
	for _, one := range []api.NewWebhook{hanging[0], hanging[1]} {
		tried := 0
		for _, d := range s.deliveries(one.ID) {
			if d.Attempts > 0 {
				tried++
				assert.Equal(t, "the address did not answer in time", *d.Error)
			}
		}
		assert.Positive(t, tried)
	}
	for _, d := range s.deliveries(made.ID) {
		assert.Equal(t, api.WebhookDeliveryStatusDelivered, d.Status)
	}
}
