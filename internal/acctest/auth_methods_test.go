package acctest_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// withAuth starts a server with an auth method at its usual path.
func withAuth(t *testing.T, method string, useTLS bool) *acctest.Bao {
	t.Helper()
	bao, err := acctest.StartBao(t.Context(), useTLS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bao.Stop)
	set(t, bao, "sys/auth/"+method, map[string]any{"type": method})
	return bao
}

func set(t *testing.T, bao *acctest.Bao, path string, body any) {
	t.Helper()
	if status, answer, err := bao.Call(t.Context(), http.MethodPost, "", path, body); err != nil || status >= 300 {
		t.Fatalf("%s: %d %v %v", path, status, answer, err)
	}
}

func TestAuthMethods_JWT(t *testing.T) {
	t.Parallel()
	bao := withAuth(t, "jwt", false)
	issuer, err := acctest.NewTokenIssuer("https://ci.example.com")
	if err != nil {
		t.Fatal(err)
	}
	key, err := issuer.PublicKeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := acctest.NewTokenIssuer(issuer.URL)
	if err != nil {
		t.Fatal(err)
	}
	set(t, bao, "auth/jwt/config", map[string]any{"jwt_validation_pubkeys": []string{key}, "bound_issuer": issuer.URL})
	set(t, bao, "auth/jwt/role/pipeline", map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{"openbao"}, "bound_claims": map[string]any{"ref": "main"},
	})
	for _, test := range []struct {
		name        string
		issuer      *acctest.TokenIssuer
		ref, forWho string
		status      int
	}{
		{"good", issuer, "main", "openbao", 200},
		{"of another branch", issuer, "feature", "openbao", 400},
		{"for another audience", issuer, "main", "other", 400},
		{"by another key", stranger, "main", "openbao", 400},
	} {
		token, err := test.issuer.Sign(map[string]any{"sub": "repo", "aud": test.forWho, "ref": test.ref, "exp": time.Now().Add(time.Minute).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		status, answer, err := bao.Call(t.Context(), http.MethodPost, "", "auth/jwt/login", map[string]any{"role": "pipeline", "jwt": token})
		if err != nil || status != test.status {
			t.Errorf("a token %s: %d %v %v", test.name, status, answer, err)
		}
	}
}

func TestAuthMethods_Kubernetes(t *testing.T) {
	t.Parallel()
	bao := withAuth(t, "kubernetes", false)
	c := newCluster(t)
	set(t, bao, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": c.URL, "kubernetes_ca_cert": string(c.CAPEM), "token_reviewer_jwt": c.ReviewerToken, "disable_local_ca_jwt": true,
	})
	set(t, bao, "auth/kubernetes/role/app", map[string]any{
		"bound_service_account_names": []string{"app"}, "bound_service_account_namespaces": []string{"default"},
	})
	c.AddServiceAccount("default", "other")
	other, err := c.Token("default", "other", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	token := c.token(time.Hour)
	for name, test := range map[string]struct {
		token string
		good  bool
	}{"good": {token, true}, "of another account": {other, false}, "forged": {token[:len(token)-4] + "AAAA", false}} {
		status, answer, err := bao.Call(t.Context(), http.MethodPost, "", "auth/kubernetes/login", map[string]any{"role": "app", "jwt": test.token})
		if err != nil || (status == 200) != test.good {
			t.Errorf("a token %s: %d %v %v", name, status, answer, err)
		}
	}
	if reviews := c.Reviews(); len(reviews) != 2 || reviews[0].Authenticated == reviews[1].Authenticated {
		t.Errorf("reviews %+v", reviews)
	}
}

func TestAuthMethods_Cert(t *testing.T) {
	t.Parallel()
	bao := withAuth(t, "cert", true)
	authority, err := acctest.NewClientAuthority()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := acctest.NewClientAuthority()
	if err != nil {
		t.Fatal(err)
	}
	set(t, bao, "auth/cert/certs/pipeline", map[string]any{"certificate": authority.CAPEM, "allowed_common_names": []string{"pipeline"}})
	for name, test := range map[string]struct {
		authority  *acctest.ClientAuthority
		commonName string
		status     int
	}{
		"good":                 {authority, "pipeline", 200},
		"of another name":      {authority, "other", 400},
		"of another authority": {stranger, "pipeline", 400},
		"none":                 {nil, "", 400},
	} {
		if status := certLogin(t, bao, test.authority, test.commonName); status != test.status {
			t.Errorf("a certificate %s: %d", name, status)
		}
	}
}

// certLogin is the status of a login with a certificate.
func certLogin(t *testing.T, bao *acctest.Bao, authority *acctest.ClientAuthority, commonName string) int {
	t.Helper()
	ca, err := os.ReadFile(bao.CACertFile)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !config.RootCAs.AppendCertsFromPEM(ca) {
		t.Fatal("no authority")
	}
	if authority != nil {
		certificate, key, err := authority.Issue(commonName)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	body, err := json.Marshal(map[string]string{"name": "pipeline"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, bao.Address+"/v1/auth/cert/login", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
