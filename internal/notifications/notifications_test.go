package notifications_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

const orders = "/api/v1/orders"

// shop is one that mails, and sells one thing at 12.50.
type shop struct {
	*apitest.Shop
	t       *testing.T
	dir     string
	keeper  apitest.Caller
	product int64
}

func open(t *testing.T) shop {
	t.Helper()
	s := shop{t: t, dir: t.TempDir()}
	s.Shop = apitest.New(
		t,
		apitest.Setting{Name: "MAIL_DIR", Value: s.dir},
		apitest.Setting{Name: "WORKERS", Value: "true"},
		apitest.Setting{
			Name:  "ORDER_CANCEL_UNTIL",
			Value: "shipped",
		},
		apitest.Setting{
			Name:  "UNSUBSCRIBE_BASE_URL",
			Value: "https://shop.example.com/unsubscribe",
		},
	)
	s.keeper = s.Admin()
	made := s.keeper.Product(apitest.Fields{
		"name": "Drift <b>", "price": "12.50", "stock": 100,
	})
	s.product = made.ID
	return s
}

func (s shop) order(caller apitest.Caller, quantity int) (order api.Order) {
	caller.Post(
		orders,
		apitest.Fields{"items": []apitest.Fields{{"product_id": s.product, "quantity": quantity}}},
	).Want(http.StatusCreated).Into(&order)
	return order
}

func (s shop) pay(caller apitest.Caller, order api.Order) {
	caller.Post(fmt.Sprintf("%s/%d/pay", orders, order.ID), apitest.Fields{
		"payment_type": "card", "token": "tok_visa",
	}).
		Want(http.StatusCreated)
}

// letter is a mail as a mail program reads it.
type letter struct {
	to, subject, id, unsubscribe, oneClick string
	text, html                             string
}

// letters are all mails about events, by subject, once all events are told and all mails sent.
func (s shop) letters() (all []letter) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		return apitest.Value[bool](
			s.Shop,
			`SELECT NOT EXISTS (SELECT FROM events WHERE told_at IS NULL)
			AND NOT EXISTS (SELECT FROM river_job WHERE kind = 'notifications.mail' AND state <>
			'completed')`,
		)
	}, 20*time.Second, 20*time.Millisecond)
	files, err := filepath.Glob(filepath.Join(s.dir, "event-*.eml"))
	require.NoError(s.t, err)
	for _, file := range files {
		all = append(all, s.parse(file))
	}
	slices.SortFunc(
		all, func(a, b letter) int { return strings.Compare(a.subject+a.to, b.subject+b.to) },
	)
	return all
}

func (s shop) parse(file string) letter {
	s.t.Helper()
	f, err := os.Open(file)
	require.NoError(s.t, err)
	defer func() { _ = f.Close() }()
	m, err := netmail.ReadMessage(f)
	require.NoError(s.t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(s.t, err)
	l := letter{
		to:          m.Header.Get("To"),
		subject:     subject,
		id:          m.Header.Get("Message-Id"),
		unsubscribe: m.Header.Get("List-Unsubscribe"),
		oneClick:    m.Header.Get("List-Unsubscribe-Post"),
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(s.t, err)
	for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return l
		}
		require.NoError(s.t, err)
		content, err := io.ReadAll(part)
		require.NoError(s.t, err)
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.html = string(content)
		} else {
			l.text = strings.ReplaceAll(string(content), "\r\n", "\n")
		}
	}
}

func subjects(all []letter) string {
	var lines []string
	for _, l := range all {
		lines = append(lines, l.subject)
	}
	return strings.Join(lines, "|")
}

// setOrderStatus, setShipment, checkUnsubscribe, unsubscribe, updateProfile: each step of an order
// is one mail, as text and HTML. An account that unsubscribed gets only those that must be sent.
func TestMailsOfAnOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	ada := s.Customer()
	ada.Patch("/api/v1/users/me", apitest.Fields{"first_name": "Ada"}).Want(http.StatusOK)
	first := s.order(ada, 2)
	s.pay(ada, first)
	s.keeper.Put(fmt.Sprintf("/api/v1/admin/orders/%d/shipment", first.ID), apitest.Fields{
		"carrier": "DHL", "tracking_number": "JD1", "tracking_url": "https://example.com/JD1",
	}).
		Want(http.StatusOK)
	s.keeper.Put(
		fmt.Sprintf("/api/v1/admin/orders/%d/status", first.ID),
		apitest.Fields{"status": "SHIPPED"},
	).
		Want(http.StatusOK)
	all := s.letters()
	n := first.Number
	require.Equal(t, "Order "+n+" is on its way|Order "+n+" is paid|Your order "+n, subjects(all))
	shipped, paid, confirmed := all[0], all[1], all[2]
	assert.Contains(t, shipped.text, "DHL JD1\nFollow it: https://example.com/JD1")
	assert.Contains(t, shipped.html, `<a href="https://example.com/JD1">`)
	assert.Contains(t, paid.text, "25.00 USD is paid")
	assert.Contains(
		t, confirmed.text,
		"Hello Ada,\n\nthank you: we have your order "+n+
			".\n\n2 x Drift <b>: 25.00\n\nTotal: 25.00 USD",
	)
	assert.Contains(t, confirmed.html, "2 × Drift &lt;b&gt;")
	assert.Empty(t, confirmed.unsubscribe, "the law has it sent")
	assert.Empty(t, confirmed.oneClick)
	assert.Regexp(t, `^<event-\d+\.order_confirmed\.\d+@localhost>$`, confirmed.id)
	for _, l := range all {
		assert.NotContains(t, l.text+l.html, "no value")
	}

	// One click in a mail program, which sends what RFC 8058 says; looking changes nothing.
	assert.Equal(t, "List-Unsubscribe=One-Click", paid.oneClick)
	link := regexp.MustCompile(`^<https://shop\.example\.com/unsubscribe(\?token=[\w-]+)>$`).
		FindStringSubmatch(paid.unsubscribe)
	require.NotNil(t, link, paid.unsubscribe)
	assert.Contains(t, paid.text, link[1])
	var seen api.MailSubscription
	s.Get("/api/v1/mails/unsubscribe" + link[1]).Want(http.StatusOK).Into(&seen)
	assert.True(t, seen.OrderUpdates)
	assert.Regexp(t, `^.…@`, seen.Email)
	form := apitest.Raw{
		ContentType: "application/x-www-form-urlencoded",
		Content:     "List-Unsubscribe=One-Click",
	}
	s.Post("/api/v1/mails/unsubscribe"+link[1], form).Want(http.StatusOK).Into(&seen)
	assert.False(t, seen.OrderUpdates)
	s.Post("/api/v1/mails/unsubscribe"+link[1], nil).Want(http.StatusOK)
	var me api.User
	ada.Get("/api/v1/users/me").Want(http.StatusOK).Into(&me)
	assert.False(t, me.OrderUpdates)
	ada.Put("/api/v1/users/me", apitest.Fields{"first_name": "Ada", "last_name": "Lovelace"}).
		Want(http.StatusOK).
		Into(&me)
	assert.False(t, me.OrderUpdates, "a client that knows nothing of it changes nothing of it")

	second := s.order(ada, 1)
	s.pay(ada, second)
	ada.Post(fmt.Sprintf("%s/%d/cancel", orders, second.ID), nil).Want(http.StatusOK)
	all = s.letters()
	n2 := second.Number
	assert.ElementsMatch(
		t,
		[]string{
			"Order " + n + " is on its way", "Order " + n + " is paid", "Your order " + n,
			"Your order " + n2, "Order " + n2 + " is cancelled", "Money back for order " + n2,
		},
		subjectsOf(all),
	)
	for _, l := range all {
		if strings.HasPrefix(l.subject, "Money") {
			assert.Contains(t, l.text, "we have given back 12.50 USD for your order "+n2)
		}
	}
	ada.Patch("/api/v1/users/me", apitest.Fields{"order_updates": true}).
		Want(http.StatusOK).
		Into(&me)
	assert.True(t, me.OrderUpdates)

	// Another's link, or a forged one, is none; nor is that of an account that is gone, which gets
	// no mail either.
	end := len(link[1]) - 2
	forged := link[1][:end] + map[bool]string{true: "B", false: "A"}[link[1][end] == 'A'] +
		link[1][end+1:]
	for _, token := range []string{
		forged, "?token=" + strings.Repeat("A", 43), "?token=" + strings.Repeat("A", 20),
	} {
		s.Get("/api/v1/mails/unsubscribe"+token).Problem(http.StatusBadRequest, "spent_token")
		s.Post("/api/v1/mails/unsubscribe"+token, nil).Problem(http.StatusBadRequest, "spent_token")
	}
	s.Get("/api/v1/mails/unsubscribe?token=x").
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	s.Post("/api/v1/mails/unsubscribe?token=x", nil).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	s.Post("/api/v1/mails/unsubscribe"+link[1], apitest.Raw{
		ContentType: "text/plain",
		Content:     "x",
	}).
		Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	before := len(s.letters())
	ada.Delete("/api/v1/users/me").Want(http.StatusNoContent)
	s.Get("/api/v1/mails/unsubscribe"+link[1]).Problem(http.StatusBadRequest, "spent_token")
	s.keeper.Put(
		fmt.Sprintf("/api/v1/admin/orders/%d/status", first.ID),
		apitest.Fields{"status": "DELIVERED"},
	).
		Want(http.StatusOK)
	assert.Len(t, s.letters(), before)
}

func subjectsOf(all []letter) []string { return strings.Split(subjects(all), "|") }

// setInventory: staff is mailed about what is nearly sold out, once each.
func TestMailsToStaff(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Exec("UPDATE users SET role = 'staff' WHERE email = $1", s.email(s.Customer()))
	s.Customer()
	s.order(s.Customer(), 95)
	all := s.letters()
	require.Len(t, all, 3)
	assert.Equal(t, "Little stock left", all[0].subject)
	assert.Equal(t, "Little stock left", all[1].subject)
	assert.NotEqual(t, all[0].to, all[1].to)
	assert.Contains(t, all[0].text, "- Drift <b> (")
	assert.Contains(t, all[0].text, "): 5 left\n")
	s.order(s.Customer(), 5)
	assert.Len(t, s.letters(), 6)

	// Nothing is sent to where nobody is.
	invented := s.Customer()
	s.Exec("UPDATE users SET email = 'buyer@prove.invalid' WHERE email = $1", s.email(invented))
	s.keeper.Put(
		fmt.Sprintf("/api/v1/admin/products/%d/inventory", s.product),
		apitest.Fields{"quantity": 100},
	).
		Want(http.StatusOK)
	s.order(invented, 1)
	assert.Len(t, s.letters(), 6)
}

func (s shop) email(caller apitest.Caller) string {
	var me api.User
	caller.Get("/api/v1/users/me").Want(http.StatusOK).Into(&me)
	return me.Email
}
