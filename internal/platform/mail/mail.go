// Package mail sends mail by SMTP. In development it writes mail into a folder instead, one file
// each, which any mail program can open.
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

// Message is a mail to one person, as text and as HTML.
type Message struct {
	To, Subject, Text, HTML string
	// ID is the same when a mail is sent again. It has letters, digits, dots and dashes. If it is
	// empty, a random one is used.
	ID string
	// Unsubscribe is the address that a mail program calls when the reader unsubscribes (RFC 8058).
	// It is empty for mails that cannot be unsubscribed from.
	Unsubscribe string
}

// Sender sends mail.
type Sender interface {
	Send(ctx context.Context, message Message) error
}

// sendTimeout is how long a server may take for one mail.
const sendTimeout = 20 * time.Second

// SMTP sends mail through a mail server.
type SMTP struct {
	client *gomail.Client
	from   string
}

// NewSMTP returns a sender for smtp://user:password@host:587 (STARTTLS, except for a server on this
// machine) or smtps://… (TLS from the start).
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
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
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

// Folder writes mail to files instead of sending it. A mail that is sent again replaces its file.
type Folder struct {
	dir, from string
	log       *slog.Logger
}

// NewFolder returns a sender that writes into a folder. It creates the folder if needed.
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
	f.log.Info("mail written", "to", message.To, "subject", message.Subject, "file", path)
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
