package identity_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// postOffice is a mail server that hands its mails to the test.
type postOffice struct {
	mails    chan letter
	refusals atomic.Int32 // mails to refuse for now
}

type letter struct{ to, subject, text, html string }

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &delivery{office: p}, nil
}

type delivery struct {
	office *postOffice
	to     string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}
func (d *delivery) Reset()        {}
func (d *delivery) Logout() error { return nil }
func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if d.office.refusals.Add(-1) >= 0 {
		return &smtp.SMTPError{Code: 451, Message: "come back later"}
	}
	l, err := open(raw)
	l.to = d.to
	d.office.mails <- l
	return err
}

// open reads a mail of two forms.
func open(raw []byte) (l letter, err error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l, err
	}
	l.subject = m.Header.Get("Subject")
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return l, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return l, err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.html = string(text)
		} else {
			l.text = string(text)
		}
	}
}

// withMail starts a shop that works its jobs and sends by SMTP.
func withMail(t *testing.T, settings ...apitest.Setting) (*apitest.Shop, *postOffice) {
	t.Helper()
	office := &postOffice{mails: make(chan letter, 100)}
	server := smtp.NewServer(office)
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return apitest.New(t, append(
		settings,
		apitest.Setting{Name: "WORKERS", Value: "true"},
		apitest.Setting{Name: "SMTP_URL", Value: "smtp://" + listener.Addr().String()},
		apitest.Setting{Name: "PASSWORD_RESET_BASE_URL", Value: "https://shop.example.com/reset"},
		apitest.Setting{
			Name:  "EMAIL_VERIFICATION_BASE_URL",
			Value: "https://shop.example.com/verify",
		},
	)...), office
}

// next waits for a mail and returns it with the token of its link.
func (p *postOffice) next(t *testing.T, to, base string) (letter, string) {
	t.Helper()
	select {
	case l := <-p.mails:
		require.Equal(t, to, l.to)
		found := regexp.MustCompile(regexp.QuoteMeta(base) + `\?token=([A-Za-z0-9_-]{43})`).
			FindStringSubmatch(l.text)
		require.NotNil(t, found, l.text)
		assert.Contains(t, l.html, found[1], "both forms hold the link")
		return l, found[1]
	case <-time.After(20 * time.Second):
		t.Fatal("no mail came")
		return letter{}, ""
	}
}

const (
	verifyBase = "https://shop.example.com/verify"
	resetBase  = "https://shop.example.com/reset"
	verify     = "/api/v1/auth/verify-email"
	reset      = "/api/v1/auth/reset-password"
)

// register, requestEmailVerification, checkEmailVerification, verifyEmail: an address is verified
// by a mailed link, once.
func TestAddressesAreVerifiedByMail(t *testing.T) {
	t.Parallel()
	shop, office := withMail(t)
	body := ada()
	body["first_name"] = "<b>Ada</b>"
	shop.Post("/api/v1/auth/register", body).Want(http.StatusCreated)
	mail, token := office.next(t, "ada@example.com", verifyBase)
	assert.Equal(t, "Confirm your e-mail address", mail.subject)
	assert.NotContains(t, mail.html, "<b>", "what people call themselves is escaped")

	var seen api.EmailVerification
	for range 3 { // mail scanners open links
		shop.Get(verify + "?token=" + token).Want(http.StatusOK).Into(&seen)
		assert.Equal(t, api.EmailVerification{Email: "ada@example.com"}, seen)
	}
	shop.Post(reset, fields{"token": token, "new_password": "another horse 10"}).
		Problem(http.StatusBadRequest, "spent_token")
		// of another purpose
	var winners atomic.Int32
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			answer := shop.Post(verify, fields{"token": token})
			if answer.Status == http.StatusOK {
				winners.Add(1)
			} else {
				answer.Problem(http.StatusBadRequest, "spent_token")
			}
		})
	}
	all.Wait()
	assert.Equal(t, int32(1), winners.Load(), "a token is spent once")
	shop.Get(verify+"?token="+token).Problem(http.StatusBadRequest, "spent_token")
	var me api.User
	caller := shop.As(login(shop).AccessToken)
	caller.Get("/api/v1/auth/me").Want(http.StatusOK).Into(&me)
	assert.True(t, me.EmailVerified)
	caller.Post(verify+"/request", nil).Want(http.StatusAccepted) // verified already: no mail
	shop.Get(verify+"?token=short").Problem(http.StatusUnprocessableEntity, "invalid_request")
	shop.Post(verify, fields{"token": "short"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.NotContains(t, shop.Log.String(), token)
	assert.Zero(
		t,
		apitest.Value[int64](
			shop, "SELECT count(*) FROM river_job WHERE args::text LIKE '%' || $1 || '%'", token,
		),
		"no token in a job",
	)
}

// forgotPassword, resetPassword: a password is reset by a mailed link, once.
func TestPasswordsAreResetByMail(t *testing.T) {
	t.Parallel()
	shop, office := withMail(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	office.next(t, "ada@example.com", verifyBase)
	pair := login(shop)
	forgot := func(email string) {
		shop.Post("/api/v1/auth/forgot-password", fields{"email": email}).Want(http.StatusAccepted)
	}
	forgot("nobody@example.com")
	forgot("ADA@example.com")
	forgot("ada@example.com") // in the same minute: no second mail
	_, token := office.next(t, "ada@example.com", resetBase)
	assert.Empty(t, office.mails)

	problem := shop.Post(reset, fields{"token": token, "new_password": "password123"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Equal(t, "/new_password", problem.Errors[0].Pointer)
	var winners atomic.Int32
	var all sync.WaitGroup
	for range 32 { // a password that will not do has spent nothing; of racing calls one wins
		all.Go(func() {
			answer := shop.Post(reset, fields{"token": token, "new_password": "another horse 10"})
			if answer.Status == http.StatusAccepted {
				winners.Add(1)
			} else {
				answer.Problem(http.StatusBadRequest, "spent_token")
			}
		})
	}
	all.Wait()
	assert.Equal(t, int32(1), winners.Load())
	shop.As(pair.AccessToken).
		Get("/api/v1/auth/me").
		Problem(http.StatusUnauthorized, "invalid_token")
	shop.Post("/api/v1/auth/login", fields{"username": "ada", "password": "correct horse 9"}).
		Problem(http.StatusUnauthorized, "invalid_credentials")
	shop.Post("/api/v1/auth/login", fields{"username": "ada", "password": "another horse 10"}).
		Want(http.StatusOK)
	assert.True(
		t,
		apitest.Value[bool](
			shop, "SELECT email_verified_at IS NOT NULL FROM users WHERE username = 'ada'",
		),
		"who reads the mail has the address",
	)
}

// resetPassword, changePassword: a link mailed before the newest password is refused.
func TestANewerPasswordKillsTheLink(t *testing.T) {
	t.Parallel()
	shop, office := withMail(t)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	office.next(t, "ada@example.com", verifyBase)
	shop.Post("/api/v1/auth/forgot-password", fields{"email": "ada@example.com"}).
		Want(http.StatusAccepted)
	_, token := office.next(t, "ada@example.com", resetBase)
	shop.As(login(shop).AccessToken).Post("/api/v1/auth/change-password",
		fields{
			"current_password": "correct horse 9",
			"new_password":     "another horse 10",
		}).
		Want(http.StatusNoContent)
	shop.Post(reset, fields{"token": token, "new_password": "a third horse 11"}).
		Problem(http.StatusBadRequest, "spent_token")
}

// register, verifyEmail: a mail is sent once the mail server is back.
func TestMailOutlivesAServerThatIsAway(t *testing.T) {
	t.Parallel()
	shop, office := withMail(t)
	office.refusals.Store(1)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	_, token := office.next(t, "ada@example.com", verifyBase) // at the second try
	shop.Post(verify, fields{"token": token}).Want(http.StatusOK)
}

// checkEmailVerification, verifyEmail, resetPassword: 503 while Redis is down.
func TestLinksWithoutRedis(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t, apitest.Setting{Name: "REDIS_URL", Value: "redis://127.0.0.1:1"})
	token := strings.Repeat("a", 43)
	shop.Get(verify+"?token="+token).
		Problem(http.StatusServiceUnavailable, "dependency_unavailable")
	shop.Post(verify, fields{"token": token}).
		Problem(http.StatusServiceUnavailable, "dependency_unavailable")
	shop.Post(reset, fields{"token": token, "new_password": "another horse 10"}).
		Problem(http.StatusServiceUnavailable, "dependency_unavailable")
}

// register: without a mail server, mails are files in a folder.
func TestMailIsKeptInAFolderWithoutAServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	shop := apitest.New(
		t, apitest.Setting{Name: "WORKERS", Value: "true"},
		apitest.Setting{Name: "MAIL_DIR", Value: folder},
	)
	shop.Post("/api/v1/auth/register", ada()).Want(http.StatusCreated)
	var files []string
	require.Eventually(t, func() bool {
		files, _ = filepath.Glob(filepath.Join(folder, "*.eml"))
		return len(files) == 1
	}, 20*time.Second, 10*time.Millisecond)
	require.Eventually(
		t, func() bool { return strings.Contains(shop.Log.String(), "mail written") },
		5*time.Second, 10*time.Millisecond,
	)
	raw, err := os.ReadFile(files[0])
	require.NoError(t, err)
	l, err := open(raw)
	require.NoError(t, err)
	assert.Contains(t, l.text, "http://localhost:3000/verify-email?token=")
}

// register: with REGISTER_ENUMERATION=hidden the response is the same for an address that has an
// account.
func TestRegisteringTellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	shop, office := withMail(t, apitest.Setting{Name: "REGISTER_ENUMERATION", Value: "hidden"})
	first := shop.Post("/api/v1/auth/register", ada()).Want(http.StatusAccepted)
	office.next(t, "ada@example.com", verifyBase)
	again := ada()
	again["username"], again["email"] = "somebody", "Ada@Example.com"
	second := shop.Post("/api/v1/auth/register", again).Want(http.StatusAccepted)
	assert.Equal(t, first.Body, second.Body)
	select {
	case notice := <-office.mails:
		assert.Equal(t, "ada@example.com", notice.to)
		assert.Equal(t, "You have an account already", notice.subject)
		assert.NotContains(t, notice.text, "token=")
	case <-time.After(20 * time.Second):
		t.Fatal("its owner got no mail")
	}
	assert.Equal(
		t, int64(2), apitest.Value[int64](shop, "SELECT count(*) FROM users"),
		"there are only ada and the administrator",
	)
}
