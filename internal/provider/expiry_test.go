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
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// expires sets an expiry rule.
func expires(h *acctest.Harness, id string, at time.Time) {
	h.Helper()
	if err := h.OCI.SetRules(id, ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: at}); err != nil {
		h.Fatal(err)
	}
}

// custom is the custom metadata at a path.
func custom(h *acctest.Harness, path string) map[string]any {
	h.Helper()
	found, _ := h.Data(path)["custom_metadata"].(map[string]any)
	return found
}

// deletion is the deletion time of the current version at a path.
func deletion(h *acctest.Harness, path string) time.Time {
	h.Helper()
	metadata, _ := h.Data(path)["metadata"].(map[string]any)
	at, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(metadata["deletion_time"]))
	return at
}

// Expiry and rotation of one secret: what the plan says of each change, and that
// only a deletion time that changes writes the value.
func TestExpiry_MigratedSecret(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	id := h.Secret("a", `{"a":"1"}`)
	soon := time.Now().Add(100 * time.Hour).UTC().Truncate(time.Second)
	expires(h, id, soon)
	config := func(extra ...string) string { return kept("a", id, "credentials", "a", extra...) }
	all := []string{"copy_expiry = true", "copy_rotation = true", `warn_expiry_within = "720h"`}

	h.Configure(config(all...))
	h.Contains(h.Plan(2), "Secrets that expire soon", "credentials/a ("+id+"): expires at "+soon.Format(time.RFC3339)+", in 4 days")
	settlesWarned(h)
	if got := custom(h, "credentials/metadata/a")["ocibao_source_time_of_expiry"]; got != soon.Format(time.RFC3339) {
		t.Errorf("carried %v", got)
	}

	// A rotation that is planned in OCI, and a rule that changes: metadata alone.
	if err := h.OCI.SetRotation(id, &ociemu.RotationConfig{Interval: "P30D", Scheduled: true, NextTime: soon}); err != nil {
		t.Fatal(err)
	}
	later := soon.Add(1000 * time.Hour)
	expires(h, id, later)
	run := h.Plan(2)
	h.Contains(run, `drift = "metadata_modified" -> "none"`, "0 to add, 1 to change, 0 to destroy")
	h.Lacks(run, "kv_version", "Secrets that expire soon")
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "PATCH credentials/metadata/a")
	h.Plan(0)
	if got := custom(h, "credentials/metadata/a"); got["ocibao_source_rotation_interval"] != "P30D" || got["ocibao_source_time_of_expiry"] != later.Format(time.RFC3339) {
		t.Errorf("carried %v", got)
	}

	// Deletion at expiry is a new version, as is an expiry that changes then.
	h.Configure(config(append(all, "delete_version_at_expiry = true")...))
	h.Contains(h.Plan(2), "delete_version_at_expiry = false -> true", "kv_version = 1 -> (known after apply)")
	h.Apply()
	h.Plan(0)
	if off := later.Sub(deletion(h, "credentials/data/a")); off < -time.Minute || off > time.Minute {
		t.Errorf("the copy is deleted %s too early", off)
	}
	expires(h, id, soon)
	h.Contains(h.Plan(2), `drift = "metadata_modified" -> "none"`, "kv_version = 2 -> (known after apply)", "Secrets that expire soon")
	settlesWarned(h)
	if off := soon.Sub(deletion(h, "credentials/data/a")); off < -time.Minute || off > time.Minute {
		t.Errorf("the copy is deleted %s too early", off)
	}
	h.Contains(h.Plan(2, "-destroy"), "Secret stays in OpenBao", "is deleted in OpenBao at its time nevertheless")

	// Imported, all that shows in OpenBao is taken for wanted.
	forgetState(h)
	if run := h.CLI("import", "-input=false", "ocibao_migrated_secret.a", "credentials/a"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Configure(config("copy_expiry = true", "copy_rotation = true", "delete_version_at_expiry = true"))
	h.Plan(0)
	h.Configure(config())
	h.Contains(h.Plan(2), "delete_version_at_expiry = true -> false", "kv_version")
	h.Apply()
	h.Plan(0)
	if got := deletion(h, "credentials/data/a"); !got.IsZero() || custom(h, "credentials/metadata/a")["ocibao_source_time_of_expiry"] != nil {
		t.Errorf("deleted at %s, custom metadata %v", got, custom(h, "credentials/metadata/a"))
	}
	if got := h.KV2("credentials", "a"); got != `{"a":"1"}` {
		t.Errorf("stored %s", got)
	}

	// What has expired, and an engine that deletes nothing.
	expires(h, id, time.Now().Add(-time.Hour))
	h.Configure(kept("b", id, "credentials", "b", "delete_version_at_expiry = true"))
	h.Contains(h.Plan(1), "Unable to migrate secret", "the source version has expired", "would be deleted at once", "Rotate the secret in OCI", "delete_version_at_expiry = true")
	expires(h, id, soon)
	h.Configure(kept("b", id, "old", "b", "delete_version_at_expiry = true"))
	h.ApplyFails("KV v1 deletes nothing by itself", "Nothing was written")
}

// settlesWarned is settles where a warning stands in each plan.
func settlesWarned(h *acctest.Harness) {
	h.Helper()
	h.Apply()
	h.Contains(h.Plan(0), "Secrets that expire soon")
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
}

func forgetState(h *acctest.Harness) {
	h.Helper()
	if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
		h.Fatal(err)
	}
}

// A copy really goes with its source version: no drift, but a warning, until a
// rotation brings the next one.
func TestExpiry_Passes(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	var id, one, many string
	inTime(h, func(within time.Duration) bool {
		one, many = "one-"+inSeconds(within), "many-"+inSeconds(within)
		id = h.Secret(one, `{"a":"1"}`)
		end := time.Now().Add(within)
		expires(h, id, end)
		_ = os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")) // of the time before
		h.Configure(kept("a", id, "credentials", one, "delete_version_at_expiry = true") +
			fmt.Sprintf("\nresource \"ocibao_migration\" \"all\" {\n  mount = \"credentials\"\n  secrets = { %s = \"%s@1\" }\n  delete_version_at_expiry = true\n}\n", many, id))
		run := h.CLI("apply", "-auto-approve", "-input=false")
		there := h.KV2("credentials", one) != "" && h.KV2("credentials", many) != ""
		if time.Until(end) < 2*time.Second { // what is about to expire is not copied
			return false
		}
		if run.ExitCode != 0 || !there {
			t.Fatalf("the copies never were there:\n%s", run.Output)
		}
		return true
	})
	h.Eventually(func() bool { return h.KV2("credentials", one) == "" && h.KV2("credentials", many) == "" })
	run := h.Plan(0)
	h.Contains(run, "Source version of a migrated secret has expired", "credentials/"+one+": version 1 of "+id+" expired at", "(and one more similar warning elsewhere)",
		"its copy was deleted with it", "Rotate the secret in OCI")
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Rotate(id, `{"a":"2"}`)
	expires(h, id, time.Now().Add(time.Hour))
	h.Contains(h.Plan(2), "version_number = 1 -> 2")
	h.Apply()
	if got := h.KV2("credentials", one); got != `{"a":"2"}` {
		t.Errorf("stored %s", got)
	}
}

// The example, from the first apply on: rotation, revocation, expiry.
func TestExpiry_LifecycleExample(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "lifecycle", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	h := acctest.New(t)
	ids := map[string]string{}
	for _, name := range []string{"calm", "rotating", "expiring", "overdue"} {
		ids[name] = h.Secret(name, `{"name":"`+name+`"}`)
	}
	soon, far := time.Now().Add(100*time.Hour), time.Now().Add(2000*time.Hour)
	expires(h, ids["calm"], far)
	expires(h, ids["expiring"], soon)
	if err := h.OCI.SetRotation(ids["overdue"], &ociemu.RotationConfig{Interval: "P30D", Scheduled: true, NextTime: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "variable ")
	h.Configure("\nvariable " + rest)
	hosts := func(json string) { h.Work.Env = append(h.Work.Env, "TF_VAR_hosts="+json) }
	h.Work.Env = append(h.Work.Env, "TF_VAR_compartment_id="+h.OCI.CompartmentID)
	hosts(`["app-1","app-2"]`)
	run := h.Apply()
	h.Contains(run, "Secrets that expire soon", "expiring ("+ids["expiring"]+"): expires at "+soon.UTC().Format(time.RFC3339),
		"Rotate these in OCI: expiring (", "OCI should have rotated these already: overdue (")
	h.Lacks(run, "calm ("+ids["calm"])
	h.Plan(0)
	if got := deletion(h, "credentials/data/calm"); got.Sub(far).Abs() > time.Minute {
		t.Errorf("calm is deleted at %s, expires at %s", got, far)
	}
	if got := deletion(h, "credentials/data/rotating"); !got.IsZero() {
		t.Errorf("rotating is deleted at %s", got)
	}
	accessors := func() []any {
		keys, _ := h.Operator("LIST", "auth/approle/role/app/secret-id", nil)["data"].(map[string]any)["keys"].([]any)
		return keys
	}
	first := accessors()
	if len(first) != 2 {
		t.Fatalf("the secret IDs are %v", first)
	}

	// Rotated in OCI, one secret ID too old and another one to revoke: all in one plan.
	rotateAfter := func(age string) { h.Work.Env = append(h.Work.Env, "TF_VAR_rotate_after="+age) }
	rotateAfter("2s")
	h.Apply()
	time.Sleep(2 * time.Second) // that is its age now, at least
	h.Rotate(ids["rotating"], `{"name":"rotated"}`)
	h.Rotate(ids["expiring"], `{"name":"renewed"}`)
	expires(h, ids["expiring"], far)
	hosts(`["app-1"]`)
	run = h.Plan(2, "-out=reviewed")
	h.Contains(run, `~ "rotating" = "`+ids["rotating"]+`@1" -> "`+ids["rotating"]+`@2"`,
		`~ "expiring" = "`+ids["expiring"]+`@1" -> "`+ids["expiring"]+`@2"`,
		`ocibao_approle_secret_id.host["app-1"] will be updated in-place`, `rotation = "due" -> "current"`,
		`ocibao_approle_secret_id.host["app-2"] will be destroyed`, "0 to add, 2 to change, 1 to destroy")
	h.Lacks(run, `"calm"`, "Secrets that expire soon", "renewed")
	if run := h.CLI("apply", "-input=false", "reviewed"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	if got := accessors(); len(got) != 2 {
		t.Errorf("in the overlap the secret IDs are %v", got)
	}
	time.Sleep(time.Second) // the overlap
	rotateAfter("720h")
	h.Apply()
	h.Apply() // the one before may have rotated once more, where it was due again
	h.Plan(0)
	for _, accessor := range accessors() {
		if slices.Contains(first, accessor) {
			t.Errorf("the secret ID %v was not revoked", accessor)
		}
	}
	if got := h.KV2("credentials", "rotating") + h.KV2("credentials", "expiring"); got != `{"name":"rotated"}{"name":"renewed"}` {
		t.Errorf("stored %s", got)
	}

	// A new rule in OCI for what had none.
	expires(h, ids["rotating"], far)
	h.Contains(h.Plan(2), `- "rotating" = "metadata_modified" -> null`, "0 to add, 1 to change")
	h.Apply()
	h.Plan(0)
	if got := deletion(h, "credentials/data/rotating"); got.Sub(far).Abs() > time.Minute {
		t.Errorf("rotating is deleted at %s, expires at %s", got, far)
	}
}

// In bulk: one warning names all that expire, and what has expired fails alone.
func TestExpiry_Migration(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	id := func(name string) string { id, _, _ := strings.Cut(pins[name], "@"); return id }
	for i := range 9 {
		expires(h, id(fmt.Sprintf("app-%d", i)), time.Now().Add(time.Duration(i+1)*100*time.Hour))
	}
	expires(h, id("app-4"), time.Now().Add(-time.Hour))
	arguments := []string{"delete_version_at_expiry = true", "copy_expiry = true", `warn_expiry_within = "250h"`}
	h.Configure(bulk(pins, arguments...))
	run := h.Plan(2)
	h.Contains(run, "Secrets that apply will refuse", `"app-4" (`+pins["app-4"]+`): the source version has expired`,
		"Secrets that expire soon", "credentials/app-0 ("+pins["app-0"]+"): expires at", "credentials/app-1 ("+pins["app-1"]+"): expires at")
	h.Lacks(run, "credentials/app-2 (", "credentials/app-9 (")
	if got := strings.Count(run.Output, "Secrets that expire soon"); got != 1 {
		t.Errorf("%d warnings", got)
	}
	h.ApplyFails("Unable to migrate 1 of 10 secrets", `"app-4"`, "Rotate the secret in OCI")
	h.Rotate(id("app-4"), `{"password":"renewed"}`)
	expires(h, id("app-4"), time.Now().Add(2000*time.Hour))
	pins["app-4"] = id("app-4") + "@2"
	h.Configure(bulk(pins, arguments...))
	h.Apply()
	h.Proxy.Reset()
	h.OCI.Reset()
	h.Plan(0)
	if got := h.OCI.Count(""); got != 10 {
		t.Errorf("%d requests at the source for 10 secrets", got)
	}
	h.Apply()
	wrote(h)
	expires(h, id("app-9"), time.Now().Add(50*time.Hour))
	h.Contains(h.Plan(2), `- "app-9" = "metadata_modified" -> null`, "credentials/app-9 (", `~ "app-9" = 1 -> (known after apply)`)
	h.Apply()
	h.Plan(0)

	// After a lost state everything is recognised by what stands in OpenBao.
	forgetState(h)
	if run := h.CLI("import", "-input=false", "ocibao_migration.all", "credentials"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Configure(bulk(pins, arguments[:2]...))
	h.Plan(0)
	h.Configure(bulk(pins, append(arguments, `version_history = "all"`)...))
	h.Contains(h.Plan(1), "No deletion at expiry with a history")

	// A token without the right to the metadata path is told which.
	h.Operator(http.MethodPost, "sys/policies/acl/no-create", map[string]any{"policy": `
path "credentials/data/*" { capabilities = ["create", "update", "read"] }
path "credentials/metadata/*" { capabilities = ["read", "patch"] }`})
	h.Rotate(id("app-0"), `{"password":"second"}`)
	expires(h, id("app-0"), time.Now().Add(2000*time.Hour))
	pins["app-0"] = id("app-0") + "@2"
	h.Configure(bulk(pins, arguments...))
	only(h, "no-create")
	h.ApplyFails(`"app-0"`, "KV v2 metadata write", "permission denied", "credentials/metadata/app-0")
}
