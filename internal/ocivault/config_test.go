package ocivault

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := generateKey()
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecDER, _ := x509.MarshalPKCS8PrivateKey(ecKey)
	ec := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ecDER}))
	publicDER, _ := x509.MarshalPKIXPublicKey(&testKey().PublicKey)
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER}))
	config := file("config", "[A]\nkey_file="+filepath.Join(dir, "absent.pem")+"\n[T]\nsecurity_token_file="+filepath.Join(dir, "absent")+
		"\nkey_file="+file("session.pem", pkcs8PEM(testKey()))+"\n[E]\nkey_file="+filepath.Join(dir, "session.pem")+
		"\nsecurity_token_file="+file("empty", " \n")+"\n")

	for _, c := range []struct {
		name, field, says string
		change            func(*Config)
	}{
		{"auth unknown", "auth", `"Magic" is not known`, func(c *Config) { c.Auth = "Magic" }},
		{"auth elsewhere", "auth", "OCI_RESOURCE_PRINCIPAL_VERSION", func(c *Config) { c.Auth = "resourceprincipal" }},
		{"auth no pod", "auth", "KUBERNETES_SERVICE_HOST", func(c *Config) { c.Auth = "okeworkloadidentity" }},
		{"no region", "region", "not set", func(c *Config) { c.Region = " " }},
		{"region form", "region", "no region identifier", func(c *Config) { c.Region = "Frankfurt 1" }},
		{"region code", "region", "short code", func(c *Config) { c.Region = "zzz" }},
		{"region with host", "region", "no region identifier", func(c *Config) { c.Region = "evil.example.com/x" }},
		{"no tenancy", "tenancy_ocid", "not set", func(c *Config) { c.TenancyOCID = "" }},
		{"swapped OCIDs", "tenancy_ocid", "OCID of a user", func(c *Config) { c.TenancyOCID = testUser }},
		{"no user", "user_ocid", "not set", func(c *Config) { c.UserOCID = "" }},
		{"user with slash", "user_ocid", "slash", func(c *Config) { c.UserOCID = "a/b" }},
		{"no fingerprint", "fingerprint", "not set", func(c *Config) { c.Fingerprint = "" }},
		{"no key", "private_key", "not set", func(c *Config) { c.PrivateKey = migrate.Secret{} }},
		{"no PEM", "private_key", "no PEM block", func(c *Config) { c.PrivateKey = text("hello " + canary) }},
		{"public key", "private_key", "holds a public key", func(c *Config) { c.PrivateKey = text(public) }},
		{"EC key", "private_key", "no RSA private key", func(c *Config) { c.PrivateKey = text(ec) }},
		{"encrypted, no password", "private_key_password", "not set, but", func(c *Config) { c.PrivateKey = text(encryptedPEM(t, "secret")) }},
		{"wrong password", "private_key_password", "does not open", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPassword = text(encryptedPEM(t, "secret")), text(canary)
		}},
		{"wrong legacy password", "private_key_password", "does not open", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPassword = text(legacyPEM(t, "secret")), text(canary)
		}},
		{"key path absent", "private_key_path", "cannot be read", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPath = migrate.Secret{}, filepath.Join(dir, "none")
		}},
		{"key path no PEM", "private_key_path", "no PEM block", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPath = migrate.Secret{}, file("junk", "junk")
		}},
		{"other key", "fingerprint", "different keys", func(c *Config) { c.PrivateKey = text(pkcs8PEM(other)) }},
		{"config file absent", "config_file_path", "no such file", func(c *Config) { c.ConfigFilePath = filepath.Join(dir, "none") }},
		{"profile absent", "config_file_profile", "the file has A, T, E", func(c *Config) { c.ConfigFilePath, c.ConfigFileProfile = config, "B" }},
		{"profile's key absent", "config_file_profile", "cannot be read", func(c *Config) {
			c.ConfigFilePath, c.ConfigFileProfile, c.PrivateKey = config, "A", migrate.Secret{}
		}},
		{"token without file", "config_file_path", "not set", func(c *Config) { c.Auth = AuthSecurityToken }},
		{"token not in profile", "config_file_profile", "no security_token_file", func(c *Config) {
			c.Auth, c.ConfigFilePath, c.ConfigFileProfile = AuthSecurityToken, config, "A"
		}},
		{"token file absent", "config_file_profile", "security_token_file cannot be read", func(c *Config) {
			c.Auth, c.ConfigFilePath, c.ConfigFileProfile = AuthSecurityToken, config, "T"
		}},
		{"token file empty", "config_file_profile", "is empty", func(c *Config) {
			c.Auth, c.ConfigFilePath, c.ConfigFileProfile = AuthSecurityToken, config, "E"
		}},
		{"endpoint no scheme", "endpoints.secrets", "scheme and host", func(c *Config) { c.Endpoints.Secrets = "secrets.example.com" }},
		{"endpoint other scheme", "endpoints.vaults", "scheme and host", func(c *Config) { c.Endpoints.Vaults = "ftp://a" }},
		{"endpoint path", "endpoints.identity", "end after the host", func(c *Config) { c.Endpoints.Identity = "https://a/b" }},
		{"endpoint query", "endpoints.kms", "end after the host", func(c *Config) { c.Endpoints.KMS = "https://a?" }},
		{"endpoint user", "endpoints.kms", "user name", func(c *Config) { c.Endpoints.KMS = "https://u:" + canary + "@a" }},
		{"endpoint broken", "endpoints.kms", "is no URL", func(c *Config) { c.Endpoints.KMS = "https://a:x" + canary }},
		{"endpoint plain", "endpoints.secrets", "must be https", func(c *Config) { c.Endpoints.Secrets = "http://10.0.0.1:80" }},
		{"CA", "ca_cert_pem", "no certificate", func(c *Config) { c.CACertPEM = []byte("junk") }},
		{"concurrency", "max_concurrency", "1 or greater", func(c *Config) { c.MaxConcurrency = -1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", "") // where the tests run in a pod
			cfg := validConfig()
			c.change(&cfg)
			client, err := New(cfg)
			var refused *ConfigError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, %v, want a ConfigError", client, err)
			}
			if refused.Field != c.field || !strings.Contains(refused.Err.Error(), c.says) {
				t.Errorf("got field %q and %q, want %q and %q", refused.Field, refused.Err, c.field, c.says)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("%q repeats a secret setting", err)
			}
		})
	}
}

func TestNewNamesBothFingerprints(t *testing.T) {
	cfg := validConfig()
	cfg.Fingerprint = "00:11:22"
	_, err := New(cfg)
	for _, want := range []string{"00:11:22", fingerprintOf(testKey())} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestNewAccepts(t *testing.T) {
	home := t.TempDir()
	for name, content := range map[string]string{
		"key.pem": pkcs8PEM(testKey()) + "OCI_API_KEY\n",
		"config":  "[DEFAULT]\nuser=" + testUser + "\ntenancy=" + testTenancy + "\nfingerprint=" + fingerprintOf(testKey()) + "\nregion=FRA\nkey_file=~/key.pem\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, region string
		change       func(*Config)
	}{
		{"plain", "eu-frankfurt-1", func(*Config) {}},
		{"auth in any case", "eu-frankfurt-1", func(c *Config) { c.Auth = " apikey " }},
		{"white space", "eu-frankfurt-1", func(c *Config) {
			c.Fingerprint = "\n" + strings.ToUpper(c.Fingerprint) + "\n"
			c.TenancyOCID += "\n"
			c.UserOCID = " " + c.UserOCID
			c.Region += "\n"
			c.PrivateKey = text("\n\n" + string(c.PrivateKey.Reveal()) + "\n")
		}},
		{"escaped line breaks", "eu-frankfurt-1", func(c *Config) {
			c.PrivateKey = text(strings.ReplaceAll(string(c.PrivateKey.Reveal()), "\n", `\n`))
		}},
		{"PKCS #1", "eu-frankfurt-1", func(c *Config) {
			c.PrivateKey = text(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())})))
		}},
		{"encrypted", "eu-frankfurt-1", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPassword = text(encryptedPEM(t, "pass")), text("pass\n")
		}},
		{"encrypted, legacy", "eu-frankfurt-1", func(c *Config) {
			c.PrivateKey, c.PrivateKeyPassword = text(legacyPEM(t, "pass")), text("pass")
		}},
		{"needless password", "eu-frankfurt-1", func(c *Config) { c.PrivateKeyPassword = text("pass") }},
		{"path", "eu-frankfurt-1", func(c *Config) {
			c.PrivateKey, c.HomeDir, c.PrivateKeyPath = migrate.Secret{}, home, "~/key.pem\n"
		}},
		{"text wins over path", "eu-frankfurt-1", func(c *Config) { c.PrivateKeyPath = "/none" }},
		{"file alone", "eu-frankfurt-1", func(c *Config) { *c = Config{HomeDir: home, ConfigFilePath: "~/config"} }},
		{"setting over file", "uk-london-1", func(c *Config) {
			*c = Config{HomeDir: home, ConfigFilePath: "~/config", Region: "uk-london-1"}
		}},
		{"new region", "xx-atlantis-7", func(c *Config) { c.Region = "XX-Atlantis-7" }},
		{"region by domain", "rack1.example.com", func(c *Config) { c.Region = "rack1.example.com" }},
		{"endpoints", "eu-frankfurt-1", func(c *Config) {
			c.Endpoints = Endpoints{Secrets: "https://a/", Vaults: "http://localhost:1", Identity: "http://[::1]:1", KMS: "http://127.9.9.9"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := validConfig()
			c.change(&cfg)
			client, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if client.Region() != c.region || client.MaxConcurrency() != DefaultMaxConcurrency {
				t.Errorf("region %s, concurrency %d", client.Region(), client.MaxConcurrency())
			}
		})
	}
}

func TestNewUsesHostsOfTheRegion(t *testing.T) {
	client, err := New(validConfig())
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"https://secrets.vaults.eu-frankfurt-1.oci.oraclecloud.com": client.secrets.Host,
		"https://vaults.eu-frankfurt-1.oci.oraclecloud.com":         client.vaults.Host,
		"https://identity.eu-frankfurt-1.oci.oraclecloud.com":       client.identity.Host,
		"https://kms.eu-frankfurt-1.oraclecloud.com":                client.kms.Host,
	} {
		if got != want {
			t.Errorf("host %s, want %s", got, want)
		}
	}
}

// Environment variables of the SDK bring back what New switches off, if it does
// so in the wrong place.
func TestNewSwitchesOffSDKMachinery(t *testing.T) {
	t.Setenv("OCI_SDK_DEFAULT_RETRY_ENABLED", "true")
	t.Setenv("OCI_SDK_DEFAULT_CIRCUITBREAKER_ENABLED", "true")
	client, err := New(validConfig())
	if err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string]struct {
		breaker  bool
		attempts uint
		own      bool
	}{
		"secrets":  {client.secrets.Configuration.CircuitBreaker != nil, client.secrets.RetryPolicy().MaximumNumberAttempts, client.secrets.HTTPClient == client.dispatcher},
		"vaults":   {client.vaults.Configuration.CircuitBreaker != nil, client.vaults.RetryPolicy().MaximumNumberAttempts, client.vaults.HTTPClient == client.dispatcher},
		"identity": {client.identity.Configuration.CircuitBreaker != nil, client.identity.RetryPolicy().MaximumNumberAttempts, client.identity.HTTPClient == client.dispatcher},
		"kms":      {client.kms.Configuration.CircuitBreaker != nil, client.kms.RetryPolicy().MaximumNumberAttempts, client.kms.HTTPClient == client.dispatcher},
	} {
		if base.breaker || base.attempts != 1 || !base.own {
			t.Errorf("%s: %+v", name, base)
		}
	}
}

func TestTransport(t *testing.T) {
	transport, err := newTransport(12, nil)
	if err != nil {
		t.Fatal(err)
	}
	if transport.MaxIdleConnsPerHost != 12 || transport.TLSClientConfig.MinVersion != 0x0303 || transport.TLSHandshakeTimeout != dialTimeout {
		t.Errorf("transport %+v", transport)
	}
	if transport.Protocols.HTTP2() || !transport.Protocols.HTTP1() {
		t.Errorf("protocols %v", transport.Protocols)
	}
	client, _ := New(validConfig())
	if client.dispatcher.client.Timeout != requestTimeout {
		t.Errorf("timeout %s", client.dispatcher.client.Timeout)
	}
}

// TestPromiseNoLeak_SettingsAreRedacted prints a configuration, a profile, a
// client and its credentials in every way at hand.
func TestPromiseNoLeak_SettingsAreRedacted(t *testing.T) {
	cfg := validConfig()
	cfg.PrivateKeyPassword = text(canary)
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	made, err := apiKey(cfg)
	if err != nil {
		t.Fatal(err)
	}
	keyText := strings.Split(string(cfg.PrivateKey.Reveal()), "\n")[2]
	exponent := testKey().D.String()
	for _, v := range []any{cfg, &cfg, Profile{PassPhrase: text(canary), KeyContent: cfg.PrivateKey}, client, made, *made} {
		encoded, _ := json.Marshal(v)
		printed := string(encoded)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
			printed += fmt.Sprintf(verb, v)
		}
		for _, secret := range []string{canary, fmt.Sprintf("%x", canary), keyText, exponent} {
			if strings.Contains(printed, secret) {
				t.Errorf("%T shows a secret", v)
			}
		}
	}
}

func TestSecurityTokenIsReadEveryTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("token", "first\n")
	write("key.pem", pkcs8PEM(testKey()))
	write("config", "[DEFAULT]\ntenancy="+testTenancy+"\nregion=eu-frankfurt-1\nkey_file="+dir+"/key.pem\nsecurity_token_file="+path+"\n")
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusUnauthorized, "NotAuthenticated", "no")
	}, func(c *Config) {
		c.Auth, c.ConfigFilePath = "securitytoken", filepath.Join(dir, "config")
		c.PrivateKey = text("ignored: the session has its own key")
	})
	_, err := client.Describe(t.Context(), testSecret)
	if !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(remedy(err), "oci session refresh") {
		t.Errorf("got %v, remedy %q", err, remedy(err))
	}
	write("token", "second\n")
	_, _ = client.Describe(t.Context(), testSecret)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = client.Describe(t.Context(), testSecret)
	var refused *ConfigError
	if !errors.As(err, &refused) {
		t.Errorf("without the file: %v", err)
	}
	seen := log.seen()
	if len(seen) != 2 {
		t.Fatalf("%d requests, want one for each call that had a token", len(seen))
	}
	for i, want := range []string{`keyId="ST$first"`, `keyId="ST$second"`} {
		if got := seen[i].Header.Get("Authorization"); !strings.Contains(got, want) {
			t.Errorf("request %d has %s, want %s", i, got, want)
		}
	}
}

func remedy(err error) string {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Remedy()
	}
	return ""
}
