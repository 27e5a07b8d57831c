// Package notifications owns the mails that follow from what happens in the shop: to customers
// about their orders, and to those who run the shop. A mail is a job that its event causes once,
// however often something dies in between; one that is sent again for want of a note that it was
// carries the same Message-ID.
package notifications

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/mail"
)

// Settings of the domain.
type Settings struct {
	Shop           string // its name
	Secret         []byte // what the key that signs unsubscribe links is made of
	UnsubscribeURL string // where such a link leads; the token is added
}

// Notifications sends mails.
type Notifications struct {
	queries  *db.Queries
	mail     mail.Sender
	key      []byte
	settings Settings
}

// New makes the domain.
func New(pool *pgxpool.Pool, sender mail.Sender, settings Settings) *Notifications {
	return &Notifications{
		queries:  db.New(pool),
		mail:     sender,
		key:      newKey(settings.Secret),
		settings: settings,
	}
}

// kind is a kind of mail, which is the name of its templates.
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

// ofEvent are the mails customers get.
var ofEvent = map[string]kind{
	events.OrderCreated:    orderConfirmed,
	events.OrderPaid:       orderPaid,
	events.OrderShipped:    orderShipped,
	events.OrderCancelled:  orderCancelled,
	events.PaymentRefunded: refundMade,
}

// optional are the mails a customer need not get; the others the law has sent.
var optional = map[kind]bool{orderPaid: true, orderShipped: true}

// mailJob sends one mail to one account. It names events and holds nothing personal.
type mailJob struct {
	Mail   kind    `json:"mail"`
	Events []int64 `json:"events"`
	User   int64   `json:"user,omitempty"` // 0: the customer of the event
}

// Kind implements river.JobArgs.
func (mailJob) Kind() string { return "notifications.mail" }

// InsertOpts has a mail server be out for a day and a half at most: the attempts lie further and
// further apart.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 15, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// Hear causes the mails that follow from some events; it is an events.Listener. What happened to
// the stock is one mail to each who works in the shop.
func (n *Notifications) Hear(
	ctx context.Context, q *db.Queries, insert func(river.JobArgs) error, told []events.Told,
) error {
	var short []int64
	var disabled []int64
	for _, e := range told {
		switch e.Kind {
		case events.StockLow, events.StockOut:
			short = append(short, e.ID)
		case events.WebhookDisabled:
			disabled = append(disabled, e.ID)
		default:
			if mail, ok := ofEvent[e.Kind]; ok {
				if err := insert(mailJob{Mail: mail, Events: []int64{e.ID}}); err != nil {
					return err
				}
			}
		}
	}
	if short == nil && disabled == nil {
		return nil
	}
	staff, err := q.ListStaff(ctx)
	if err != nil {
		return err
	}
	for _, user := range staff {
		if short != nil {
			if err := insert(mailJob{Mail: stockLow, Events: short, User: user.ID}); err != nil {
				return err
			}
		}
		if disabled != nil && user.Role == "administrator" {
			if err := insert(
				mailJob{Mail: webhookDisabled, Events: disabled, User: user.ID},
			); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddWorkers registers what works the domain's jobs.
func (n *Notifications) AddWorkers(workers *river.Workers) {
	river.AddWorker(
		workers,
		river.WorkFunc(
			func(ctx context.Context, job *river.Job[mailJob]) error { return n.send(ctx, job.Args) },
		),
	)
}
