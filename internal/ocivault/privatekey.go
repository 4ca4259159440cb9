package ocivault

import (
	"crypto/md5" // OCI defines the fingerprint of an API key so
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/oracle/oci-go-sdk/v65/common"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// parsePrivateKey reads an RSA key in PEM form; field is the setting that it
// came from. Errors never repeat what a parser says about the key: that may
// quote from it.
func parsePrivateKey(field string, text, password migrate.Secret) (*rsa.PrivateKey, error) {
	expanded := strings.TrimSpace(strings.ReplaceAll(string(text.Reveal()), `\n`, "\n"))
	block, _ := pem.Decode([]byte(expanded))
	if block == nil {
		return nil, &ConfigError{Field: field, Err: errors.New("holds no PEM block: want the text from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----")}
	}
	if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return nil, &ConfigError{Field: field, Err: fmt.Errorf("holds a %s, want the private key", strings.ToLower(block.Type))}
	}
	_, legacyEncryption := block.Headers["DEK-Info"]
	encrypted := legacyEncryption || block.Type == "ENCRYPTED PRIVATE KEY"
	var secret *string
	if password.Len() > 0 {
		trimmed := strings.TrimRight(string(password.Reveal()), "\r\n")
		secret = &trimmed
	}
	if encrypted && secret == nil {
		return nil, &ConfigError{Field: "private_key_password", Err: errors.New("not set, but the private key is encrypted")}
	}
	key, err := common.PrivateKeyFromBytes([]byte(expanded), secret)
	switch {
	case err == nil && key != nil:
		return key, nil
	case encrypted:
		return nil, &ConfigError{Field: "private_key_password", Err: errors.New("does not open the private key")}
	default:
		return nil, &ConfigError{Field: field, Err: errors.New("holds no RSA private key in PKCS #1 or PKCS #8 form")}
	}
}

// fingerprint is how OCI names an API key: the MD5 of the public key in DER
// form, in pairs of hexadecimal digits with colons between.
func fingerprint(key *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	sum := md5.Sum(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = hex.EncodeToString([]byte{b})
	}
	return strings.Join(pairs, ":"), nil
}

// checkFingerprint finds at configuration time what OCI would only answer with
// an unexplained 401. It returns the fingerprint in OCI's spelling.
func checkFingerprint(given string, key *rsa.PrivateKey) (string, error) {
	computed, err := fingerprint(&key.PublicKey)
	if err != nil {
		return "", &ConfigError{Field: "private_key", Err: err}
	}
	if !strings.EqualFold(given, computed) {
		return "", &ConfigError{Field: "fingerprint", Err: fmt.Errorf("is %s, but the private key's is %s: they belong to different keys", given, computed)}
	}
	return computed, nil
}
