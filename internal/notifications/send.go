package notifications

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/orders"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/webhooks"
)

//go:embed mails
var mailFiles embed.FS

var (
	textMails = template.Must(template.ParseFS(mailFiles, "mails/*.txt"))
	htmlMails = htmltemplate.Must(htmltemplate.ParseFS(mailFiles, "mails/*.html"))
)

// contents is the data of the templates.
type contents struct {
	Name, Shop  string
	Unsubscribe string // a link; empty if the mail cannot be stopped

	Order    orders.Snapshot
	Refund   refund
	LowStock []lowStockItem
	More     int // variants that LowStock leaves out
	Webhooks []webhooks.Disabled
}

// refund is the data of the event of a refund.
type refund struct {
	OrderNumber string            `json:"order_number"`
	Customer    api.OrderCustomer `json:"customer"`
	Currency    string            `json:"currency"`
	Refund      struct {
		Amount string `json:"amount"`
	} `json:"refund"`
}

// lowStockItem is the data of the event of a variant with low stock.
type lowStockItem struct {
	ProductName string            `json:"product_name"`
	SKU         string            `json:"sku"`
	Options     map[string]string `json:"options"`
	Level       string            `json:"level"`
	Stock       int32             `json:"stock"`
}

// unreachable is the top-level domain of addresses that receive no mail, such as those of the demo
// customers (RFC 2606).
const unreachable = ".invalid"

// maxLowStock is how many variants a mail lists.
const maxLowStock = 50

// send sends one mail, unless the account is gone or has unsubscribed since.
func (n *Notifications) send(ctx context.Context, job mailJob) error {
	causes, err := n.queries.ListEvents(ctx, job.Events)
	if err != nil || len(causes) == 0 { // they were purged
		return err
	}
	c := contents{Shop: n.settings.Shop}
	subject, err := c.read(job.Mail, causes)
	if err != nil {
		return fmt.Errorf("mail of event %d: %w", causes[0].ID, err)
	}
	id := job.User
	if id == 0 {
		id = max(c.Order.Customer.ID, c.Refund.Customer.ID)
	}
	user, err := n.queries.GetUser(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows),
		err == nil && (user.DeletedAt != nil || strings.HasSuffix(user.Email, unreachable)):
		return nil
	case err != nil:
		return err
	case job.User != 0 && (!user.IsActive || user.Role == "customer"),
		unsubscribable[job.Mail] && !user.OrderUpdates:
		return nil
	}
	c.Name = user.FirstName
	if unsubscribable[job.Mail] {
		c.Unsubscribe = n.settings.UnsubscribeURL + "?token=" + n.token(user)
	}
	var text, html strings.Builder
	if err := textMails.ExecuteTemplate(&text, string(job.Mail)+".txt", c); err != nil {
		return err
	}
	if err := htmlMails.ExecuteTemplate(&html, string(job.Mail)+".html", c); err != nil {
		return err
	}
	message := mail.Message{
		To:          user.Email,
		Subject:     subject,
		Text:        text.String(),
		HTML:        html.String(),
		Unsubscribe: c.Unsubscribe,
		ID:          fmt.Sprintf("event-%d.%s.%d", causes[0].ID, job.Mail, user.ID),
	}
	if err := n.mail.Send(ctx, message); err != nil {
		return fmt.Errorf("mail to account %d: %w", user.ID, err)
	}
	return nil
}

// read reads the data of events and returns the subject of the mail about them.
func (c *contents) read(mail kind, causes []db.Event) (subject string, err error) {
	switch mail {
	case refundMade:
		err = json.Unmarshal(causes[0].Data, &c.Refund)
		return "Money back for order " + c.Refund.OrderNumber, err
	case stockLow:
		for _, e := range causes[:min(len(causes), maxLowStock)] {
			var item lowStockItem
			if err := json.Unmarshal(e.Data, &item); err != nil {
				return "", err
			}
			c.LowStock = append(c.LowStock, item)
		}
		c.More = len(causes) - len(c.LowStock)
		return "Little stock left", nil
	case webhookDisabled:
		for _, e := range causes {
			var disabled webhooks.Disabled
			if err := json.Unmarshal(e.Data, &disabled); err != nil {
				return "", err
			}
			c.Webhooks = append(c.Webhooks, disabled)
		}
		return "A webhook was disabled", nil
	}
	err = json.Unmarshal(causes[0].Data, &c.Order)
	return fmt.Sprintf(subjects[mail], c.Order.Number), err
}

// subjects are those of the mails about an order; %s is its number.
var subjects = map[kind]string{
	orderConfirmed: "Your order %s",
	orderPaid:      "Order %s is paid",
	orderShipped:   "Order %s is on its way",
	orderCancelled: "Order %s is cancelled",
}
