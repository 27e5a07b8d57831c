package identity

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/shopd/shopd/gen/api"
)

// readKeys reads the private keys of a folder, a PEM file (*.pem) each. The last one by name signs;
// all of them are trusted. To rotate, add a file, and remove the old one when its last token has
// expired.
func readKeys(
	dir string, algorithm jwa.SignatureAlgorithm,
) (signing jwk.Key, public jwk.Set, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.pem")) // sorted
	if err != nil {
		return nil, nil, err
	}
	if dir == "" || len(files) == 0 {
		return nil, nil, fmt.Errorf(
			"no *.pem in %q; for one: openssl genpkey -algorithm ed25519 -out 2026-01.pem", dir,
		)
	}
	public = jwk.NewSet()
	for _, file := range files {
		if signing, err = readKey(file, algorithm); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		publicKey, err := signing.PublicKey()
		if err != nil {
			return nil, nil, err
		}
		if err := public.AddKey(publicKey); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return signing, public, nil
}

// readKey reads a private key of the algorithm's kind and names it by its thumbprint (RFC 7638).
func readKey(file string, algorithm jwa.SignatureAlgorithm) (jwk.Key, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := jwk.ParseKey(text, jwk.WithPEM(true))
	if err != nil {
		return nil, errors.New("not a private key in PEM") // the cause may quote the file
	}
	switch k := key.(type) {
	case jwk.RSAPrivateKey:
		if algorithm != jwa.RS256 || k.N() == nil || len(k.N()) < 256 {
			return nil, errors.New(
				"RS256 needs RSA keys of at least 2048 bits, and EdDSA none of them",
			)
		}
	case jwk.OKPPrivateKey:
		if algorithm != jwa.EdDSA {
			return nil, errors.New("an Ed25519 key needs ALGORITHM=EdDSA")
		}
	default:
		return nil, errors.New("neither a private RSA nor a private Ed25519 key")
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey:     base64URL(thumbprint),
		jwk.AlgorithmKey: algorithm,
		jwk.KeyUsageKey:  jwk.ForSignature,
	} {
		if err := key.Set(name, value); err != nil {
			return nil, err
		}
	}
	return key, nil
}

// GetJWKS returns the public keys of access tokens.
func (i *Identity) GetJWKS(
	context.Context, api.GetJWKSRequestObject,
) (api.GetJWKSResponseObject, error) {
	text, err := json.Marshal(i.signer.public)
	if err != nil {
		return nil, err
	}
	var body api.JWKS
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, err
	}
	return api.GetJWKS200JSONResponse{
		Body:    body,
		Headers: api.GetJWKS200ResponseHeaders{CacheControl: new("public, max-age=300")},
	}, nil
}
