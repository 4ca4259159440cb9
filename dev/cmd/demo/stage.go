package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

//go:embed config/main.tf
var configuration string

// stage is what the steps act on: both servers, and a directory with the
// configuration.
type stage struct {
	dir   string // everything on disk, removed at the end
	alive context.Context
	stop  context.CancelFunc

	vault *vault
	bao   *acctest.Bao
	work  *acctest.Workspace
	env   []string // what the provider needs to reach both servers

	running *exec.Cmd // the latest command of the CLI
	ran     int       // how many there were

	edited   string       // the value that somebody put into OpenBao by hand
	loggedIn *application // the application of the guide
}

// newStage makes the directory. The servers live until close, and not only until
// a signal: a command that runs then still gets its answers, and ends in order.
func newStage() (*stage, error) {
	dir, err := os.MkdirTemp("", "ocibao-demo-")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir}
	s.alive, s.stop = context.WithCancel(context.Background())
	for _, sub := range []string{s.configDir(), s.logDir(), s.keyDir()} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *stage) configDir() string { return filepath.Join(s.dir, "config") }
func (s *stage) logDir() string    { return filepath.Join(s.dir, "logs") }
func (s *stage) keyDir() string    { return filepath.Join(s.dir, "oci") }

// close stops the servers and removes the directory.
func (s *stage) close(out *printer) error {
	s.stop()
	if s.bao != nil {
		s.bao.Stop()
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	out.line("The servers are stopped, and %s is removed.", s.dir)
	return nil
}

func startOCI(_ context.Context, s *stage) ([]string, error) {
	oci, err := acctest.StartOCI(s.alive, false)
	if err != nil {
		return nil, err
	}
	if s.vault, err = newVault(oci); err != nil {
		return nil, err
	}
	key := filepath.Join(s.keyDir(), "key.pem")
	env, err := oci.EnvKeyFile(key)
	if err != nil {
		return nil, err
	}
	s.env = append(s.env, env...)
	return []string{oci.URL, strings.Join(s.vault.names(), ", ")}, nil
}

func startBao(ctx context.Context, s *stage) ([]string, error) {
	// Until it is ready, a signal stops the server too: it may take a minute.
	detach := context.AfterFunc(ctx, s.stop)
	defer detach()
	var err error
	if s.bao, err = acctest.StartBao(s.alive, false, apart); err != nil {
		return nil, err
	}
	s.env = append(s.env, "BAO_ADDR="+s.bao.Address, "BAO_TOKEN="+acctest.RootToken)
	version, err := exec.CommandContext(ctx, os.Getenv(acctest.EnvBao), "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking the server for its version: %w", err)
	}
	return []string{s.bao.Address, strings.TrimSpace(string(version))}, nil
}

func configure(_ context.Context, s *stage) ([]string, error) {
	var err error
	if s.work, err = acctest.NewWorkspace(s.configDir(), slices.Concat(s.env, s.tracing())...); err != nil {
		return nil, err
	}
	s.work.Prepare = func(command *exec.Cmd) {
		apart(command)
		command.WaitDelay = 5 * time.Second
		s.running = command
	}
	if err := s.work.Write("main.tf", configuration); err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("compartment_id = %q\noci_endpoint   = %q\n", s.vault.oci.CompartmentID, s.vault.oci.URL)
	if err := s.work.Write("terraform.tfvars", settings); err != nil {
		return nil, err
	}
	return []string{
		"dev/cmd/demo/config/main.tf: a KV mount, every secret of an OCI compartment renamed",
		"(cloud_provider_a becomes provider-a), a policy, an AppRole, a wrapped secret ID",
	}, nil
}

// apart puts a process into a group of its own. Ctrl-C in a terminal then reaches
// the demo alone, which ends what it started in the right order.
func apart(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// sweep kills what a command that was broken off left in its group, such as a
// provider that had no time to end.
func (s *stage) sweep() {
	if s.running != nil && s.running.Process != nil {
		_ = syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL)
	}
}
