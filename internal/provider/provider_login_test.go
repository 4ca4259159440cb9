package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// Every way to log in works in plan and apply, against a token in the environment:
// lazily, once a run, with the token revoked on the server at the end when the
// provider made it, and with nothing left in files.
func TestProviderLogin_Kinds(t *testing.T) {
	t.Parallel()
	for name, prepare := range entries {
		t.Run(name, func(t *testing.T) {
			h := started(t)
			w := prepare(t, h)
			trace := filepath.Join(h.Work.Dir, "trace.log")
			env := slices.Concat(h.Work.Env, w.env, []string{"BAO_TOKEN=s.of-the-environment", "VAULT_TOKEN=s.of-the-environment", "TF_LOG=TRACE", "TF_LOG_PATH=" + trace})
			before := liveTokens(h)
			var canaries []string
			run := func(logins int, command func()) {
				t.Helper()
				h.Work.Env = env
				if w.fresh != nil {
					fresh := w.fresh()
					h.Work.Env = slices.Concat(env, fresh)
					_, value, _ := strings.Cut(fresh[0], "=")
					canaries = append(canaries, value)
					before = liveTokens(h) // the wrapping token is one, until it is used
				}
				h.Proxy.Reset()
				command()
				checkLogins(h, w, logins)
				makesNoLastingToken(h, before)
				canaries = append(canaries, usedTokens(h)...)
			}

			id := h.Secret("cloud_provider_a", "nothing")
			enter(h, w.block, fmt.Sprintf("\ndata \"ocibao_secret\" \"this\" {\n  secret_id = %q\n}\n", id))
			run(0, func() { h.Plan(0) })
			if requests := h.Proxy.Requests(); len(requests) > 0 {
				t.Errorf("without an object of OpenBao: %v", requests)
			}

			enter(h, w.block, made("ocibao", "made-a", "made-b", "made-c", "made-d", "made-e"))
			run(0, func() { h.Plan(2, "-out=saved.tfplan") })
			run(1, func() { h.Apply("saved.tfplan") })
			run(1, func() { h.Plan(0) })
			for _, request := range h.Proxy.Requests() {
				if strings.Contains(request.Header.Get("X-Vault-Token"), "of-the-environment") {
					t.Errorf("the token of the environment came with %s", request.Path)
				}
			}
			if h.Data("sys/policies/acl/made-e") == nil {
				t.Error("nothing was made")
			}

			h.Write("shown.json", h.CLI("show", "-json").Output)
			h.Write("plan.json", h.CLI("show", "-json", "saved.tfplan").Output)
			for _, canary := range w.canaries {
				canaries = append(canaries, canary)
			}
			leaks, files, err := acctest.ScanDir(h.Work.Dir, canaries...)
			if err != nil || files < 6 || len(canaries) < 2 || !strings.Contains(h.Work.Read("trace.log"), "ApplyResourceChange") {
				t.Fatalf("%d files were scanned for %d canaries, %v", files, len(canaries), err)
			}
			for _, leak := range leaks {
				t.Errorf("leak in %s", leak)
			}
		})
	}
}

// checkLogins holds what arrived at the server against what should: this many logins,
// each token revoked when it is the provider's own, no child token.
func checkLogins(h *acctest.Harness, w entry, want int) {
	h.Helper()
	logins, revoked, unwrapped := 0, 0, 0
	for _, request := range h.Proxy.Requests() {
		switch {
		case strings.HasPrefix(request.Path, "auth/") && strings.HasSuffix(request.Path, "/login"):
			logins++
			if token := request.Header.Get("X-Vault-Token"); token != "" {
				h.Errorf("a login came with a token")
			}
		case request.Path == "auth/token/revoke-self":
			revoked++
		case request.Path == "sys/wrapping/unwrap":
			unwrapped++
		case strings.HasPrefix(request.Path, "auth/token/"):
			h.Errorf("not needed: %s", request.Path)
		}
	}
	switch {
	case w.fresh != nil && unwrapped != want:
		h.Errorf("unwrapped %d times, want %d", unwrapped, want)
	case w.logsIn && (logins != want || revoked != want):
		h.Errorf("logged in %d times and revoked %d tokens, want %d", logins, revoked, want)
	case !w.logsIn && revoked != 0:
		h.Errorf("revoked %d tokens", revoked)
	}
}

func TestProviderLogin_Cert(t *testing.T) {
	t.Parallel()
	h := acctest.NewTLS(t)
	certificate, key := byCert(t, h)
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN=s.of-the-environment", "BAO_CLIENT_CERT="+certificate)
	before := liveTokens(h)
	block := fmt.Sprintf("client_key_file = %q\n    auth_cert = { name = \"pipeline\" }", key)
	enter(h, block, made("ocibao", "made-a", "made-b"))
	h.Apply()
	h.Plan(0)
	leavesNoToken(h, before)
	if h.Data("sys/policies/acl/made-a") == nil {
		t.Error("nothing was made")
	}
	enter(h, strings.Replace(block, `"pipeline"`, `"none"`, 1), made("ocibao", "made-a", "made-b"))
	h.Contains(h.Plan(1), "Unable to read policy made-a", "OpenBao did not accept the credentials", "no proxy in between ends TLS")
	enter(h, "auth_cert = {}", made("ocibao", "made-a", "made-b"))
	h.Contains(h.Plan(1), "Missing client key", "client_key_file")
	leavesNoToken(h, before)
}

// A wrapping token that is used up, or that wraps something else, is told before
// anything is done with it.
func TestProviderLogin_WrappingToken(t *testing.T) {
	h := started(t)
	byAppRole(h)
	used := wrappedSecretID(h)
	if status, _, err := h.Bao.Call(t.Context(), http.MethodPost, used, "sys/wrapping/unwrap", nil); err != nil || status != http.StatusOK {
		t.Fatalf("unwrapping: %d %v", status, err)
	}
	before := liveTokens(h)
	enter(h, `auth_approle = { role_id = "app-role", wrapping_token = var.secret }`, made("ocibao", "made-a", "made-b"))
	env := h.Work.Env
	h.Work.Env = append(slices.Clone(env), "TF_VAR_secret="+used)
	run := h.ApplyFails("Unable to create policy made-a", "somebody else may have unwrapped it and have the secret ID",
		"auth/approle/role/<role>/secret-id-accessor/destroy")
	h.Lacks(run, used)
	makesNoLastingToken(h, before)

	// Somebody put a token of their own in the place of the right one.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.Bao.Address+"/v1/sys/wrapping/wrap", strings.NewReader(`{"secret_id":"theirs"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Vault-Token", acctest.RootToken)
	req.Header.Set("X-Vault-Wrap-TTL", "300")
	theirs := wrapInfoToken(h, req)
	h.Work.Env = append(slices.Clone(env), "TF_VAR_secret="+theirs)
	h.Proxy.Reset()
	h.ApplyFails("it wraps the answer of sys/wrapping/wrap and no secret ID of auth/approle, so it was not unwrapped", "somebody may have put another in its place")
	for _, request := range h.Proxy.Requests() {
		if request.Path != "sys/wrapping/lookup" {
			t.Errorf("sent %s", request.Path)
		}
	}
}

// wrapInfoToken sends a request whose answer is wrapped and gives the wrapping token.
func wrapInfoToken(h *acctest.Harness, req *http.Request) string {
	h.Helper()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	var decoded struct {
		WrapInfo struct{ Token string } `json:"wrap_info"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&decoded); err != nil || decoded.WrapInfo.Token == "" {
		h.Fatalf("%s: %s, no wrapping token, %v", req.URL.Path, answer.Status, err)
	}
	return decoded.WrapInfo.Token
}

// A token that is revoked in the middle of an apply is replaced, once, and the apply
// goes on.
func TestProviderLogin_RevokedInTheMiddle(t *testing.T) {
	h := started(t)
	token := byJWT(h, "", nil)
	before := liveTokens(h)
	h.Work.Env = append(h.Work.Env, "TERRAFORM_VAULT_AUTH_JWT="+token)
	enter(h, `auth_jwt = { role = "pipeline" }`, made("ocibao", "made-a", "made-b", "made-c", "made-d"))
	revoked := make(chan struct{}, 1)
	revoked <- struct{}{}
	h.Proxy.Before(func(r acctest.Request) bool {
		if r.Method == http.MethodGet || !strings.HasPrefix(r.Path, "sys/policies/acl/made-") {
			return false
		}
		select {
		case <-revoked:
			h.Operator(http.MethodPost, "auth/token/revoke", map[string]any{"token": r.Header.Get("X-Vault-Token")})
		default:
		}
		return false
	})
	h.Apply()
	h.Proxy.Before(nil)
	logins := 0
	for _, request := range h.Proxy.Requests() {
		if request.Path == "auth/jwt/login" {
			logins++
		}
	}
	if logins != 2 || len(usedTokens(h)) != 2 {
		t.Errorf("logged in %d times, used %d tokens", logins, len(usedTokens(h)))
	}
	leavesNoToken(h, before)
	h.Plan(0)
}

// An interrupted apply leaves no token.
func TestProviderLogin_Interrupted(t *testing.T) {
	h := started(t)
	token := byJWT(h, "", nil)
	before := liveTokens(h)
	h.Work.Env = append(h.Work.Env, "TERRAFORM_VAULT_AUTH_JWT="+token)
	enter(h, `auth_jwt = { role = "pipeline" }`, made("ocibao", "made-a", "made-b", "made-c", "made-d"))
	command := h.Work.Command(t.Context(), "apply", "-auto-approve", "-input=false", "-parallelism=1")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	started, sent := make(chan struct{}), make(chan struct{}, 1)
	sent <- struct{}{}
	h.Proxy.After(func(r acctest.Request) bool {
		if r.Method == http.MethodGet || !strings.HasPrefix(r.Path, "sys/policies/acl/made-") {
			return false
		}
		select {
		case <-sent:
			<-started
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGINT)
		default:
		}
		return false
	})
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := command.Wait(); err == nil {
		t.Error("the apply was not interrupted")
	}
	h.Proxy.After(nil)
	leavesNoToken(h, before)
	h.Apply()
	leavesNoToken(h, before)
}

// The login happens in the provider's namespace, or in its own, which may be above
// that; neither is put before the other.
func TestProviderLogin_Namespace(t *testing.T) {
	h := started(t)
	policy := made("ocibao", "made-a")
	above := byJWT(h, "", nil)
	if !hasNamespaces(h) {
		h.Work.Env = append(h.Work.Env, "TERRAFORM_VAULT_AUTH_JWT="+above, "BAO_NAMESPACE=team")
		enter(h, `auth_jwt = { role = "pipeline" }`, policy)
		h.ApplyFails(`Create the namespace "team", or correct the namespace of the provider block or of its login`)
		h.Proxy.Reset()
		enter(h, `auth_jwt = { role = "pipeline", namespace = "root" }`, policy)
		h.ApplyFails(`Create the namespace "team"`)
		namespaces(h, map[string]string{"auth/jwt/login": "", "sys/policies/acl/made-a": "team", "auth/token/revoke-self": ""})
		return
	}
	h.Operator(http.MethodPost, "sys/namespaces/team", nil)
	h.Operator(http.MethodPost, "team/sys/namespaces/sub", nil)
	within := byJWT(h, "team/", nil)
	before, beforeWithin := liveTokens(h), liveTokensOf(h, "team/")
	env := append(slices.Clone(h.Work.Env), "BAO_NAMESPACE=team")

	h.Work.Env = append(slices.Clone(env), "TERRAFORM_VAULT_AUTH_JWT="+within)
	enter(h, `auth_jwt = { role = "pipeline" }`, policy)
	h.Proxy.Reset()
	h.Apply()
	namespaces(h, map[string]string{"auth/jwt/login": "team", "sys/policies/acl/made-a": "team", "auth/token/revoke-self": "team"})

	// A policy in the root lets its token work below.
	h.Operator(http.MethodPost, "sys/policies/acl/maker", map[string]any{
		"policy": `path "team/sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }`})
	h.Work.Env = append(slices.Clone(env), "TERRAFORM_VAULT_AUTH_JWT="+above)
	enter(h, `auth_jwt = { role = "pipeline", namespace = "root" }`, policy)
	h.Proxy.Reset()
	h.Plan(0)
	namespaces(h, map[string]string{"auth/jwt/login": "", "sys/policies/acl/made-a": "team", "auth/token/revoke-self": ""})

	// One in another namespace below: the objects' is the provider's with their own.
	h.Operator(http.MethodPost, "team/sys/policies/acl/maker", map[string]any{
		"policy": `path "sub/sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }`})
	h.Work.Env = append(slices.Clone(env), "TERRAFORM_VAULT_AUTH_JWT="+within)
	enter(h, `auth_jwt = { role = "pipeline", namespace = "team" }`, strings.Replace(made("ocibao", "made-b"), "name ", "namespace = \"sub\"\n  name ", 1))
	loseState(h)
	h.Proxy.Reset()
	h.Apply()
	namespaces(h, map[string]string{"auth/jwt/login": "team", "sys/policies/acl/made-b": "team/sub", "auth/token/revoke-self": "team"})
	leavesNoToken(h, before)
	if after := liveTokensOf(h, "team/"); !slices.Equal(after, beforeWithin) {
		t.Errorf("tokens before %v, after %v", beforeWithin, after)
	}
}

// namespaces holds the namespaces that came with requests against what should.
func namespaces(h *acctest.Harness, want map[string]string) {
	h.Helper()
	seen := map[string]bool{}
	for _, request := range h.Proxy.Requests() {
		namespace, known := want[request.Path]
		if got := request.Header.Get("X-Vault-Namespace"); known && strings.Trim(got, "/") != namespace {
			h.Errorf("%s came with the namespace %q, want %q", request.Path, got, namespace)
		}
		seen[request.Path] = true
	}
	for path := range want {
		if !seen[path] {
			h.Errorf("%s did not come", path)
		}
	}
}

// What is wrong with a login is told at its attribute, before any request.
func TestProviderLogin_Settings(t *testing.T) {
	h := started(t)
	for block, text := range map[string]string{
		"token = \"t\"\n    auth_jwt = { jwt = \"a.b.c\" }": "Both token and auth_jwt are set",
		`auth_jwt = { jwt_file = "none.jwt" }`:              "the file none.jwt named by auth_jwt.jwt_file cannot be read",
		`auth_jwt = { jwt = "a.b.c", namespace = "a//b" }`:  "auth_jwt.namespace",
	} {
		enter(h, block, made("ocibao", "made-a"))
		h.Contains(h.Plan(1), text)
	}
	// Not known yet, at plan: nothing is asked for, and nothing is complained of.
	token := byJWT(h, "", nil)
	h.Work.Env = append(h.Work.Env, "TF_VAR_secret="+token, "BAO_TOKEN=s.of-the-environment")
	enter(h, `auth_jwt = { role = terraform_data.role.output, jwt = var.secret }`,
		"\nresource \"terraform_data\" \"role\" {\n  input = \"pipeline\"\n}\n"+made("ocibao", "made-a"))
	h.Proxy.Reset()
	h.Plan(2)
	if requests := h.Proxy.Requests(); len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
	h.Apply()
	h.Plan(0)
}
