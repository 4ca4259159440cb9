package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// mirror makes a mirror with the built provider and has the workspace of h take
// providers from there alone.
func mirror(h *acctest.Harness) (dir string) {
	h.Helper()
	dir = h.TempDir()
	if err := acctest.Mirror(dir); err != nil {
		h.Fatal(err)
	}
	config := filepath.Join(dir, "cli.tfrc")
	if err := os.WriteFile(config, fmt.Appendf(nil, `
provider_installation {
  filesystem_mirror {
    path    = %q
    include = ["registry.terraform.io/ocibao/ocibao", "registry.opentofu.org/ocibao/ocibao"]
  }
}
`, dir), 0o600); err != nil {
		h.Fatal(err)
	}
	// The last of two variables of one name counts.
	h.Work.Env = append(h.Work.Env, "TF_CLI_CONFIG_FILE="+config)
	return dir
}

// The one binary, with all that only some engines know, is installed, validated
// and planned with by each of them without a warning.
func TestPromiseBothEngines_NoWarning(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	dir := mirror(h)
	h.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	h.Configure(one(h.Secret("cloud_provider_a", acctest.GuideSecretA)) + `
data "ocibao_secrets" "all" {
  compartment_id = ` + fmt.Sprintf("%q", h.OCI.CompartmentID) + `
}

resource "ocibao_approle" "app" {
  name           = "app"
  token_policies = ["app"]
}

resource "ocibao_approle_secret_id" "app" {
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
}

output "path" {
  value = provider::ocibao::kv_acl_path("credentials", 2, "provider-a")
}
`)
	for _, args := range [][]string{
		// With the checksums of the mirror in the lock file, init has nothing to warn of.
		{"providers", "lock", "-fs-mirror=" + dir},
		{"init", "-input=false"},
		{"validate"},
		{"plan", "-input=false"},
		{"apply", "-input=false", "-auto-approve"},
		{"plan", "-input=false", "-detailed-exitcode"},
		{"providers", "schema", "-json"},
	} {
		run := h.CLI(args...)
		if run.ExitCode != 0 {
			t.Fatalf("%v ended with %d:\n%s", args, run.ExitCode, run.Output)
		}
		if args[0] != "providers" && strings.Contains(run.Output, "Warning") {
			t.Errorf("%v warns:\n%s", args, run.Output)
		}
	}
}
