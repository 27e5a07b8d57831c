package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/shopd/shopd/gen/client"
)

// patience is how long a buyer retries a request whose outcome is unknown.
const patience = time.Minute

// outcome holds what a buyer knows about an attempt in the end.
type outcome struct {
	tried      bool
	order      *client.Order // acknowledged
	body       []byte
	noResponse bool // a copy of the request got no response
	gaveUp     bool // no copy got a response
	cancelled  bool // acknowledged
	paid       bool // acknowledged
}

// shop makes the attempts of one buyer, one after the other.
func (r *run) shop(ctx context.Context, who int) {
	var standing []int // attempts whose orders can still be cancelled
	for number := who; number < r.Attempts && ctx.Err() == nil; number += r.Buyers {
		a := plan(r.Seed, number, r.Buyers, len(r.products))
		r.started.Add(1)
		r.outcomes[number] = r.buy(ctx, a)
		switch o := &r.outcomes[number]; {
		case o.order == nil:
		case a.pays && r.Pay && r.Ledger != nil:
			o.paid = r.pay(ctx, a, o.order.ID)
		default:
			standing = append(standing, number)
		}
		if a.cancels && len(standing) > 0 {
			r.cancel(ctx, standing[0], r.buyers[who])
			standing = slices.Delete(standing, 0, 1)
		}
		r.mu.Lock()
		r.ended++
		ended := r.ended
		r.mu.Unlock()
		if r.Progress != nil {
			r.Progress(ended, r.Attempts)
		}
	}
}

// buy makes one attempt: it places the order.
func (r *run) buy(ctx context.Context, a attempt) outcome {
	var twin outcome
	var both sync.WaitGroup
	if a.twin {
		both.Go(func() { twin = r.place(ctx, a, 0) })
	}
	o := r.place(ctx, a, a.cut)
	both.Wait()
	if twin.order != nil && o.order != nil && twin.order.ID != o.order.ID {
		r.contradict(
			"attempt %d: one Idempotency-Key made the orders %d and %d", a.number, o.order.ID,
			twin.order.ID,
		)
	}
	if o.order == nil && twin.order != nil { // a refused copy frees the key for the other one
		o.order, o.body = twin.order, twin.body
	}
	o.noResponse, o.gaveUp = o.noResponse || twin.noResponse, o.gaveUp || twin.gaveUp
	if a.again && o.order != nil {
		if again := r.place(ctx, a, 0); !again.gaveUp && !bytes.Equal(again.body, o.body) {
			r.contradict(
				"attempt %d: order %d was acknowledged, but its request sent again returns %.200q",
				a.number, o.order.ID, again.body,
			)
		}
	}
	return o
}

// place sends an order until its outcome is known, with the same key every time. The first time it
// disconnects after cut, unless that is zero.
func (r *run) place(ctx context.Context, a attempt, cut time.Duration) outcome {
	key := fmt.Sprintf("%s %d", r.name, a.number)
	body := client.CreateOrderJSONRequestBody{Note: &key}
	for _, one := range a.items {
		body.Items = append(
			body.Items,
			client.OrderItemInput{ProductID: r.products[one.product], Quantity: one.quantity},
		)
	}
	o := outcome{tried: true}
	retries := retry{until: time.Now().Add(patience)}
	for {
		call, hangUp := ctx, context.CancelFunc(func() {})
		if cut > 0 {
			call, hangUp = context.WithTimeout(ctx, cut)
			cut = 0
		}
		response, err := r.api.CreateOrderWithResponse(
			call, &client.CreateOrderParams{IdempotencyKey: &key}, body, as(r.buyers[a.buyer]),
		)
		hangUp()
		switch {
		case err != nil:
			r.count("no response")
			o.noResponse = true
		case response.JSON201 != nil:
			r.count(response.Status())
			o.order, o.body = response.JSON201, response.Body
			return o
		case r.refused(response.HTTPResponse, response.Body):
			o.body = response.Body
			return o
		}
		if !retries.again(ctx) {
			o.gaveUp = true
			return o
		}
	}
}

// cancel cancels the order of an attempt.
func (r *run) cancel(ctx context.Context, number int, token string) {
	o := &r.outcomes[number]
	retries := retry{until: time.Now().Add(patience)}
	unsure := false
	for {
		response, err := r.api.CancelOrderWithResponse(ctx, o.order.ID, as(token))
		switch {
		case err != nil:
			unsure = true
		case response.JSON200 != nil:
			o.cancelled = true
			return
		case response.StatusCode() == http.StatusBadRequest && unsure:
			o.cancelled = true // an earlier try cancelled it
			return
		case response.StatusCode() < http.StatusInternalServerError:
			r.contradict(
				"attempt %d: cancelling the unpaid order %d returned %s", number, o.order.ID,
				response.Body,
			)
			return
		default:
			r.count(response.Status())
			unsure = true
		}
		if !retries.again(ctx) {
			return
		}
	}
}

// refused reports whether a response means that there is no order and will be none. A 500 is
// reported as a contradiction.
func (r *run) refused(response *http.Response, body []byte) bool {
	var problem client.Problem
	_ = json.Unmarshal(body, &problem) // a body that is no problem has no code
	label := response.Status
	if problem.Code != "" {
		label = fmt.Sprintf("%d %s", response.StatusCode, problem.Code)
	}
	r.count(label)
	if response.StatusCode == http.StatusInternalServerError {
		r.contradict("the server failed: %s", body)
	}
	return response.StatusCode < http.StatusInternalServerError &&
		problem.Code != "idempotency_in_flight" &&
		problem.Code != "payment_in_progress"
}

// count counts a response for the report.
func (r *run) count(response string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.responses[response]++
}

// retry waits longer before each try, until a time.
type retry struct {
	until time.Time
	wait  time.Duration
}

// again waits before another try. It returns false if there should be none.
func (t *retry) again(ctx context.Context) bool {
	t.wait = min(max(5*time.Millisecond, 2*t.wait), 320*time.Millisecond)
	return time.Now().Before(t.until) && pause(ctx, t.wait) == nil
}
