package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// shopping orders, pays and cancels until the shop is dead.
func (s shop) shopping(ctx context.Context, url, token string) {
	post := func(path, body string) (order api.Order, ok bool) {
		request, err := http.NewRequestWithContext(
			ctx, http.MethodPost, url+path, strings.NewReader(body),
		)
		if err != nil {
			return order, false
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return order, false
		}
		defer func() { _ = response.Body.Close() }()
		return order, json.NewDecoder(response.Body).Decode(&order) == nil
	}
	for {
		order, alive := post(
			orders, fmt.Sprintf(`{"items": [{"product_id": %d, "quantity": 1}]}`, s.product),
		)
		if !alive {
			return
		}
		if order.ID%3 > 0 {
			_, alive = post(
				fmt.Sprintf("%s/%d/pay", orders, order.ID),
				`{"payment_type": "card", "token": "tok_visa"}`,
			)
		}
		if alive && order.ID%3 > 1 {
			request, _ := http.NewRequestWithContext(
				ctx, http.MethodPost, fmt.Sprintf("%s%s/%d/cancel", url, orders, order.ID), nil,
			)
			request.Header.Set("Authorization", "Bearer "+token)
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}
	}
}

// createOrder, createWebhook: a server is killed again and again while orders, mails and webhooks
// flow: no event is lost, none is sent of what was not committed, those of each order come in
// order, and each mail is one. SHOPD_TEST_KILLS says how often, 3 times unless it is set.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("SHOPD_TEST_KILLS")); err == nil {
		kills = n
	}
	mails := t.TempDir()
	s := open(
		t, apitest.Setting{Name: "MAIL_DIR", Value: mails},
		apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"},
	)
	r := receive(t)
	r.answers(func(w http.ResponseWriter, _ *http.Request, _ message) {
		if rand.IntN(20) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	made := s.hook(r.URL, "*")
	r.trusts(made.Secret)
	var tokens []string
	for range 4 {
		tokens = append(tokens, s.Customer().Token())
	}
	workers := apitest.Setting{Name: "WORKERS", Value: "true"}
	for range kills {
		dying := s.Process(workers)
		var shoppers sync.WaitGroup
		for _, token := range tokens {
			shoppers.Go(func() { s.shopping(t.Context(), dying.URL, token) })
		}
		<-time.After(200*time.Millisecond + rand.N(800*time.Millisecond))
		dying.Kill()
		shoppers.Wait()
	}

	// Some minutes later another worker continues the jobs and deliveries of the killed one.
	r.status(http.StatusOK)
	s.Exec(
		"UPDATE river_job SET state = 'available', scheduled_at = now() " +
			"WHERE kind = 'notifications.mail' AND state IN ('running', 'retryable')",
	)
	s.Exec(
		"UPDATE webhook_deliveries SET leased_until = NULL, next_attempt_at = now() " +
			"WHERE status = 'pending'",
	)
	last := s.Process(workers)
	require.Eventually(t, func() bool {
		return apitest.Value[bool](
			s.Shop,
			`SELECT NOT EXISTS (SELECT FROM events WHERE told_at IS NULL)
			AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE status <> 'delivered')
			AND NOT EXISTS (SELECT FROM river_job WHERE kind = 'notifications.mail' AND state <>
			'completed')`,
		)
	}, 60*time.Second, 50*time.Millisecond)
	last.Kill()

	// Events are what was committed.
	assert.True(t, apitest.Value[bool](s.Shop, `SELECT bool_and(
			(SELECT array_agg(e.kind ORDER BY e.id) FROM events e
			WHERE e.object_type = 'order' AND e.object_id = o.id) =
			(SELECT array_agg('order.' || CASE h.to_status WHEN 'PENDING' THEN 'created'
			ELSE lower(h.to_status) END ORDER BY h.id)
			   FROM order_history h WHERE h.order_id = o.id AND h.to_status IS DISTINCT
			   FROM h.from_status))
			   FROM orders o`), "each change has its event, and each event its change")
	assert.Zero(
		t,
		apitest.Value[int](
			s.Shop,
			"SELECT count(*) FROM events e WHERE e.object_type = 'order' AND NOT EXISTS (SELECT "+
				"FROM orders o WHERE o.id = e.object_id)",
		),
	)

	// Each came, one or more times, those of an order in their order.
	type object struct{ kind, number string }
	known := map[string]bool{}
	newest := map[object]int{}
	repeated := 0
	for _, m := range r.messages() {
		if known[m.ID] {
			repeated++
		}
		known[m.ID] = true
		var data struct {
			Number string
			ID     int64
		}
		require.NoError(t, json.Unmarshal(m.Data, &data))
		id, err := strconv.Atoi(strings.TrimPrefix(m.ID, "evt_"))
		require.NoError(t, err)
		kind, _, _ := strings.Cut(m.Type, ".")
		of := object{kind, data.Number + "/" + strconv.FormatInt(data.ID, 10)}
		assert.GreaterOrEqual(t, id, newest[of], "%s of %v came late", m.Type, of)
		newest[of] = max(id, newest[of])
	}
	for _, id := range apitest.Value[[]int64](
		s.Shop,
		"SELECT array_agg(e.id) FROM events e JOIN webhook_deliveries d ON d.event_id = e.id",
	) {
		assert.True(t, known[fmt.Sprintf("evt_%d", id)], "event %d is lost", id)
	}
	assert.Len(t, known, apitest.Value[int](s.Shop, "SELECT count(*) FROM webhook_deliveries"))
	assert.Zero(
		t,
		apitest.Value[int](
			s.Shop,
			`SELECT count(*) FROM events e WHERE e.kind LIKE 'order.%' AND NOT EXISTS (SELECT
				FROM webhook_deliveries d WHERE d.event_id = e.id)`,
		),
	)

	// Each mail is one, and of an order that is there.
	files, err := filepath.Glob(filepath.Join(mails, "event-*.eml"))
	require.NoError(t, err)
	due := apitest.Value[int](
		s.Shop,
		"SELECT count(*) FROM events "+
			"WHERE kind IN ('order.created', 'order.paid', 'order.cancelled', 'payment.refunded')",
	)
	assert.Len(t, files, due)
	numbers := map[string]bool{}
	for _, number := range apitest.Value[[]string](s.Shop, "SELECT array_agg(number) FROM orders") {
		numbers[number] = true
	}
	subject := regexp.MustCompile(`(?m)^Subject:.*?([0-9A-Z]+-[0-9A-Z-]+)`)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		found := subject.FindSubmatch(content)
		require.NotNil(t, found, "%s", content)
		assert.True(t, numbers[string(found[1])], "a mail of no order: %s", found[0])
	}
	s.RequireSound()
	t.Logf(
		"%d kills, %d orders, %d events, %d messages of which %d repeated, %d mails", kills,
		len(numbers), len(known), len(r.messages()), repeated, len(files),
	)
}
