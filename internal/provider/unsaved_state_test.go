package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// stateStore is a store of state behind HTTP that can be made to refuse writes.
type stateStore struct {
	mu      sync.Mutex
	refuses bool
	state   []byte
}

func (s *stateStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && s.state == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		_, _ = w.Write(s.state)
	case s.refuses:
		w.WriteHeader(http.StatusInsufficientStorage)
	default:
		s.state, _ = io.ReadAll(r.Body)
	}
}

func (s *stateStore) refuse(refuses bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = refuses
}

// unsaved applies with a store that refuses the state, and then lets it take one.
func unsaved(t *testing.T) *acctest.Harness {
	t.Helper()
	h := acctest.New(t)
	store := &stateStore{refuses: true}
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	h.Write("backend.tf", fmt.Sprintf("terraform {\n  backend \"http\" {\n    address   = %q\n    retry_max = 0\n  }\n}\n", server.URL))
	if run := h.CLI("init", "-input=false"); run.ExitCode != 0 {
		t.Fatalf("init failed:\n%s", run.Output)
	}
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id) + policy() + block("ocibao_auth_mount", `path = "apps"`) + `
resource "ocibao_approle" "app" {
  mount = ocibao_auth_mount.this.path
  name  = "app"
}
`)
	run := h.CLI("apply", "-auto-approve", "-input=false")
	if run.ExitCode == 0 || store.state != nil || h.KV2("credentials", "provider-a") == "" {
		t.Fatalf("the state was saved, or nothing was done:\n%s", run.Output)
	}
	store.refuse(false)
	h.Proxy.Reset()
	return h
}

// onceWritten checks that the secret was written by the first apply alone.
func onceWritten(h *acctest.Harness) {
	h.Helper()
	wrote(h)
	h.Plan(0)
	if version := fmt.Sprint(h.Data("credentials/metadata/provider-a")["current_version"]); version != "1" {
		h.Errorf("the secret was written %s times", version)
	}
}

// A state that cannot be saved is not the end: the next run, which knows nothing
// of the first, adopts what stands there.
func TestPromiseConverges_StateCouldNotBeSaved(t *testing.T) {
	t.Parallel()
	h := unsaved(t)
	h.Apply()
	onceWritten(h)
}

// The state that the engine rescued to a file can be pushed, and is right.
func TestPromiseConverges_RescuedStatePushed(t *testing.T) {
	t.Parallel()
	h := unsaved(t)
	rescued := h.Work.Read("errored.tfstate")
	if !strings.Contains(rescued, "ocibao_migrated_secret") {
		t.Fatalf("the engine rescued no state: %q", rescued)
	}
	if found := acctest.Scan("errored.tfstate", []byte(rescued), acctest.GuideSecretA); len(found) > 0 {
		t.Errorf("the rescued state has the value: %v", found)
	}
	if run := h.CLI("state", "push", "errored.tfstate"); run.ExitCode != 0 {
		t.Fatalf("the rescued state cannot be pushed:\n%s", run.Output)
	}
	onceWritten(h)
}
