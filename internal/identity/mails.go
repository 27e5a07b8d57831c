package identity

import (
	"context"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mail"
)

//go:embed mails
var mailFiles embed.FS

var (
	textMails = template.Must(template.ParseFS(mailFiles, "mails/*.txt"))
	htmlMails = htmltemplate.Must(htmltemplate.ParseFS(mailFiles, "mails/*.html"))
)

// mailJob sends one mail to an account. It holds no secret: the link's token is issued when the
// mail is sent. User is 0 for an address without an account, so that a request for one takes the
// same time.
type mailJob struct {
	User    int64   `json:"user"`
	Purpose purpose `json:"purpose"`
}

// Kind implements river.JobArgs.
func (mailJob) Kind() string { return "identity.mail" }

// InsertOpts limits the mails of one purpose to one a minute and account, so that a mailbox cannot
// be flooded.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 8,
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByPeriod: time.Minute},
	}
}

// sendMail does a mailJob. It sends nothing if the account is gone or inactive by now, or its
// address is verified already.
func (i *Identity) sendMail(ctx context.Context, job mailJob) error {
	user, err := i.queries.GetUser(ctx, job.User)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !user.IsActive:
		return nil
	case err != nil:
		return err
	case job.Purpose == verifyEmail && user.EmailVerifiedAt != nil:
		return nil
	}
	message, err := i.compose(ctx, user, job.Purpose)
	if err != nil {
		return err
	}
	if err := i.mail.Send(ctx, message); err != nil {
		return fmt.Errorf("mail to account %d: %w", user.ID, err)
	}
	return nil
}

// compose writes the mail for a purpose. It issues the token of its link, if it has one.
func (i *Identity) compose(
	ctx context.Context, user db.User, p purpose,
) (message mail.Message, err error) {
	data := struct{ Name, Link, Shop string }{"", i.settings.VerificationURL, i.settings.Issuer}
	if user.EmailVerifiedAt != nil { // else a stranger may have chosen the name
		data.Name = user.FirstName
	}
	subject := "Confirm your e-mail address"
	switch p {
	case resetPassword:
		data.Link, subject = i.settings.ResetURL, "Set a new password"
	case accountExists:
		data.Link, subject = "", "You have an account already"
	}
	if data.Link != "" {
		token, err := i.issueLink(ctx, user, p)
		if err != nil {
			return message, err
		}
		data.Link += "?token=" + token
	}
	var text, html strings.Builder
	if err := textMails.ExecuteTemplate(&text, string(p)+".txt", data); err != nil {
		return message, err
	}
	if err := htmlMails.ExecuteTemplate(&html, string(p)+".html", data); err != nil {
		return message, err
	}
	return mail.Message{
		To:      user.Email,
		Subject: subject,
		Text:    text.String(),
		HTML:    html.String(),
	}, nil
}
