package provider_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// leakWorld is a configuration of everything, in which secrets are known by name
// and everything that is written or printed is kept.
type leakWorld struct {
	*acctest.Harness
	t        *testing.T
	clear    string            // audit log in clear, out of the workspace
	canaries map[string]string // by what they are
	wrapping map[string]string // wrapping tokens that the state may hold
	printed  bytes.Buffer
	settings map[string]string // ephemeral variables
}

// canary makes a value that nothing else holds.
func (w *leakWorld) canary(what string) string {
	value := fmt.Sprintf("canary+%s/%d<Zq8&x>", strings.ReplaceAll(what, " ", "-"), len(w.canaries))
	w.canaries[what] = value
	return value
}

// setting is an ephemeral variable with a secret.
func (w *leakWorld) setting(name, value string) { w.settings[name] = value }

// wraps takes a wrapping token of the state out of the secrets, once more after
// each change.
func (w *leakWorld) wraps() {
	w.Helper()
	token := fmt.Sprint(w.State("ocibao_approle_secret_id.wrapped", "wrapping_token"))
	w.wrapping[token] = "wrapping token of the state"
}

// run runs a command with fresh one-use secrets, and keeps what it prints.
func (w *leakWorld) run(exitCode int, args ...string) acctest.Run {
	w.Helper()
	for _, name := range []string{"entry_wrapping_token", "login_wrapping_token"} {
		if _, used := w.settings[name]; used {
			w.setting(name, wrappedSecretID(w.Harness))
		}
	}
	env := w.Work.Env
	for name, value := range w.settings {
		w.Work.Env = append(w.Work.Env, "TF_VAR_"+name+"="+value)
	}
	run := w.CLI(args...)
	w.Work.Env = env
	fmt.Fprintf(&w.printed, "%v\n%s\n", args, run.Output)
	if run.ExitCode != exitCode {
		w.Fatalf("%v ended with %d, want %d:\n%s", args, run.ExitCode, exitCode, run.Output)
	}
	return run
}

// applies makes a plan that changes something, keeps it, shows it and applies it.
func (w *leakWorld) applies(name string, args ...string) {
	w.Helper()
	file := name + ".tfplan"
	w.run(2, append([]string{"plan", "-input=false", "-detailed-exitcode", "-out=" + file}, args...)...)
	w.run(0, "show", "-json", file)
	w.run(0, "show", file)
	w.run(0, "apply", "-input=false", file)
	w.run(0, "show", "-json")
}

// fixed is the configuration of all fixtures of a map that one file can have.
func fixed(fixtures map[string]string) string {
	var config strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fixtures)) {
		if !strings.HasPrefix(name, "list ") && !strings.HasPrefix(name, "action ") {
			config.WriteString(fixtures[name])
		}
	}
	return config.String()
}

// configures writes the configuration: what is common to all, and this.
func (w *leakWorld) configures(config string, locals map[string]string) {
	w.Helper()
	var common strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.settings)) {
		fmt.Fprintf(&common, "variable %q {\n  type      = string\n  ephemeral = true\n}\n\n", name)
	}
	common.WriteString("locals {\n")
	for _, name := range slices.Sorted(maps.Keys(locals)) {
		fmt.Fprintf(&common, "  %s = %q\n", name, locals[name])
	}
	common.WriteString("}\n")
	w.Configure(common.String() + config)
	w.Write("main.tf", strings.NewReplacer("openbao = {\n    address      = \""+w.Proxy.URL, openbaoSecrets+"\n    address      = \""+w.Proxy.URL, "oci = {", ociSecrets).Replace(w.Work.Read("main.tf")))
}

// newLeakWorld is a harness with the most talkative logs, whose provider gets all
// of its credentials by ephemeral variables.
func newLeakWorld(t *testing.T, h *acctest.Harness) *leakWorld {
	t.Helper()
	w := &leakWorld{Harness: h, t: t, canaries: map[string]string{}, wrapping: map[string]string{}, settings: map[string]string{}}
	auth, _ := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"root"}})["auth"].(map[string]any)
	w.canaries["token"] = fmt.Sprint(auth["client_token"])
	w.setting("token", w.canaries["token"])
	w.setting("proxy_token", w.canary("proxy token"))
	key, plain, fingerprint := apiKey(h)
	password := w.canary("password of the key")
	encrypted, err := ociemu.EncryptKey(key, password)
	if err != nil {
		t.Fatal(err)
	}
	w.canaries["API key"], w.canaries["encrypted API key"] = lineOf(plain), lineOf(encrypted)
	w.setting("private_key", encrypted)
	w.setting("private_key_password", password)
	if err := os.Mkdir(filepath.Join(h.Work.Dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "OCI_FINGERPRINT="+fingerprint, "BAO_TOKEN=", "TF_LOG=TRACE", "TF_LOG_PROVIDER=TRACE",
		"TF_LOG_PATH="+filepath.Join(h.Work.Dir, "logs", "trace.log"), "OCI_GO_SDK_DEBUG=v")
	return w
}

// hears has the server write an audit log in clear, from which every token and
// every secret ID that it ever gave or took are known.
func (w *leakWorld) hears() {
	w.Helper()
	w.clear = filepath.Join(w.TempDir(), "clear.log")
	w.Operator(http.MethodPost, "sys/audit/clear", map[string]any{"type": "file", "options": map[string]string{"file_path": w.clear, "log_raw": "true"}})
}

// heard adds what the audit log in clear shows to the canaries.
func (w *leakWorld) heard() {
	w.Helper()
	lines := bufio.NewScanner(strings.NewReader(readFile(w.t, w.clear)))
	lines.Buffer(nil, 10<<20)
	known := map[string]bool{}
	for _, value := range w.canaries {
		known[value] = true
	}
	var visit func(value any, under string)
	visit = func(value any, under string) {
		switch value := value.(type) {
		case map[string]any:
			for name, member := range value {
				visit(member, name)
			}
		case []any:
			for _, member := range value {
				visit(member, under)
			}
		case string:
			if slices.Contains([]string{"secret_id", "client_token", "token", "jwt", "id"}, under) && len(value) >= 20 && w.wrapping[value] == "" && !known[value] &&
				(under != "id" || strings.HasPrefix(value, "hvs.") || strings.HasPrefix(value, "s.")) {
				known[value] = true
				w.canaries["heard "+value[:4]+"… as "+under+fmt.Sprint(len(w.canaries))] = value
			}
		}
	}
	for lines.Scan() {
		var line struct{ Auth, Request, Response any }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			w.Fatal(err)
		}
		visit(line.Auth, "")
		visit(line.Request, "")
		visit(line.Response, "")
	}
	if err := lines.Err(); err != nil {
		w.Fatal(err)
	}
}

// foundNowhere scans all files of the workspace.
func (w *leakWorld) foundNowhere() {
	w.Helper()
	w.Write("logs/printed.txt", w.printed.String())
	trace := readFile(w.t, filepath.Join(w.Work.Dir, "logs", "trace.log"))
	for _, part := range []string{"tf_provider_addr", "tf_rpc=ApplyResourceChange"} {
		if !strings.Contains(trace, part) {
			w.Errorf("%q is not in the trace: the provider did not write it", part)
		}
	}
	w.lacks(w.Work.Dir, w.canaries)
	// One-use tokens may be in a state, and in what shows one as JSON.
	printed := w.Work.Read("logs/printed.txt")
	for token := range w.wrapping {
		for _, leak := range acctest.Scan("trace", []byte(trace), token) {
			w.Errorf("a wrapping token is in the %s", leak)
		}
	}
	for line := range strings.Lines(printed) {
		for token := range w.wrapping {
			if !strings.HasPrefix(line, "{") && strings.Contains(line, token) {
				w.Errorf("a wrapping token was printed: %.80s", line)
			}
		}
	}
}

func (w *leakWorld) lacks(dir string, canaries map[string]string) {
	w.Helper()
	known := slices.Sorted(maps.Keys(canaries))
	var secrets []string
	for _, what := range known {
		secrets = append(secrets, canaries[what])
	}
	leaks, files, err := acctest.ScanDir(dir, secrets...)
	if err != nil || files < 6 {
		w.Fatalf("%d files were scanned, %v", files, err)
	}
	for _, leak := range leaks {
		w.Errorf("%s leaked into %s", known[leak.Which], leak)
	}
}

// stateHas expects instances of every managed resource and data source of the
// fixtures in the state.
func (w *leakWorld) stateHas(fixtures map[string]string) {
	w.Helper()
	var state struct {
		Resources []struct {
			Mode, Type string
			Instances  []json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(w.Work.Read("terraform.tfstate")), &state); err != nil {
		w.Fatal(err)
	}
	has := map[string]bool{}
	for _, resource := range state.Resources {
		has[map[string]string{"managed": "resource", "data": "data"}[resource.Mode]+" "+resource.Type] = len(resource.Instances) > 0
	}
	for name := range fixtures {
		if kind, _, _ := strings.Cut(name, " "); (kind == "resource" || kind == "data") && !has[name] {
			w.Errorf("there is no %s in the state", name)
		}
	}
}
