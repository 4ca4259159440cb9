package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// block is a resource with the name "this".
func block(kind string, arguments ...string) string {
	return fmt.Sprintf("\nresource %q \"this\" {\n  %s\n}\n", kind, strings.Join(arguments, "\n  "))
}

// started is a harness for a test that runs next to others.
func started(t *testing.T) *acctest.Harness {
	t.Helper()
	t.Parallel()
	return acctest.New(t)
}

// settles applies and expects that nothing is left to do: an empty plan, and a
// second apply that writes nothing.
func settles(h *acctest.Harness) {
	h.Helper()
	h.Apply()
	h.Plan(0)
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
}

// wrote expects exactly these successful writes since the last Reset, such as
// "DELETE sys/mounts/kv".
func wrote(h *acctest.Harness, want ...string) {
	h.Helper()
	var got []string
	for _, write := range h.Proxy.Writes() {
		if write.Status < 300 {
			got = append(got, write.Method+" "+write.Path)
		}
	}
	if !slices.Equal(got, want) {
		h.Errorf("written: %v, want %v", got, want)
	}
}

// destroys destroys everything and expects exactly these writes.
func destroys(h *acctest.Harness, want ...string) {
	h.Helper()
	h.Proxy.Reset()
	if run := h.CLI("destroy", "-auto-approve", "-input=false"); run.ExitCode != 0 {
		h.Fatal(run.Output)
	}
	wrote(h, want...)
}

// change is an argument that is changed in place, and where the server shows it.
type change struct {
	argument string // as the configuration writes it
	planned  string // in the plan
	path     string // of the server
	field    string // of its answer, with dots between the levels
	want     string // as JSON
}

// updatesInPlace sets one group of arguments after the other, each time taking
// back the one before, and expects updates in place that the server shows.
func updatesInPlace(h *acctest.Harness, config func(extra ...string) string, groups ...[]change) {
	h.Helper()
	h.Configure(config())
	h.Apply()
	initial := map[change]string{}
	for _, change := range slices.Concat(groups...) {
		initial[change] = serverHas(h, change.path, change.field)
	}
	var before []change
	for _, group := range append(groups, nil) {
		var arguments, planned []string
		for _, change := range group {
			arguments, planned = append(arguments, change.argument), append(planned, change.planned)
		}
		h.Configure(config(arguments...))
		h.Contains(h.Plan(2), append(planned, "will be updated in-place", "0 to add, 1 to change, 0 to destroy")...)
		h.Apply()
		h.Plan(0)
		for _, change := range before {
			expectServer(h, change.path, change.field, initial[change])
		}
		for _, change := range group {
			expectServer(h, change.path, change.field, change.want)
		}
		before = group
	}
}

// serverHas is a field of what stands at a path, as JSON; "" when it is not there.
func serverHas(h *acctest.Harness, path, field string) string {
	h.Helper()
	var value any = h.Data(path)
	for name := range strings.SplitSeq(field, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	if value == nil {
		return ""
	}
	raw, err := json.Marshal(value)
	if err != nil {
		h.Fatal(err)
	}
	return string(raw)
}

func expectServer(h *acctest.Harness, path, field, want string) {
	h.Helper()
	if got := serverHas(h, path, field); got != want {
		h.Errorf("%s of %s is %s, want %s", field, path, got, want)
	}
}

// drifts makes a change as an operator, and expects the plan to show it and
// apply to repair it.
func drifts(h *acctest.Harness, path string, body map[string]any, planned ...string) {
	h.Helper()
	h.Operator(http.MethodPost, path, body)
	h.Contains(h.Plan(2), append(planned, "1 to change")...)
	h.Apply()
	h.Plan(0)
}

// vanished deletes an object behind the provider's back and expects it anew.
func vanished(h *acctest.Harness, path string) {
	h.Helper()
	h.Operator(http.MethodDelete, path, nil)
	h.Contains(h.Plan(2), "will be created", "1 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
}

// replaces expects that each of these configurations forces replacement.
func replaces(h *acctest.Harness, configs map[string]string) {
	h.Helper()
	for argument, config := range configs {
		h.Configure(config)
		h.Contains(h.Plan(2), "must be replaced", argument, "# forces replacement", "1 to add, 0 to change, 1 to destroy")
	}
}

// imports forgets the state, imports by ID and expects an empty plan.
func imports(h *acctest.Harness, address, id string) {
	h.Helper()
	loseState(h)
	if run := h.CLI("import", "-input=false", address, id); run.ExitCode != 0 {
		h.Fatal(run.Output)
	}
	h.Plan(0)
}

// loseState removes the state file, as an interrupted run may leave things.
func loseState(h *acctest.Harness) {
	h.Helper()
	if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
		h.Fatal(err)
	}
}

// adopts loses the state and expects that applying again writes nothing.
func adopts(h *acctest.Harness) {
	h.Helper()
	loseState(h)
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Plan(0)
}

// refusal is a configuration that is wrong, and what the one error says.
type refusal struct {
	config string
	want   []string
}

// refuses expects one error for each configuration, at the attribute.
func refuses(h *acctest.Harness, refusals map[string]refusal) {
	h.Helper()
	for name, refusal := range refusals {
		h.Configure(refusal.config)
		run := h.CLI("validate")
		if errors := strings.Count(run.Output, "Error: "); run.ExitCode != 1 || errors != 1 {
			h.Errorf("%s: %d errors, exit code %d:\n%s", name, errors, run.ExitCode, run.Output)
		}
		h.Contains(run, append(refusal.want, "on main.tf line")...)
	}
}

// becomes lets the provider work with a token that has only this policy.
func becomes(h *acctest.Harness, policy string) {
	h.Helper()
	h.Operator(http.MethodPost, "sys/policies/acl/limited", map[string]any{"policy": policy})
	answer := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"limited"}})
	auth, _ := answer["auth"].(map[string]any)
	h.Work.Env = append(h.Work.Env, fmt.Sprintf("BAO_TOKEN=%s", auth["client_token"]))
}

// hasNamespaces tells OpenBao from the line it was forked from.
func hasNamespaces(h *acctest.Harness) bool {
	h.Helper()
	version, _ := h.Operator(http.MethodGet, "sys/health", nil)["version"].(string)
	return !strings.HasPrefix(version, "1.")
}

// livesInNamespace expects that an object can live in a namespace below the
// provider's, is found there and imported, and that a missing namespace is told.
// The object has namespace = "sub"; path is its own on the server, id what
// imports it.
func livesInNamespace(h *acctest.Harness, config, path, id string) {
	h.Helper()
	h.Work.Env = append(h.Work.Env, "BAO_NAMESPACE=team")
	h.Configure(config)
	if !hasNamespaces(h) {
		h.ApplyFails(`Create the namespace "team/sub"`, "relative to that of the provider block")
		return
	}
	h.Operator(http.MethodPost, "sys/namespaces/team", nil)
	h.ApplyFails(`Create the namespace "team/sub"`)
	h.Operator(http.MethodPost, "team/sys/namespaces/sub", nil)
	h.Operator(http.MethodPost, "team/sub/sys/auth/approle", map[string]any{"type": "approle"})
	settles(h)
	if h.Data("team/sub/"+path) == nil {
		h.Errorf("%s is not in the namespace team/sub", path)
	}
	imports(h, "ocibao_"+strings.TrimPrefix(strings.SplitN(config, `"`, 3)[1], "ocibao_")+".this", "sub//"+id)
}

// losesAnswer loses the answer to the write that creates an object, and expects
// that applying again takes over what the server has made.
func losesAnswer(h *acctest.Harness, path string) {
	h.Helper()
	h.Proxy.After(func(r acctest.Request) bool { return r.Method == http.MethodPost && r.Path == path })
	h.ApplyFails("Unable to create")
	h.Proxy.After(nil)
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Plan(0)
}
