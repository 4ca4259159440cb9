package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// later makes values known only after apply; another round makes them unknown
// again, with the same result.
func later(round int, values map[string]string) string {
	var text strings.Builder
	for name, value := range values {
		fmt.Fprintf(&text, "\nresource \"terraform_data\" %q {\n  triggers_replace = %d\n  input            = %s\n}\n", name, round, value)
	}
	return text.String()
}

// consistent fails the test when the engine caught the provider breaking its word.
func consistent(h *acctest.Harness, run acctest.Run) acctest.Run {
	h.Helper()
	h.Lacks(run, "inconsistent result after apply", "inconsistent final plan", "invalid new value", "produced an invalid plan", "This is a bug in the provider")
	return run
}

// Every argument may be known only after apply: when the object is created, and
// again when it is there. Values that turn out to be the same write nothing.
func TestUnknowns_Arguments(t *testing.T) {
	h := started(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	config := func(round int) string {
		return later(round, map[string]string{
			"mount": `"kv"`, "old": `"old"`, "name": `"app/a"`, "id": fmt.Sprintf("%q", id), "number": "1", "team": `"platform"`,
			"text": `"path \"kv/*\" { capabilities = [\"read\"] }"`, "policy": `"app"`, "auth": `"apps"`, "role": `"app"`,
		}) + `
resource "ocibao_kv_mount" "kv" {
  path        = terraform_data.mount.output
  description = terraform_data.team.output
}

resource "ocibao_kv_mount" "old" {
  path    = terraform_data.old.output
  version = 1
}

resource "ocibao_migrated_secret" "pinned" {
  secret_id       = terraform_data.id.output
  version_number  = terraform_data.number.output
  mount           = ocibao_kv_mount.kv.path
  name            = terraform_data.name.output
  custom_metadata = { team = terraform_data.team.output }
}

resource "ocibao_migrated_secret" "followed" {
  secret_id = terraform_data.id.output
  mount     = ocibao_kv_mount.old.path
  name      = terraform_data.name.output
}

resource "ocibao_policy" "app" {
  name   = terraform_data.policy.output
  policy = terraform_data.text.output
}

resource "ocibao_auth_mount" "apps" {
  path        = "apps"
  description = terraform_data.team.output
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.apps.path
  name           = "app"
  token_policies = [ocibao_policy.app.name, terraform_data.role.output]
}

output "paths" {
  value = [ocibao_migrated_secret.pinned.api_path, ocibao_migrated_secret.followed.acl_path]
}
`
	}
	h.Configure(config(1))
	h.Contains(consistent(h, h.Plan(2)), "version_number = (known after apply)", `drift = "none"`, "0 to change, 0 to destroy")
	consistent(h, h.Apply())
	h.Plan(0)
	// What is replaced when its path or name is unknown is replaced; what is tuned
	// or moved in place is left when it turns out to be the same.
	h.Write("main.tf", strings.NewReplacer("terraform_data.mount.output", `"kv"`, "terraform_data.old.output", `"old"`,
		"terraform_data.policy.output", `"app"`).Replace(h.Work.Read("main.tf")))
	h.Plan(0)
	h.Write("main.tf", strings.ReplaceAll(h.Work.Read("main.tf"), "triggers_replace = 1", "triggers_replace = 2"))
	h.Contains(consistent(h, h.Plan(2, "-out=second.tfplan")), "version_number = 1 -> (known after apply)", `secret_id = "`+id+`" -> (known after apply)`)
	h.Proxy.Reset()
	if run := consistent(h, h.CLI("apply", "second.tfplan")); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Plan(0)
	for _, write := range h.Proxy.Writes() {
		if strings.HasPrefix(write.Path, "kv/") || strings.HasPrefix(write.Path, "old/") {
			t.Errorf("nothing changed, but %s %s was sent", write.Method, write.Path)
		}
	}
	if version := fmt.Sprint(h.Data("kv/metadata/app/a")["current_version"]); version != "1" {
		t.Errorf("the secret is at version %s", version)
	}
}

// A secret for each of an inventory: by OCID the stage is followed, by pin the
// first plan shows the number already, and a rotation is a line of the next.
func TestUnknowns_ForEachOverInventory(t *testing.T) {
	h := started(t)
	a, _ := h.Secret("cloud_a", `{"a":"1"}`), h.Secret("cloud_b", `{"b":"1"}`)
	h.Rotate(a, `{"a":"2"}`)
	h.Configure(fmt.Sprintf(`
data "ocibao_secrets" "all" {
  compartment_id = %q
  name_regex     = "^cloud_"
}

resource "ocibao_kv_mount" "pinned" {
  path = "pinned"
}

resource "ocibao_migrated_secret" "pinned" {
  for_each       = data.ocibao_secrets.all.pins
  secret_id      = split("@", each.value)[0]
  version_number = tonumber(split("@", each.value)[1])
  mount          = ocibao_kv_mount.pinned.path
  name           = each.key
}

resource "ocibao_migrated_secret" "followed" {
  for_each  = data.ocibao_secrets.all.ids
  secret_id = each.value
  mount     = ocibao_kv_mount.pinned.path
  name      = "followed/${each.key}"
}
`, h.OCI.CompartmentID))
	first := h.Plan(2, "-out=first.tfplan")
	h.Contains(first, `ocibao_migrated_secret.pinned["cloud_a"]`, "version_number = 2", "version_number = 1",
		`ocibao_migrated_secret.followed["cloud_b"]`, "version_number = (known after apply)", "5 to add")
	// The saved plan is applied later: what it pinned is copied, what it followed is
	// what the stage has by then.
	h.Rotate(a, `{"a":"3"}`)
	if run := consistent(h, h.CLI("apply", "first.tfplan")); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	if got := h.KV2("pinned", "cloud_a") + h.KV2("pinned", "followed/cloud_a"); got != `{"a":"2"}{"a":"3"}` {
		t.Errorf("stored %s", got)
	}
	h.Secret("cloud_c", `{"c":"1"}`)
	h.Contains(h.Plan(2), "version_number = 2 -> 3", `ocibao_migrated_secret.pinned["cloud_c"]`, "2 to add, 1 to change, 0 to destroy")
	consistent(h, h.Apply())
	h.Plan(0)
}

// The ways to run a part of a plan, or another one.
func TestUnknowns_WaysToPlan(t *testing.T) {
	h := started(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id))
	consistent(h, h.Apply("-target=ocibao_kv_mount.credentials"))
	if got := h.KV2("credentials", "provider-a"); got != "" {
		t.Errorf("-target also wrote %s", got)
	}
	consistent(h, h.Apply("-target=ocibao_migrated_secret.a"))
	h.Plan(0)

	h.Rotate(id, rotated)
	h.Plan(0, "-refresh=false")
	consistent(h, h.Apply("-refresh=false"))
	if got := h.State("ocibao_migrated_secret.a", "drift"); got != "none" {
		t.Errorf("drift is %v without a refresh", got)
	}
	h.Proxy.Reset()
	h.Contains(h.Plan(2, "-refresh-only"), "source_newer", "current_version_number = 1 -> 2")
	consistent(h, h.Apply("-refresh-only"))
	wrote(h)
	// What a refresh noted is enough to decide without another one.
	h.Contains(h.Plan(2, "-refresh=false"), "version_number = 1 -> 2", `drift = "source_newer" -> "none"`)
	consistent(h, h.Apply("-refresh=false"))
	h.Plan(0)
	if got := h.KV2("credentials", "provider-a"); got != rotated {
		t.Errorf("stored %s", got)
	}

	// Replacing what is retained finds its own copy, and writes nothing.
	h.Contains(h.Plan(2, "-replace=ocibao_migrated_secret.a"), "1 to add, 0 to change, 1 to destroy")
	h.Proxy.Reset()
	consistent(h, h.Apply("-replace=ocibao_migrated_secret.a"))
	for _, write := range h.Proxy.Writes() {
		if write.Status < 300 {
			t.Errorf("the replacement sent %s %s", write.Method, write.Path)
		}
	}
	h.Plan(0)
	h.Configure(one(id, `on_destroy = "destroy"`))
	h.Apply()
	consistent(h, h.Apply("-replace=ocibao_migrated_secret.a"))
	h.Plan(0)
}

// A plan that was overtaken is refused by the engine, or by check-and-set; it
// never undoes what happened since.
func TestUnknowns_StalePlans(t *testing.T) {
	h := started(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id))
	h.Plan(2, "-out=create.tfplan")
	h.Apply()
	h.Contains(h.CLI("apply", "create.tfplan"), "Saved plan is stale")
	h.Rotate(id, rotated)
	h.Plan(2, "-out=rotate.tfplan")
	// The same write by somebody else is found to be done already.
	h.Operator(http.MethodPost, "credentials/data/provider-a", map[string]any{"data": map[string]string{
		"access_key_id": "AKIAROTATED000000001", "secret_access_key": "second"}})
	h.Proxy.Reset()
	if run := consistent(h, h.CLI("apply", "rotate.tfplan")); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Plan(0)
	if version := fmt.Sprint(h.Data("credentials/metadata/provider-a")["current_version"]); version != "2" {
		t.Errorf("the secret is at version %s", version)
	}
	h.Contains(h.CLI("apply", "rotate.tfplan"), "Saved plan is stale")
}
