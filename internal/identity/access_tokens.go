package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/shopd/shopd/internal/platform/clock"
)

const (
	audience     = "shopd"
	tokenType    = "at+jwt" // RFC 9068: only access tokens have it
	leeway       = 30 * time.Second
	maxTokenSize = 4096
	sessionClaim = "sid"
)

// signer signs and checks access tokens, which are JWTs (RFC 9068) in compact form. It uses one
// algorithm and one signing key.
type signer struct {
	key       jwk.Key
	verify    jwt.ParseOption // by the shared secret, or by the public keys
	public    jwk.Set         // empty with a shared secret
	algorithm jwa.SignatureAlgorithm
	issuer    string
	lifetime  time.Duration
	clock     *clock.Clock // that all servers share
}

type claims struct {
	user, session int64
}

func newSigner(settings Settings, clock *clock.Clock) (*signer, error) {
	s := &signer{
		public:   jwk.NewSet(),
		issuer:   settings.Issuer,
		lifetime: settings.AccessLifetime,
		clock:    clock,
	}
	if err := s.algorithm.Accept(settings.Algorithm); err != nil {
		return nil, fmt.Errorf("ALGORITHM: %w", err)
	}
	var err error
	if strings.HasPrefix(settings.Algorithm, "HS") {
		if s.key, err = jwk.FromRaw(settings.Secret); err != nil {
			return nil, fmt.Errorf("SECRET_KEY: %w", err)
		}
		s.verify = jwt.WithKey(s.algorithm, s.key)
		return s, nil
	}
	if s.key, s.public, err = readKeys(settings.KeysDir, s.algorithm); err != nil {
		return nil, fmt.Errorf("JWT_KEYS_DIR: %w", err)
	}
	// The key is chosen by the header's key id, and only that key's own algorithm is accepted.
	s.verify = jwt.WithKeySet(s.public)
	return s, nil
}

func (s *signer) sign(user, session int64) (string, error) {
	now := s.clock.Now()
	token, err := jwt.NewBuilder().
		Issuer(s.issuer).
		Audience([]string{audience}).Subject(strconv.FormatInt(user, 10)).JwtID(randomToken()).
		IssuedAt(now).NotBefore(now).Expiration(now.Add(s.lifetime)).
		Claim(sessionClaim, strconv.FormatInt(session, 10)).Build()
	if err != nil {
		return "", err
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.TypeKey, tokenType); err != nil {
		return "", err
	}
	signed, err := jwt.Sign(
		token, jwt.WithKey(s.algorithm, s.key, jws.WithProtectedHeaders(headers)),
	)
	return string(signed), err
}

var errToken = errors.New("not an access token of this shop")

// check returns the claims of a valid access token. It accepts only the compact form, so that a
// token has one spelling, and only tokens that expire.
func (s *signer) check(text string) (claims, error) {
	if len(text) > maxTokenSize || strings.Count(text, ".") != 2 ||
		strings.ContainsAny(text, "={+/ \t\r\n") {
		return claims{}, errToken
	}
	message, err := jws.ParseString(text)
	if err != nil || len(message.Signatures()) != 1 {
		return claims{}, errToken
	}
	// Critical extensions (RFC 7515, section 4.1.11) are refused: none is supported.
	header := message.Signatures()[0].ProtectedHeaders()
	if header.Type() != tokenType || len(header.Critical()) > 0 {
		return claims{}, errToken
	}
	// Times must be numbers (RFC 7519, section 2); the library accepts strings of digits too.
	var times struct {
		Exp float64 `json:"exp"`
		Nbf float64 `json:"nbf"`
		Iat float64 `json:"iat"`
	}
	if err := json.Unmarshal(message.Payload(), &times); err != nil {
		return claims{}, errToken
	}
	token, err := jwt.ParseString(
		text, s.verify, jwt.WithValidate(true), jwt.WithIssuer(s.issuer),
		jwt.WithAudience(audience), jwt.WithAcceptableSkew(leeway), jwt.WithClock(s.clock),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.NotBeforeKey),
		jwt.WithRequiredClaim(jwt.JwtIDKey),
	)
	if err != nil {
		return claims{}, err
	}
	user, err := strconv.ParseInt(token.Subject(), 10, 64)
	if err != nil {
		return claims{}, errToken
	}
	claimed, _ := token.Get(sessionClaim)
	id, _ := claimed.(string)
	session, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return claims{}, errToken
	}
	return claims{user: user, session: session}, nil
}
