package ocivault

import (
	"encoding/pem"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

func encryptedPEM(t *testing.T, password string) string {
	t.Helper()
	text, err := ociemu.EncryptKey(testKey(), password)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func legacyPEM(t *testing.T, password string) string {
	t.Helper()
	text, err := ociemu.EncryptKeyLegacy(testKey(), password)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
