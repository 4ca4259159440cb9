package acctest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Workspace is a directory with a configuration, in which the real command line
// runs the built provider.
type Workspace struct {
	Dir string
	Env []string // variables next to those that every run has
	// Prepare, if set, changes what is different about each command's process
	// before it starts.
	Prepare func(*exec.Cmd)
	cli     string
}

// Run is what a command left.
type Run struct {
	ExitCode int
	Output   string // standard output and standard error, without colours
}

// NewWorkspace makes a workspace in an existing directory.
func NewWorkspace(dir string, env ...string) (*Workspace, error) {
	cli, err := required(EnvCLI)
	if err != nil {
		return nil, err
	}
	providers, err := required(EnvProviderDir)
	if err != nil {
		return nil, err
	}
	rc := filepath.Join(dir, ".cli.tfrc")
	text := fmt.Sprintf(`
disable_checkpoint = true
provider_installation {
  dev_overrides {
    "registry.terraform.io/ocibao/ocibao" = %[1]q
    "registry.opentofu.org/ocibao/ocibao" = %[1]q
  }
  direct {}
}
`, providers)
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return &Workspace{Dir: dir, Env: append([]string{"TF_CLI_CONFIG_FILE=" + rc}, env...), cli: cli}, nil
}

// Write puts a file into the workspace.
func (w *Workspace) Write(name, content string) error {
	return os.WriteFile(filepath.Join(w.Dir, name), []byte(content), 0o600)
}

// Read is a file of the workspace; "" when there is none.
func (w *Workspace) Read(name string) string {
	content, err := os.ReadFile(filepath.Join(w.Dir, name))
	if err != nil {
		return ""
	}
	return string(content)
}

// Command is a command of the CLI, ready to start.
func (w *Workspace) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.cli, args...)
	command.Dir = w.Dir
	command.Env = append(cleanEnviron(), w.Env...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = 30 * time.Second
	if w.Prepare != nil {
		w.Prepare(command)
	}
	return command
}

// CLI runs a command of the CLI. A command that ends with an exit code is no
// error; one that cannot be started is.
func (w *Workspace) CLI(ctx context.Context, args ...string) (Run, error) {
	output, err := w.Command(ctx, args...).CombinedOutput()
	run := Run{Output: plain(string(output))}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		run.ExitCode = exit.ExitCode()
	case err != nil:
		return run, err
	}
	return run, nil
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// plain removes colours, and the notice on development overrides that says
// nothing about the configuration.
func plain(output string) string {
	output = escapes.ReplaceAllString(output, "")
	return overrides.ReplaceAllString(output, "")
}

var overrides = regexp.MustCompile(`(?s)╷\n│ Warning: Provider development overrides are in effect.*?╵\n`)

// cleanEnviron leaves out what would change what the CLI or the provider do.
func cleanEnviron() []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "TF_"), strings.HasPrefix(name, "BAO_"), strings.HasPrefix(name, "VAULT_"),
			strings.HasPrefix(name, "OCI_"), name == "HOME":
		default:
			kept = append(kept, variable)
		}
	}
	return append(kept, "HOME="+filepath.Join(os.TempDir(), "ocibao-no-home"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
}
