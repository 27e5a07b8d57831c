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

// contents is what a template may say.
type contents struct {
	Name, Shop  string
	Unsubscribe string // empty: there is no choice

	Order    orders.Snapshot
	Refund   refund
	Short    []short
	More     int // beyond those of Short
	Webhooks []webhooks.Disabled
}

// refund is what an event tells of money that was given back.
type refund struct {
	OrderNumber string            `json:"order_number"`
	Customer    api.OrderCustomer `json:"customer"`
	Currency    string            `json:"currency"`
	Refund      struct {
		Amount string `json:"amount"`
	} `json:"refund"`
}

// short is a variant of which there is little left.
type short struct {
	ProductName string            `json:"product_name"`
	SKU         string            `json:"sku"`
	Options     map[string]string `json:"options"`
	Level       string            `json:"level"`
	Stock       int32             `json:"stock"`
}

// nobody is how addresses end that reach nobody, such as those of invented customers (RFC 2606).
const nobody = ".invalid"

// mostShort is how many variants a mail lists.
const mostShort = 50

// send sends one mail, unless nobody is to get it any more.
func (n *Notifications) send(ctx context.Context, job mailJob) error {
	told, err := n.queries.ListEvents(ctx, job.Events)
	if err != nil || len(told) == 0 { // older than events are kept
		return err
	}
	c := contents{Shop: n.settings.Shop}
	subject, err := c.read(job.Mail, told)
	if err != nil {
		return fmt.Errorf("mail of event %d: %w", told[0].ID, err)
	}
	id := job.User
	if id == 0 {
		id = max(c.Order.Customer.ID, c.Refund.Customer.ID)
	}
	user, err := n.queries.GetUser(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows),
		err == nil && (user.DeletedAt != nil || strings.HasSuffix(user.Email, nobody)):
		return nil
	case err != nil:
		return err
	case job.User != 0 && (!user.IsActive || user.Role == "customer"),
		optional[job.Mail] && !user.OrderUpdates:
		return nil
	}
	c.Name = user.FirstName
	if optional[job.Mail] {
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
		ID:          fmt.Sprintf("event-%d.%s.%d", told[0].ID, job.Mail, user.ID),
	}
	if err := n.mail.Send(ctx, message); err != nil {
		return fmt.Errorf("mail to account %d: %w", user.ID, err)
	}
	return nil
}

// read reads what events tell and answers the subject of the mail about them.
func (c *contents) read(mail kind, told []db.Event) (subject string, err error) {
	switch mail {
	case refundMade:
		err = json.Unmarshal(told[0].Data, &c.Refund)
		return "Money back for order " + c.Refund.OrderNumber, err
	case stockLow:
		for _, e := range told[:min(len(told), mostShort)] {
			var one short
			if err := json.Unmarshal(e.Data, &one); err != nil {
				return "", err
			}
			c.Short = append(c.Short, one)
		}
		c.More = len(told) - len(c.Short)
		return "Little stock left", nil
	case webhookDisabled:
		for _, e := range told {
			var one webhooks.Disabled
			if err := json.Unmarshal(e.Data, &one); err != nil {
				return "", err
			}
			c.Webhooks = append(c.Webhooks, one)
		}
		return "A webhook was disabled", nil
	}
	err = json.Unmarshal(told[0].Data, &c.Order)
	return fmt.Sprintf(subjects[mail], c.Order.Number), err
}

// subjects of the mails about an order.
var subjects = map[kind]string{
	orderConfirmed: "Your order %s",
	orderPaid:      "Order %s is paid",
	orderShipped:   "Order %s is on its way",
	orderCancelled: "Order %s is cancelled",
}
