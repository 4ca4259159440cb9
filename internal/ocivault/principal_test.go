package ocivault

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// cloud is an emulated OCI with one secret.
type cloud struct {
	*ociemu.Emulator
	tenancy, secret string
}

func newCloud(t *testing.T) cloud {
	t.Helper()
	c := cloud{Emulator: ociemu.New()}
	var err error
	if c.tenancy, err = c.AddTenancy("acme"); err != nil {
		t.Fatal(err)
	}
	vault, err := c.AddVault(c.tenancy, "main")
	if err != nil {
		t.Fatal(err)
	}
	if c.secret, err = c.AddSecret(c.tenancy, vault, "db", []byte(canary)); err != nil {
		t.Fatal(err)
	}
	return c
}

// client reads from the cloud with the settings given.
func (c cloud) client(t *testing.T, cfg Config) *Client {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	cfg.Endpoints = Endpoints{Secrets: server.URL, Vaults: server.URL, Identity: server.URL, KMS: server.URL}
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (c cloud) mustRead(t *testing.T, client *Client) {
	t.Helper()
	bundle, err := client.Bundle(t.Context(), c.secret, migrate.Selector{})
	if err != nil || string(bundle.Content.Reveal()) != canary {
		t.Fatalf("got %v (%s)", err, remedy(err))
	}
}

// on makes this process one that runs on an instance of the cloud.
func (c cloud) on(t *testing.T) *ociemu.Instance {
	t.Helper()
	instance, err := c.AddInstance(c.tenancy)
	if err != nil {
		t.Fatal(err)
	}
	metadata, federation := httptest.NewServer(instance.MetadataService()), httptest.NewServer(instance.FederationService())
	t.Cleanup(metadata.Close)
	t.Cleanup(federation.Close)
	t.Setenv("OCI_METADATA_BASE_URL", metadata.URL+"/opc/v2")
	t.Setenv("OCI_SDK_AUTH_CLIENT_REGION_URL", federation.URL)
	return instance
}

func TestInstancePrincipal(t *testing.T) {
	c := newCloud(t)
	instance := c.on(t)
	for name, region := range map[string]string{"its own region": "", "another region": "uk-london-1"} {
		t.Run(name, func(t *testing.T) {
			before := instance.Issued()
			client := c.client(t, Config{Auth: "instanceprincipal", Region: region})
			if client.Region() != region {
				t.Errorf("region %q before anything was asked", client.Region())
			}
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if _, err := client.Bundle(t.Context(), c.secret, migrate.Selector{}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if want := first(region, "eu-frankfurt-1"); client.Region() != want {
				t.Errorf("region %q, want %q", client.Region(), want)
			}
			if got := instance.Issued() - before; got != 1 {
				t.Errorf("%d tokens for 20 requests at once", got)
			}
		})
	}
	for _, request := range c.Requests() {
		if request.Call == "secrets.GetSecretBundle" && request.Principal != instance.ID {
			t.Errorf("a request came from %q", request.Principal)
		}
	}
}

// A token is renewed before it ends, between two requests of one client.
func TestInstancePrincipalRenewsItsToken(t *testing.T) {
	c := newCloud(t)
	instance := c.on(t)
	instance.TokenTTL = 5*time.Minute + 2*time.Second // the SDK renews five minutes early
	client := c.client(t, Config{Auth: AuthInstancePrincipal})
	c.mustRead(t, client)
	first := instance.Issued()
	time.Sleep(instance.TokenTTL - 5*time.Minute + 100*time.Millisecond)
	c.mustRead(t, client)
	if got := instance.Issued(); first < 1 || got <= first {
		t.Errorf("%d tokens at first and %d then, want another one", first, got)
	}
}

// A token that OCI refuses is told at once, with one request: the SDK would send
// three, with a second between.
func TestPrincipalIsRefusedOnce(t *testing.T) {
	c := newCloud(t)
	c.on(t)
	client := c.client(t, Config{Auth: AuthInstancePrincipal})
	c.AddFault(ociemu.Fault{Call: "secrets.GetSecretBundle", Status: http.StatusUnauthorized})
	_, err := client.Bundle(t.Context(), c.secret, migrate.Selector{})
	if !errors.Is(err, migrate.ErrUnauthenticated) || c.Count("secrets.GetSecretBundle") != 1 || !strings.Contains(remedy(err), AuthInstancePrincipal) {
		t.Errorf("%v after %d requests, remedy %q", err, c.Count("secrets.GetSecretBundle"), remedy(err))
	}
}

// Away from OCI the error comes soon and says what to do.
func TestInstancePrincipalElsewhere(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, answers none
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for name, base := range map[string]string{
		"nobody there":      "http://127.0.0.1:9/opc/v2",
		"no answer":         "http://" + silent.Addr().String() + "/opc/v2",
		"another's service": other.URL + "/opc/v2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OCI_METADATA_BASE_URL", base)
			for _, region := range []string{"", "eu-frankfurt-1"} {
				client := newCloud(t).client(t, Config{Auth: AuthInstancePrincipal, Region: region})
				began := time.Now()
				_, err := client.Describe(t.Context(), testSecret)
				// The SDK alone asks for minutes.
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("it took %s", took)
				}
				if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(err.Error(), "instance metadata service") ||
					!strings.Contains(remedy(err), "compute instance") {
					t.Errorf("got %v, remedy %q", err, remedy(err))
				}
			}
		})
	}
}

// A cancelled call does not wait for the identity, and the next one gets it.
func TestPrincipalGivesUpWithTheContext(t *testing.T) {
	c := newCloud(t)
	instance := c.on(t)
	release := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		instance.MetadataService().ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	t.Setenv("OCI_METADATA_BASE_URL", slow.URL+"/opc/v2")
	client := c.client(t, Config{Auth: AuthInstancePrincipal})
	// The service answers only after that.
	if _, err := client.Describe(ctx, c.secret); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	c.mustRead(t, client)
}

// A service that is busy is asked again.
func TestInstancePrincipalRetriesABusyService(t *testing.T) {
	c := newCloud(t)
	instance := c.on(t)
	var once sync.Once
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := false
		once.Do(func() { refused = true; w.WriteHeader(http.StatusTooManyRequests) })
		if !refused {
			instance.FederationService().ServeHTTP(w, r)
		}
	}))
	t.Cleanup(busy.Close)
	t.Setenv("OCI_SDK_AUTH_CLIENT_REGION_URL", busy.URL)
	c.mustRead(t, c.client(t, Config{Auth: AuthInstancePrincipal, Clock: newTestClock()}))
}

func TestResourcePrincipal(t *testing.T) {
	c := newCloud(t)
	key := generateKey()
	token := func(subject string, ttl time.Duration) string {
		made, err := ociemu.SecurityToken(c.tenancy, subject, &key.PublicKey, time.Now().Add(ttl))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	encrypted, err := ociemu.EncryptKey(key, "pass")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_REGION", "eu-frankfurt-1")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_RPST", token("function", time.Hour))
	t.Run("values", func(t *testing.T) {
		t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", pkcs8PEM(key))
		c.mustRead(t, c.client(t, Config{Auth: "resourceprincipal"}))
	})
	t.Run("encrypted key, region of the settings", func(t *testing.T) {
		t.Setenv("OCI_RESOURCE_PRINCIPAL_REGION", "")
		t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", encrypted)
		t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", "pass")
		client := c.client(t, Config{Auth: AuthResourcePrincipal, Region: "uk-london-1"})
		c.mustRead(t, client)
		if client.Region() != "uk-london-1" {
			t.Errorf("region %s", client.Region())
		}
	})
	t.Run("files that are renewed", func(t *testing.T) {
		dir := t.TempDir()
		write := func(name, content string) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", write("key.pem", pkcs8PEM(key)))
		t.Setenv("OCI_RESOURCE_PRINCIPAL_RPST", write("rpst", token("old", time.Minute)))
		client := c.client(t, Config{Auth: AuthResourcePrincipal})
		c.mustRead(t, client)
		key = generateKey()
		write("key.pem", pkcs8PEM(key))
		write("rpst", token("new", time.Hour))
		c.mustRead(t, client)
		requests := c.Requests()
		if got := requests[len(requests)-1].Principal; got != "new" {
			t.Errorf("the last request came from %q", got)
		}
	})
	t.Run("expired", func(t *testing.T) {
		t.Setenv("OCI_RESOURCE_PRINCIPAL_RPST", token("function", -time.Minute))
		t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", pkcs8PEM(key))
		_, err := c.client(t, Config{Auth: AuthResourcePrincipal}).Describe(t.Context(), c.secret)
		if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(remedy(err), "not expired") {
			t.Errorf("got %v, remedy %q", err, remedy(err))
		}
	})
	for name, test := range map[string]struct{ token, key, says string }{
		"no token":   {"not-a-token-" + canary, pkcs8PEM(key), "token"},
		"no claims":  {"e30.e30." + canary, pkcs8PEM(key), "cannot be read"},
		"broken key": {token("function", time.Hour), "-----BEGIN PRIVATE KEY-----\n" + canary + "\n-----END PRIVATE KEY-----", "privateKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OCI_RESOURCE_PRINCIPAL_RPST", test.token)
			t.Setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", test.key)
			_, err := c.client(t, Config{Auth: AuthResourcePrincipal}).Describe(t.Context(), c.secret)
			if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOKEWorkloadIdentity(t *testing.T) {
	c := newCloud(t)
	workload := c.AddWorkload(c.tenancy, "pipeline")
	cluster := httptest.NewTLSServer(workload.SessionTokens())
	t.Cleanup(cluster.Close)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
	t.Setenv("OCI_RESOURCE_PRINCIPAL_REGION", "eu-frankfurt-1")
	t.Setenv("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", write("ca.crt", string(certificatePEM(cluster.Certificate().Raw))))
	// The SDK puts its own port behind the host; with a port of ours and a slash
	// before it, that becomes a part of the path.
	t.Setenv("KUBERNETES_SERVICE_HOST", strings.TrimPrefix(cluster.URL, "https://")+"/proxymux")
	cfg := Config{Auth: "okeworkloadidentity", ServiceAccountTokenPath: write("token", workload.ServiceAccountToken)}
	client := c.client(t, cfg)
	c.mustRead(t, client)
	c.mustRead(t, client)
	requests := c.Requests()
	if got := requests[len(requests)-1].Principal; got != workload.ID || workload.Issued() != 1 {
		t.Errorf("the last request came from %q, after %d tokens", got, workload.Issued())
	}
	t.Run("refused", func(t *testing.T) {
		cfg.ServiceAccountTokenPath = write("other", c.AddWorkload(c.tenancy, "other").ServiceAccountToken)
		_, err := c.client(t, cfg).Describe(t.Context(), c.secret)
		if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(err.Error(), "401") || !strings.Contains(remedy(err), "OKE cluster") {
			t.Errorf("got %v, remedy %q", err, remedy(err))
		}
	})
	t.Run("no token", func(t *testing.T) {
		cfg.ServiceAccountTokenPath = filepath.Join(dir, "none")
		_, err := c.client(t, cfg).Describe(t.Context(), c.secret)
		if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(err.Error(), "service account token") {
			t.Errorf("got %v", err)
		}
	})
}

// A session that is not a profile's goes with a key that is not one either.
func TestSecurityTokenFromSettings(t *testing.T) {
	c := newCloud(t)
	token, err := ociemu.SecurityToken(c.tenancy, "person", &testKey().PublicKey, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	c.mustRead(t, c.client(t, Config{Auth: "securitytoken", Region: "eu-frankfurt-1", SecurityTokenFile: path, PrivateKey: text(pkcs8PEM(testKey()))}))
}

// TestPromiseHarmlessPlan_NewAsksForNoIdentity makes clients of all workloads
// where every request fails the test.
func TestPromiseHarmlessPlan_NewAsksForNoIdentity(t *testing.T) {
	asked := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("New sent a request") }))
	defer asked.Close()
	for name, value := range map[string]string{
		"OCI_METADATA_BASE_URL": asked.URL, "OCI_SDK_AUTH_CLIENT_REGION_URL": asked.URL, "KUBERNETES_SERVICE_HOST": strings.TrimPrefix(asked.URL, "http://") + "/",
		"OCI_RESOURCE_PRINCIPAL_VERSION": "2.2", "OCI_RESOURCE_PRINCIPAL_REGION": "eu-frankfurt-1",
		"OCI_RESOURCE_PRINCIPAL_RPST": "x", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": "x",
	} {
		t.Setenv(name, value)
	}
	for _, auth := range []string{AuthInstancePrincipal, AuthResourcePrincipal, AuthOKEWorkloadIdentity} {
		_, err := New(Config{Auth: auth, Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("New sent a request")
			return nil, io.EOF
		})})
		if err != nil {
			t.Errorf("%s: %v", auth, err)
		}
	}
}
