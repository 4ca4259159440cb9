package ociemu_test

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/identity"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

func timeNow() string { return time.Now().UTC().Format(http.TimeFormat) }

func TestAPIKeyAuthentication(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	if _, err := w.bundle(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := w.Requests()[0].Principal; got != w.user {
		t.Errorf("principal %q, want %q", got, w.user)
	}

	other := must(ociemu.GenerateAPIKey())
	w.connect(w.url, w.apiKeyProvider(other))
	_, err := w.bundle(t.Context(), id)
	wantRefusal(t, err, 401, "NotAuthenticated")

	// The registered fingerprint with another private key.
	other.Fingerprint = testKey().Fingerprint
	w.connect(w.url, w.apiKeyProvider(other))
	_, err = w.bundle(t.Context(), id)
	wantRefusal(t, err, 401, "NotAuthenticated")
	if reason := w.Requests()[2].Reason; !strings.Contains(reason, "does not match") {
		t.Errorf("reason %q", reason)
	}

	w.connect(w.url, w.apiKeyProvider(testKey()))
	if err := w.RemoveAPIKey(w.user, testKey().Fingerprint); err != nil {
		t.Fatal(err)
	}
	_, err = w.bundle(t.Context(), id)
	wantRefusal(t, err, 401, "NotAuthenticated")
}

func TestSkewIsRefused(t *testing.T) {
	w := newWorld(t, ociemu.WithClock(func() time.Time { return time.Now().Add(6 * time.Minute) }))
	_, err := w.identity.ListRegions(t.Context())
	wantRefusal(t, err, 401, "NotAuthenticated")
	if !strings.Contains(err.Error(), "clock skew") {
		t.Errorf("the message does not name the skew: %v", err)
	}
}

// tokenProvider signs with a session key under a security token.
type tokenProvider struct {
	common.ConfigurationProvider
	token string
}

func (p tokenProvider) KeyID() (string, error) { return "ST$" + p.token, nil }

func TestSecurityToken(t *testing.T) {
	w := newWorld(t)
	session := must(ociemu.GenerateAPIKey())
	private := must(common.PrivateKeyFromBytes([]byte(session.PrivateKeyPEM), nil))
	other := must(common.PrivateKeyFromBytes([]byte(testKey().PrivateKeyPEM), nil))
	for name, c := range map[string]struct {
		tenancy string
		public  *rsa.PublicKey
		expires time.Duration
		refused bool
	}{
		"valid":           {tenancy: w.tenancy, public: &private.PublicKey, expires: time.Minute},
		"without tenancy": {public: &private.PublicKey, expires: time.Minute},
		"expired":         {tenancy: w.tenancy, public: &private.PublicKey, expires: -time.Second, refused: true},
		"another key":     {tenancy: w.tenancy, public: &other.PublicKey, expires: time.Minute, refused: true},
		"another tenancy": {tenancy: "ocid1.tenancy.oc1..other", public: &private.PublicKey, expires: time.Minute, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			token := must(ociemu.SecurityToken(c.tenancy, "session-user", c.public, time.Now().Add(c.expires)))
			w.connect(w.url, tokenProvider{w.apiKeyProvider(session), token})
			w.Reset()
			_, err := w.identity.ListCompartments(t.Context(), identity.ListCompartmentsRequest{CompartmentId: &w.tenancy})
			if c.refused {
				wantRefusal(t, err, 401, "NotAuthenticated")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := w.Requests()[0].Principal; got != "session-user" {
				t.Errorf("principal %q", got)
			}
		})
	}
}

func TestBrokenSecurityTokens(t *testing.T) {
	w := newWorld(t)
	segment := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	exp := fmt.Sprintf(`"exp":%d`, time.Now().Add(time.Hour).Unix())
	for name, c := range map[string]struct{ token, reason string }{
		"no JWT":         {"token", "no JWT"},
		"no base64url":   {"a.%.c", "base64url"},
		"no JSON":        {"a." + segment("{") + ".c", "JSON"},
		"no expiry":      {"a." + segment("{}") + ".c", "expired"},
		"no key":         {"a." + segment("{"+exp+"}") + ".c", "no RSA key"},
		"an EC key":      {"a." + segment("{"+exp+`,"jwk":{"kty":"EC","n":"AQAB","e":"AQAB"}}`) + ".c", "no RSA key"},
		"no modulus":     {"a." + segment("{"+exp+`,"jwk":{"kty":"RSA","e":"AQAB"}}`) + ".c", "no RSA key"},
		"no plausible e": {"a." + segment("{"+exp+`,"jwk":{"n":"AQAB","e":"AQABAQAB"}}`) + ".c", "no RSA key"},
		"a tiny key":     {"a." + segment("{"+exp+`,"jwk":{"n":"AQAB","e":"AQAB"}}`) + ".c", "does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			w.Reset()
			w.connect(w.url, tokenProvider{w.apiKeyProvider(testKey()), c.token})
			_, err := w.identity.ListRegions(t.Context())
			wantRefusal(t, err, 401, "NotAuthenticated")
			if reason := w.Requests()[0].Reason; !strings.Contains(reason, c.reason) {
				t.Errorf("reason %q, want %q", reason, c.reason)
			}
		})
	}
}

func TestAnotherTenancyIsOutOfReach(t *testing.T) {
	w := newWorld(t)
	foreign := must(w.AddTenancy("foreign"))
	vault := must(w.AddVault(foreign, "theirs"))
	id := must(w.AddSecret(foreign, vault, "theirs", []byte("x")))
	_, err := w.bundle(t.Context(), id)
	wantRefusal(t, err, 404, "NotAuthorizedOrNotFound")
	_, err = w.identity.ListCompartments(t.Context(), identity.ListCompartmentsRequest{CompartmentId: &foreign})
	wantRefusal(t, err, 404, "NotAuthorizedOrNotFound")
}

func TestServeTLS(t *testing.T) {
	w := newWorld(t)
	url, caPEM, err := ociemu.Serve(t.Context(), w.Emulator, "127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Fatalf("url %q", url)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(caPEM) {
		t.Fatal("no certificate in the PEM of the authority")
	}
	w.connect(url, w.provider)
	_, err = w.identity.ListRegions(t.Context())
	if err == nil {
		t.Fatal("a client without the authority trusts the server")
	}
	w.identity.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	if _, err = w.identity.ListRegions(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAddAPIKeyRefuses(t *testing.T) {
	w := newWorld(t)
	block, _ := pem.Decode([]byte(testKey().PrivateKeyPEM))
	for name, text := range map[string]string{
		"nothing":     "",
		"private key": string(pem.EncodeToMemory(block)),
		"again":       testKey().PublicKeyPEM,
	} {
		if _, err := w.AddAPIKey(w.user, text); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	for range 2 {
		must(w.AddAPIKey(w.user, must(ociemu.GenerateAPIKey()).PublicKeyPEM))
	}
	_, err := w.AddAPIKey(w.user, must(ociemu.GenerateAPIKey()).PublicKeyPEM)
	if fmt.Sprint(err) != "limit exceeded: a user has at most 3 API keys" {
		t.Errorf("the fourth key: %v", err)
	}
}
