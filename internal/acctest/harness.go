package acctest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// Harness is an emulated OCI, a server and a workspace for one test.
type Harness struct {
	testing.TB
	OCI     *OCI
	Bao     *Bao
	Cluster *Cluster // that Bao is a node of; nil where it is a server of its own
	Proxy   *Proxy   // in front of Bao; with TLS the provider does not use it, or there is none
	Work    *Workspace
}

// New starts everything a test needs; it ends with the test.
func New(t testing.TB, options ...ociemu.Option) *Harness { return start(t, false, options) }

// NewTLS is New with TLS on both sides, each with its own authority.
func NewTLS(t testing.TB) *Harness { return start(t, true, nil) }

// NewConfigured is New with a server that has this text as its configuration
// file, next to being in development mode.
func NewConfigured(t testing.TB, config string) *Harness {
	t.Helper()
	file := filepath.Join(t.TempDir(), "server.hcl")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, false, nil, func(server *exec.Cmd) { server.Args = append(server.Args, "-config="+file) })
}

// NewCluster is New with a cluster of three nodes, to which the provider talks
// over TLS, by the addresses of all of them.
func NewCluster(t testing.TB) *Harness {
	t.Helper()
	h := clustered(t, 3)
	h.work()
	return h
}

// NewRaft is New with a cluster of one node. The provider talks to it through the
// proxy.
func NewRaft(t testing.TB) *Harness {
	t.Helper()
	h := clustered(t, 1)
	var err error
	if h.Proxy, err = StartProxyTrusting(t.Context(), h.Bao.Address, h.Bao.CACertFile); err != nil {
		t.Fatal(err)
	}
	h.work()
	return h
}

func clustered(t testing.TB, size int) *Harness {
	t.Helper()
	h := &Harness{TB: t}
	var err error
	if h.OCI, err = StartOCI(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if h.Cluster, err = StartCluster(t.Context(), size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Cluster.Stop)
	h.showOnFailure(h.Cluster.Log)
	h.Bao = h.Cluster.Nodes[0].Bao
	return h
}

func start(t testing.TB, useTLS bool, options []ociemu.Option, prepare ...func(*exec.Cmd)) *Harness {
	t.Helper()
	h := &Harness{TB: t}
	var err error
	if h.OCI, err = StartOCI(t.Context(), useTLS, options...); err != nil {
		t.Fatal(err)
	}
	if h.Bao, err = StartBao(t.Context(), useTLS, prepare...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Bao.Stop)
	h.showOnFailure(h.Bao.Log)
	if h.Proxy, err = StartProxy(t.Context(), h.Bao.Address); err != nil {
		t.Fatal(err)
	}
	h.work()
	return h
}

// showOnFailure adds the end of a log to the output of a test that fails.
func (h *Harness) showOnFailure(log func() string) {
	h.Cleanup(func() {
		if h.Failed() {
			h.Logf("the servers said:\n%s", lastLines(log(), 60))
		}
	})
}

func lastLines(text string, count int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "")
}

// work makes the workspace.
func (h *Harness) work() {
	h.Helper()
	var err error
	if h.Work, err = NewWorkspace(h.TempDir(), append(h.OCI.Env(), "BAO_TOKEN="+RootToken)...); err != nil {
		h.Fatal(err)
	}
}

// Configure writes the configuration: the provider block and what is given.
func (h *Harness) Configure(config string) {
	h.Helper()
	switch {
	case h.Proxy == nil:
		h.ConfigureAt(h.Cluster.Addresses(), config)
	case h.Cluster == nil && h.Bao.CACertFile != "":
		h.Write("main.tf", ProviderBlock(h.OCI, h.Bao.Address, h.Bao.CACertFile)+config)
	default:
		h.Write("main.tf", ProviderBlock(h.OCI, h.Proxy.URL, "")+config)
	}
}

// ConfigureAt is Configure for a list of addresses of nodes of the cluster.
func (h *Harness) ConfigureAt(addresses []string, config string) {
	h.Helper()
	quoted := make([]string, len(addresses))
	for i, address := range addresses {
		quoted[i] = strconv.Quote(address)
	}
	h.Write("main.tf", providerBlock(h.OCI, "["+strings.Join(quoted, ", ")+"]", h.Bao.CACertFile)+config)
}

// Write puts a file into the workspace.
func (h *Harness) Write(name, content string) {
	h.Helper()
	if err := h.Work.Write(name, content); err != nil {
		h.Fatal(err)
	}
}

// CLI runs a command and fails the test when it cannot be run.
func (h *Harness) CLI(args ...string) Run {
	h.Helper()
	run, err := h.Work.CLI(h.Context(), args...)
	if err != nil {
		h.Fatalf("%v: %v\n%s", args, err, run.Output)
	}
	return run
}

// Apply applies and fails the test when that fails.
func (h *Harness) Apply(args ...string) Run {
	h.Helper()
	run := h.CLI(append([]string{"apply", "-auto-approve", "-input=false"}, args...)...)
	if run.ExitCode != 0 {
		h.Fatalf("apply failed:\n%s", failure(run.Output))
	}
	return run
}

// ApplyFails applies and expects an error that contains all texts.
func (h *Harness) ApplyFails(texts ...string) Run {
	h.Helper()
	run := h.CLI("apply", "-auto-approve", "-input=false")
	if run.ExitCode == 0 {
		h.Fatalf("apply did not fail:\n%s", run.Output)
	}
	h.Contains(run, texts...)
	return run
}

// Plan makes a plan and expects an exit code: 0 nothing to do, 2 changes, 1 an
// error.
func (h *Harness) Plan(exitCode int, args ...string) Run {
	h.Helper()
	run := h.CLI(append([]string{"plan", "-detailed-exitcode", "-input=false"}, args...)...)
	if run.ExitCode != exitCode {
		h.Fatalf("plan ended with %d, want %d:\n%s", run.ExitCode, exitCode, run.Output)
	}
	return run
}

// Contains expects texts in the output of a run. White space and the frame of
// messages do not count, as the CLI wraps lines.
func (h *Harness) Contains(run Run, texts ...string) {
	h.Helper()
	flat := flatten(run.Output)
	for _, text := range texts {
		if !strings.Contains(flat, flatten(text)) {
			h.Errorf("%q is not in the output:\n%s", text, run.Output)
		}
	}
}

// Lacks expects that texts are not in the output of a run.
func (h *Harness) Lacks(run Run, texts ...string) {
	h.Helper()
	flat := flatten(run.Output)
	for _, text := range texts {
		if strings.Contains(flat, flatten(text)) {
			h.Errorf("%q is in the output:\n%s", text, run.Output)
		}
	}
}

func flatten(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(text)), " ")
}

// Secret adds a secret to OCI and returns its OCID.
func (h *Harness) Secret(name, content string) string {
	h.Helper()
	id, err := h.OCI.Secret(name, []byte(content))
	if err != nil {
		h.Fatal(err)
	}
	return id
}

// Rotate adds a version to a secret of OCI.
func (h *Harness) Rotate(id, content string) {
	h.Helper()
	if _, err := h.OCI.AddVersion(id, []byte(content)); err != nil {
		h.Fatal(err)
	}
}

// Operator makes a request with the root token, as somebody else would, and
// fails the test unless it succeeds.
func (h *Harness) Operator(method, path string, body any) map[string]any {
	h.Helper()
	status, answer, err := h.call(method, path, body)
	if err != nil || status >= 300 {
		h.Fatalf("%s %s: %d %v %v", method, path, status, answer, err)
	}
	return answer
}

// call makes a request with the root token; in a cluster the leader gets it.
func (h *Harness) call(method, path string, body any) (int, map[string]any, error) {
	if h.Cluster != nil {
		return h.Cluster.Call(h.Context(), method, RootToken, path, body)
	}
	return h.Bao.Call(h.Context(), method, RootToken, path, body)
}

// MountKV mounts a KV engine, version 1 or 2, as an operator would.
func (h *Harness) MountKV(path, version string) {
	h.Helper()
	h.Operator(http.MethodPost, "sys/mounts/"+path, map[string]any{"type": "kv", "options": map[string]string{"version": version}})
	if version == "2" {
		h.Eventually(func() bool {
			status, _, err := h.call(http.MethodGet, path+"/config", nil)
			return err == nil && status == http.StatusOK
		})
	}
}

// Eventually waits until something is done, for two minutes at most, and fails the
// test when it never is.
func (h *Harness) Eventually(done func() bool) {
	h.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if done() {
			return
		}
		if err := pause(h.Context(), pollInterval); err != nil {
			break
		}
	}
	h.Fatal("it did not happen")
}

// Data is the data part of what stands at a path, or nil when nothing does.
func (h *Harness) Data(path string) map[string]any {
	h.Helper()
	status, answer, err := h.call(http.MethodGet, path, nil)
	if err != nil || status != http.StatusOK && status != http.StatusNotFound {
		h.Fatalf("GET %s: %d %v %v", path, status, answer, err)
	}
	data, _ := answer["data"].(map[string]any)
	return data
}

// KV2 is the value of a KV v2 secret as JSON; "" when there is none.
func (h *Harness) KV2(mount, name string) string {
	h.Helper()
	return asJSON(h.Data(mount + "/data/" + name)["data"])
}

// KV1 is the value of a KV v1 secret as JSON; "" when there is none.
func (h *Harness) KV1(mount, name string) string {
	h.Helper()
	data := h.Data(mount + "/" + name)
	if data == nil {
		return ""
	}
	return asJSON(data)
}

func asJSON(value any) string {
	if value == nil {
		return ""
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// State is an attribute of a resource in the state, or nil.
func (h *Harness) State(address, attribute string) any {
	h.Helper()
	run := h.CLI("show", "-json")
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string
					Values  map[string]any
				}
			} `json:"root_module"`
		}
	}
	decoder := json.NewDecoder(strings.NewReader(run.Output))
	decoder.UseNumber()
	if err := decoder.Decode(&state); err != nil {
		h.Fatalf("show: %v\n%s", err, run.Output)
	}
	for _, resource := range state.Values.Root.Resources {
		if resource.Address == address {
			return resource.Values[attribute]
		}
	}
	h.Fatalf("%s is not in the state", address)
	return nil
}

// failure is the output from its first error on.
func failure(output string) string {
	if _, found, any := strings.Cut(output, "╷\n"); any {
		return found
	}
	return output
}
