package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// withLogin is a harness with a role that may manage the policies made-*, and
// with its secret ID in var.secret_id.
func withLogin(t *testing.T) *acctest.Harness {
	t.Helper()
	h := withAppRole(t)
	h.Operator(http.MethodPost, "sys/policies/acl/maker", map[string]any{
		"policy": `path "sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }`})
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"role_id": "app-role", "token_policies": []string{"maker"}, "token_ttl": "1h"})
	answer := h.Operator(http.MethodPost, secretIDPath, nil)
	data, _ := answer["data"].(map[string]any)
	h.Work.Env = append(h.Work.Env, fmt.Sprintf("TF_VAR_secret_id=%s", data["secret_id"]))
	return h
}

const secretIDVariable = `
variable "secret_id" {
  type      = string
  ephemeral = true
}
`

// made is a policy by each of the names that a provider makes.
func made(provider string, names ...string) string {
	var config strings.Builder
	for _, name := range names {
		fmt.Fprintf(&config, "\nresource \"ocibao_policy\" %q {\n  provider = %s\n  name     = %q\n  policy   = \"path \\\"a\\\" { capabilities = [\\\"read\\\"] }\"\n}\n", name, provider, name)
	}
	return config.String()
}

// asApp is a configuration in which the provider "app" works with the token of
// an ephemeral login.
func asApp(h *acctest.Harness, login string) string {
	return secretIDVariable + `
ephemeral "ocibao_approle_login" "app" {
  role_id = "app-role"
  ` + login + `
}

provider "ocibao" {
  alias = "app"
  openbao = {
    address = "` + h.Proxy.URL + `"
    token   = ephemeral.ocibao_approle_login.app.token
  }
}
` + made("ocibao.app", "made-a")
}

// liveTokens are the accessors of all tokens of the root namespace.
func liveTokens(h *acctest.Harness) []string {
	h.Helper()
	return liveTokensOf(h, "")
}

func liveTokensOf(h *acctest.Harness, namespace string) []string {
	h.Helper()
	_, answer, err := h.Bao.Call(h.Context(), "LIST", "", namespace+"auth/token/accessors", nil)
	if err != nil {
		h.Fatal(err)
	}
	data, _ := answer["data"].(map[string]any)
	keys, _ := data["keys"].([]any)
	var accessors []string
	for _, key := range keys {
		accessors = append(accessors, fmt.Sprint(key))
	}
	slices.Sort(accessors)
	return accessors
}

// leavesNoToken expects that all tokens of the runs so far are revoked. The server
// takes its time over one that was used up.
func leavesNoToken(h *acctest.Harness, before []string) {
	h.Helper()
	var after []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if after = liveTokens(h); slices.Equal(after, before) {
			return
		}
	}
	h.Errorf("tokens before %v, after %v", before, after)
}

// usedTokens are the tokens, other than root's, that came with requests.
func usedTokens(h *acctest.Harness) []string {
	var tokens []string
	for _, request := range h.Proxy.Requests() {
		token := request.Header.Get("X-Vault-Token")
		if token != "" && token != acctest.RootToken && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// logins counts the logins, and expects that no token was made in another way.
func logins(h *acctest.Harness) int {
	h.Helper()
	count := 0
	for _, request := range h.Proxy.Requests() {
		switch {
		case request.Path == "auth/approle/login":
			count++
		case strings.HasPrefix(request.Path, "auth/token/create"):
			h.Errorf("a child token was made: %s", request.Path)
		}
	}
	return count
}

func TestLogin_ConfiguresAProvider(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	h.Work.Env = append(h.Work.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(h.Work.Dir, "trace.log"))
	h.Configure(asApp(h, "secret_id = var.secret_id"))
	h.Plan(2, "-out=saved.tfplan")
	leavesNoToken(h, before)
	h.Apply()
	leavesNoToken(h, before)
	h.Plan(0)
	if h.Data("sys/policies/acl/made-a") == nil {
		t.Error("the policy was not made")
	}
	for _, write := range h.Proxy.Writes() {
		if write.Path == "sys/policies/acl/made-a" && write.Header.Get("X-Vault-Token") == acctest.RootToken {
			t.Error("the policy was made with the root token")
		}
	}
	h.Write("shown.json", h.CLI("show", "-json").Output)
	h.Write("plan.json", h.CLI("show", "-json", "saved.tfplan").Output)
	tokens := usedTokens(h)
	if len(tokens) < 2 {
		t.Fatalf("only %d tokens were used", len(tokens))
	}
	leaks, files, err := acctest.ScanDir(h.Work.Dir, tokens...)
	if err != nil || files < 6 {
		t.Fatalf("%d files were scanned, %v", files, err)
	}
	for _, leak := range leaks {
		t.Errorf("leak in %s", leak)
	}
	for _, token := range tokens {
		if status, _, err := h.Bao.Call(t.Context(), http.MethodGet, token, "auth/token/lookup-self", nil); err != nil || status != http.StatusForbidden {
			t.Errorf("a token still works: %d %v", status, err)
		}
	}
}

func TestLogin_TokenIsRevokedWhenApplyFails(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	h.Configure(asApp(h, "secret_id = var.secret_id") + made("ocibao.app", "forbidden"))
	h.ApplyFails("Unable to create policy forbidden", "permission denied")
	leavesNoToken(h, before)
}

func TestLogin_Refused(t *testing.T) {
	h := withLogin(t)
	h.Configure(asApp(h, `secret_id = "wrong"`))
	h.Contains(h.Plan(1), "Unable to log in with AppRole approle", "OpenBao did not accept the credentials", "Check the role ID, the secret ID")
	h.Configure(asApp(h, `secret_id = var.secret_id`+"\n  mount = \"nowhere\""))
	h.Contains(h.Plan(1), "Unable to log in with AppRole nowhere", "the mount of the auth method")
	h.Configure(asApp(h, "secret_id = var.secret_id\n  wrapping_token = \"x\""))
	h.Contains(h.Plan(1), `"secret_id" cannot be specified when "wrapping_token" is specified`)
}

// A batch token cannot be revoked, which is no reason to warn in every run.
func TestLogin_BatchToken(t *testing.T) {
	h := withLogin(t)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_type": "batch"})
	h.Configure(asApp(h, "secret_id = var.secret_id"))
	h.Lacks(h.Apply(), "Warning")
	h.Lacks(h.Plan(0), "Warning")
}

// A wrapping token lets one run log in; the next one learns that it was used.
func TestLogin_WrappingToken(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	h.Configure(secretID() + asApp(h, "wrapping_token = ocibao_approle_secret_id.this.wrapping_token"))
	h.Apply()
	leavesNoToken(h, before)
	if h.Data("sys/policies/acl/made-a") == nil {
		t.Error("the policy was not made")
	}
	h.Contains(h.Plan(1), "Unable to log in with AppRole approle", "wrapping token", "somebody else may have unwrapped it and have the secret ID", "apply with -replace where an ocibao_approle_secret_id made it")
}

func TestLogin_Namespace(t *testing.T) {
	h := withLogin(t)
	h.Configure(asApp(h, "secret_id = var.secret_id\n  namespace = \"team\""))
	if !hasNamespaces(h) {
		h.Contains(h.Plan(1), `Create the namespace "team"`)
		return
	}
	h.Operator(http.MethodPost, "sys/namespaces/team", nil)
	h.Operator(http.MethodPost, "team/sys/auth/approle", map[string]any{"type": "approle"})
	h.Operator(http.MethodPost, "team/sys/policies/acl/maker", map[string]any{
		"policy": `path "sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }`})
	h.Operator(http.MethodPost, "team/auth/approle/role/app", map[string]any{"role_id": "app-role", "token_policies": []string{"maker"}, "bind_secret_id": false, "token_bound_cidrs": []string{"127.0.0.0/8"}})
	before := liveTokensOf(h, "team/")
	h.Configure(strings.Replace(asApp(h, "namespace = \"team\""), "token   =", "namespace = \"team\"\n    token   =", 1))
	h.Apply()
	if h.Data("team/sys/policies/acl/made-a") == nil {
		t.Error("the policy was not made in the namespace")
	}
	if after := liveTokensOf(h, "team/"); !slices.Equal(after, before) {
		t.Errorf("tokens before %v, after %v", before, after)
	}
}

// loggedIn is a provider block with auth_approle.
func loggedIn(h *acctest.Harness, config string) {
	h.Helper()
	h.Configure(config + secretIDVariable)
	text, err := os.ReadFile(filepath.Join(h.Work.Dir, "main.tf"))
	if err != nil {
		h.Fatal(err)
	}
	h.Write("main.tf", strings.Replace(string(text), "openbao = {", `openbao = {
    auth_approle = { role_id = "app-role", secret_id = var.secret_id }`, 1))
}

func TestProviderLogin(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	loggedIn(h, "")
	h.Plan(0)
	if requests := h.Proxy.Requests(); len(requests) > 0 {
		t.Errorf("without an object: %v", requests)
	}
	loggedIn(h, made("ocibao", "made-a", "made-b", "made-c", "made-d", "made-e"))
	h.Plan(2)
	if n := logins(h); n != 0 {
		t.Errorf("planning to create logged in %d times", n)
	}
	h.Apply()
	leavesNoToken(h, before)
	if n := logins(h); n != 1 {
		t.Errorf("apply logged in %d times", n)
	}
	h.Proxy.Reset()
	h.Plan(0)
	leavesNoToken(h, before)
	if n := logins(h); n != 1 {
		t.Errorf("a refresh logged in %d times", n)
	}
	if tokens := usedTokens(h); len(tokens) != 1 {
		t.Errorf("%d tokens were used", len(tokens))
	}
	loggedIn(h, made("ocibao", "made-a", "forbidden"))
	h.ApplyFails("Unable to create policy forbidden", "permission denied")
	leavesNoToken(h, before)
}

func TestProviderLogin_Refused(t *testing.T) {
	h := withLogin(t)
	h.Work.Env = append(h.Work.Env, "TF_VAR_secret_id=wrong-secret-id-value")
	loggedIn(h, made("ocibao", "made-a", "made-b", "made-c"))
	h.Proxy.Reset()
	run := h.ApplyFails("Unable to create policy made-a", "OpenBao did not accept the credentials")
	h.Lacks(run, "wrong-secret-id-value")
	if n := logins(h); n != 1 {
		t.Errorf("a refused login was tried %d times", n)
	}
}
