package provider_test

import (
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
