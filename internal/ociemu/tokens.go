package ociemu

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// tokenClaims are the claims of a security token that matter here.
type tokenClaims struct {
	Subject     string          `json:"sub"`
	Tenant      string          `json:"tenant,omitempty"`
	ResTenant   string          `json:"res_tenant,omitempty"`
	ExpiresUnix int64           `json:"exp"`
	JWK         json.RawMessage `json:"jwk"`
}

type jsonWebKey struct {
	KeyType  string `json:"kty"`
	Modulus  string `json:"n"`
	Exponent string `json:"e"`
}

// lookupToken takes the session key from a security token. Who signed the token
// is not checked: a test makes its own, see [SecurityToken].
func (e *Emulator) lookupToken(token string) (*rsa.PublicKey, principal, error) {
	claims, err := parseToken(token)
	if err != nil {
		return nil, principal{}, err
	}
	if !e.settings.clock().Before(time.Unix(claims.ExpiresUnix, 0)) {
		return nil, principal{}, errors.New("the security token has expired")
	}
	key, err := parseJWK(claims.JWK)
	if err != nil {
		return nil, principal{}, err
	}
	tenancy := claims.Tenant
	if tenancy == "" {
		tenancy = claims.ResTenant
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if tenancy == "" && len(e.tenancies) == 1 {
		tenancy = e.tenancies[0]
	}
	if c := e.compartments[tenancy]; c == nil || c.parent != "" {
		return nil, principal{}, errors.New("the security token names no known tenancy")
	}
	return key, principal{tenancy: tenancy, user: claims.Subject}, nil
}

func parseToken(token string) (tokenClaims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return tokenClaims{}, errors.New("the security token is no JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return tokenClaims{}, errors.New("the security token is not valid base64url")
	}
	var claims tokenClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return tokenClaims{}, errors.New("the claims of the security token are not valid JSON")
	}
	return claims, nil
}

// parseJWK accepts the key as an object and, as OCI has it, as a string that
// holds the object.
func parseJWK(raw json.RawMessage) (*rsa.PublicKey, error) {
	errKey := errors.New("the jwk claim of the security token holds no RSA key")
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	var jwk jsonWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil || (jwk.KeyType != "" && jwk.KeyType != "RSA") {
		return nil, errKey
	}
	modulus, errN := base64.RawURLEncoding.DecodeString(strings.TrimRight(jwk.Modulus, "="))
	exponent, errE := base64.RawURLEncoding.DecodeString(strings.TrimRight(jwk.Exponent, "="))
	if errN != nil || errE != nil || len(modulus) == 0 || len(exponent) == 0 || len(exponent) > 4 {
		return nil, errKey
	}
	return &rsa.PublicKey{
		N: new(big.Int).SetBytes(modulus),
		E: int(new(big.Int).SetBytes(exponent).Int64()),
	}, nil
}

// SecurityToken makes a security token for a session key, as the token service
// of OCI would, but with a signature that nobody could verify. A client puts
// "ST$" before it to get the key ID, and signs with the private key of public.
func SecurityToken(tenancyID, subject string, public *rsa.PublicKey, expires time.Time) (string, error) {
	jwk, err := json.Marshal(jsonWebKey{
		KeyType:  "RSA",
		Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	})
	if err != nil {
		return "", fmt.Errorf("encode the session key: %w", err)
	}
	quoted, err := json.Marshal(string(jwk))
	if err != nil {
		return "", fmt.Errorf("encode the session key: %w", err)
	}
	payload, err := json.Marshal(tokenClaims{
		Subject: subject, Tenant: tenancyID, ExpiresUnix: expires.Unix(), JWK: quoted,
	})
	if err != nil {
		return "", fmt.Errorf("encode the claims: %w", err)
	}
	segment := base64.RawURLEncoding.EncodeToString
	return segment([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + segment(payload) + "." + segment([]byte("emulated")), nil
}
