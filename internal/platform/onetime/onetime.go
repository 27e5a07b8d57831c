// Package onetime issues tokens that work once and for a limited time, for links in mails. Redis
// stores only their hashes, with the value each stands for. If Redis loses them, the links no
// longer work, and the user can request another mail.
package onetime

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrUnknown is returned for a token that was never issued, was used before, or has expired.
var ErrUnknown = errors.New("unknown token")

// Store is safe for concurrent use.
type Store struct {
	redis  redis.UniversalClient
	prefix string
}

// New returns a store whose keys in Redis begin with prefix.
func New(client redis.UniversalClient, prefix string) *Store {
	return &Store{client, prefix + "once:"}
}

// Issue returns a token of 32 random bytes that stands for value, for one purpose. It revokes the
// previous token of the same purpose and subject, such as an account.
func (s *Store) Issue(
	ctx context.Context, purpose, subject, value string, lifetime time.Duration,
) (string, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(random[:])
	key, newest := s.key(purpose, token), s.prefix+purpose+":newest:"+subject
	before, err := s.redis.SetArgs(ctx, newest, key, redis.SetArgs{Get: true, TTL: lifetime}).
		Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	pipe := s.redis.TxPipeline()
	if before != "" {
		pipe.Del(ctx, before)
	}
	pipe.Set(ctx, key, value, lifetime)
	if _, err := pipe.Exec(ctx); err != nil {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	return token, nil
}

// Look returns the value of a token, which can still be used afterwards.
func (s *Store) Look(ctx context.Context, purpose, token string) (string, error) {
	return found(s.redis.Get(ctx, s.key(purpose, token)).Result())
}

// Spend returns the value of a token to the first caller, and ErrUnknown to all later ones.
func (s *Store) Spend(ctx context.Context, purpose, token string) (string, error) {
	return found(s.redis.GetDel(ctx, s.key(purpose, token)).Result())
}

func found(value string, err error) (string, error) {
	if errors.Is(err, redis.Nil) {
		return "", ErrUnknown
	}
	return value, err
}

func (s *Store) key(purpose, token string) string {
	hash := sha256.Sum256([]byte(token))
	return s.prefix + purpose + ":" + base64.RawURLEncoding.EncodeToString(hash[:])
}
