package provider_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// A secret that was moved by hand is taken over without a write.
func TestMigratedSecret_Import(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("team/kv", "2")
	h.MountKV("old", "1")
	object := h.Secret("object", acctest.GuideSecretA)
	text := h.Secret("text", "plain text")
	h.Operator(http.MethodPost, "team/kv/data/app/a", map[string]any{"data": map[string]string{
		"access_key_id": "AKIA513J2DDRAXCFKXF5", "secret_access_key": "XdqD0BPa8aLFaN+EI8SAYm9U4ZYeXQdMGAIjKD/x"}})
	h.Operator(http.MethodPost, "old/b", map[string]string{"value": "plain text"})
	config := fmt.Sprintf(`
resource "ocibao_migrated_secret" "a" {
  secret_id = %q
  mount     = "team/kv"
  name      = "app/a"
}

resource "ocibao_migrated_secret" "b" {
  secret_id      = %q
  version_number = 1
  mount          = "old"
  name           = "b"
  key            = "value"
}
`, object, text)
	imports := fmt.Sprintf(`
import {
  to = ocibao_migrated_secret.a
  id = "%s,team/kv/app/a"
}

import {
  to = ocibao_migrated_secret.b
  id = "%s@1,old/b"
}
`, object, text)
	h.Configure(config + imports)
	h.Proxy.Reset()
	h.Contains(h.Plan(2), "2 to import, 0 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("an import wrote: %v", writes)
	}
	// From then on drift is noticed and repaired, and the mark is set with it.
	h.Rotate(object, rotated)
	h.Contains(h.Plan(2), "version_number = 1 -> 2")
	h.Apply()
	h.Plan(0)
	if got := h.KV2("team/kv", "app/a"); got != rotated {
		t.Errorf("stored %s", got)
	}
	// After the state is lost the mark alone says what it is a copy of.
	if run := h.CLI("state", "rm", "ocibao_migrated_secret.a"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Proxy.Reset()
	if run := h.CLI("import", "ocibao_migrated_secret.a", "team/kv/app/a"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("an import wrote: %v", writes)
	}
}

func TestMigratedSecret_ImportRefused(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("object", acctest.GuideSecretA)
	h.Operator(http.MethodPost, "kv/data/unmarked", map[string]any{"data": map[string]string{"a": "b"}})
	h.Configure(migrated(fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"unmarked\"", id)))
	for name, test := range map[string]struct {
		id   string
		want []string
	}{
		"no mount":      {"kv", []string{"Invalid import ID", "<mount>/<name>"}},
		"no mark":       {"kv/unmarked", []string{"carries no ownership mark", "<secret OCID>,<mount>/<name>"}},
		"nothing there": {id + ",kv/nothing", []string{"kv/nothing", "import"}},
		"no such mount": {id + ",nowhere/a", []string{"nowhere/a", "Mount the engine first"}},
		"bad version":   {id + "@x,kv/unmarked", []string{"1 or greater", "<version number>"}},
		"not a secret":  {"ocid1.vault.oc1..a,kv/unmarked", []string{"OCID of a vault"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			run := h.CLI("import", "ocibao_migrated_secret.x", test.id)
			if run.ExitCode == 0 {
				t.Errorf("it was imported:\n%s", run.Output)
			}
			h.Contains(run, test.want...)
		})
	}
}
