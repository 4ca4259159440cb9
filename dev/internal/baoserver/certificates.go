package baoserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The names that bao gives the files of its development mode with TLS.
const (
	caFile   = "vault-ca.pem"
	certFile = "vault-cert.pem"
	keyFile  = "vault-key.pem"
)

type certificateFiles struct{ ca, cert, key string }

// writeCertificates makes a CA and a server certificate for loopback and writes
// them to dir, replacing those of an earlier run.
func writeCertificates(dir string) (certificateFiles, error) {
	files := certificateFiles{
		ca:   filepath.Join(dir, caFile),
		cert: filepath.Join(dir, certFile),
		key:  filepath.Join(dir, keyFile),
	}
	caTemplate := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Embedded server CA"},
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	ca, err := issue(caTemplate, nil, nil)
	if err != nil {
		return files, err
	}
	leaf, err := issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:    []string{"localhost"},
	}, ca.certificate, ca.key)
	if err != nil {
		return files, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		return files, err
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
		mode       os.FileMode
	}{
		{files.ca, "CERTIFICATE", ca.certificate.Raw, 0o444},
		{files.cert, "CERTIFICATE", leaf.certificate.Raw, 0o400},
		{files.key, "PRIVATE KEY", keyDER, 0o400},
	} {
		if err := os.Remove(f.name); err != nil && !os.IsNotExist(err) {
			return files, err
		}
		if err := os.WriteFile(f.name, pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der}), f.mode); err != nil {
			return files, err
		}
	}
	return files, nil
}

type issued struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// issue signs template with parent's key; without a parent it signs itself.
func issue(template, parent *x509.Certificate, parentKey crypto.Signer) (issued, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issued{}, err
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return issued{}, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().Add(30 * 24 * time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return issued{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	return issued{certificate, key}, err
}
