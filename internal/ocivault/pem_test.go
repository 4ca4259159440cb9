package ocivault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"slices"
	"testing"
)

// encryptedPEM writes PKCS #8 under PBES2 with PBKDF2 and AES-256-CBC, as
// openssl does (RFC 8018).
func encryptedPEM(t *testing.T, password string) string {
	t.Helper()
	type kdfParams struct {
		Salt       []byte
		Iterations int
		PRF        pkix.AlgorithmIdentifier
	}
	type kdf struct {
		ID     asn1.ObjectIdentifier
		Params kdfParams
	}
	type cipherID struct {
		ID asn1.ObjectIdentifier
		IV []byte
	}
	type scheme struct {
		ID     asn1.ObjectIdentifier
		Params struct {
			KDF    kdf
			Cipher cipherID
		}
	}
	plain, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		t.Fatal(err)
	}
	salt, iv := []byte("saltsalt"), []byte("0123456789abcdef")
	const iterations = 1000
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, 32)
	if err != nil {
		t.Fatal(err)
	}
	how := scheme{ID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}}
	how.Params.KDF = kdf{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, kdfParams{salt, iterations, pkix.AlgorithmIdentifier{
		Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, Parameters: asn1.NullRawValue,
	}}}
	how.Params.Cipher = cipherID{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, iv}
	der, err := asn1.Marshal(struct {
		How     scheme
		Content []byte
	}{how, encryptCBC(t, key, iv, plain)})
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}))
}

// legacyPEM writes PKCS #1 under the encryption that openssl used before PKCS #8.
func legacyPEM(t *testing.T, password string) string {
	t.Helper()
	iv := []byte("0123456789abcdef")
	one := md5.Sum(append([]byte(password), iv[:8]...))
	two := md5.Sum(slices.Concat(one[:], []byte(password), iv[:8]))
	block := &pem.Block{
		Type:    "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": fmt.Sprintf("AES-256-CBC,%X", iv)},
		Bytes:   encryptCBC(t, slices.Concat(one[:], two[:]), iv, x509.MarshalPKCS1PrivateKey(testKey())),
	}
	return string(pem.EncodeToMemory(block))
}

func encryptCBC(t *testing.T, key, iv, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	sealed := append(slices.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return sealed
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
