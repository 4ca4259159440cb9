package provider_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// kept is a migrated secret with a name of its own as resource and entry.
func kept(resource, id, mount, name string, extra ...string) string {
	return fmt.Sprintf("\nresource \"ocibao_migrated_secret\" %q {\n  secret_id = %q\n  mount     = %q\n  name      = %q\n  %s\n}\n",
		resource, id, mount, name, strings.Join(extra, "\n  "))
}

// withMounts is a harness with both engines.
func withMounts(t *testing.T) *acctest.Harness {
	t.Helper()
	h := started(t)
	h.MountKV("credentials", "2")
	h.MountKV("other", "2")
	h.MountKV("old", "1")
	return h
}

// Leaving in each way that on_destroy names, on both engines: what the plan
// says, and what is left of the value and of its history.
func TestLeaving_OnDestroy(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	h.Configure(kept("retain", id, "credentials", "retain") +
		kept("soft", id, "credentials", "soft", `on_destroy = "soft_delete"`) +
		kept("gone", id, "credentials", "gone", `on_destroy = "destroy"`) +
		kept("changed", id, "credentials", "changed", `on_destroy = "destroy"`) +
		kept("retain1", id, "old", "retain") +
		kept("gone1", id, "old", "gone", `on_destroy = "destroy"`))
	h.Apply()
	h.Rotate(id, `{"a":"2"}`)
	h.Apply()
	h.Operator(http.MethodPost, "credentials/data/changed", `{"data":{"by":"hand"}}`)
	run := h.Plan(2, "-destroy")
	h.Contains(run, "6 to destroy", "Warning: Secret stays in OpenBao", "is no longer managed after this apply",
		`apply on_destroy = "soft_delete" or "destroy" first`)
	h.Proxy.Reset()
	run = h.CLI("destroy", "-auto-approve", "-input=false")
	h.Contains(run, "Unable to delete secret credentials/changed", "holds a value that somebody else wrote", "Nothing was overwritten")
	if run.ExitCode != 1 {
		t.Errorf("exit code %d", run.ExitCode)
	}
	var writes []string
	for _, write := range h.Proxy.Writes() {
		writes = append(writes, write.Method+" "+write.Path)
	}
	slices.Sort(writes)
	want := []string{"DELETE credentials/data/soft", "DELETE credentials/metadata/gone", "DELETE old/gone"}
	if !slices.Equal(writes, want) {
		t.Errorf("destroy sent %v, want %v", writes, want)
	}
	for path, want := range map[string]string{"retain": `{"a":"2"}`, "soft": "", "gone": "", "changed": `{"by":"hand"}`} {
		if got := h.KV2("credentials", path); got != want {
			t.Errorf("%s: left %s, want %s", path, got, want)
		}
	}
	if got := h.KV1("old", "retain") + h.KV1("old", "gone"); got != `{"a":"2"}` {
		t.Errorf("left on KV v1: %s", got)
	}
	h.Operator(http.MethodPut, "credentials/undelete/soft", map[string]any{"versions": []int{2}})
	if got := h.KV2("credentials", "soft"); got != `{"a":"2"}` {
		t.Errorf("a soft-deleted secret cannot be brought back: %s", got)
	}
	if got := serverHas(h, "credentials/metadata/gone", "current_version"); got != "" {
		t.Errorf("a destroyed secret still has version %s", got)
	}
}

// A removed block forgets without a single write, whatever on_destroy says; a
// moved block renames without one.
func TestLeaving_RemovedAndMoved(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	h.Configure(kept("a", id, "credentials", "a", `on_destroy = "destroy"`) + kept("b", id, "old", "b", `on_destroy = "destroy"`))
	h.Apply()
	h.Proxy.Reset()
	h.Configure(kept("renamed", id, "credentials", "a", `on_destroy = "destroy"`) + kept("b", id, "old", "b", `on_destroy = "destroy"`) + `
moved {
  from = ocibao_migrated_secret.a
  to   = ocibao_migrated_secret.renamed
}
`)
	h.Contains(h.Plan(2), "ocibao_migrated_secret.a has moved to ocibao_migrated_secret.renamed", "0 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
	h.Configure(`
removed {
  from = ocibao_migrated_secret.renamed
  lifecycle {
    destroy = false
  }
}

removed {
  from = ocibao_migrated_secret.b
  lifecycle {
    destroy = false
  }
}
`)
	h.Contains(h.CLI("plan"), "ocibao_migrated_secret.renamed", "ocibao_migrated_secret.b", "0 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
	if got := h.KV2("credentials", "a") + h.KV1("old", "b"); got != `{"a":"1"}{"a":"1"}` {
		t.Errorf("left %s", got)
	}
}

// A secret that changes its name or its mount is written and read back at the
// new place before anything happens at the old one.
func TestLeaving_ChangingThePlace(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	for _, step := range []struct {
		name, mount, place, onDestroy string
		wrote                         []string
	}{
		{"name", "credentials", "b", "destroy", []string{"POST credentials/data/b", "GET credentials/data/b", "PATCH credentials/metadata/b", "DELETE credentials/metadata/a"}},
		{"mount", "other", "b", "soft_delete", []string{"POST other/data/b", "GET other/data/b", "PATCH other/metadata/b", "DELETE credentials/data/b"}},
		{"engine", "old", "c", "destroy", []string{"POST old/c", "GET old/c", "DELETE other/metadata/b"}},
		{"back", "credentials", "d", "retain", []string{"POST credentials/data/d", "GET credentials/data/d", "PATCH credentials/metadata/d"}},
	} {
		if step.name == "name" {
			h.Configure(kept("a", id, "credentials", "a"))
			h.Apply()
		}
		h.Configure(kept("a", id, step.mount, step.place, fmt.Sprintf("on_destroy = %q", step.onDestroy)))
		h.Contains(h.Plan(2), "will be updated in-place", "0 to add, 1 to change, 0 to destroy")
		h.Proxy.Reset()
		h.Apply()
		if got := orderOf(h, step.wrote); !slices.Equal(got, step.wrote) {
			t.Errorf("%s: the order was %v, want %v", step.name, got, step.wrote)
		}
		h.Plan(0)
	}
	if got := h.KV2("credentials", "d") + h.KV1("old", "c"); got != `{"a":"1"}{"a":"1"}` {
		t.Errorf("stored %s", got)
	}
	// A new place that is taken leaves the old one as it was.
	h.Operator(http.MethodPost, "other/data/taken", `{"data":{"foreign":"value"}}`)
	h.Configure(kept("a", id, "other", "taken", `on_destroy = "destroy"`))
	h.Proxy.Reset()
	h.ApplyFails("the path holds other content", "Nothing was overwritten")
	wrote(h)
	h.Configure(kept("a", id, "credentials", "d"))
	h.Plan(0)
}

// orderOf are the granted writes, and the reads among the requests that are
// looked for, in the order in which they came.
func orderOf(h *acctest.Harness, looked []string) []string {
	var order []string
	for _, request := range h.Proxy.Requests() {
		line := request.Method + " " + request.Path
		if request.Status < 300 && (request.Writes() || slices.Contains(looked, line)) && !slices.Contains(order, line) {
			order = append(order, line)
		}
	}
	return order
}

// Freezing after the cut-over: the version that stands in OpenBao is pinned, and
// whatever happens at the source, nothing is written any more.
func TestLeaving_Freezing(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	config := func(extra ...string) string {
		return kept("a", id, "credentials", "a", extra...) + kept("b", id, "old", "b", extra...) +
			kept("c", id, "credentials", "c", append(extra, `drift_detection = "content"`)...)
	}
	h.Configure(config())
	h.Apply()
	h.Rotate(id, `{"a":"2"}`)
	h.Contains(h.Plan(2), `drift = "source_newer" -> "none"`, "version_number = 1 -> 2", "3 to change")
	h.Configure(config("version_number = 1"))
	h.Proxy.Reset()
	run := h.Plan(2)
	h.Contains(run, `- stage = "CURRENT" -> null`, "3 to change")
	h.Lacks(run, "version_number = 1 ->", "kv_version", "known after apply")
	h.Apply()
	h.Plan(0)
	h.Rotate(id, `{"a":"3"}`)
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("freezing wrote %v", writes)
	}
	// What is frozen is still watched and repaired, with the frozen version.
	h.Operator(http.MethodPost, "credentials/data/a", `{"data":{"by":"hand"}}`)
	h.Contains(h.Plan(2), `drift = "destination_modified" -> "none"`, "1 to change")
	h.Apply()
	if got := h.KV2("credentials", "a") + h.KV1("old", "b"); got != `{"a":"1"}{"a":"1"}` {
		t.Errorf("stored %s", got)
	}
	// Thawed again it follows the stage, which moved on meanwhile.
	h.Configure(config())
	h.Contains(h.Plan(2), "version_number = 1 -> 3", "3 to change")
}

// With ignore_changes the engine asks for what the state has, also where nobody could
// write that: a stage next to the number that it had.
func TestLeaving_IgnoringChanges(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	config := func(lifecycle string) string {
		return kept("a", id, "credentials", "a", lifecycle) + kept("b", id, "old", "b", lifecycle)
	}
	for _, ignored := range []string{"all", "[stage, version_number]"} {
		h.Configure(config(""))
		h.Apply()
		h.Rotate(id, `{"a":"2"}`)
		h.Configure(config("lifecycle {\n    ignore_changes = " + ignored + "\n  }"))
		h.Plan(0)
		h.Operator(http.MethodPost, "credentials/data/a", `{"data":{"by":"hand"}}`)
		h.Operator(http.MethodPost, "old/b", `{"by":"hand"}`)
		run := h.Plan(2)
		h.Contains(run, `drift = "destination_modified" -> "none"`, "2 to change")
		h.Lacks(run, "version_number")
		h.Apply()
		h.Plan(0)
		if got := h.KV2("credentials", "a"); got != h.KV1("old", "b") || strings.Contains(got, "hand") {
			t.Errorf("stored %s and %s", got, h.KV1("old", "b"))
		}
		h.Configure(config(""))
		h.Contains(h.Plan(2), `drift = "source_newer" -> "none"`, "2 to change")
	}
}
