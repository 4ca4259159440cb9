package provider_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// A provider that runs in a debugger prints how the engine attaches to it, and
// the engine does, without installing any.
func TestDebug_EngineAttaches(t *testing.T) {
	t.Parallel()
	work := inHome(t)
	debugged := exec.CommandContext(t.Context(), filepath.Join(os.Getenv(acctest.EnvProviderDir), "terraform-provider-ocibao"), "-debug")
	debugged.Cancel = func() error { return debugged.Process.Signal(os.Interrupt) }
	debugged.WaitDelay = 10 * time.Second
	printed, err := debugged.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := debugged.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = debugged.Wait() })
	var reattach string
	lines := bufio.NewScanner(printed)
	for reattach == "" && lines.Scan() {
		if found := regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`).FindStringSubmatch(lines.Text()); found != nil {
			reattach = found[1]
		}
	}
	var providers map[string]any
	if err := json.Unmarshal([]byte(reattach), &providers); err != nil || len(providers) != 1 {
		t.Fatalf("it prints %q: %v", reattach, err)
	}
	// OpenTofu looks the provider up under its own registry.
	providers["registry.opentofu.org/ocibao/ocibao"] = providers["registry.terraform.io/ocibao/ocibao"]
	both, err := json.Marshal(providers)
	if err != nil {
		t.Fatal(err)
	}
	work.Env = append(work.Env, "TF_REATTACH_PROVIDERS="+string(both))
	if err := work.Write("main.tf", "terraform {\n  required_providers {\n    ocibao = { source = \"ocibao/ocibao\" }\n  }\n}\n"+calledOnly); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-input=false"}, {"apply", "-auto-approve", "-input=false"}} {
		run, err := work.CLI(t.Context(), args...)
		if err != nil || run.ExitCode != 0 {
			t.Fatalf("%v: %v\n%s", args, err, run.Output)
		}
		if args[0] == "apply" && !strings.Contains(run.Output, "credentials/data/a") {
			t.Errorf("apply prints:\n%s", run.Output)
		}
	}
}

// A release tells its version.
func TestVersionFlag(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(os.Getenv(acctest.EnvProviderDir), "terraform-provider-ocibao")
	printed, err := exec.CommandContext(t.Context(), binary, "-version").Output()
	if err != nil || !strings.HasPrefix(string(printed), "terraform-provider-ocibao ") {
		t.Errorf("%q, %v", printed, err)
	}
}
