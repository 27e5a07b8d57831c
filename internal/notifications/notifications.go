// Package notifications owns the mails that events cause: to customers about their orders, and to
// the shop's staff. Each mail is a job that its event inserts once. A mail that is sent twice,
// because a process died before it could record the first time, has the same Message-ID.
package notifications

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/jobs"
	"github.com/shopd/shopd/internal/platform/mail"
)

// Settings of the domain.
type Settings struct {
	Shop           string // its name
	Secret         []byte // the key that signs unsubscribe links is derived from it
	UnsubscribeURL string // the page such a link opens; the token is added
}

// Notifications handles unsubscribing and sends the mails.
type Notifications struct {
	queries  *db.Queries
	mail     mail.Sender
	key      []byte
	settings Settings
}

// New makes the domain and registers its job.
func New(
	pool *pgxpool.Pool, queue *jobs.Queue, sender mail.Sender, settings Settings,
) *Notifications {
	n := &Notifications{
		queries:  db.New(pool),
		mail:     sender,
		key:      newKey(settings.Secret),
		settings: settings,
	}
	jobs.Handle(queue, n.send)
	return n
}

// kind is a kind of mail, and the name of its templates.
type kind string

const (
	orderConfirmed  kind = "order_confirmed"
	orderPaid       kind = "order_paid"
	orderShipped    kind = "order_shipped"
	orderCancelled  kind = "order_cancelled"
	refundMade      kind = "refund_made"
	stockLow        kind = "stock_low"
	webhookDisabled kind = "webhook_disabled"
)

// customerMails are the mails customers get, by the kind of event.
var customerMails = map[string]kind{
	events.OrderCreated:    orderConfirmed,
	events.OrderPaid:       orderPaid,
	events.OrderShipped:    orderShipped,
	events.OrderCancelled:  orderCancelled,
	events.PaymentRefunded: refundMade,
}

// unsubscribable are the mails a customer can stop. The law demands the others.
var unsubscribable = map[kind]bool{orderPaid: true, orderShipped: true}

// mailJob sends one mail to one account. It refers to events and holds no personal data.
type mailJob struct {
	Mail   kind    `json:"mail"`
	Events []int64 `json:"events"`
	User   int64   `json:"user,omitempty"` // 0: the customer of the event
}

// Kind implements river.JobArgs.
func (mailJob) Kind() string { return "notifications.mail" }

// InsertOpts allows 15 attempts, which covers an outage of the mail server of a day and a half.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 15, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// HandleEvents inserts the mail jobs of some events. It is an events.Listener. All events about
// stock are one mail to each member of the staff.
func (n *Notifications) HandleEvents(
	ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, refs []events.Ref,
) error {
	var lowStock, disabled []int64
	for _, e := range refs {
		switch e.Kind {
		case events.StockLow, events.StockOut:
			lowStock = append(lowStock, e.ID)
		case events.WebhookDisabled:
			disabled = append(disabled, e.ID)
		default:
			if mail, ok := customerMails[e.Kind]; ok {
				if err := insert(mailJob{Mail: mail, Events: []int64{e.ID}}); err != nil {
					return err
				}
			}
		}
	}
	if lowStock == nil && disabled == nil {
		return nil
	}
	staff, err := q.ListStaff(ctx)
	if err != nil {
		return err
	}
	for _, user := range staff {
		if lowStock != nil {
			job := mailJob{Mail: stockLow, Events: lowStock, User: user.ID}
			if err := insert(job); err != nil {
				return err
			}
		}
		if disabled != nil && user.Role == "administrator" {
			job := mailJob{Mail: webhookDisabled, Events: disabled, User: user.ID}
			if err := insert(job); err != nil {
				return err
			}
		}
	}
	return nil
}
