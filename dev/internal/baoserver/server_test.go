package baoserver_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/baoserver"
)

// client sends requests to a server started for one test.
type client struct {
	t      *testing.T
	server *baoserver.Server
	http   *http.Client
	token  string
	header http.Header
}

func start(t *testing.T, o baoserver.Options) *client {
	t.Helper()
	server, err := baoserver.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return &client{t: t, server: server, http: http.DefaultClient, token: server.RootToken}
}

// as gives a client with another token.
func (c client) as(token string) *client {
	c.token = token
	return &c
}

// with gives a client that sends one more header.
func (c client) with(name, value string) *client {
	c.header = c.header.Clone()
	if c.header == nil {
		c.header = http.Header{}
	}
	c.header.Set(name, value)
	return &c
}

// answer is what the server said.
type answer struct {
	Status   int
	Errors   []string
	Data     map[string]any
	Auth     map[string]any
	WrapInfo map[string]any `json:"wrap_info"`
	Sealed   bool
}

func (c *client) do(method, path string, body any) answer {
	c.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			c.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.server.Address+"/v1/"+path, &sent)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	req.Header.Set("X-Vault-Token", c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := answer{Status: resp.StatusCode}
	if len(got) > 0 {
		if err := json.Unmarshal(got, &a); err != nil {
			c.t.Fatalf("%s %s answered %d with %q: %v", method, path, resp.StatusCode, got, err)
		}
	}
	return a
}

// ok sends a request that must succeed.
func (c *client) ok(method, path string, body any) answer {
	c.t.Helper()
	a := c.do(method, path, body)
	if a.Status/100 != 2 {
		c.t.Fatalf("%s %s answered %d %q", method, path, a.Status, a.Errors)
	}
	return a
}

// refused sends a request that must fail with the status and exactly the text.
func (c *client) refused(status int, text, method, path string, body any) {
	c.t.Helper()
	a := c.do(method, path, body)
	if a.Status != status || len(a.Errors) != 1 || a.Errors[0] != text {
		c.t.Errorf("%s %s answered %d %q, want %d %q", method, path, a.Status, a.Errors, status, text)
	}
}

type object = map[string]any

func TestStart(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{RootToken: "root", AsOpenBao: true})
	if health := c.ok("GET", "sys/health", nil); health.Sealed {
		t.Error("the server is sealed")
	}
	if c.server.RootToken != "root" {
		t.Errorf("the root token is %q", c.server.RootToken)
	}
	mounts := c.ok("GET", "sys/internal/ui/mounts", nil).Data["secret"].(object)
	if version := mounts["secret/"].(object)["options"].(object)["version"]; version != "2" {
		t.Errorf("secret/ has version %v", version)
	}
	token := c.ok("POST", "auth/token/create", object{"policies": []string{"default"}}).Auth["client_token"].(string)
	if !strings.HasPrefix(token, "s.") {
		t.Errorf("a token begins with %.4s, OpenBao's with s.", token)
	}
	c.as("wrong").refused(403, "permission denied", "GET", "sys/mounts", nil)
}

func TestStartWithoutKV(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{NoKV: true})
	if a := c.do("GET", "sys/mounts/secret", nil); a.Status != 400 {
		t.Errorf("secret/ is mounted: %d", a.Status)
	}
}

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		server, err := baoserver.Start(t.Context(), baoserver.Options{Listen: address})
		if err == nil {
			t.Errorf("listens on %s", address)
			_ = server.Stop()
		}
	}
	start(t, baoserver.Options{Listen: "localhost:0"})
}

func TestKV(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{})
	c.ok("POST", "sys/mounts/one", object{"type": "kv", "options": object{"version": "1"}})
	c.ok("PUT", "one/a/b", object{"number": json.Number("12345678901234567890")})
	c.ok("GET", "one/a/b", nil)
	if keys := c.ok("LIST", "one/a", nil).Data["keys"].([]any); len(keys) != 1 || keys[0] != "b" {
		t.Errorf("one/a lists %v", keys)
	}

	first := object{"data": object{"k": "v"}, "options": object{"cas": 0}}
	c.ok("PUT", "secret/data/x", first)
	c.refused(400, "check-and-set parameter did not match the current version", "PUT", "secret/data/x", first)
	c.ok("PUT", "secret/data/x", object{"data": object{"k": "w"}, "options": object{"cas": 1}})
	metadata := c.ok("GET", "secret/data/x", nil).Data["metadata"].(object)
	if metadata["version"] != 2.0 {
		t.Errorf("secret/x has version %v", metadata["version"])
	}
}

func TestPolicyAndAppRole(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{})
	c.ok("PUT", "secret/data/mine", object{"data": object{"k": "v"}})
	c.ok("PUT", "sys/policies/acl/mine", object{"policy": `path "secret/data/mine" { capabilities = ["read"] }`})
	c.ok("POST", "sys/auth/approle", object{"type": "approle"})
	c.ok("POST", "auth/approle/role/r", object{"token_policies": "mine"})
	login := object{
		"role_id":   c.ok("GET", "auth/approle/role/r/role-id", nil).Data["role_id"],
		"secret_id": c.ok("POST", "auth/approle/role/r/secret-id", nil).Data["secret_id"],
	}
	reader := c.as(c.as("").ok("POST", "auth/approle/login", login).Auth["client_token"].(string))
	reader.ok("GET", "secret/data/mine", nil)
	reader.refused(403, "1 error occurred:\n\t* permission denied\n\n", "GET", "secret/data/other", nil)
	can := reader.ok("POST", "sys/capabilities-self", object{"paths": []string{"secret/data/mine", "secret/data/other"}}).Data
	if fmt.Sprint(can["secret/data/mine"], can["secret/data/other"]) != "[read] [deny]" {
		t.Errorf("capabilities %v", can)
	}
}

func TestAuthMethods(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{AsOpenBao: true})
	for _, method := range []string{"approle", "cert", "jwt", "kubernetes"} {
		c.ok("POST", "sys/auth/"+method, object{"type": method})
	}
	c.refused(400, "plugin not found in the catalog: ldap", "POST", "sys/auth/ldap", object{"type": "ldap"})
	c.refused(400, "invalid role name \"none\"", "POST", "auth/kubernetes/login", object{"role": "none", "jwt": "x"})
	c.refused(400, "could not load configuration", "POST", "auth/jwt/login", object{"role": "none", "jwt": "x"})
	c.refused(400, "tls connection required", "POST", "auth/cert/login", nil)
}

func TestWrapping(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{})
	c.ok("POST", "sys/auth/approle", object{"type": "approle"})
	c.ok("POST", "auth/approle/role/r", nil)
	wrapped := c.with("X-Vault-Wrap-TTL", "60").ok("POST", "auth/approle/role/r/secret-id", nil)
	if wrapped.Data != nil {
		t.Error("the answer is not wrapped")
	}
	once := c.as(wrapped.WrapInfo["token"].(string))
	if id := once.ok("POST", "sys/wrapping/unwrap", nil).Data["secret_id"]; id == nil {
		t.Error("no secret ID was wrapped")
	}
	once.refused(400, "wrapping token is not valid or does not exist", "POST", "sys/wrapping/unwrap", nil)
}

func TestSeal(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{AsOpenBao: true})
	c.ok("PUT", "sys/seal", nil)
	c.refused(503, "Vault is sealed", "GET", "secret/data/x", nil)
	if !c.ok("GET", "sys/seal-status", nil).Sealed {
		t.Error("not sealed")
	}
	c.ok("PUT", "sys/unseal", object{"key": c.server.UnsealKey})
	c.ok("GET", "sys/mounts", nil)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A second start in the same directory must cope with the read-only files
	// of the first.
	for range 2 {
		c := start(t, baoserver.Options{TLSCertDir: dir})
		pem, err := os.ReadFile(filepath.Join(dir, "vault-ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			t.Fatal("vault-ca.pem holds no certificate")
		}
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		c.http = &http.Client{Transport: transport}
		c.ok("GET", "sys/health", nil)
		transport.CloseIdleConnections()

		if _, err := http.Get(c.server.Address + "/v1/sys/health"); err == nil {
			t.Error("the system's roots trust the server")
		}
		for _, name := range []string{"vault-cert.pem", "vault-key.pem"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
}
