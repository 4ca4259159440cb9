package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// one is a configuration that mounts KV v2 and migrates one secret. The extra
// lines go into the migrated secret.
func one(id string, extra ...string) string {
	return fmt.Sprintf(`
resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migrated_secret" "a" {
  secret_id = %q
  mount     = ocibao_kv_mount.credentials.path
  name      = "provider-a"
  %s
}
`, id, strings.Join(extra, "\n  "))
}

const rotated = `{"access_key_id":"AKIAROTATED000000001","secret_access_key":"second"}`

func TestPromiseReviewedIsApplied(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id))
	h.Apply()
	h.Rotate(id, rotated)
	plan := h.Plan(2, "-out=reviewed.tfplan")
	h.Contains(plan, `version_number = 1 -> 2`, `drift = "source_newer" -> "none"`, "1 to change")
	h.Lacks(plan, "AKIAROTATED000000001", "AKIA513J2DDRAXCFKXF5")
	h.Rotate(id, `{"access_key_id":"third"}`)
	if run := h.CLI("apply", "reviewed.tfplan"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	if got := h.KV2("credentials", "provider-a"); got != rotated {
		t.Errorf("stored %s", got)
	}
	h.Contains(h.Plan(2), "version_number = 2 -> 3")

	if err := h.OCI.ScheduleVersionDeletion(id, 2, time.Now().AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	h.Configure(one(id, "version_number = 2", `format = "text"`))
	h.ApplyFails("Unable to migrate secret", id)
	if got := h.KV2("credentials", "provider-a"); got != rotated {
		t.Errorf("a failed apply changed the value: %s", got)
	}
}

func TestPromiseNothingTrampled(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	h.Operator(http.MethodPost, "credentials/data/provider-a", map[string]any{"data": map[string]string{"foreign": "value"}})
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	config := func(extra string) string {
		return fmt.Sprintf(`
resource "ocibao_migrated_secret" "a" {
  secret_id = %q
  mount     = "credentials"
  name      = "provider-a"
  %s
}
`, id, extra)
	}
	h.Configure(config(""))
	h.Proxy.Reset()
	h.Contains(h.Plan(1), "the path holds other content", "Nothing was overwritten")
	h.ApplyFails("Unable to migrate secret "+id+" to credentials/provider-a", "the path holds other content",
		"Nothing was overwritten", "import block", `on_conflict = "overwrite"`, "another name", "on main.tf line")
	if got := h.KV2("credentials", "provider-a"); got != `{"foreign":"value"}` {
		t.Errorf("stored %s", got)
	}
	for _, write := range h.Proxy.Writes() {
		if write.Status < 300 {
			t.Errorf("something was written: %s %s", write.Method, write.Path)
		}
	}
	h.Configure(config(`on_conflict = "overwrite"`))
	h.Apply()
	if got := h.KV2("credentials", "provider-a"); !strings.Contains(got, "AKIA513J2DDRAXCFKXF5") {
		t.Errorf("stored %s", got)
	}
	if data := h.Data("credentials/data/provider-a?version=1"); fmt.Sprint(data["data"]) != "map[foreign:value]" {
		t.Errorf("the older version is %v", data)
	}
	// A writer between plan and apply is caught by check-and-set.
	h.Rotate(id, rotated)
	h.Plan(2, "-out=saved.tfplan")
	h.Operator(http.MethodPost, "credentials/data/provider-a", map[string]any{"data": map[string]string{"sneaked": "in"}})
	run := h.CLI("apply", "saved.tfplan")
	h.Contains(run, "the path was changed since the plan was made", "Run plan again")
	if got := h.KV2("credentials", "provider-a"); run.ExitCode != 1 || got != `{"sneaked":"in"}` {
		t.Errorf("exit code %d, stored %s", run.ExitCode, got)
	}
}

// Destroy deletes only what was created, and a mount with foreign secrets stays.
func TestPromiseNothingTrampled_Destroy(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id, `on_destroy = "destroy"`))
	h.Apply()
	h.Operator(http.MethodPost, "credentials/data/foreign", map[string]any{"data": map[string]string{"a": "b"}})
	h.Proxy.Reset()
	run := h.CLI("destroy", "-auto-approve")
	h.Contains(run, "Unable to delete KV mount credentials", "the mount still holds secrets", "force_destroy = true")
	if run.ExitCode != 1 || h.KV2("credentials", "foreign") != `{"a":"b"}` || h.KV2("credentials", "provider-a") != "" {
		t.Errorf("exit code %d, foreign %s, own %s", run.ExitCode, h.KV2("credentials", "foreign"), h.KV2("credentials", "provider-a"))
	}
	for _, write := range h.Proxy.Writes() {
		if write.Method != http.MethodDelete || write.Path != "credentials/metadata/provider-a" {
			t.Errorf("destroy sent %s %s", write.Method, write.Path)
		}
	}
	h.Operator(http.MethodDelete, "credentials/metadata/foreign", nil)
	if run := h.CLI("destroy", "-auto-approve"); run.ExitCode != 0 {
		t.Error(run.Output)
	}
	if status, _, err := h.Bao.Call(t.Context(), http.MethodGet, "", "sys/mounts/credentials", nil); err != nil || status == http.StatusOK {
		t.Errorf("the mount is still there: %d %v", status, err)
	}
}

func TestPromiseConverges(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		t.Run("KV v"+version, func(t *testing.T) {
			h := acctest.New(t)
			id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
			config := strings.Replace(one(id), `path = "credentials"`, `path = "credentials"`+"\n  version = "+version, 1)
			h.Configure(config)
			h.Apply()
			h.Proxy.Reset()
			h.OCI.Reset()
			h.Plan(0)
			h.Apply()
			if writes := h.Proxy.Writes(); len(writes) > 0 {
				t.Errorf("the second apply wrote: %v", writes)
			}
			if got := h.OCI.Count("secrets.GetSecretBundle"); version == "2" && got > 0 {
				t.Errorf("a plan without changes read %d contents", got)
			}
			// A lost state file: apply ends in the same place without a second write.
			if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
			h.Proxy.Reset()
			h.Apply()
			for _, write := range h.Proxy.Writes() {
				if write.Status < 300 {
					t.Errorf("after the state was lost: %s %s", write.Method, write.Path)
				}
			}
			h.Plan(0)
		})
	}
}

func TestPromiseDriftNamed(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id, `custom_metadata = { team = "platform" }`))
	h.Apply()
	want := strings.ReplaceAll(acctest.GuideSecretA, " ", "")
	for _, test := range []struct {
		drift string
		cause func()
	}{
		{"destination_modified", func() {
			h.Operator(http.MethodPost, "credentials/data/provider-a", map[string]any{"data": map[string]string{"by": "hand"}})
		}},
		{"destination_soft_deleted", func() { h.Operator(http.MethodDelete, "credentials/data/provider-a", nil) }},
		{"destination_missing", func() { h.Operator(http.MethodDelete, "credentials/metadata/provider-a", nil) }},
		{"metadata_modified", func() {
			h.Operator(http.MethodPatch, "credentials/metadata/provider-a", map[string]any{"custom_metadata": map[string]any{"team": "other"}})
		}},
		{"ownership_lost", func() {
			h.Operator(http.MethodPost, "credentials/metadata/provider-a", map[string]any{"custom_metadata": map[string]any{"team": "platform"}})
		}},
	} {
		test.cause()
		plan := h.Plan(2)
		h.Contains(plan, `drift = "`+test.drift+`" -> "none"`, "1 to change")
		h.Lacks(plan, "AKIA513J2DDRAXCFKXF5", "hand")
		h.Apply()
		h.Plan(0)
		if got := h.KV2("credentials", "provider-a"); got != want {
			t.Errorf("%s: apply left %s", test.drift, got)
		}
	}
	h.Rotate(id, rotated)
	h.Contains(h.Plan(2), `drift = "source_newer" -> "none"`)
	h.Apply()
	if err := h.OCI.ScheduleDeletion(id, time.Now().AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	h.Contains(h.Plan(0), "Source of a migrated secret is going away", "source_pending_deletion", "stays as it is")
	if err := h.OCI.Delete(id); err != nil {
		t.Fatal(err)
	}
	h.Contains(h.Plan(0), "source_missing", "does not exist any more, or the credentials lost the permission", "stays as it is")
	if got := h.State("ocibao_migrated_secret.a", "drift"); got != "source_pending_deletion" && got != "source_newer" && got != "none" {
		t.Errorf("a plan changed the state: %v", got)
	}
	if got := h.KV2("credentials", "provider-a"); got != rotated {
		t.Errorf("a vanished source harmed the copy: %s", got)
	}
}

func TestPromiseReadOnlySource(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id, `on_destroy = "destroy"`))
	h.Apply()
	h.Rotate(id, rotated)
	h.Apply()
	if run := h.CLI("destroy", "-auto-approve"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	if writes := h.OCI.Writes(); len(writes) > 0 {
		t.Errorf("OCI was asked to change: %v", writes)
	}
	for _, request := range h.OCI.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("%s %s", request.Method, request.Path)
		}
	}
}

func TestPromiseHarmlessPlan(t *testing.T) {
	t.Parallel()
	t.Run("plan and refresh never write", func(t *testing.T) {
		h := acctest.New(t)
		id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
		h.Configure(one(id))
		h.Plan(2)
		h.Apply()
		h.Rotate(id, rotated)
		h.Operator(http.MethodPost, "credentials/data/provider-a", map[string]any{"data": map[string]string{"by": "hand"}})
		h.Proxy.Reset()
		h.Plan(2)
		h.CLI("apply", "-refresh-only", "-auto-approve")
		h.CLI("plan", "-destroy")
		if writes := h.Proxy.Writes(); len(writes) > 0 {
			t.Errorf("plans wrote: %v", writes)
		}
		if len(h.Proxy.Requests()) == 0 {
			t.Error("nothing was asked at all")
		}
	})
	t.Run("configuring dials nothing", func(t *testing.T) {
		h := acctest.New(t)
		h.Configure("")
		h.Plan(0)
		if len(h.Proxy.Requests())+len(h.OCI.Requests()) > 0 {
			t.Error("a provider without objects made requests")
		}
	})
	t.Run("unknown settings are tolerated", func(t *testing.T) {
		h := acctest.New(t)
		id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
		block := strings.Replace(acctest.ProviderBlock(h.OCI, "ADDRESS", ""), `"ADDRESS"`, "terraform_data.address.output", 1)
		block = strings.Replace(block, "ca_cert_file = null", "token = terraform_data.token.output", 1)
		h.Write("main.tf", block+fmt.Sprintf(`
resource "terraform_data" "address" {
  input = %q
}

resource "terraform_data" "token" {
  input = "root"
}
`, h.Proxy.URL)+one(id))
		h.Contains(h.Plan(2), "4 to add")
		h.Apply()
		h.Plan(0)
		// The address becomes unknown again: what exists is left as it is.
		h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), `input = "root"`, `triggers_replace = "again"`+"\n  input = \"root\"", 1))
		plan := h.Plan(2)
		h.Contains(plan, "Not refreshed: provider settings are not known yet", "1 to add, 0 to change, 1 to destroy")
		h.Apply()
		h.Plan(0)
	})
}

// TestPromiseBothEngines runs the whole life of a secret on the command line
// that the tests were given; the matrix runs it on each.
func TestPromiseBothEngines(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id))
	validate := h.CLI("validate")
	if validate.ExitCode != 0 || strings.Contains(validate.Output, "Warning") {
		t.Errorf("validate: %s", validate.Output)
	}
	h.Apply()
	h.Configure(strings.Replace(one(id), `name      = "provider-a"`, `name      = "moved/provider-a"`, 1) + `
moved {
  from = ocibao_migrated_secret.a
  to   = ocibao_migrated_secret.renamed
}
`)
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), `"ocibao_migrated_secret" "a"`, `"ocibao_migrated_secret" "renamed"`, 1))
	h.Contains(h.Plan(2), "1 to change", "moved from ocibao_migrated_secret.a")
	h.Apply()
	h.Plan(0)
	if h.KV2("credentials", "moved/provider-a") == "" {
		t.Error("the secret did not move")
	}
	h.Configure(strings.Replace(one(id), `resource "ocibao_migrated_secret" "a"`, `resource "ocibao_migrated_secret" "unused"`, 1)[:strings.Index(one(id), `resource "ocibao_migrated_secret"`)] + `
removed {
  from = ocibao_migrated_secret.renamed
  lifecycle {
    destroy = false
  }
}
`)
	h.Apply()
	if h.KV2("credentials", "moved/provider-a") == "" {
		t.Error("the secret was deleted")
	}
}
