package identity

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strconv"
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

// purpose is what a mailed link is for.
type purpose string

const (
	verifyEmail   purpose = "verify"
	resetPassword purpose = "reset"
	accountExists purpose = "exists" // has no link: somebody registered with an address that has an account
)

// linkLifetime is how long a link is good for.
var linkLifetime = map[purpose]time.Duration{verifyEmail: 24 * time.Hour, resetPassword: time.Hour}

// mailJob sends one mail with a link. It names an account and holds no secret: the token is made
// when the mail is. User is 0 for an address that no account has, so that both take the same time
// to ask for.
type mailJob struct {
	User    int64   `json:"user"`
	Purpose purpose `json:"purpose"`
}

// Kind implements river.JobArgs.
func (mailJob) Kind() string { return "identity.mail" }

// InsertOpts lets one mail of a kind be asked for each minute: nobody's mailbox is flooded.
func (mailJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 8,
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByPeriod: time.Minute},
	}
}

type mailWorker struct {
	river.WorkerDefaults[mailJob]
	*Identity
}

// AddWorkers adds the jobs of the domain.
func (i *Identity) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, &mailWorker{Identity: i})
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[Sweep]) error {
		_, err := i.queries.SweepLoginFailures(ctx)
		return err
	}))
}

// Work implements river.Worker.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailJob]) error {
	user, err := w.queries.GetUser(ctx, job.Args.User)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !user.IsActive:
		return nil
	case err != nil:
		return err
	case job.Args.Purpose == verifyEmail && user.EmailVerifiedAt != nil:
		return nil
	}
	return w.sendLink(ctx, user, job.Args.Purpose)
}

// tellOwner mails the owner of an address that somebody registered with it.
func (i *Identity) tellOwner(ctx context.Context, email string) error {
	user, err := i.queries.GetActiveUserByEmail(ctx, email)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return i.queue.Tx(ctx, func(_ *db.Queries, insert func(river.JobArgs) error) error {
		return insert(mailJob{User: user.ID, Purpose: accountExists})
	})
}

// link is what a mailed token stands for: an account as it was then.
type link struct {
	User  int64  `json:"user"`
	Proof string `json:"proof"` // of what must not have changed: the password for a reset, the address for a verification
}

func linkFor(user db.User, p purpose) link {
	if p == verifyEmail {
		return link{user.ID, user.Email}
	}
	hash := sha256.Sum256([]byte(user.PasswordHash))
	return link{user.ID, hex.EncodeToString(hash[:8])}
}

func (i *Identity) sendLink(ctx context.Context, user db.User, p purpose) error {
	data := struct{ Name, Link, Shop string }{
		user.FirstName, i.settings.VerificationURL, i.settings.Issuer,
	}
	subject := "Confirm your e-mail address"
	switch p {
	case resetPassword:
		data.Link, subject = i.settings.ResetURL, "Set a new password"
	case accountExists:
		data.Link, subject = "", "You have an account already"
	}
	if data.Link != "" {
		value, err := json.Marshal(linkFor(user, p))
		if err != nil {
			return err
		}
		token, err := i.tokens.Issue(
			ctx, string(p), strconv.FormatInt(user.ID, 10), string(value), linkLifetime[p],
		)
		if err != nil {
			return err
		}
		data.Link += "?token=" + token
	}
	var text, html strings.Builder
	if err := textMails.ExecuteTemplate(&text, string(p)+".txt", data); err != nil {
		return err
	}
	if err := htmlMails.ExecuteTemplate(&html, string(p)+".html", data); err != nil {
		return err
	}
	message := mail.Message{
		To:      user.Email,
		Subject: subject,
		Text:    text.String(),
		HTML:    html.String(),
	}
	if err := i.mail.Send(ctx, message); err != nil {
		return fmt.Errorf("mail to account %d: %w", user.ID, err)
	}
	return nil
}
