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

// errSealed means that a secret was encrypted with another key: SECRET_KEY was changed since.
var errSealed = errors.New(
	"the secret cannot be read: SECRET_KEY is another one; rotate the webhook's secret",
)

// seal encrypts the secrets in the database with a key derived from the server's own.
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

// newSecret returns a random secret, and the encrypted form to store.
func (s seal) newSecret() (secret, sealed []byte) {
	secret = make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return secret, s.Seal(nil, nil, secret, nil)
}

// open decrypts a stored secret.
func (s seal) open(sealed []byte) ([]byte, error) {
	secret, err := s.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}

// shown returns a secret in the form that Standard Webhooks libraries take.
func shown(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }
