package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// The example that selects, renames and splits with for expressions alone does
// what its comments say.
func TestInventory_Example(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "inventory", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	h := acctest.New(t)
	tagged := func(name, key, value string) {
		if _, err := h.OCI.AddSecret(h.OCI.CompartmentID, h.OCI.VaultID, name, []byte("value"), ociemu.WithFreeformTags(map[string]string{key: value})); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cloud_provider_a", "cloud_provider_b", "cloud_sandbox", "legacy_db", "shop_api_key", "plain"} {
		h.Secret(name, "value")
	}
	tagged("cloud_unwanted", "migrate", "no")
	tagged("shop_card", "team", "payments")
	_, rest, _ := strings.Cut(string(content), "variable ")
	h.Configure("\nvariable " + rest)
	run := h.Plan(2, "-var=compartment_id="+h.OCI.CompartmentID)
	h.Contains(run, "6 to add")
	flat := regexp.MustCompile(`"?ocid1\.[^"]*"`).ReplaceAllString(strings.Join(strings.Fields(run.Output), " "), "pin")
	for _, want := range []string{
		`+ "aws/root" = pin + "plain" = pin + "provider-b" = pin + "shop-api-key" = pin + "shop-card" = pin }`,
		`+ "provider_a" = pin + "provider_b" = pin }`,
		`+ "api_key" = pin + "card" = pin }`,
		`secrets = { + "shop_card" = pin }`,
		`+ left_out = [ + "cloud_sandbox", + "cloud_unwanted", + "legacy_db", ]`,
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%s is not in\n%s", want, flat)
		}
	}
}

// A plan over thousands asks for the metadata of each secret once, lists in
// pages, and reads no content.
func TestInventory_Thousands(t *testing.T) {
	t.Parallel()
	const secrets = 2000
	h := acctest.New(t)
	for i := range secrets {
		h.Secret(fmt.Sprintf("cloud_%04d", i), "value")
	}
	h.Configure(fmt.Sprintf(`
data "ocibao_secrets" "all" {
  compartment_id = %q
}

resource "ocibao_migration" "all" {
  mount   = "credentials"
  secrets = { for name, pin in data.ocibao_secrets.all.pins : replace(trimprefix(name, "cloud_"), "_", "-") => pin }
}

data "ocibao_migration_coverage" "now" {
  mount    = "credentials"
  pins     = data.ocibao_secrets.all.pins
  selected = { for name, pin in data.ocibao_secrets.all.pins : trimprefix(name, "cloud_") => pin }
}

output "pending" {
  value = data.ocibao_migration_coverage.now.counts.pending
}
`, h.OCI.CompartmentID))
	h.OCI.Reset()
	run := h.Plan(2, "-out=plan")
	h.Contains(run, "1 to add", `"1999" = "ocid1.vaultsecret.`, fmt.Sprintf("pending = %d", secrets))
	lists := h.OCI.Count("vault.ListSecrets")
	if got := h.OCI.Count("vault.GetSecret"); got != secrets {
		t.Errorf("the metadata of %d secrets was asked for %d times", secrets, got)
	}
	if lists < 1 || lists > secrets/20+1 {
		t.Errorf("%d requests for lists", lists)
	}
	if got := h.OCI.Count(""); got != secrets+lists {
		t.Errorf("%d requests besides", got-secrets-lists)
	}
	if got := len(h.Proxy.Requests()); got > 10 {
		t.Errorf("%d requests at a server without the mount", got)
	}
}

// The walk from a tenancy to pins: compartments, vaults, the secrets of a vault
// wherever they are, and the versions of one.
func TestInventory_FromTenancyToVersions(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	payments, err := h.OCI.AddCompartment(h.OCI.CompartmentID, "payments")
	if err != nil {
		t.Fatal(err)
	}
	near := h.Secret("near", "one")
	far, err := h.OCI.AddSecret(payments, h.OCI.VaultID, "far", []byte("two"))
	if err != nil {
		t.Fatal(err)
	}
	h.Rotate(far, "three")
	h.Configure(fmt.Sprintf(`
data "ocibao_compartments" "all" {
  compartment_id            = %q
  compartment_id_in_subtree = true
}

data "ocibao_vaults" "each" {
  for_each       = data.ocibao_compartments.all.ids
  compartment_id = each.value
}

data "ocibao_secrets" "main" {
  compartment_id            = data.ocibao_compartments.all.ids["/"]
  compartment_id_in_subtree = true
  vault_id                  = data.ocibao_vaults.each["platform"].ids["main"]
}

data "ocibao_secret_versions" "far" {
  secret_id = data.ocibao_secrets.main.ids["far"]
}

output "found" {
  value = {
    compartments = data.ocibao_compartments.all.ids
    vaults       = sum([for each in data.ocibao_vaults.each : length(each.vaults)])
    pins         = data.ocibao_secrets.main.pins
    far          = data.ocibao_secret_versions.far.pins
  }
}
`, h.OCI.TenancyID))
	h.Apply()
	var found struct {
		Compartments, Pins, Far map[string]string
		Vaults                  int
	}
	run := h.CLI("output", "-json", "found")
	if err := json.Unmarshal([]byte(run.Output), &found); err != nil {
		t.Fatalf("%v\n%s", err, run.Output)
	}
	if c := found.Compartments; len(c) != 3 || c["/"] != h.OCI.TenancyID || c["platform"] != h.OCI.CompartmentID || c["platform/payments"] != payments {
		t.Errorf("the compartments are %v", c)
	}
	if p := found.Pins; len(p) != 2 || p["near"] != near+"@1" || p["far"] != far+"@2" {
		t.Errorf("the pins are %v", p)
	}
	if f := found.Far; found.Vaults != 1 || len(f) != 2 || f["1"] != far+"@1" || f["2"] != far+"@2" {
		t.Errorf("%d vaults, the versions are %v", found.Vaults, f)
	}
	h.Plan(0)
	if strings.Contains(h.Work.Read("terraform.tfstate"), "three") {
		t.Error("a value is in the state")
	}
}
