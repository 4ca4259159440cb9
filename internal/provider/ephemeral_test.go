package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// expecting lets a plan or apply fail unless a condition on ephemeral values holds.
func expecting(conditions ...string) string {
	var config strings.Builder
	for i, condition := range conditions {
		fmt.Fprintf(&config, "\nephemeral \"ocibao_kv_secret\" \"expect_%d\" {\n  mount = \"anchor\"\n  name  = \"anchor\"\n  lifecycle {\n    precondition {\n      condition     = %s\n      error_message = \"condition %d does not hold\"\n    }\n  }\n}\n", i, condition, i)
	}
	return config.String()
}

// withAnchor is a harness for expecting, with a KV mount of each version.
func withAnchor(t *testing.T) *acctest.Harness {
	t.Helper()
	h := started(t)
	h.MountKV("anchor", "1")
	h.Operator(http.MethodPost, "anchor/anchor", map[string]string{"a": "b"})
	h.MountKV("two", "2")
	return h
}

// nothingOf scans plan, state, logs and output for values.
func nothingOf(h *acctest.Harness, canaries ...string) {
	h.Helper()
	h.Write("shown.json", h.CLI("show", "-json").Output)
	leaks, files, err := acctest.ScanDir(h.Work.Dir, canaries...)
	if err != nil || files < 3 {
		h.Fatalf("%d files were scanned, %v", files, err)
	}
	for _, leak := range leaks {
		h.Errorf("leak in %s", leak)
	}
}

// logged turns the most talkative log on.
func logged(h *acctest.Harness) {
	h.Work.Env = append(h.Work.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(h.Work.Dir, "trace.log"))
}

func TestKVSecret(t *testing.T) {
	h := withAnchor(t)
	const first, second = "canary-first-value-of-kv", "canary-second-value-of-kv"
	h.Operator(http.MethodPost, "two/data/app/a", `{"data":{"value":"`+first+`"}}`)
	h.Operator(http.MethodPost, "two/data/app/a", `{"data":{"value":"`+second+`","number":12345678901234,"inner":{"k":[1,true]}}}`)
	h.Operator(http.MethodPost, "two/metadata/app/a", map[string]any{"custom_metadata": map[string]string{"team": "x"}})
	h.Operator(http.MethodPost, "anchor/app/a", map[string]string{"value": first})
	logged(h)
	h.Configure(`
ephemeral "ocibao_kv_secret" "current" {
  mount = "two"
  name  = "app/a"
}

ephemeral "ocibao_kv_secret" "first" {
  mount   = "two"
  name    = "app/a"
  version = 1
}

ephemeral "ocibao_kv_secret" "one" {
  mount = "anchor"
  name  = "app/a"
}

resource "terraform_data" "known" {
  input = ephemeralasnull(ephemeral.ocibao_kv_secret.current.data)
}
` + expecting(
		`ephemeral.ocibao_kv_secret.current.data["value"] == "`+second[:6]+`${"-second-value-of-kv"}"`,
		`ephemeral.ocibao_kv_secret.current.data["number"] == "12345678901234"`,
		`jsondecode(ephemeral.ocibao_kv_secret.current.data["inner"]).k[1] == true`,
		`jsondecode(ephemeral.ocibao_kv_secret.current.data_json).number == 12345678901234`,
		`ephemeral.ocibao_kv_secret.current.version == 2 && ephemeral.ocibao_kv_secret.current.created_time != null`,
		`ephemeral.ocibao_kv_secret.current.custom_metadata.team == "x"`,
		`endswith(ephemeral.ocibao_kv_secret.first.data["value"], "first-value-of-kv") && ephemeral.ocibao_kv_secret.first.version == 1`,
		`endswith(ephemeral.ocibao_kv_secret.one.data["value"], "first-value-of-kv") && ephemeral.ocibao_kv_secret.one.version == null`,
	))
	h.Plan(2, "-out=saved.tfplan")
	h.Proxy.Reset()
	h.Lacks(h.Apply(), first, second)
	wrote(h)
	nothingOf(h, first, second)
	h.Operator(http.MethodDelete, "two/data/app/a", nil)
	for name, test := range map[string]struct{ arguments, want string }{
		"missing":     {`mount = "two"` + "\n" + `name = "nothing"`, "kv_version"},
		"missing, v1": {`mount = "anchor"` + "\n" + `name = "nothing"`, "kv_version"},
		"deleted":     {`mount = "two"` + "\n" + `name = "app/a"`, "version 2 is deleted"},
		"no version":  {`mount = "two"` + "\n" + `name = "app/a"` + "\nversion = 9", "kv_version"},
		"v1 version":  {`mount = "anchor"` + "\n" + `name = "app/a"` + "\nversion = 1", "KV v1, which has no versions"},
		"no mount":    {`mount = "nowhere"` + "\n" + `name = "a"`, "Mount the engine first"},
		"bad name":    {`mount = "two"` + "\n" + `name = "a/"`, "Invalid secret name"},
	} {
		h.Configure("ephemeral \"ocibao_kv_secret\" \"x\" {\n" + test.arguments + "\n}\n")
		run := h.Plan(1)
		h.Contains(run, test.want, "on main.tf line")
		if name != "bad name" {
			h.Contains(run, "Unable to read KV secret")
		}
	}
	h.Configure("ephemeral \"ocibao_kv_secret\" \"x\" {\n  mount = \"anchor\"\n  name = \"app/a\"\n}\n")
	becomes(h, `path "anchor/other" { capabilities = ["read"] }`)
	h.Contains(h.Plan(1), "permission denied", `path "anchor/app/a" {`)
}

// What is made by the same apply is read after it, on both versions of the engine;
// without waiting the plan says how to wait.
func TestKVSecret_MadeByTheSameApply(t *testing.T) {
	h := started(t)
	id := h.Secret("object", `{"value":"canary-of-the-same-apply"}`)
	config := func(version string) string {
		var text strings.Builder
		for engine, name := range []string{"one", "two"} {
			fmt.Fprintf(&text, `
resource "ocibao_kv_mount" %[1]q {
  path    = %[1]q
  version = %[2]d
}

resource "ocibao_migrated_secret" %[1]q {
  secret_id = %[3]q
  mount     = ocibao_kv_mount.%[1]s.path
  name      = "a"
}

ephemeral "ocibao_kv_secret" %[1]q {
  mount = ocibao_migrated_secret.%[1]s.mount
  name  = ocibao_migrated_secret.%[1]s.name
  %[4]s

  lifecycle {
    postcondition {
      condition     = endswith(self.data["value"], "-same-apply")
      error_message = "something else was read"
    }
  }
}
`, name, engine+1, id, strings.ReplaceAll(version, "NAME", name))
		}
		return text.String()
	}
	h.Configure(config(""))
	h.Contains(h.Plan(1), "Unable to read KV secret")
	h.Configure(config("version = ocibao_migrated_secret.NAME.kv_version"))
	h.Plan(2)
	consistent(h, h.Apply())
	h.Plan(0)
	h.Rotate(id, `{"value":"canary-rotated-same-apply"}`)
	consistent(h, h.Apply())
	h.Plan(0)
	nothingOf(h, "canary-of-the-same-apply", "canary-rotated-same-apply")
}

func TestSecretBundleEphemeral(t *testing.T) {
	h := withAnchor(t)
	const first, second, text = "canary-first-of-bundle", "canary-second-of-bundle", "canary text <of> bundle"
	id := h.Secret("object", `{"key":"`+first+`"}`)
	h.Rotate(id, `{"key":"`+second+`","n":1.50}`)
	plainID, binaryID := h.Secret("plain", text), h.Secret("binary", "\xff\x00canary-binary-bundle")
	logged(h)
	ask := func(name, arguments string) string {
		return fmt.Sprintf("\nephemeral \"ocibao_secret_bundle\" %q {\n  %s\n}\n", name, arguments)
	}
	h.Configure(ask("current", fmt.Sprintf("name = \"object\"\n  vault_id = %q", h.OCI.VaultID)) +
		ask("first", fmt.Sprintf("secret_id = %q\n  version_number = 1", id)) +
		ask("plain", fmt.Sprintf("secret_id = %q", plainID)) + ask("binary", fmt.Sprintf("secret_id = %q", binaryID)) +
		expecting(
			`endswith(ephemeral.ocibao_secret_bundle.current.data["key"], "second-of-bundle") && ephemeral.ocibao_secret_bundle.current.data["n"] == "1.50"`,
			`ephemeral.ocibao_secret_bundle.current.secret_id == "`+id+`" && ephemeral.ocibao_secret_bundle.current.version_number == 2`,
			`endswith(jsondecode(ephemeral.ocibao_secret_bundle.first.content_text).key, "first-of-bundle")`,
			`contains(ephemeral.ocibao_secret_bundle.current.stages, "CURRENT") && ephemeral.ocibao_secret_bundle.current.content_format == "json"`,
			`endswith(base64decode(ephemeral.ocibao_secret_bundle.plain.content_base64), "text <of> bundle") && ephemeral.ocibao_secret_bundle.plain.data == null`,
			`ephemeral.ocibao_secret_bundle.binary.content_text == null && startswith(ephemeral.ocibao_secret_bundle.binary.content_base64, "/wBj")`,
		))
	h.Plan(0, "-out=saved.tfplan")
	h.Apply()
	nothingOf(h, first, second, text, "canary-binary-bundle")
	h.Configure(ask("x", fmt.Sprintf("secret_id = %q\n  version_number = 9", id)))
	h.Contains(h.Plan(1), "Unable to read secret "+id, "version_number")
	h.Configure(ask("x", "name = \"object\""))
	h.Contains(h.Plan(1), "Name of the secret is incomplete")
}

func TestSecretIDEphemeral(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	accessors := func() int {
		_, answer, err := h.Bao.Call(t.Context(), "LIST", "", secretIDPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := answer["data"].(map[string]any)
		keys, _ := data["keys"].([]any)
		return len(keys)
	}
	config := func(arguments, more string) string {
		return `
ephemeral "ocibao_approle_secret_id" "app" {
  role_name = "app"
  ` + arguments + `
}

provider "ocibao" {
  alias = "app"
  openbao = {
    address      = "` + h.Proxy.URL + `"
    auth_approle = { role_id = "app-role", secret_id = ephemeral.ocibao_approle_secret_id.app.secret_id }
  }
}
` + made("ocibao.app", "made-a") + more
	}
	there := accessors()
	logged(h)
	h.Configure(config("ttl = \"10m\"\n  metadata = { run = \"test\" }", ""))
	h.Plan(2, "-out=saved.tfplan")
	h.Apply()
	h.Plan(0)
	if h.Data("sys/policies/acl/made-a") == nil {
		t.Error("the policy was not made")
	}
	if n := accessors(); n != there {
		t.Errorf("%d secret IDs, before %d", n, there)
	}
	h.Configure(config("num_uses = 1", made("ocibao.app", "forbidden")))
	h.ApplyFails("Unable to create policy forbidden")
	if n := accessors(); n != there {
		t.Errorf("%d secret IDs after a failure, before %d", n, there)
	}
	leavesNoToken(h, before)
	nothingOf(h, usedTokens(h)...)
	h.Configure(config(`on_close = "retain"`, ""))
	h.Contains(h.Plan(1), "Retained secret IDs need an end", "set ttl")
	h.Configure(config("on_close = \"retain\"\n  ttl = \"5m\"", ""))
	h.Plan(0)
	if n := accessors(); n != there+1 {
		t.Errorf("%d secret IDs, before %d", n, there)
	}
	h.Configure(strings.Replace(config("", ""), `"app"`+"\n  \n", `"missing"`+"\n", 1))
	h.Contains(h.Plan(1), "Unable to create secret ID of AppRole approle/missing")
}

// A token that is shorter than the apply is renewed.
func TestLogin_Renewed(t *testing.T) {
	h := withLogin(t)
	before := liveTokens(h)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_ttl": "8s"})
	slow := `
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "sleep 10" }
}
`
	h.Configure(asApp(h, "secret_id = var.secret_id") + slow +
		strings.Replace(made("ocibao.app", "made-b"), "provider", "depends_on = [terraform_data.slow]\n  provider", 1))
	h.Lacks(h.Apply(), "Warning")
	if h.Data("sys/policies/acl/made-b") == nil {
		t.Error("the token did not last")
	}
	leavesNoToken(h, before)
	// At its longest life it ends, however often it is renewed, which is not over and
	// over.
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_ttl": "2s", "token_max_ttl": "2s"})
	h.Proxy.Reset()
	h.Contains(h.CLI("apply", "-auto-approve", "-replace=terraform_data.slow", "-replace=ocibao_policy.made-b"), "permission denied")
	renewals := map[string]int{} // by token
	for _, request := range h.Proxy.Requests() {
		if request.Path == "auth/token/renew-self" {
			renewals[request.Header.Get("X-Vault-Token")]++
		}
	}
	if len(renewals) == 0 {
		t.Error("no token was renewed")
	}
	for _, times := range renewals {
		if times > 4 {
			t.Errorf("a token was renewed %d times", times)
		}
	}
	leavesNoToken(h, before)
}

// The example hands a migrated secret over: in one apply it is migrated, read and
// used, and its value is nowhere.
func TestHandover(t *testing.T) {
	h := started(t)
	h.Operator(http.MethodPost, "sys/policies/acl/reports", map[string]any{
		"policy": `path "sys/policies/acl/reports-*" { capabilities = ["create", "read", "update", "delete"] }`})
	token := func() string {
		answer := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"reports"}})
		auth, _ := answer["auth"].(map[string]any)
		return fmt.Sprint(auth["client_token"])
	}
	first, second := token(), token()
	id := h.Secret("reports_token", `{"token":"`+first+`"}`)
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "handover", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_openbao_address="+h.Proxy.URL, "TF_VAR_secret_id="+id)
	logged(h)
	h.Configure(string(example))
	h.Plan(2, "-out=first.tfplan")
	if run := h.CLI("apply", "first.tfplan"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	usedBy := func(want string) {
		t.Helper()
		seen := false
		for _, request := range h.Proxy.Requests() {
			if request.Path == "sys/policies/acl/reports-readers" {
				seen = true
				if got := request.Header.Get("X-Vault-Token"); got != want {
					t.Errorf("%s %s was sent with another token", request.Method, request.Path)
				}
			}
		}
		if !seen {
			t.Error("the other provider sent nothing")
		}
	}
	usedBy(first)
	h.Plan(0)
	// A rotation is handed over as well.
	h.Rotate(id, `{"token":"`+second+`"}`)
	h.Plan(2, "-out=second.tfplan")
	if run := h.CLI("apply", "second.tfplan"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Proxy.Reset()
	h.Plan(0)
	usedBy(second)
	nothingOf(h, first, second)
}
