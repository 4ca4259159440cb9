package ociemu

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Instance is an emulated compute instance: what the instance metadata service
// tells it, and what the federation service needs to believe it.
type Instance struct {
	ID     string // OCID; the subject of its tokens
	Tenant string
	// TokenTTL is how long a token is valid. Clients renew it some minutes before.
	TokenTTL time.Duration

	emulator     *Emulator
	certificate  []byte // DER
	intermediate *x509.Certificate
	key          *rsa.PrivateKey

	issued atomic.Int64
}

// AddInstance makes an instance of a tenancy, whose tokens are valid for an hour.
func (e *Emulator) AddInstance(tenancyID string) (*Instance, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.tenancies, tenancyID) {
		return nil, fmt.Errorf("%w: tenancy %s", ErrNotFound, tenancyID)
	}
	instance := &Instance{
		ID:     newOCID("instance", e.settings.region, e.nextSequence()),
		Tenant: tenancyID, TokenTTL: time.Hour, emulator: e,
	}
	return instance, instance.certify(e.settings.clock())
}

// certify makes the instance's certificate and the authority that signs it.
func (i *Instance) certify(now time.Time) error {
	authorityKey, err := rsa.GenerateKey(rand.Reader, minAPIKeyBits)
	if err != nil {
		return fmt.Errorf("generate the key of the authority: %w", err)
	}
	if i.key, err = rsa.GenerateKey(rand.Reader, minAPIKeyBits); err != nil {
		return fmt.Errorf("generate the key of the instance: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PKISVC Identity Intermediate (emulated)"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return fmt.Errorf("certify the authority: %w", err)
	}
	if i.intermediate, err = x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("certify the authority: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject: pkix.Name{CommonName: i.ID, OrganizationalUnit: []string{
			"opc-certtype:instance", "opc-instance:" + i.ID, "opc-tenant:" + i.Tenant,
		}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	i.certificate, err = x509.CreateCertificate(rand.Reader, leaf, i.intermediate, &i.key.PublicKey, authorityKey)
	return err
}

// Issued is how many tokens the federation service gave to the instance.
func (i *Instance) Issued() int { return int(i.issued.Load()) }

// FederationService is a handler for POST /v1/x509, at which the instance
// exchanges its certificate for a security token. The request is signed with the
// certificate's key; its host is not.
func (i *Instance) FederationService() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := i.emulator.begin(r, "auth.X509")
		a := i.federate(r)
		entry.finish(a.status, a.reason)
		send(w, a, entry.record.RequestID, false)
	})
}

func (i *Instance) federate(r *http.Request) answer {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/x509" {
		return notFound.answer("No call has this path.")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes))
	if err != nil {
		return InvalidParameter.answer("The body of the request could not be read.")
	}
	if err := i.verify(r, body); err != nil {
		return refuseUnauthenticated(err)
	}
	var asked struct {
		Certificate              string
		PublicKey                string
		IntermediateCertificates []string
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return InvalidParameter.answer("The body is no JSON object.")
	}
	der, err := base64.StdEncoding.DecodeString(asked.Certificate)
	if err != nil || !bytes.Equal(der, i.certificate) {
		return refuseUnauthenticated(errors.New("the certificate is not the instance's"))
	}
	if len(asked.IntermediateCertificates) != 1 ||
		asked.IntermediateCertificates[0] != base64.StdEncoding.EncodeToString(i.intermediate.Raw) {
		return refuseUnauthenticated(errors.New("the intermediate certificate is missing or another"))
	}
	key, err := parseDERKey(asked.PublicKey)
	if err != nil {
		return InvalidParameter.answer("publicKey is no RSA public key.")
	}
	token, err := SecurityToken(i.Tenant, i.ID, key, i.emulator.settings.clock().Add(i.TokenTTL))
	if err != nil {
		return InvalidParameter.answer(err.Error())
	}
	i.issued.Add(1)
	return encode(map[string]string{"token": token})
}

// verify checks the signature, whose key ID names the certificate.
func (i *Instance) verify(r *http.Request, body []byte) error {
	auth, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(i.certificate)
	if want := i.Tenant + "/fed-x509-sha256/" + strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":"); auth.keyID != want {
		return errors.New("the key ID does not name the certificate")
	}
	for _, name := range []string{"(request-target)", "content-length", "content-type", "x-content-sha256"} {
		if !slices.Contains(auth.headers, name) {
			return fmt.Errorf("%s is not signed", name)
		}
	}
	if err := verifyDate(r.Header, auth.headers, i.emulator.settings.clock()); err != nil {
		return err
	}
	if err := verifyBody(r, auth.headers, body); err != nil {
		return err
	}
	text, err := signingString(r, auth.headers)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(text))
	if rsa.VerifyPKCS1v15(&i.key.PublicKey, crypto.SHA256, digest[:], auth.signature) != nil {
		return errors.New("the signature does not match the request")
	}
	return nil
}

// parseDERKey reads a public key that is base64 without a PEM frame.
func parseDERKey(text string) (*rsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	key, _, err := parsePublicKey(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	return key, err
}

// begin notes a request at one of the services that give identities.
func (e *Emulator) begin(r *http.Request, call string) *requestEntry {
	return e.requests.begin(RequestRecord{
		Time: e.settings.clock(), Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery,
		Call: call, RequestID: requestID(r.Header.Get("opc-request-id")),
	})
}
