package doctest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

const stepGuide = "docs/guides/migrate-step-by-step.md"

// The whole of the guide, as a reader goes through it: the steps by hand, then
// the configuration on the same server, which adopts what was done by hand, and
// on a fresh one, which does it all.
func TestStepByStep(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	ids, err := s.OCI.SeedGuide()
	if err != nil {
		t.Fatal(err)
	}
	var configurations []string
	var all []block
	for _, b := range fromFile(t, stepGuide) {
		switch b.what() {
		case shell:
			all = append(all, b)
			checkVariables(t, b)
		case configuration:
			configurations = append(configurations, b.text)
		}
	}

	s.Write("main.tf", strings.Join(configurations, "\n"))
	s.Write("emulated_override.tf", fmt.Sprintf(`
provider "ocibao" {
  oci = {
    endpoints = { secrets = %[1]q, vaults = %[1]q, identity = %[1]q, kms = %[1]q }
  }
  openbao = {}
}
`, s.OCI.URL))
	placeholders := s.replace
	s.env = append(s.env, "TF_CLI_CONFIG_FILE="+s.mirrored(), "TF_VAR_compartment_id="+s.OCI.CompartmentID)
	s.replace = placeholders
	s.run([]string{envDry + "=1"}, texts(all, false)...)
	printed := s.run(nil, texts(all, true)...)
	s.Contains(acctest.Run{Output: printed}, "cloud_provider_a", "AKIA513J2DDRAXCFKXF5", "Apply complete!")
	s.Lacks(acctest.Run{Output: printed}, "The policy allows too much", "XdqD0BPa8aLFaN+EI8SAYm9U4ZYeXQdMGAIjKD/x", "to destroy.\n\nError")
	if s.Work.Read("provider-a.json") != "" {
		t.Error("the value is still in a file")
	}
	if got := s.KV2("credentials", "provider-a-whole"); !strings.Contains(got, `"secret":"{ \"access_key_id\"`) {
		t.Errorf("stored whole: %s", got)
	}
	// What was done by hand was adopted: provider-a was not written again.
	if version := s.Data("credentials/metadata/provider-a")["current_version"]; fmt.Sprint(version) != "1" {
		t.Errorf("provider-a has KV version %v", version)
	}

	// On a fresh server the configuration alone does it all.
	fresh := acctest.New(t)
	fresh.OCI = s.OCI
	address := `ocibao_migrated_secret.cloud["provider-a"]`
	fresh.Work.Env = append(fresh.Work.Env, s.OCI.Env()...)
	fresh.Work.Env = append(fresh.Work.Env, "TF_VAR_compartment_id="+s.OCI.CompartmentID, "BAO_ADDR="+fresh.Proxy.URL)
	fresh.Write("main.tf", strings.Join(configurations, "\n"))
	fresh.Write("emulated_override.tf", s.Work.Read("emulated_override.tf"))
	shows(t, "step-by-step-create", fresh.Plan(2), address)
	fresh.Apply()
	fresh.Plan(0)
	s.Rotate(ids["cloud_provider_a"], rotated)
	shows(t, "step-by-step-rotated", fresh.Plan(2), address)
}
