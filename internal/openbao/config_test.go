package openbao_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestConfigErrors(t *testing.T) {
	negative := -1
	for _, test := range []struct {
		field  string
		change func(*openbao.Config)
	}{
		{"address", func(c *openbao.Config) { c.Address = "" }},
		{"address", func(c *openbao.Config) { c.Address = "bao.example.com:8200" }},
		{"address", func(c *openbao.Config) { c.Address = "https://" }},
		{"address", func(c *openbao.Config) { c.Address = " , " }},
		{"address", func(c *openbao.Config) { c.Address = "https://a:8200,bao.example.com:8200" }},
		{"address", func(c *openbao.Config) { c.Address = "https://user:hunter2@bao" }},
		{"address", func(c *openbao.Config) { c.Address = "https://user:hunter2@bao:port%" }},
		{"address", func(c *openbao.Config) { c.Address = "https://bao/v1" }},
		{"address", func(c *openbao.Config) { c.Address = "https://bao?a=b" }},
		{"namespace", func(c *openbao.Config) { c.Namespace = "team/root" }},
		{"namespace", func(c *openbao.Config) { c.Namespace = "a b" }},
		{"token", func(c *openbao.Config) { c.Token = secret("hunter2\nhunter2") }},
		{"headers", func(c *openbao.Config) { c.Headers = map[string]string{"x-vault-namespace": "a"} }},
		{"headers", func(c *openbao.Config) { c.Headers = map[string]string{"A": "b\r\nhunter2: d"} }},
		{"headers", func(c *openbao.Config) { c.Headers = map[string]string{"a b": "c"} }},
		{"max_retries", func(c *openbao.Config) { c.MaxRetries = &negative }},
		{"ca_cert_pem", func(c *openbao.Config) { c.CACertPEM = []byte("hunter2") }},
		{"client_cert_file", func(c *openbao.Config) { c.ClientCertPEM, c.ClientKeyPEM = []byte("x"), secret("hunter2") }},
		{"client_cert_file", func(c *openbao.Config) { c.ClientKeyPEM = secret("hunter2") }},
		{"client_key_file", func(c *openbao.Config) { c.ClientCertPEM = []byte("x") }},
		{"auth_approle", func(c *openbao.Config) {
			c.Token, c.Login = secret("hunter2"), openbao.AppRoleLogin{RoleID: "a", SecretID: secret("hunter2")}
		}},
		{"auth_approle.role_id", func(c *openbao.Config) { c.Login = openbao.AppRoleLogin{SecretID: secret("hunter2")} }},
		{"auth_approle.mount", func(c *openbao.Config) { c.Login = openbao.AppRoleLogin{RoleID: "a", MountPath: "a//b"} }},
		{"auth_approle.wrapping_token", func(c *openbao.Config) {
			c.Login = openbao.AppRoleLogin{RoleID: "a", SecretID: secret("hunter2"), WrappingToken: secret("hunter2")}
		}},
		{"auth_approle.namespace", func(c *openbao.Config) { c.Login = openbao.AppRoleLogin{RoleID: "a", Namespace: "a/root"} }},
		{"auth_jwt.jwt", func(c *openbao.Config) { c.Login = openbao.JWTLogin{JWT: secret(" \n")} }},
		{"auth_jwt.jwt_file", func(c *openbao.Config) { c.Login = openbao.JWTLogin{JWT: secret("hunter2"), JWTFile: "/jwt"} }},
		{"auth_jwt.mount", func(c *openbao.Config) { c.Login = openbao.JWTLogin{JWT: secret("hunter2"), MountPath: "a b /c"} }},
		{"auth_kubernetes.role", func(c *openbao.Config) { c.Login = openbao.KubernetesLogin{Token: secret("hunter2")} }},
		{"auth_kubernetes.token_file", func(c *openbao.Config) {
			c.Login = openbao.KubernetesLogin{Role: "a", Token: secret("hunter2"), TokenFile: "/token"}
		}},
		{"auth_kubernetes.namespace", func(c *openbao.Config) { c.Login = openbao.KubernetesLogin{Role: "a", Namespace: "a b"} }},
		{"auth_cert", func(c *openbao.Config) { c.Address, c.Login = "https://127.0.0.1:1", openbao.CertLogin{} }},
		{"address", func(c *openbao.Config) { c.Login = openbao.CertLogin{} }},
		{"auth_token_file.path", func(c *openbao.Config) { c.Login = openbao.TokenFile{} }},
	} {
		config := openbao.Config{Address: "http://127.0.0.1:1"}
		test.change(&config)
		_, err := openbao.New(config)
		var wrong *openbao.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != test.field {
			t.Errorf("%s: error is %v", test.field, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %v", test.field, err)
		}
	}
}

func TestNoTokenIsToldByTheFirstRequest(t *testing.T) {
	c, err := openbao.New(openbao.Config{Address: "http://127.0.0.1:1"})
	mustNot(t, err)
	if err := read(t, c); !errors.Is(err, openbao.ErrNoToken) {
		t.Errorf("error is %v", err)
	}
}

func TestEnvironmentChangesNothing(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 200, `{"data":{"a":"b"}}`) })
	for _, prefix := range []string{"BAO_", "VAULT_"} {
		for name, value := range map[string]string{
			"ADDR": "http://127.0.0.1:1", "AGENT_ADDR": "http://127.0.0.1:1", "TOKEN": "s.from-environment", "NAMESPACE": "from-environment",
			"SKIP_VERIFY": "not a bool", "CACERT": "/missing", "CACERT_BYTES": "x", "CAPATH": "/missing", "CLIENT_CERT": "/missing",
			"CLIENT_KEY": "/missing", "TLS_SERVER_NAME": "x", "MAX_RETRIES": "x", "CLIENT_TIMEOUT": "x", "RATE_LIMIT": "x",
			"WRAP_TTL": "1m", "MFA": "x", "HTTP_PROXY": "http://127.0.0.1:1", "PROXY_ADDR": "http://127.0.0.1:1",
			"SRV_LOOKUP": "true", "DISABLE_REDIRECTS": "true", "TOKEN_PATH": "/missing",
		} {
			t.Setenv(prefix+name, value)
		}
	}
	c, _ := f.client(t)
	mustNot(t, read(t, c))
	got := f.seen()[0]
	if got.token != "s.given-token" || got.namespace != "" || got.wrapTTL != "" || got.header.Get("X-Vault-MFA") != "" {
		t.Errorf("request is %+v", got)
	}
	anonymous, _ := f.client(t, func(config *openbao.Config) { config.Token = migrate.Secret{} })
	if err := read(t, anonymous); !errors.Is(err, openbao.ErrNoToken) {
		t.Errorf("a token came from the environment: %v", err)
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	config := openbao.Config{
		Address: "http://127.0.0.1:1", Token: secret("hunter2-token"),
		ClientKeyPEM: secret("hunter2-key"), Headers: map[string]string{"Authorization": "hunter2-header"},
	}
	login := openbao.Config{
		Address: "http://127.0.0.1:1",
		Login:   openbao.AppRoleLogin{RoleID: "role", SecretID: secret("hunter2-secret-id")},
		Headers: map[string]string{"Authorization": "hunter2-header"},
	}
	client, err := openbao.New(login)
	mustNot(t, err)
	for _, value := range []any{
		config, &config, login, &login, login.Login, client,
		openbao.AppRoleLogin{RoleID: "role", WrappingToken: secret("hunter2")}, openbao.JWTLogin{JWT: secret("hunter2")},
		openbao.KubernetesLogin{Token: secret("hunter2")}, openbao.Config{Login: openbao.JWTLogin{JWT: secret("hunter2")}},
		openbao.TokenInfo{Token: secret("hunter2")}, openbao.CreatedSecretID{SecretID: secret("hunter2")},
		openbao.WrappedSecretID{WrappingToken: secret("hunter2")},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if shown := fmt.Sprintf(verb, value); strings.Contains(shown, "hunter2") || strings.Contains(shown, "68756e746572") ||
				strings.Contains(shown, "104 117 110") {
				t.Errorf("%s of a %T shows %s", verb, value, shown)
			}
		}
		encoded, err := json.Marshal(value)
		if err == nil && strings.Contains(string(encoded), "hunter2") {
			t.Errorf("the JSON of a %T is %s", value, encoded)
		}
	}
	if client.LogValue().String() != client.String() || config.LogValue().String() != config.String() {
		t.Error("a log shows something else")
	}
}

func TestJoinNamespace(t *testing.T) {
	for _, test := range [][3]string{
		{"", "", ""}, {"team", "", "team"}, {"", "team", "team"}, {"/team/", "/a/b/", "team/a/b"}, {"team", "team", "team/team"},
		{"root", "", ""}, {"root", "team", "team"}, {"", "root", ""}, {"root/", "root", ""}, {"/", "/", ""},
	} {
		if got := openbao.JoinNamespace(test[0], test[1]); got != test[2] {
			t.Errorf("%q and %q join to %q, want %q", test[0], test[1], got, test[2])
		}
	}
	for name, valid := range map[string]bool{
		"": true, "root": true, "team": true, "/team/a/": true, "a//b": false, "team/root": false, "sys": false, "a/../b": false,
		"a b": false, "a\x00": false, "auth/a": false, "Ünï": true,
	} {
		if err := openbao.ValidateNamespace(name); (err == nil) != valid {
			t.Errorf("namespace %q: %v", name, err)
		}
	}
}

func TestAPIPath(t *testing.T) {
	got := []string{
		openbao.APIPath(migrate.KV1, "a/kv", "b c"), openbao.APIPath(migrate.KV2, "a/kv", "b c"), openbao.MetadataPath("a/kv", "b c"),
	}
	if want := []string{"a/kv/b c", "a/kv/data/b c", "a/kv/metadata/b c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("paths are %q", got)
	}
}
