package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// lab is what measuring needs: both servers, a proxy in front of OpenBao that
// waits and counts, and where the results go.
type lab struct {
	set      options
	progress io.Writer
	dir      string
	self     string          // this program, to start it as the bare loop
	programs map[what]string // the directories of the provider and of what stands in for it
	alive    context.Context
	stop     context.CancelFunc

	oci   *acctest.OCI
	ids   []string // of the secrets, in order
	bao   *acctest.Bao
	proxy *acctest.Proxy

	machine machine
	results results
	mounts  int // how many were made
}

// machine is what the figures depend on.
type machine struct {
	CPUs   int    `json:"cpus"`
	CLI    string `json:"cli"`
	Server string `json:"server"`
}

func newLab(ctx context.Context, set options, progress io.Writer) (l *lab, err error) {
	l = &lab{set: set, progress: progress, programs: map[what]string{}, results: newResults()}
	// The servers outlive an interruption, to be stopped in order.
	l.alive, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if l.dir, err = os.MkdirTemp("", "ocibao-bench-"); err != nil {
		return l, err
	}
	if l.self, err = os.Executable(); err != nil {
		return l, err
	}
	if l.machine, err = describeMachine(ctx); err != nil {
		return l, err
	}
	if err = l.keepProvider(); err != nil {
		return l, err
	}
	if err = l.provide(theEcho, func(path string) error { return os.Symlink(l.self, path) }); err != nil {
		return l, err
	}
	if l.oci, err = acctest.StartOCI(l.alive, false); err != nil {
		return l, err
	}
	if l.bao, err = acctest.StartBao(l.alive, false, apart); err != nil {
		return l, err
	}
	if l.proxy, err = acctest.StartProxy(l.alive, l.bao.Address); err != nil {
		return l, err
	}
	return l, l.seed(slices.Max(set.sizes))
}

// keepProvider copies the built provider, so that a build during the run changes
// nothing about what is measured.
func (l *lab) keepProvider() error {
	binary, err := os.ReadFile(filepath.Join(os.Getenv(acctest.EnvProviderDir), providerName))
	if err != nil {
		return fmt.Errorf("%w; run: make bench", err)
	}
	return l.provide(theProvider, func(path string) error { return os.WriteFile(path, binary, 0o755) })
}

// provide has the engine start a program as the provider, where that is measured.
func (l *lab) provide(of what, put func(path string) error) error {
	dir, err := os.MkdirTemp(l.dir, "provider-")
	if err != nil {
		return err
	}
	if err := put(filepath.Join(dir, providerName)); err != nil {
		return err
	}
	l.programs[of] = dir
	return nil
}

func (l *lab) close() error {
	l.stop()
	if l.bao != nil {
		l.bao.Stop()
	}
	return os.RemoveAll(l.dir)
}

func (l *lab) say(format string, args ...any) { fmt.Fprintf(l.progress, format+"\n", args...) }

// seed makes the secrets; one of each hundred has a second version.
func (l *lab) seed(count int) error {
	for i := range count {
		id, err := l.oci.Secret(secretName(i), content())
		if err != nil {
			return err
		}
		if changes(i) {
			if _, err := l.oci.AddVersion(id, content()); err != nil {
				return err
			}
		}
		l.ids = append(l.ids, id)
	}
	return nil
}

// content is a secret as the guide's are: a JSON object of two texts.
func content() []byte {
	return fmt.Appendf(nil, `{"access_key_id":"AKIA%s","secret_access_key":"%s%s"}`, rand.Text()[:16], rand.Text(), rand.Text()[:14])
}

// answerAfter makes both sides wait before they answer, and returns the address
// of OpenBao. Without waiting it is reached directly: the way through the proxy,
// which takes CPU time from everything else, is for what needs it.
func (l *lab) answerAfter(waiting time.Duration, count bool) string {
	l.oci.ClearFaults()
	l.proxy.Before(nil)
	if waiting == 0 && !count {
		return l.bao.Address
	}
	if waiting > 0 {
		l.oci.AddFault(ociemu.Fault{Name: "latency", Latency: waiting})
		l.proxy.Before(func(acctest.Request) bool {
			time.Sleep(waiting)
			return false
		})
	}
	return l.proxy.URL
}

// freshMount makes an empty KV v2 mount; drop unmounts it again, so that the
// server has as much to hold in the last run as in the first.
func (l *lab) freshMount(ctx context.Context) (path string, drop func() error, err error) {
	l.mounts++
	path = fmt.Sprintf("bench-%d", l.mounts)
	if err := l.operator(ctx, http.MethodPost, "sys/mounts/"+path, map[string]string{"type": "kv-v2"}); err != nil {
		return path, nil, err
	}
	// A mount answers once it has made itself ready.
	for range 200 {
		if err = l.operator(ctx, http.MethodGet, path+"/config", nil); err == nil || ctx.Err() != nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	return path, func() error { return l.operator(l.alive, http.MethodDelete, "sys/mounts/"+path, nil) }, err
}

func (l *lab) operator(ctx context.Context, method, path string, body any) error {
	status, answer, err := l.bao.Call(ctx, method, acctest.RootToken, path, body)
	if err == nil && status >= 300 {
		err = fmt.Errorf("%s %s: status %d: %v", method, path, status, answer["errors"])
	}
	return err
}

// workspace is a directory without state, for the program that is measured.
func (l *lab) workspace(of what, configuration string) (*acctest.Workspace, error) {
	if program, is := l.programs[of]; is {
		if err := os.Setenv(acctest.EnvProviderDir, program); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp(l.dir, "work-")
	if err != nil {
		return nil, err
	}
	work, err := acctest.NewWorkspace(dir, append(l.oci.Env(), "BAO_TOKEN="+acctest.RootToken)...)
	if err != nil {
		return nil, err
	}
	work.Prepare = killable
	return work, work.Write("main.tf", configuration)
}

func writePins(work *acctest.Workspace, mount string, pinned map[string]string) error {
	raw, err := json.Marshal(map[string]any{"mount": mount, "secrets": pinned})
	if err != nil {
		return err
	}
	return work.Write("terraform.tfvars.json", string(raw))
}

// apart puts a process into a group of its own: Ctrl-C in a terminal then reaches
// the bench alone, which ends what it started.
func apart(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killable makes an interruption kill a process with all that it started: nothing
// of it is worth waiting for.
func killable(command *exec.Cmd) {
	apart(command)
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}

func describeMachine(ctx context.Context) (machine, error) {
	m := machine{CPUs: runtime.NumCPU()}
	for variable, into := range map[string]*string{acctest.EnvCLI: &m.CLI, acctest.EnvBao: &m.Server} {
		binary := os.Getenv(variable)
		if binary == "" {
			return m, fmt.Errorf("%s is not set; run: make bench", variable)
		}
		command := exec.CommandContext(ctx, binary, "version")
		command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
		output, err := command.Output()
		if err != nil {
			return m, fmt.Errorf("asking %s for its version: %w", binary, err)
		}
		*into, _, _ = strings.Cut(string(output), "\n")
	}
	return m, nil
}
