package ocivault

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

const (
	testTenancy     = "ocid1.tenancy.oc1..aaaa"
	testUser        = "ocid1.user.oc1..bbbb"
	testCompartment = "ocid1.compartment.oc1..cccc"
	testVault       = "ocid1.vault.oc1..dddd"
	testSecret      = "ocid1.vaultsecret.oc1.eu-frankfurt-1.eeee"
	canary          = "canary-value-that-must-not-leak"
)

// start is the time at which every testClock begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// testClock sleeps at once and notes for how long it was asked to.
type testClock struct {
	mu     sync.Mutex
	now    time.Time
	slept  []time.Duration
	before func(time.Duration) // runs at each Sleep when set
}

func newTestClock() *testClock { return &testClock{now: start} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.before != nil {
		c.before(d)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *testClock) sleeps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.slept...)
}

var testKey = sync.OnceValue(generateKey)

func generateKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func pkcs8PEM(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func fingerprintOf(key *rsa.PrivateKey) string {
	print, err := fingerprint(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return print
}

func text(s string) migrate.Secret { return migrate.NewSecret([]byte(s)) }

// validConfig is a complete configuration with an API key.
func validConfig() Config {
	return Config{
		Region:      "eu-frankfurt-1",
		TenancyOCID: testTenancy,
		UserOCID:    testUser,
		Fingerprint: fingerprintOf(testKey()),
		PrivateKey:  text(pkcs8PEM(testKey())),
	}
}

// recorder is a handler that notes what arrives.
type recorder struct {
	mu       sync.Mutex
	requests []*http.Request
	handler  http.HandlerFunc
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests = append(r.requests, req.Clone(context.Background()))
	r.mu.Unlock()
	r.handler(w, req)
}

func (r *recorder) seen() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*http.Request(nil), r.requests...)
}

func (r *recorder) count() int { return len(r.seen()) }

// serve starts a server for all four services and a client of it.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*Config)) (*Client, *recorder, *testClock) {
	t.Helper()
	log := &recorder{handler: handler}
	server := httptest.NewServer(log)
	t.Cleanup(server.Close)
	clock := newTestClock()
	cfg := validConfig()
	cfg.Clock = clock
	cfg.Endpoints = Endpoints{Secrets: server.URL, Vaults: server.URL, Identity: server.URL, KMS: server.URL}
	for _, each := range change {
		each(&cfg)
	}
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, log, clock
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("opc-request-id", "REQUEST-1")
	if w.Header().Get("Date") == "" {
		w.Header().Set("Date", start.Format(http.TimeFormat))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"code": code, "message": message})
}

func secretJSON(state string, more map[string]any) map[string]any {
	return merged(map[string]any{
		"id": testSecret, "secretName": "db", "compartmentId": testCompartment, "vaultId": testVault,
		"lifecycleState": state, "timeCreated": "2025-01-01T00:00:00.123Z", "currentVersionNumber": 3,
	}, more)
}

func bundleJSON(number int, content string, more map[string]any) map[string]any {
	return merged(map[string]any{
		"secretId": testSecret, "versionNumber": number, "versionName": fmt.Sprintf("v%d", number),
		"stages": []string{"CURRENT", "LATEST"}, "timeCreated": "2025-01-01T00:00:00.123Z",
		"secretBundleContent": map[string]any{"contentType": "BASE64", "content": base64.StdEncoding.EncodeToString([]byte(content))},
	}, more)
}

func merged(base, more map[string]any) map[string]any {
	for k, v := range more {
		base[k] = v
	}
	return base
}
