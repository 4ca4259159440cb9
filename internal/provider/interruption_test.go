package provider_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// fifty is a configuration of 50 migrated secrets, with their contents by name.
func fifty(h *acctest.Harness) map[string]string {
	h.Helper()
	contents := map[string]string{}
	var ids strings.Builder
	for i := range 50 {
		name := fmt.Sprintf("app-%02d", i)
		contents[name] = fmt.Sprintf(`{"password":"value-%02d"}`, i)
		fmt.Fprintf(&ids, "    %q = %q\n", name, h.Secret(name, contents[name]))
	}
	h.Configure(fmt.Sprintf(`
locals {
  secrets = {
%s  }
}

resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migrated_secret" "all" {
  for_each  = local.secrets
  secret_id = each.value
  mount     = ocibao_kv_mount.credentials.path
  name      = each.key
}
`, ids.String()))
	return contents
}

// killAt kills an apply at the nth write to a KV value.
func killAt(h *acctest.Harness, nth int64, hook func(func(acctest.Request) bool)) {
	h.Helper()
	var writes atomic.Int64
	killWhen(h, hook, func(request acctest.Request) bool {
		return request.Method != http.MethodGet && strings.Contains(request.Path, "/data/") && writes.Add(1) == nth
	})
}

// killWhen starts an apply and kills the CLI and the provider, without a chance to
// save anything, at a request.
func killWhen(h *acctest.Harness, hook func(func(acctest.Request) bool), at func(acctest.Request) bool) {
	h.Helper()
	command := h.Work.Command(h.Context(), "apply", "-auto-approve", "-input=false")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var started *exec.Cmd
	ready := make(chan struct{})
	hook(func(request acctest.Request) bool {
		if !at(request) {
			return false
		}
		<-ready
		_ = syscall.Kill(-started.Process.Pid, syscall.SIGKILL)
		return true
	})
	defer hook(nil)
	if err := command.Start(); err != nil {
		h.Fatal(err)
	}
	started = command
	close(ready)
	if err := command.Wait(); err == nil {
		h.Fatal("the apply was not killed")
	}
}

// An apply of 50 secrets that is killed in the middle, before a request reaches
// the server or after the server did what it asked, and then repeated, ends with
// 50 right secrets, each written once.
func TestPromiseConverges_KilledInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"before the write": false, "after the write": true} {
		t.Run(name, func(t *testing.T) {
			h := acctest.New(t)
			contents := fifty(h)
			hook := h.Proxy.Before
			if after {
				hook = h.Proxy.After
			}
			killAt(h, 23, hook)
			h.Apply()
			for name, content := range contents {
				if got := h.KV2("credentials", name); got != content {
					t.Errorf("%s: stored %s, want %s", name, got, content)
				}
				if got := fmt.Sprint(h.Data("credentials/metadata/" + name)["current_version"]); got != "1" {
					t.Errorf("%s was written %s times", name, got)
				}
			}
			h.Proxy.Reset()
			h.Plan(0)
			if writes := h.Proxy.Writes(); len(writes) > 0 {
				t.Errorf("a plan wrote: %v", writes)
			}
		})
	}
}

// A rotation of 50 secrets that is killed in the middle is completed by the next
// apply, with one new version of each.
func TestPromiseConverges_KilledRotation(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	fifty(h)
	h.Apply()
	for _, id := range ids(h) {
		h.Rotate(id, `{"password":"second"}`)
	}
	killAt(h, 31, h.Proxy.After)
	h.Apply()
	h.Plan(0)
	for i := range 50 {
		name := fmt.Sprintf("app-%02d", i)
		if got := h.KV2("credentials", name); got != `{"password":"second"}` {
			t.Errorf("%s: stored %s", name, got)
		}
		if got := fmt.Sprint(h.Data("credentials/metadata/" + name)["current_version"]); got != "2" {
			t.Errorf("%s is at version %s", name, got)
		}
	}
}

// ids are the OCIDs of the secrets in OCI, each once.
func ids(h *acctest.Harness) []string {
	seen := map[string]bool{}
	var found []string
	for _, request := range h.OCI.Requests() {
		id := request.Path[strings.LastIndex(request.Path, "/")+1:]
		if strings.HasPrefix(id, "ocid1.vaultsecret.") && !seen[id] {
			seen[id] = true
			found = append(found, id)
		}
	}
	return found
}

// Throttling is waited out, and every secret arrives.
func TestThrottledSource(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	contents := fifty(h)
	h.OCI.SetRateLimit(20, "secrets.GetSecretBundle")
	h.Apply()
	for name, content := range contents {
		if got := h.KV2("credentials", name); got != content {
			t.Errorf("%s: stored %s", name, got)
		}
	}
}
