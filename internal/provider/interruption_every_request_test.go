package provider_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// apart is a second user of the servers: with a workspace and a proxy of its own.
func apart(t *testing.T, shared *acctest.Harness) *acctest.Harness {
	t.Helper()
	h := &acctest.Harness{TB: t, OCI: shared.OCI, Bao: shared.Bao}
	var err error
	if h.Proxy, err = acctest.StartProxy(t.Context(), shared.Bao.Address); err != nil {
		t.Fatal(err)
	}
	if h.Work, err = acctest.NewWorkspace(t.TempDir(), append(h.OCI.Env(), "BAO_TOKEN="+acctest.RootToken)...); err != nil {
		t.Fatal(err)
	}
	return h
}

// everything is a small configuration with one of each object, on paths that
// nothing else on the servers uses. What comes next waits for what came before,
// so that each apply makes the same requests in the same order. The provider logs
// in, so that tokens are left when it does not log out.
type everything struct {
	*acctest.Harness
	id  string
	ids []string // OCIDs of the secrets
}

// passwords are the contents of the two secrets; each is copied to both engines.
var passwords = []string{`{"password":"first"}`, `{"password":"second"}`}

func newEverything(t *testing.T, shared *acctest.Harness, id string) *everything {
	t.Helper()
	e := &everything{Harness: apart(t, shared), id: id}
	for i, content := range passwords {
		e.ids = append(e.ids, e.Secret(fmt.Sprintf("%s-%d", id, i), content))
	}
	e.Operator(http.MethodPost, "auth/pipelines/role/"+id, map[string]any{"token_policies": "pipeline", "token_ttl": "1h"})
	roleID := e.Data("auth/pipelines/role/" + id + "/role-id")["role_id"]
	answer := e.Operator(http.MethodPost, "auth/pipelines/role/"+id+"/secret-id", nil)
	data, _ := answer["data"].(map[string]any)
	e.Configure(e.config())
	e.Write("main.tf", strings.Replace(e.Work.Read("main.tf"), "ca_cert_file = null", fmt.Sprintf(
		"auth_approle = { mount = \"pipelines\", role_id = %q, secret_id = %q }", roleID, data["secret_id"]), 1))
	e.Work.Env = append(e.Work.Env, "BAO_TOKEN=")
	return e
}

func (e *everything) config() string {
	return fmt.Sprintf(`
resource "ocibao_kv_mount" "two" {
  path         = "two-%[1]s"
  max_versions = 5
}

resource "ocibao_kv_mount" "one" {
  path       = "one-%[1]s"
  version    = 1
  depends_on = [ocibao_kv_mount.two]
}

resource "ocibao_policy" "app" {
  name       = "app-%[1]s"
  policy     = "path \"two-%[1]s/data/*\" { capabilities = [\"read\"] }"
  depends_on = [ocibao_kv_mount.one]
}

resource "ocibao_auth_mount" "apps" {
  path       = "apps-%[1]s"
  depends_on = [ocibao_policy.app]
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.apps.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
}

resource "ocibao_approle_secret_id" "app" {
  mount        = ocibao_auth_mount.apps.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "1h"
}
`, e.id) + e.secret("a", "two", 0, "ocibao_approle_secret_id.app") + e.secret("b", "two", 1, "ocibao_migrated_secret.a") +
		e.secret("c", "one", 0, "ocibao_migrated_secret.b") + e.secret("d", "one", 1, "ocibao_migrated_secret.c")
}

func (e *everything) secret(name, mount string, which int, after string) string {
	return fmt.Sprintf(`
resource "ocibao_migrated_secret" %[1]q {
  secret_id  = %[2]q
  mount      = ocibao_kv_mount.%[3]s.path
  name       = "secret-%[4]d"
  depends_on = [%[5]s]
}
`, name, e.ids[which], mount, which, after)
}

// step is one request of an apply.
type step struct {
	call   string // "POST sys/mounts/two", or the call of OCI
	source bool   // to OCI
	number int    // among the same calls, from 1
	writes bool   // something is there afterwards that was not before
}

// calls are the requests of an apply that nobody interrupts. One that is refused and
// asked again, as below a mount that prepares itself, counts once: the next apply
// may have to ask less often.
func (e *everything) calls(t *testing.T) []step {
	t.Helper()
	e.OCI.Reset()
	e.Apply("-parallelism=1")
	var steps []step
	times := map[string]int{}
	add := func(s step) {
		times[s.call]++
		s.number = times[s.call]
		steps = append(steps, s)
	}
	requests := e.Proxy.Requests()
	for i, request := range requests {
		call := e.callOf(request)
		if request.Status >= 400 && i+1 < len(requests) && e.callOf(requests[i+1]) == call {
			continue
		}
		add(step{call: call, writes: request.Method != http.MethodGet})
	}
	for _, request := range e.mine(e.OCI.Requests()) {
		add(step{call: request.Call, source: true})
	}
	return steps
}

// callOf names a request as every configuration makes it.
func (e *everything) callOf(r acctest.Request) string {
	return r.Method + " " + strings.ReplaceAll(r.Path, "-"+e.id, "")
}

// mine are the requests about the secrets of this configuration.
func (e *everything) mine(requests []ociemu.RequestRecord) []ociemu.RequestRecord {
	return slices.DeleteFunc(requests, func(r ociemu.RequestRecord) bool { return !e.about(r.Path) })
}

func (e *everything) about(path string) bool {
	return slices.ContainsFunc(e.ids, func(id string) bool { return strings.HasSuffix(path, id) })
}

// way is a way to interrupt an apply at a request.
type way struct {
	name   string
	signal syscall.Signal // to the command line and the provider; 0 for none
	after  bool           // when the server has answered, not before it is asked
	drop   bool           // the connection breaks
}

var ways = []way{
	{"killed before", syscall.SIGKILL, false, true},
	{"killed after", syscall.SIGKILL, true, true},
	{"interrupted", syscall.SIGINT, true, false},
	{"dropped before", 0, false, true},
	{"dropped after", 0, true, true},
}

// applies reports whether a way says anything new about a step. What is read
// leaves no trace on the server: a kill at a read is like one after the write
// before it, and the client cannot tell when the connection broke. A connection to
// OCI that breaks is the business of that adapter's tests.
func (w way) applies(to step) bool {
	switch {
	case to.source:
		return w.signal == syscall.SIGINT
	case w.signal == 0 && !w.after:
		return true
	}
	return to.writes
}

// strike interrupts an apply at a step and returns what the command printed.
func (e *everything) strike(how way, at step) string {
	e.Helper()
	command := e.Work.Command(e.Context(), "apply", "-auto-approve", "-input=false", "-parallelism=1")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	ready := make(chan struct{})
	var mu sync.Mutex
	seen, struck := 0, false
	hit := func(call string) bool {
		mu.Lock()
		defer mu.Unlock()
		if call != at.call {
			return false
		}
		if seen++; seen != at.number {
			return false
		}
		struck = true
		<-ready
		e.signal(command, how.signal)
		return how.drop
	}
	if at.source {
		defer e.OCI.OnRequest(func(r *ociemu.RequestRecord) {
			if e.about(r.Path) {
				hit(r.Call)
			}
		})()
	} else {
		hook := e.Proxy.Before
		if how.after {
			hook = e.Proxy.After
		}
		hook(func(r acctest.Request) bool { return hit(e.callOf(r)) })
		defer hook(nil)
	}
	if err := command.Start(); err != nil {
		e.Fatal(err)
	}
	close(ready)
	_ = command.Wait()
	if !struck {
		e.Fatalf("the request never came:\n%s", output.String())
	}
	return output.String()
}

// signal sends a signal, and gives one that asks for an orderly end the time to
// arrive while the request is under way.
func (e *everything) signal(command *exec.Cmd, signal syscall.Signal) {
	if signal == 0 {
		return
	}
	_ = syscall.Kill(-command.Process.Pid, signal)
	if signal == syscall.SIGINT {
		time.Sleep(50 * time.Millisecond)
	}
}

// maySecretIDBeLost reports whether the server may have a secret ID that the state
// does not: its answer was lost, or the command line was killed before it saved
// the state, which OpenTofu does at the end only. Nobody can know of it then; it
// lasts as long as its TTL.
func (w way) maySecretIDBeLost(at step) bool {
	return w.signal == syscall.SIGKILL || w.after && w.drop && at.call == "POST auth/apps/role/app/secret-id"
}

// lostSecretIDs counts the secret IDs of the role that the state does not know.
func (e *everything) lostSecretIDs() (lost, all int) {
	e.Helper()
	status, answer, err := e.Bao.Call(e.Context(), http.MethodGet, "", "auth/apps-"+e.id+"/role/app/secret-id?list=true", nil)
	if err != nil || status >= http.StatusInternalServerError {
		return 0, 0 // there is no such role yet
	}
	data, _ := answer["data"].(map[string]any)
	keys, _ := data["keys"].([]any)
	state := e.Work.Read("terraform.tfstate")
	for _, accessor := range keys {
		if !strings.Contains(state, fmt.Sprint(accessor)) {
			lost++
		}
	}
	return lost, len(keys)
}

// lostTokens is how many tokens are left to expire: a provider that is killed
// cannot log out, and the answer to a login is the only one that has the token.
func (w way) lostTokens(at step) int {
	switch {
	case w.signal == syscall.SIGKILL && !(w.after && at.call == "POST auth/token/revoke-self"), at.call == "POST auth/pipelines/login" && w.after && w.drop:
		return 1
	}
	return 0
}

// converged expects that a run after the interruption ends in the right place.
func (e *everything) converged(how way, at step, output string) {
	e.Helper()
	lost, _ := e.lostSecretIDs()
	if lost > 0 && !how.maySecretIDBeLost(at) {
		e.Errorf("%d secret IDs are left that the state does not know\n%s", lost, output)
	}
	run := e.CLI("apply", "-auto-approve", "-input=false", "-parallelism=1")
	if run.ExitCode != 0 {
		e.Fatalf("the run after failed:\n%s\nThe interrupted one:\n%s", run.Output, output)
	}
	for i, content := range passwords {
		two, one := e.KV2("two-"+e.id, fmt.Sprintf("secret-%d", i)), e.KV1("one-"+e.id, fmt.Sprintf("secret-%d", i))
		if two != content || one != content {
			e.Errorf("stored %s and %s, want %s", two, one, content)
		}
		metadata := e.Data(fmt.Sprintf("two-%s/metadata/secret-%d", e.id, i))
		marks, _ := metadata["custom_metadata"].(map[string]any)
		if fmt.Sprint(metadata["current_version"]) != "1" || marks["ocibao_source_secret_id"] != e.ids[i] {
			e.Errorf("secret %d is at version %v with the mark %v", i, metadata["current_version"], marks)
		}
	}
	if got := fmt.Sprint(e.Data("two-" + e.id + "/config")["max_versions"]); got != "5" {
		e.Errorf("max_versions is %s", got)
	}
	e.Plan(0)
	if after, all := e.lostSecretIDs(); after != lost || all != lost+1 {
		e.Errorf("the role has %d secret IDs, of which the state does not know %d\n%s", all, after, output)
	}
	if left := e.openTokens(); left > how.lostTokens(at) {
		e.Errorf("%d tokens were not revoked: %s", left, output)
	}
}

// openTokens counts the logins that were not followed by a logout.
func (e *everything) openTokens() int {
	open := 0
	for _, request := range e.Proxy.Requests() {
		switch {
		case request.Path == "auth/pipelines/login" && request.Status == http.StatusOK:
			open++
		case request.Path == "auth/token/revoke-self" && request.Status == http.StatusNoContent:
			open--
		}
	}
	return open
}

// An apply that is interrupted at any of its requests, in any way, is completed
// by the next one: nothing is missing, nothing was written twice, nothing is left
// behind that could have been known.
func TestPromiseConverges_InterruptedAtEveryRequest(t *testing.T) {
	t.Parallel()
	shared := acctest.New(t)
	shared.Operator(http.MethodPost, "sys/policies/acl/pipeline", map[string]any{
		"policy": `path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"] }`})
	shared.Operator(http.MethodPost, "sys/auth/pipelines", map[string]any{"type": "approle"})
	steps := newEverything(t, shared, "whole").calls(t)
	if len(steps) < 40 {
		t.Fatalf("an apply makes %d requests only: %v", len(steps), steps)
	}
	t.Run("at", func(t *testing.T) {
		for i, at := range steps {
			for j, how := range ways {
				if !how.applies(at) {
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", how.name, at.number, at.call), func(t *testing.T) {
					t.Parallel()
					e := newEverything(t, shared, fmt.Sprintf("%d-%d", i, j))
					e.converged(how, at, e.strike(how, at))
				})
			}
		}
	})
}
