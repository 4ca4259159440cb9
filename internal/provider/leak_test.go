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
	"time"

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

// Whoever adds an object gives it a fixture, and a secret to each argument that
// takes one.
func TestPromiseNoLeak_EveryObjectHasAFixture(t *testing.T) {
	fixtures := maps.Clone(leakFixtures)
	maps.Copy(fixtures, raftFixtures)
	unknown := maps.Clone(fixtures) // until the walk comes to them
	entrance := openbaoSecrets + ociSecrets + entranceFixture
	for _, a := range everyAttribute(t) {
		object := a.kind + " " + a.object
		delete(unknown, object)
		config, found := fixtures[object]
		if a.kind == "provider" {
			config, found = entrance, true
		}
		if a.kind == "identity" {
			continue
		}
		header := fmt.Sprintf("%s %q ", a.kind, a.object)
		if a.kind == "function" {
			header = "provider::ocibao::" + a.object + "("
		}
		if !found || a.kind != "provider" && !strings.Contains(config, header) {
			t.Errorf("%s has no fixture in which it occurs: no leak of it would be seen", object)
			fixtures[object] = header // once is enough
			continue
		}
		if a.given() && a.sensitive && !takesSecret(a.name()).MatchString(config) {
			t.Errorf("no fixture gives a secret to %s", a)
		}
	}
	for name := range unknown {
		t.Errorf("there is no %s", name)
	}
}

// Everything that the provider has is planned, applied, changed on both sides,
// made to fail in many ways, listed and destroyed, with the logs at their most
// talkative. Not one secret is in state, backup, plan or log, nor was any printed.
func TestPromiseNoLeak(t *testing.T) {
	t.Parallel()
	h := acctest.NewConfigured(t, auditThroughAPI)
	w := newLeakWorld(t, h)
	byAppRole(h)
	w.setting("jwt", byJWT(h, "", nil))
	w.setting("pod_token", byKubernetes(h))
	w.canaries["JWT"], w.canaries["pod token"] = w.settings["jwt"], w.settings["pod_token"]
	entry := w.canary("secret ID of the provider")
	h.Operator(http.MethodPost, "auth/approle/role/app/custom-secret-id", map[string]string{"secret_id": entry})
	w.setting("entry_secret_id", entry)
	stand, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reviewer := func() {
		t.Helper()
		stand.AddServiceAccount("default", "reviewer")
		token, err := stand.Token("default", "reviewer", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		w.canaries[fmt.Sprint("reviewer ", len(w.canaries))] = token
		w.setting("reviewer", token)
	}
	reviewer()
	w.setting("given", w.canary("given secret ID"))
	w.setting("entry_wrapping_token", "")
	w.setting("login_wrapping_token", "")

	h.MountKV("there", "2")
	h.Operator(http.MethodPost, "there/data/app", map[string]any{"data": map[string]any{"there": w.canary("value in OpenBao"), "deep": []string{w.canary("nested value in OpenBao")}}})
	object := func(round string) string {
		raw, err := json.Marshal(map[string]any{"password": w.canary("member " + round), "nested": map[string]string{"deep": w.canary("nested member " + round)}})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	ids := map[string]string{"object": h.Secret("object", object("one")), "text": h.Secret("text", w.canary("text one")), "binary": h.Secret("binary", w.canary("binary one")+"\x00\xff\xfe")}
	locals := maps.Clone(ids)
	maps.Copy(locals, map[string]string{"compartment": h.OCI.CompartmentID, "address": h.Proxy.URL, "host": stand.URL, "ca": string(stand.CAPEM), "round": "1"})
	w.hears()

	all := entranceFixture + fixed(leakFixtures)
	w.configures(all, locals)
	w.applies("first")
	w.wraps()
	w.stateHas(leakFixtures)
	if got := h.KV2("credentials", "object"); !strings.Contains(got, "Zq8") {
		t.Fatalf("the canary never came to OpenBao: %s", got)
	}
	w.handsOver()
	w.run(0, "plan", "-input=false", "-detailed-exitcode")

	// New versions at the source, other values at the destination, new secrets in
	// the write-only arguments.
	h.Rotate(ids["object"], object("two"))
	h.Rotate(ids["text"], w.canary("text two"))
	for _, path := range []string{"credentials/data/object", "credentials/data/binary", "credentials/data/bulk/text"} {
		h.Operator(http.MethodPost, path, map[string]any{"data": map[string]string{"foreign": w.canary("foreign value at " + path)}})
	}
	h.Operator(http.MethodPost, "old/legacy", map[string]string{"foreign": w.canary("foreign value on KV v1")})
	reviewer()
	w.setting("given", w.canary("second given secret ID"))
	locals["round"] = "2"
	w.configures(all, locals)
	w.run(0, "plan", "-input=false", "-refresh-only")
	w.applies("second")
	w.wraps()

	w.fails(all, locals, ids)
	w.lists()
	w.configures(all, locals)
	w.applies("destroy", "-destroy")
	w.heard()
	if heard := len(w.canaries); heard < 40 {
		t.Errorf("only %d secrets are known", heard)
	}
	w.foundNowhere()
	if w.Work.Read("terraform.tfstate.backup") == "" {
		t.Error("there is no backup of the state to scan")
	}
}

// handsOver expects that ephemeral values came through their doors.
func (w *leakWorld) handsOver() {
	w.Helper()
	came := map[string]bool{}
	for _, request := range w.Proxy.Requests() {
		for _, header := range []string{"X-Proxy-Token", "X-There", "X-There-All", "X-Member", "X-Text", "X-Base64"} {
			if len(acctest.Scan("", []byte(request.Header.Get(header)), slices.Collect(maps.Values(w.canaries))...)) > 0 {
				came[header] = true
			}
		}
	}
	if len(came) != 6 {
		w.Errorf("secrets came only in %v", came)
	}
}

// The same for what needs a Raft cluster.
func TestPromiseNoLeak_Raft(t *testing.T) {
	t.Parallel()
	w := newLeakWorld(t, acctest.NewRaft(t))
	locals := map[string]string{"round": "1"}
	w.configures(fixed(raftFixtures), locals)
	w.applies("first")
	w.stateHas(raftFixtures)
	w.Operator(http.MethodPost, autopilotPath, map[string]any{"max_trailing_logs": 500})
	// The snapshot has every secret, sealed; it is no business of the scan.
	snapshot := filepath.Join(t.TempDir(), "before.snap")
	w.configures(fixed(raftFixtures)+"variable \"snapshot\" {\n  type    = string\n  default = \""+snapshot+"\"\n}\n"+raftFixtures["action ocibao_raft_snapshot"], locals)
	if isTerraform(w.Harness, 14) {
		w.applies("second")
		w.run(1, "plan", "-input=false", "-replace=terraform_data.change") // the file is there already
	} else {
		w.Contains(w.run(1, "plan", "-input=false"), `"action" are not expected here`)
		told, diagnostics := serveHarness(w.Harness).invoke(t.Context(), snapshotAction, values{"path": snapshot})
		fmt.Fprintf(&w.printed, "%v\n%s\n", told, text(diagnostics))
		w.configures(fixed(raftFixtures), locals)
		w.applies("second")
	}
	if readFile(t, snapshot) == "" {
		t.Error("the snapshot is empty")
	}
	w.configures(fixed(raftFixtures), locals)
	w.applies("destroy", "-destroy")
	w.foundNowhere()
}

// fails runs into errors: of both sides, of arguments and of logins. Each message
// tells the cause, and none the secret.
func (w *leakWorld) fails(all string, locals, ids map[string]string) {
	w.Helper()
	locals["broken"] = w.Secret("broken", fmt.Sprintf(`{"x":%q,"x":%q}`, w.canary("broken one"), w.canary("broken two")))
	locals["cut"] = w.Secret("cut", fmt.Sprintf(`{"x":%q`, w.canary("cut off")))
	locals["denied"] = w.Secret("denied", w.canary("denied content"))
	w.OCI.Deny(locals["denied"], ociemu.ReadBundle)
	copies := func(name, id, extra string) string {
		return fmt.Sprintf("\nresource \"ocibao_migrated_secret\" %[1]q {\n  secret_id = local.%[2]s\n  mount = ocibao_kv_mount.new.path\n  name = %[1]q\n  %[3]s\n}\n", name, id, extra)
	}
	w.configures(all+copies("taken", "object", `drift_detection = "content"`)+copies("broken", "broken", `format = "json"`)+copies("cut", "cut", `format = "json"`)+
		copies("denied", "denied", "")+copies("forbidden", "object", "provider = ocibao.both")+`
provider "ocibao" {
  alias = "both"
  openbao = {
    address  = local.address
    auth_jwt = { role = "pipeline", jwt = var.jwt }
  }
  oci = {
    private_key          = var.private_key
    private_key_password = var.private_key_password
    endpoints            = { secrets = "`+w.OCI.URL+`", vaults = "`+w.OCI.URL+`", identity = "`+w.OCI.URL+`", kms = "`+w.OCI.URL+`" }
  }
}

resource "ocibao_approle_secret_id" "no_role" {
  mount                = ocibao_approle.app.mount
  role_name            = "nobody"
  secret_id_wo         = var.given
  secret_id_wo_version = 1
}

resource "ocibao_kubernetes_auth_config" "no_mount" {
  mount                         = "nowhere"
  kubernetes_host               = local.host
  kubernetes_ca_cert            = local.ca
  token_reviewer_jwt_wo         = var.reviewer
  token_reviewer_jwt_wo_version = 1
}
`, locals)
	w.Operator(http.MethodPost, "sys/policies/acl/maker", map[string]any{"policy": `path "sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }` +
		"\n" + `path "credentials/metadata/*" { capabilities = ["create", "read", "update", "patch"] }`})
	w.run(2, "plan", "-input=false", "-detailed-exitcode", "-out=failing.tfplan")
	w.Operator(http.MethodPost, "credentials/data/taken", map[string]any{"data": map[string]string{"foreign": w.canary("value in the way")}})
	w.Contains(w.run(1, "apply", "-input=false", "failing.tfplan"), "the path holds other content", `the member "x" occurs twice`, "read secret-bundles",
		"permission denied", "nobody", "nowhere")
	w.Contains(w.run(1, "plan", "-input=false"), "the path holds other content")

	// In a folder of its own, without the state of all that is there.
	w.setting("wrong", w.canary("wrong credential"))
	whole, apart := w.Work, *w.Work
	apart.Dir = filepath.Join(whole.Dir, "apart")
	if err := os.Mkdir(apart.Dir, 0o700); err != nil {
		w.Fatal(err)
	}
	w.Work = &apart
	defer func() { w.Work = whole }()
	for name, failing := range map[string]struct{ config, want string }{
		"secret ID":   {"ephemeral \"ocibao_approle_login\" \"wrong\" {\n  role_id = \"app-role\"\n  secret_id = var.wrong\n}\n", "Unable to log in"},
		"wrapped":     {"ephemeral \"ocibao_approle_login\" \"wrong\" {\n  role_id = \"app-role\"\n  wrapping_token = var.wrong\n}\n", "wrapping token is not valid"},
		"JWT":         {alias("auth_jwt = { role = \"pipeline\", jwt = var.wrong }", ""), "Unable to"},
		"pod token":   {alias("auth_kubernetes = { role = \"migration\", token = var.wrong }", ""), "Unable to"},
		"token":       {alias("token = \"${var.wrong}\\n\"", ""), "token"},
		"header":      {alias("token = var.token\n    headers = { \"X-A\" = \"${var.wrong}\\r\\n\" }", ""), "line break"},
		"API key":     {alias("token = var.token", "private_key = var.wrong"), "private_key"},
		"password":    {alias("token = var.token", "private_key = var.private_key\n    private_key_password = var.wrong"), "private_key_password"},
		"white space": {"resource \"ocibao_approle_secret_id\" \"wrong\" {\n  role_name = \"app\"\n  secret_id_wo = \"${var.wrong}\\n\"\n  secret_id_wo_version = 1\n}\n", "white space at an edge"},
	} {
		w.configures(strings.ReplaceAll(failing.config, "OBJECT", ids["object"]), locals)
		run := w.run(1, "plan", "-input=false")
		if !strings.Contains(flat(run.Output), failing.want) {
			w.Errorf("%s: %q is not in\n%s", name, failing.want, run.Output)
		}
	}
}

// alias is a second provider with these credentials, and an object of each side.
func alias(openbao, oci string) string {
	return fmt.Sprintf(`
provider "ocibao" {
  alias = "wrong"
  openbao = {
    address = local.address
    %s
  }
  oci = {
    %s
  }
}

ephemeral "ocibao_kv_secret" "wrong" {
  provider = ocibao.wrong
  mount    = "there"
  name     = "app"
}

data "ocibao_secret" "wrong" {
  provider  = ocibao.wrong
  secret_id = "OBJECT"
}
`, openbao, oci)
}

func flat(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}

// lists asks for what is not migrated, where the engine can, and in this process.
func (w *leakWorld) lists() {
	w.Helper()
	results, diagnostics := serveHarness(w.Harness).lists("ocibao_migrated_secret", 100, values{"compartment_id": w.OCI.CompartmentID, "mount": "credentials", "include_migrated": true})
	if len(results) < 3 {
		w.Errorf("listed %v", results)
	}
	fmt.Fprintf(&w.printed, "%+v\n%s\n", results, text(diagnostics))
	if !isTerraform(w.Harness, 14) {
		if run := w.CLI("query"); run.ExitCode == 0 {
			w.Error("the engine knows query after all")
		}
		return
	}
	w.Write("all.tfquery.hcl", "variable \"compartment\" {\n  type = string\n}\n"+leakFixtures["list ocibao_migrated_secret"])
	w.run(0, "query", "-json", "-var=compartment="+w.OCI.CompartmentID)
	w.run(0, "query", "-var=compartment="+w.OCI.CompartmentID)
}
