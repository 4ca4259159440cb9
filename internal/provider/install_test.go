package provider_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// inHome is a workspace whose home is its own and which knows nothing of a
// provider that is under development.
func inHome(t *testing.T) *acctest.Workspace {
	t.Helper()
	home := t.TempDir()
	settings := filepath.Join(home, "empty.tfrc")
	if err := os.WriteFile(settings, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	work, err := acctest.NewWorkspace(t.TempDir(), "HOME="+home, "XDG_DATA_HOME=", "TF_CLI_CONFIG_FILE="+settings)
	if err != nil {
		t.Fatal(err)
	}
	return work
}

const calledOnly = `
output "path" {
  value = provider::ocibao::kv_api_path("credentials", 2, "a")
}
`

// What `make install` puts into the home is found by init, without a network.
func TestMakeInstall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ argument, constraint, installed string }{
		"of a version":      {"VERSION=1.2.3", `version = "~> 1.2"`, "v1.2.3"},
		"without a version": {"VERSION=", "", "v0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			work := inHome(t)
			home := strings.TrimPrefix(work.Env[1], "HOME=")
			install := exec.CommandContext(t.Context(), "make", "-C", filepath.Join("..", ".."), "install", test.argument, "PLUGINS="+filepath.Join(home, ".terraform.d", "plugins"))
			if printed, err := install.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			if err := work.Write("main.tf", `
terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
      `+test.constraint+`
    }
  }
}
`+calledOnly); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"init", "-input=false"}, {"validate"}, {"apply", "-auto-approve", "-input=false"}} {
				run, err := work.CLI(t.Context(), args...)
				if err != nil || run.ExitCode != 0 {
					t.Fatalf("%v: %v\n%s", args, err, run.Output)
				}
				if args[0] == "init" && !strings.Contains(run.Output, test.installed) {
					t.Errorf("init does not name the version:\n%s", run.Output)
				}
			}
		})
	}
}
