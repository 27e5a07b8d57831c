package notifications

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ErrLink refuses an unsubscribe link that the shop did not make, or whose account was deleted or
// has another address now.
var ErrLink = problem.BadRequest(
	"spent_token", "This link is good no more. Change what you are written about in your profile.",
)

// A token is the id of an account and a signature of the id and the address. It is valid while the
// account has the address, and needs no storage.
const (
	idBytes  = 8
	macBytes = 24
)

func newKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("unsubscribe links"))
	return mac.Sum(nil)
}

func (n *Notifications) token(user db.User) string {
	id := binary.BigEndian.AppendUint64(nil, uint64(user.ID))
	return base64.RawURLEncoding.EncodeToString(append(id, n.sign(id, user.Email)...))
}

func (n *Notifications) sign(id []byte, email string) []byte {
	mac := hmac.New(sha256.New, n.key)
	mac.Write(id)
	mac.Write([]byte(email))
	return mac.Sum(nil)[:macBytes]
}

// accountOf returns the account of an unsubscribe token.
func (n *Notifications) accountOf(ctx context.Context, token string) (db.User, error) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) != idBytes+macBytes {
		return db.User{}, ErrLink
	}
	user, err := n.queries.GetUser(ctx, int64(binary.BigEndian.Uint64(data[:idBytes])))
	if errors.Is(err, pgx.ErrNoRows) ||
		err == nil &&
			(user.DeletedAt != nil ||
				!hmac.Equal(data[idBytes:], n.sign(data[:idBytes], user.Email))) {
		err = ErrLink
	}
	return user, err
}

// CheckUnsubscribe returns the subscription a link is about, and changes nothing.
func (n *Notifications) CheckUnsubscribe(
	ctx context.Context, r api.CheckUnsubscribeRequestObject,
) (api.CheckUnsubscribeResponseObject, error) {
	user, err := n.accountOf(ctx, r.Params.Token)
	if err != nil {
		return nil, err
	}
	return api.CheckUnsubscribe200JSONResponse{
		Body: api.MailSubscription{Email: masked(user.Email), OrderUpdates: user.OrderUpdates},
	}, nil
}

// Unsubscribe stops the optional mails of an account.
func (n *Notifications) Unsubscribe(
	ctx context.Context, r api.UnsubscribeRequestObject,
) (api.UnsubscribeResponseObject, error) {
	user, err := n.accountOf(ctx, r.Params.Token)
	if err != nil {
		return nil, err
	}
	stopped, err := n.queries.Unsubscribe(ctx, user.ID, user.Email)
	if err == nil && stopped == 0 { // the address was changed at the same moment
		err = ErrLink
	}
	return api.Unsubscribe200JSONResponse{
		Body: api.MailSubscription{Email: masked(user.Email)},
	}, err
}

// masked returns an address in a form that only those recognise who know it.
func masked(email string) string {
	first, _ := utf8.DecodeRuneInString(email)
	_, domain, _ := strings.Cut(email, "@")
	return string(first) + "…@" + domain
}
