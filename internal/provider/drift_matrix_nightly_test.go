package provider_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// The blocks of the guide make a nightly job notice what apply cannot put right.
func TestDriftMatrix_NightlyJob(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	a, b := h.Secret("a", `{"a":"1"}`), h.Secret("b", `{"b":"1"}`)
	h.Configure(`
resource "ocibao_migrated_secret" "all" {
  for_each  = { a = "` + a + `", b = "` + b + `" }
  secret_id = each.value
  mount     = "credentials"
  name      = each.key
}
` + fenced(t, readGuide(t, "drift"), "### Failing on warnings", "hcl")[0])
	h.Apply()
	expectCheck(h, 0, "pass")

	// What apply puts right is in neither block.
	h.Rotate(a, `{"a":"2"}`)
	expectCheck(h, 2, "pass")
	h.Apply()
	if err := h.OCI.Delete(b); err != nil {
		t.Fatal(err)
	}
	run := expectCheck(h, 2, "fail")
	h.Contains(run, "Apply cannot put right: b (source_missing).", `+ b = "source_missing"`, "Source of a migrated secret is going away")
	h.Lacks(run, "will be updated in-place")
	// An apply takes note of it; the check fails on.
	h.Apply()
	h.Contains(expectCheck(h, 0, "fail"), "Apply cannot put right: b (source_missing).")

	h.Bao.Stop()
	h.Contains(h.Plan(1), "Unable to refresh secret credentials/")
}

// expectCheck makes the nightly plan and expects an exit code and the status of
// the check in the saved plan, which the guide's last command asks for.
func expectCheck(h *acctest.Harness, exitCode int, status string) acctest.Run {
	h.Helper()
	run := h.Plan(exitCode, "-out=nightly.tfplan")
	var plan struct{ Checks []struct{ Status string } }
	if err := json.Unmarshal([]byte(h.CLI("show", "-json", "nightly.tfplan").Output), &plan); err != nil {
		h.Fatal(err)
	}
	for _, check := range plan.Checks {
		if check.Status != status {
			h.Errorf("a check is %q, want %q", check.Status, status)
		}
	}
	if len(plan.Checks) != 1 {
		h.Errorf("%d checks", len(plan.Checks))
	}
	return run
}

// A mount that Terraform does not manage has to come back first; then apply
// writes everything anew.
func TestDriftMatrix_ForeignMountRemoved(t *testing.T) {
	h := withMounts(t)
	id := h.Secret("a", `{"a":"1"}`)
	config := kept("v2", id, "credentials", "a") + kept("v1", id, "old", "a") + kept("gone", id, "other", "a", `on_destroy = "destroy"`)
	h.Configure(config)
	h.Apply()
	for _, mount := range []string{"credentials", "old", "other"} {
		h.Operator(http.MethodDelete, "sys/mounts/"+mount, nil)
	}
	h.Contains(h.Plan(2), "3 to change", "Mount of a migrated secret was removed or replaced", "mount the engine first, unless this plan does")
	h.ApplyFails("Unable to migrate secret", "Mount the engine first")
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	// To take a secret out whose mount is gone takes nothing.
	h.Configure(kept("v2", id, "credentials", "a") + kept("v1", id, "old", "a"))
	h.Contains(h.Plan(2), "0 to add, 2 to change, 1 to destroy")
	h.Apply()
	h.Plan(0)
	if got := h.KV2("credentials", "a") + h.KV1("old", "a"); got != `{"a":"1"}{"a":"1"}` {
		t.Errorf("stored %s", got)
	}
}

// A repair whose content is out of reach fails, says why and changes nothing;
// once it is in reach again, apply works.
func TestDriftMatrix_RepairOutOfReach(t *testing.T) {
	h := withMounts(t)
	reasons := []struct {
		name, says string
		cause      func(id string) error
		undo       func(id string) error
	}{
		{"blocked", "its expiry rule blocks retrieval", h.OCI.BlockRetrieval, func(id string) error { return h.OCI.SetRules(id) }},
		{"denied", "read secret-bundles in compartment", func(id string) error { h.OCI.Deny(id, ociemu.ReadBundle); return nil },
			func(id string) error { h.OCI.Allow(id, ociemu.ReadBundle); return nil }},
		{"leaving", "version 1 is scheduled for deletion", func(id string) error {
			h.Rotate(id, `{"a":"2"}`)
			return h.OCI.ScheduleVersionDeletion(id, 1, time.Now().AddDate(0, 0, 7))
		}, func(id string) error { return h.OCI.CancelVersionDeletion(id, 1) }},
	}
	ids, config := map[string]string{}, ""
	for _, reason := range reasons {
		ids[reason.name] = h.Secret(reason.name, `{"a":"1"}`)
		config += kept(reason.name, ids[reason.name], "credentials", reason.name, "version_number = 1")
	}
	h.Configure(config)
	h.Apply()
	var says []string
	for _, reason := range reasons {
		h.Operator(http.MethodPost, "credentials/data/"+reason.name, `{"data":{"by":"hand"}}`)
		if err := reason.cause(ids[reason.name]); err != nil {
			t.Fatal(err)
		}
		says = append(says, ids[reason.name]+" to credentials/"+reason.name, reason.says)
	}
	h.Contains(h.Plan(2), `drift = "destination_modified" -> "none"`, "3 to change")
	h.Proxy.Reset()
	h.ApplyFails(says...)
	wrote(h)
	for _, reason := range reasons {
		if err := reason.undo(ids[reason.name]); err != nil {
			t.Fatal(err)
		}
	}
	h.Apply()
	h.Plan(0)
	for _, reason := range reasons {
		if got := h.KV2("credentials", reason.name); got != `{"a":"1"}` {
			t.Errorf("%s: stored %s", reason.name, got)
		}
	}
}
