package provider_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// serveHarness is the provider in this process for the servers of a harness.
func serveHarness(h *acctest.Harness) inProcess {
	h.Helper()
	return serve(h, values{
		"openbao": values{"address": h.Proxy.URL, "token": acctest.RootToken},
		"oci": values{
			"tenancy_ocid": h.OCI.TenancyID, "user_ocid": h.OCI.UserID, "fingerprint": h.OCI.Key.Fingerprint,
			"private_key": h.OCI.Key.PrivateKeyPEM, "region": "eu-frankfurt-1",
			"endpoints": values{"secrets": h.OCI.URL, "vaults": h.OCI.URL, "identity": h.OCI.URL, "kms": h.OCI.URL},
		},
	})
}

// names are the display names of results.
func names(results []listed) []string {
	var names []string
	for _, result := range results {
		names = append(names, result.name)
	}
	return names
}

func TestMigratedSecretList(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	a, b := h.Secret("cloud_provider_a", acctest.GuideSecretA), h.Secret("cloud_provider_b", acctest.GuideSecretB)
	h.Secret("other", "x")
	c := h.Secret("cloud_c", "c")
	if err := h.OCI.ScheduleDeletion(h.Secret("cloud_leaving", "x"), time.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	// One is migrated, one was copied by hand, and a copy of another secret is in
	// the place of a third.
	h.Configure(fmt.Sprintf(`
resource "ocibao_migration" "some" {
  mount   = "credentials"
  secrets = { provider-a = "%s@1", c = "%s@1" }
}
`, a, b))
	h.Apply()
	h.Operator(http.MethodPost, "credentials/data/provider-b", `{"data":`+acctest.GuideSecretB+`}`)
	h.Operator(http.MethodPost, "old/c", map[string]string{"secret": "c"})
	h.Proxy.Reset()

	provider := serveHarness(h)
	rename := []any{
		values{"pattern": "^cloud_", "replacement": ""},
		values{"pattern": "_", "replacement": "-"},
	}
	ask := func(limit int64, more values) ([]listed, string) {
		t.Helper()
		config := values{"compartment_id": h.OCI.CompartmentID, "mount": "credentials", "name_regex": "^cloud_", "rename": rename}
		for name, value := range more {
			config[name] = value
		}
		results, diagnostics := provider.lists("ocibao_migrated_secret", limit, config)
		return results, text(diagnostics)
	}
	expect := func(more values, want ...string) {
		t.Helper()
		if results, said := ask(100, more); said != "" || !reflect.DeepEqual(names(results), want) {
			t.Errorf("%v: got %q %s", more, names(results), said)
		}
	}
	results, said := ask(100, nil)
	if want := []string{"cloud_c -> credentials/c", "cloud_provider_b -> credentials/provider-b"}; said != "" || !reflect.DeepEqual(names(results), want) {
		t.Fatalf("got %q %s", names(results), said)
	}
	if want := (values{"mount": "credentials", "name": "provider-b", "secret_id": b}); !reflect.DeepEqual(results[1].identity, want) || !reflect.DeepEqual(results[1].resource, want) {
		t.Errorf("got %+v", results[1])
	}
	if results[0].identity["secret_id"] != c {
		t.Errorf("got %+v", results[0])
	}
	expect(values{"include_migrated": true}, "cloud_c -> credentials/c", "cloud_provider_a -> credentials/provider-a", "cloud_provider_b -> credentials/provider-b")
	expect(values{"mount": "old"}, "cloud_provider_a -> old/provider-a", "cloud_provider_b -> old/provider-b")
	expect(values{"name": "other", "name_regex": nil, "rename": nil}, "other -> credentials/other")
	expect(values{"freeform_tags": map[string]string{"none": "has it"}})
	expect(values{"compartment_id": h.OCI.TenancyID, "compartment_id_in_subtree": true, "vault_id": h.OCI.VaultID},
		"cloud_c -> credentials/c", "cloud_provider_b -> credentials/provider-b")
	if results, said := ask(1, nil); said != "" || len(results) != 1 {
		t.Errorf("limited to 1: %q %s", names(results), said)
	}

	results, said = ask(100, values{"mount": "nowhere"})
	expectText(t, said, "WARNING: Nothing can be seen of the mount", "Every secret counts as not migrated")
	if len(results) != 3 {
		t.Errorf("got %q", names(results))
	}
	for _, bad := range []struct {
		more values
		want []string
	}{
		{values{"rename": []any{values{"pattern": "^cloud_.*", "replacement": "same"}}}, []string{"Several secrets would have one name", "cloud_c (" + c + ") and cloud_provider_a (" + a + ") would both be credentials/same", "change rename"}},
		{values{"rename": []any{values{"pattern": "cloud_c", "replacement": ""}}}, []string{"Unable to name a secret", `would be named ""`, "empty"}},
		{values{"compartment_id": strings.Replace(h.OCI.CompartmentID, "ocid1.compartment.", "ocid1.compartment.oc1..missing", 1)}, []string{"Unable to list secrets of compartment", "NotAuthorizedOrNotFound"}},
	} {
		results, said := ask(100, bad.more)
		expectText(t, said, append(bad.want, "ERROR: ")...)
		if len(results) > 0 {
			t.Errorf("listed in spite of it: %q", names(results))
		}
	}
	wrote(h)
}

// terraform query writes configuration and import blocks that work as they are:
// what is there is taken over, and what is not there yet is migrated by the
// apply. Engines without query still take the import by identity, or say that
// they do not know it.
func TestMigratedSecretList_GeneratedConfiguration(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	a, b := h.Secret("cloud_provider_a", acctest.GuideSecretA), h.Secret("cloud_provider_b", acctest.GuideSecretB)
	h.Operator(http.MethodPost, "credentials/data/provider-b", `{"data":`+acctest.GuideSecretB+`}`)
	h.Configure("")
	h.Write("secrets.tfquery.hcl", fmt.Sprintf(`
list "ocibao_migrated_secret" "cloud" {
  provider = ocibao

  config {
    compartment_id = %q
    name_regex     = "^cloud_"
    mount          = "credentials"
    rename = [
      { pattern = "^cloud_", replacement = "" },
      { pattern = "_", replacement = "-" },
    ]
  }
}
`, h.OCI.CompartmentID))
	if isTerraform(h, 14) {
		run := h.CLI("query", "-generate-config-out=generated.tf")
		if run.ExitCode != 0 {
			t.Fatal(run.Output)
		}
		h.Contains(run, "cloud_provider_a -> credentials/provider-a", "cloud_provider_b -> credentials/provider-b")
		if generated := h.Work.Read("generated.tf"); strings.Count(generated, "\nimport {") != 2 || strings.Count(generated, "\nresource \"ocibao_migrated_secret\" ") != 2 {
			t.Errorf("generated\n%s", generated)
		}
	} else {
		// Engines that do not know the file leave it alone.
		h.Write("generated.tf", importsOf(map[string]string{"provider-a": a, "provider-b": b}))
	}
	if !identities(h) {
		h.Contains(h.Plan(1), "identity")
		return
	}
	plan := h.Plan(2)
	h.Contains(plan, "2 to import, 0 to add, 1 to change, 0 to destroy", `drift = "destination_missing" -> "none"`,
		"Imported before it is migrated", "Nothing is at credentials/provider-a yet")
	h.Proxy.Reset()
	h.Apply()
	for _, write := range h.Proxy.Writes() {
		if !strings.HasSuffix(write.Path, "/provider-a") {
			t.Errorf("wrote %s", write.Path)
		}
	}
	h.Plan(0)
	if got := h.KV2("credentials", "provider-a"); got != compact(acctest.GuideSecretA) {
		t.Errorf("stored %s", got)
	}
	if !isTerraform(h, 14) {
		return
	}
	h.Lacks(h.CLI("query"), "cloud_provider_a")
}

// importsOf is a configuration with an import by identity for each secret.
func importsOf(secrets map[string]string) string {
	var config strings.Builder
	for name, id := range secrets {
		fmt.Fprintf(&config, `
resource "ocibao_migrated_secret" %[1]q {
  secret_id = %[2]q
  mount     = "credentials"
  name      = %[1]q
}

import {
  to       = ocibao_migrated_secret.%[1]s
  identity = { mount = "credentials", name = %[1]q, secret_id = %[2]q }
}
`, name, id)
	}
	return config.String()
}

func compact(document string) string {
	return strings.NewReplacer("{ ", "{", " }", "}", `": "`, `":"`, `", "`, `","`).Replace(document)
}
