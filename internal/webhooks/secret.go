package webhooks

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// secretBytes is the length of a webhook's secret.
const secretBytes = 32

// errSealed is a secret that was sealed with another key: SECRET_KEY was changed since.
var errSealed = errors.New(
	"the secret cannot be read: SECRET_KEY is another one; rotate the webhook's secret",
)

// seal keeps secrets in the database from being read without the server's own.
type seal struct{ cipher.AEAD }

func newSeal(secret []byte) (seal, error) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("secrets of webhooks"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return seal{}, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	return seal{gcm}, err
}

// newSecret makes a secret, and what is stored of it.
func (s seal) newSecret() (secret, sealed []byte) {
	secret = make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return secret, s.Seal(nil, nil, secret, nil)
}

// open answers a stored secret.
func (s seal) open(sealed []byte) ([]byte, error) {
	secret, err := s.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}

// shown is a secret as libraries of Standard Webhooks take it.
func shown(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }
