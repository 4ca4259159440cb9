package ociemu

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"slices"
)

// The parts of PKCS #8 under PBES2 (RFC 8018).
type (
	kdfParameters struct {
		Salt       []byte
		Iterations int
		PRF        pkix.AlgorithmIdentifier
	}
	kdf struct {
		ID         asn1.ObjectIdentifier
		Parameters kdfParameters
	}
	blockCipher struct {
		ID asn1.ObjectIdentifier
		IV []byte
	}
	schemeParameters struct {
		KDF    kdf
		Cipher blockCipher
	}
	scheme struct {
		ID         asn1.ObjectIdentifier
		Parameters schemeParameters
	}
	encryptedKey struct {
		How     scheme
		Content []byte
	}
)

// EncryptKey writes a private key as PKCS #8 under PBES2 with PBKDF2 and
// AES-256-CBC, as openssl does by default.
func EncryptKey(key *rsa.PrivateKey, password string) (string, error) {
	const iterations, keyBytes = 2048, 32
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode the private key: %w", err)
	}
	salt, iv := make([]byte, 8), make([]byte, aes.BlockSize)
	_, _ = rand.Read(salt)
	_, _ = rand.Read(iv)
	derived, err := pbkdf2.Key(sha256.New, password, salt, iterations, keyBytes)
	if err != nil {
		return "", fmt.Errorf("derive a key from the password: %w", err)
	}
	sealed, err := encryptCBC(derived, iv, plain)
	if err != nil {
		return "", err
	}
	der, err := asn1.Marshal(encryptedKey{
		How: scheme{ID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, Parameters: schemeParameters{
			KDF: kdf{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, kdfParameters{salt, iterations, pkix.AlgorithmIdentifier{
				Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, Parameters: asn1.NullRawValue,
			}}},
			Cipher: blockCipher{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, iv},
		}},
		Content: sealed,
	})
	if err != nil {
		return "", fmt.Errorf("encode the encrypted key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})), nil
}

// EncryptKeyLegacy writes a private key as PKCS #1 under the encryption of PEM
// that openssl used before PKCS #8.
func EncryptKeyLegacy(key *rsa.PrivateKey, password string) (string, error) {
	iv := make([]byte, aes.BlockSize)
	_, _ = rand.Read(iv)
	one := md5.Sum(append([]byte(password), iv[:8]...))
	two := md5.Sum(slices.Concat(one[:], []byte(password), iv[:8]))
	sealed, err := encryptCBC(slices.Concat(one[:], two[:]), iv, x509.MarshalPKCS1PrivateKey(key))
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{
		Type:    "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": fmt.Sprintf("AES-256-CBC,%X", iv)},
		Bytes:   sealed,
	})), nil
}

func encryptCBC(key, iv, plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt the private key: %w", err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	sealed := slices.Clone(plain)
	for range padding {
		sealed = append(sealed, byte(padding))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return sealed, nil
}
