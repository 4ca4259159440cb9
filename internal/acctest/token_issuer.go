package acctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
)

// TokenIssuer signs JSON Web Tokens with a key pair of its own (ES256), as a
// pipeline's service or a cluster does.
type TokenIssuer struct {
	// URL is the issuer that tokens name.
	URL string
	key *ecdsa.PrivateKey
}

// NewTokenIssuer makes an issuer with a fresh key pair.
func NewTokenIssuer(url string) (*TokenIssuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &TokenIssuer{URL: url, key: key}, nil
}

// PublicKeyPEM is the key that verifies the tokens, as PKIX in PEM.
func (i *TokenIssuer) PublicKeyPEM() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// Sign makes a token with these claims and the issuer's.
func (i *TokenIssuer) Sign(claims map[string]any) (string, error) {
	all := map[string]any{"iss": i.URL}
	for name, value := range claims {
		all[name] = value
	}
	payload, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	segment := base64.RawURLEncoding.EncodeToString
	signed := segment([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + segment(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		return "", err
	}
	// A signature is the two numbers one after the other, each as long as the curve.
	const size = 32
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signed + "." + segment(signature), nil
}
