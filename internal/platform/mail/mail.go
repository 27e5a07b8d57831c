// Package mail sends mail: by SMTP, or in development into a folder, a file each, to open with any
// mail program.
package mail

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is a mail to one person, in both forms.
type Message struct {
	To, Subject, Text, HTML string
	// ID tells repetitions of a mail from others: letters, digits, dots and dashes. Empty: one is
	// made up.
	ID string
	// Unsubscribe is the address that a mail program calls for somebody who wants no more such
	// mails (RFC 8058); empty when there is no choice.
	Unsubscribe string
}

// Sender sends mail.
type Sender interface {
	Send(ctx context.Context, message Message) error
}

// sendTimeout is how long a server may take for one mail.
const sendTimeout = 20 * time.Second

// SMTP sends through a mail server.
type SMTP struct {
	client *gomail.Client
	from   string
}

// NewSMTP reads smtp://user:password@host:587 (STARTTLS, except on this very machine) or smtps://…
// (TLS from the start).
func NewSMTP(address, from string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return nil, errors.New(
			"SMTP_URL: not an address such as smtp://user:password@mail.example.com:587",
		)
	}
	options := []gomail.Option{
		gomail.WithTimeout(sendTimeout), gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" ||
		ip != nil && ip.IsLoopback() {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if u.Scheme == "smtps" {
		options = append(options, gomail.WithSSL())
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, gomail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(
			options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password),
		)
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return &SMTP{client, from}, nil
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, message Message) error {
	m, err := compose(s.from, message)
	if err != nil {
		return err
	}
	return s.client.DialAndSendWithContext(ctx, m)
}

// Folder keeps mail as files instead of sending it; a mail that is repeated is one file.
type Folder struct {
	dir, from string
	log       *slog.Logger
}

// NewFolder makes the folder if needed.
func NewFolder(dir, from string, log *slog.Logger) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("MAIL_DIR: %w", err)
	}
	return &Folder{dir, from, log}, nil
}

// Send implements Sender.
func (f *Folder) Send(_ context.Context, message Message) error {
	m, err := compose(f.from, message)
	if err != nil {
		return err
	}
	name := message.ID
	if name == "" {
		var random [4]byte
		_, _ = rand.Read(random[:]) // never fails
		name = time.Now().UTC().Format("20060102T150405.000") + "-" + hex.EncodeToString(random[:])
	}
	path := filepath.Join(f.dir, name+".eml")
	if err := m.WriteToFile(path); err != nil {
		return err
	}
	f.log.Info("mail kept", "to", message.To, "subject", message.Subject, "file", path)
	return nil
}

func compose(from string, message Message) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := m.From(from); err != nil {
		return nil, fmt.Errorf("MAIL_FROM: %w", err)
	}
	if err := m.To(message.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	m.Subject(message.Subject)
	m.SetDate()
	if message.ID != "" {
		_, domain, _ := strings.Cut(m.GetFrom()[0].Address, "@")
		m.SetMessageIDWithValue(message.ID + "@" + domain)
	} else {
		m.SetMessageID()
	}
	if message.Unsubscribe != "" {
		m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+message.Unsubscribe+">")
		m.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(gomail.TypeTextPlain, message.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, message.HTML)
	return m, nil
}
