package ociemu

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// principal is an authenticated caller.
type principal struct {
	tenancy string
	user    string
}

type apiKey struct {
	public *rsa.PublicKey
	caller principal
}

// Limits of OCI for API keys.
const (
	minAPIKeyBits  = 2048
	maxKeysPerUser = 3
)

// APIKey is a key pair for signing requests.
type APIKey struct {
	PrivateKeyPEM string // PKCS#8, without password
	PublicKeyPEM  string // for [Emulator.AddAPIKey]
	Fingerprint   string // MD5 of the DER public key, as colon-separated hex
}

// GenerateAPIKey makes an RSA key of 2048 bits in the form in which OCI hands
// them out.
func GenerateAPIKey() (APIKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, minAPIKeyBits)
	if err != nil {
		return APIKey{}, fmt.Errorf("generate an API key: %w", err)
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return APIKey{}, fmt.Errorf("encode the private key: %w", err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return APIKey{}, fmt.Errorf("encode the public key: %w", err)
	}
	return APIKey{
		PrivateKeyPEM: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER})),
		PublicKeyPEM:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})),
		Fingerprint:   fingerprint(publicDER),
	}, nil
}

// fingerprint names a key; OCI defines it as an MD5, and nothing rests on its strength.
func fingerprint(publicDER []byte) string {
	sum := md5.Sum(publicDER)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(pairs, ":")
}

func parsePublicKey(publicKeyPEM string) (key *rsa.PublicKey, der []byte, err error) {
	block, _ := pem.Decode([]byte(publicKeyPEM))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, nil, fmt.Errorf("%w: want a public key in a PEM block PUBLIC KEY", ErrInvalid)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: parse the public key: %w", ErrInvalid, err)
	}
	key, isRSA := parsed.(*rsa.PublicKey)
	if !isRSA || key.N.BitLen() < minAPIKeyBits {
		return nil, nil, fmt.Errorf("%w: want an RSA key of at least %d bits", ErrInvalid, minAPIKeyBits)
	}
	// Encoded again, so that trailing bytes cannot change the fingerprint.
	der, err = x509.MarshalPKIXPublicKey(key)
	return key, der, err
}

// AddAPIKey registers a public key (PEM, RSA of 2048 bits or more) for a user and
// returns its fingerprint. A user has at most three keys.
func (e *Emulator) AddAPIKey(userID, publicKeyPEM string) (string, error) {
	key, der, err := parsePublicKey(publicKeyPEM)
	if err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	u, known := e.users[userID]
	if !known {
		return "", fmt.Errorf("%w: user %s", ErrNotFound, userID)
	}
	name := fingerprint(der)
	id := keyID(u.tenancy, userID, name)
	if _, again := e.keys[id]; again {
		return "", fmt.Errorf("%w: the user has this key already", ErrConflict)
	}
	if u.keys == maxKeysPerUser {
		return "", fmt.Errorf("%w: a user has at most %d API keys", ErrLimit, maxKeysPerUser)
	}
	u.keys++
	e.keys[id] = apiKey{public: key, caller: principal{tenancy: u.tenancy, user: userID}}
	return name, nil
}

// RemoveAPIKey revokes a key: requests that it signs are answered 401 from now on.
func (e *Emulator) RemoveAPIKey(userID, fingerprint string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	u, known := e.users[userID]
	if !known {
		return fmt.Errorf("%w: user %s", ErrNotFound, userID)
	}
	id := keyID(u.tenancy, userID, fingerprint)
	if _, known := e.keys[id]; !known {
		return fmt.Errorf("%w: API key %s", ErrNotFound, fingerprint)
	}
	delete(e.keys, id)
	u.keys--
	return nil
}

func keyID(tenancy, user, fingerprint string) string {
	return tenancy + "/" + user + "/" + fingerprint
}

// lookupKey is the keyLookup of the emulator; it locks the state.
func (e *Emulator) lookupKey(id string) (*rsa.PublicKey, principal, error) {
	if token, isToken := strings.CutPrefix(id, "ST$"); isToken {
		return e.lookupToken(token)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key, known := e.keys[id]
	if !known {
		return nil, principal{}, errors.New("the key ID is not that of a registered API key")
	}
	return key.public, key.caller, nil
}
