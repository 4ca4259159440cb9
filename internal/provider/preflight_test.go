package provider_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// ahead configures a provider that looks ahead.
func ahead(h *acctest.Harness, config string) {
	h.Helper()
	h.Configure(config)
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), "provider \"ocibao\" {", "provider \"ocibao\" {\n  preflight = true", 1))
}

// warnings are the details of the warnings of a plan by their summaries.
func warnings(h *acctest.Harness, args ...string) map[string]string {
	h.Helper()
	run := h.CLI(append([]string{"plan", "-input=false", "-json"}, args...)...)
	if run.ExitCode != 0 {
		h.Fatal(run.Output)
	}
	found := map[string]string{}
	for line := range strings.SplitSeq(run.Output, "\n") {
		var event struct {
			Diagnostic struct{ Severity, Summary, Detail string }
		}
		if json.Unmarshal([]byte(line), &event) == nil && event.Diagnostic.Severity == "warning" {
			found[event.Diagnostic.Summary] += event.Diagnostic.Detail + "\n"
		}
	}
	return found
}

var policyBlock = regexp.MustCompile(`(?ms)^path "[^"]+" \{\n.*?^\}\n`)

// granted is all policy text of warnings.
func granted(warnings map[string]string) string {
	var text strings.Builder
	for _, detail := range warnings {
		text.WriteString(strings.Join(policyBlock.FindAllString(detail, -1), "\n"))
	}
	return text.String()
}

// preflightLife has one of each object.
const preflightLife = `
resource "ocibao_kv_mount" "two" {
  path          = "two"
  max_versions  = MAX
  force_destroy = FORCE
}

resource "ocibao_kv_mount" "one" {
  path        = "one"
  version     = 1
  description = "DESCRIPTION"
}

resource "ocibao_migrated_secret" "two" {
  secret_id  = "OCID"
  mount      = ocibao_kv_mount.two.path
  name       = "NAME"
  on_destroy = "soft_delete"
}

resource "ocibao_migrated_secret" "one" {
  secret_id  = "OCID"
  mount      = ocibao_kv_mount.one.path
  name       = "NAME"
  on_destroy = "destroy"
}

resource "ocibao_migration" "many" {
  mount      = ocibao_kv_mount.two.path
  secrets    = { "many/NAME" = "OCID@1", "many/kept" = "OCID@1" }
  on_destroy = "destroy"
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"${ocibao_kv_mount.two.path}/data/NAME\" { capabilities = [\"read\"] }"
}

resource "ocibao_auth_mount" "apps" {
  path        = "apps"
  description = "DESCRIPTION"
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.apps.path
  name           = "app"
  role_id        = "ROLE"
  token_policies = [ocibao_policy.app.name]
}

resource "ocibao_approle_secret_id" "app" {
  mount        = ocibao_auth_mount.apps.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "1h"
  ttl          = "TTL"
}

resource "ocibao_approle_secret_id" "given" {
  mount                = ocibao_auth_mount.apps.path
  role_name            = ocibao_approle.app.name
  secret_id_wo         = "made-elsewhere-TTL"
  secret_id_wo_version = MAX
  rotation_overlap     = "0s"
}

resource "ocibao_migrated_secret" "expiring" {
  secret_id                = "EXPIRING"
  mount                    = ocibao_kv_mount.two.path
  name                     = "expiring/NAME"
  delete_version_at_expiry = true
  on_destroy               = "destroy"
}

resource "ocibao_auth_mount" "pods" {
  path = "pods"
  type = "kubernetes"
}

resource "ocibao_kubernetes_auth_config" "pods" {
  mount           = ocibao_auth_mount.pods.path
  kubernetes_host = "https://127.0.0.1:9"
  kubernetes_ca_cert = var.ca
  issuer          = "DESCRIPTION"
}

resource "ocibao_kubernetes_auth_role" "app" {
  mount                            = ocibao_auth_mount.pods.path
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["NAME"]
}

resource "ocibao_audit_device" "disk" {
  path        = "disk"
  type        = "file"
  description = "DESCRIPTION"
  options     = { file_path = "discard" }
}

variable "ca" { type = string }
`

// foreseen is a step in the life of objects.
type foreseen struct {
	name, config string
	args         []string
	things       []string // what rights are missing for
	refresh      string   // what refreshing takes, which is not what this is about
}

// enough expects that a plan without rights tells of each thing, and that a token with
// just the policy text that it shows can apply.
func (s foreseen) enough(h *acctest.Harness) {
	h.Helper()
	ahead(h, s.config)
	becomes(h, "path \"sys/internal/ui/mounts/+\" { capabilities = [\"read\"] }\n"+s.refresh)
	told := warnings(h, s.args...)
	for _, thing := range s.things {
		if told["Apply will be refused: rights are missing for the "+thing] == "" {
			h.Errorf("%s: nothing is said of the %s, but of %v", s.name, thing, slices.Sorted(maps.Keys(told)))
		}
	}
	h.Contains(h.CLI(append([]string{"plan"}, s.args...)...), "Grant this in a policy of the token", "lacks rights on")
	becomes(h, s.refresh+granted(told))
	if left := warnings(h, s.args...); granted(left) != "" {
		h.Errorf("%s: still missing:\n%s", s.name, granted(left))
	}
	h.Apply(s.args...)
}

// What the plan says is missing is all that is: a token with just that policy text
// can apply, for each step in the life of the objects.
func TestPreflight_PolicyTextIsEnough(t *testing.T) {
	h := audited(t, auditThroughAPI)
	authority, err := acctest.NewClientAuthority()
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_ca="+authority.CAPEM)
	id, expiring := h.Secret("cloud_provider_a", acctest.GuideSecretA), h.Secret("expiring", `{"a":"1"}`)
	expires(h, expiring, time.Now().Add(100*time.Hour))
	fixed := []string{"OCID", id, "EXPIRING", expiring}
	first := strings.NewReplacer(append(fixed, "MAX", "3", "FORCE", "false", "NAME", "a", "ROLE", "first-role", "DESCRIPTION", "first", "TTL", "10m")...).Replace(preflightLife)
	second := strings.NewReplacer(append(fixed, "MAX", "4", "FORCE", "true", "NAME", "b", "ROLE", "other-role", "DESCRIPTION", "other", "TTL", "20m")...).Replace(preflightLife)
	const refresh = `path "one/*" { capabilities = ["read"] }
path "two/*" { capabilities = ["read"] }
path "sys/*" { capabilities = ["read", "sudo"] }
path "auth/pods/*" { capabilities = ["read"] }
path "auth/apps/role/*" { capabilities = ["read"] }
path "auth/apps/role/app/secret-id-accessor/lookup" { capabilities = ["update"] }
`
	always := []string{"KV mount one", "policy app", "auth mount apps", "AppRole apps/app", "Kubernetes role pods/app", "audit device disk", "secret ID of AppRole apps/app"}
	with := func(things ...string) []string { return append(things, always...) }
	for _, step := range []foreseen{
		{"create", first, nil, with("KV mount two", "migrated secret two/a", "migrated secret one/a", "migration to two", "migrated secret two/expiring/a",
			"auth mount pods", "Kubernetes auth configuration pods"), ""},
		{"update", second, nil, with("KV mount two", "migrated secret two/b", "removal of the secret two/a", "removal of the secret one/a",
			"removal of secrets from two", "migrated secret two/expiring/b", "Kubernetes auth configuration pods"), refresh},
		{"destroy", second, []string{"-destroy"}, with("removal of the secret two/b", "removal of secrets from two", "auth mount pods"), refresh},
	} {
		step.enough(h)
	}
}

// The same for what only a cluster has.
func TestPreflight_PolicyTextIsEnoughForAutopilot(t *testing.T) {
	h := onRaft(t)
	things := []string{"configuration of autopilot"}
	const refresh = "path \"sys/storage/raft/autopilot/configuration\" { capabilities = [\"read\"] }\n"
	for _, step := range []foreseen{
		{"create", autopilot(`last_contact_threshold = "20s"`), nil, things, ""},
		{"update", autopilot(`last_contact_threshold = "30s"`), nil, things, refresh},
		{"destroy", autopilot(`last_contact_threshold = "30s"`), []string{"-destroy"}, things, refresh},
	} {
		step.enough(h)
	}
}

// Every managed object looks ahead, also one that is yet to be written: no test has
// to name it.
func TestPreflight_EveryObject(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/sys/capabilities-self" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"errors":["permission denied"]}`)
			return
		}
		var asked struct{ Paths []string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		denied := map[string][]string{}
		for _, path := range asked.Paths {
			denied[path] = []string{"deny"}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": denied})
	}))
	t.Cleanup(server.Close)
	p := serve(t, values{"preflight": true, "openbao": values{"address": server.URL, "token": "powerless"}})
	for name, schema := range p.schemas.ResourceSchemas {
		config := values{}
		for _, attribute := range schema.Block.Attributes {
			if attribute.Required {
				config[attribute.Name] = sample(t, attribute)
			}
		}
		prior, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
		if err != nil {
			t.Fatal(err)
		}
		given := p.config(schema, config)
		planned, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: name, PriorState: &prior, ProposedNewState: given, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		told := func(d *tfprotov6.Diagnostic) bool {
			return strings.HasPrefix(d.Summary, "Apply will be refused: rights are missing for the ") && len(policyBlock.FindAllString(d.Detail, -1)) > 0
		}
		if !slices.ContainsFunc(planned.Diagnostics, told) {
			t.Errorf("%s does not look ahead at the rights that its creation takes", name)
		}
	}
	if len(p.schemas.ResourceSchemas) < 11 {
		t.Errorf("only %d objects were planned", len(p.schemas.ResourceSchemas))
	}
}

// sample is a value for a required argument.
func sample(t *testing.T, argument *tfprotov6.SchemaAttribute) any {
	t.Helper()
	kind := argument.Type
	switch {
	case argument.Name == "policy":
		return `path "a" { capabilities = ["read"] }`
	case kind.Is(tftypes.String):
		return "a"
	case kind.Is(tftypes.Number):
		return 1
	case kind.Is(tftypes.Bool):
		return true
	case kind.Is(tftypes.Map{}):
		return map[string]string{"a": "ocid1.vaultsecret.oc1..a@1"}
	case kind.Is(tftypes.Set{}):
		return []tftypes.Value{tftypes.NewValue(tftypes.String, "a")}
	}
	t.Fatalf("no sample of %s, a %s", argument.Name, kind)
	return nil
}

// With all rights there is nothing to say, and looking ahead writes nothing.
func TestPreflight_Quiet(t *testing.T) {
	h := started(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	ahead(h, one(id))
	logged(h)
	h.Proxy.Reset()
	h.Lacks(h.Plan(2, "-out=saved.tfplan"), "Warning")
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("a plan wrote: %v", writes)
	}
	asked := 0
	for _, request := range h.Proxy.Requests() {
		if request.Path == "sys/capabilities-self" {
			asked++
		}
	}
	if asked == 0 || asked > 2 {
		t.Errorf("asked %d times for two objects", asked)
	}
	h.Apply()
	h.Proxy.Reset()
	h.OCI.Reset()
	h.Plan(0)
	for _, request := range h.Proxy.Requests() {
		if request.Path == "sys/capabilities-self" {
			t.Error("nothing is planned, but rights were asked for")
		}
	}
	leaks, files, err := acctest.ScanDir(h.Work.Dir, "AKIA513J2DDRAXCFKXF5", "XdqD0BPa8aLFaN")
	if err != nil || files < 3 || len(leaks) > 0 {
		t.Errorf("%d files, %v, leaks %v", files, err, leaks)
	}
}

// Many paths are asked for in few requests, and granted by few rules.
func TestPreflight_Bulk(t *testing.T) {
	h := started(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.MountKV("kv", "2")
	ahead(h, fmt.Sprintf(`
resource "ocibao_migration" "many" {
  mount   = "kv"
  secrets = { for i in range(300) : "app-${i}" => "%s@1" }
}
`, id))
	becomes(h, `path "kv/data/app-0" { capabilities = ["read"] }`)
	h.Proxy.Reset()
	told := warnings(h)
	// A rule of its own wins over that of the folder, so it is put right as well.
	want := `path "kv/data/app-0" {
  capabilities = ["create", "update", "read"]
}

path "kv/metadata/*" {
  capabilities = ["read", "patch"]
}

path "kv/data/*" {
  capabilities = ["create", "update", "read"]
}
`
	if got := granted(told); got != want {
		t.Errorf("granted\n%s\nof %v", got, told)
	}
	asked := 0
	for _, request := range h.Proxy.Requests() {
		if request.Path == "sys/capabilities-self" {
			asked++
		}
	}
	if asked != 3 {
		t.Errorf("600 paths were asked for in %d requests", asked)
	}
}

// What OCI will refuse is told with the statement that allows it.
func TestPreflight_Source(t *testing.T) {
	h := started(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.OCI.Deny(h.OCI.CompartmentID, ociemu.ReadBundle)
	single := fmt.Sprintf("secret_id = %q\nversion_number = 1\nmount = \"kv\"\nname = \"a\"", id)
	bulk := fmt.Sprintf("resource \"ocibao_migration\" \"x\" {\n  mount = \"kv\"\n  secrets = { b = \"%s@1\", c = \"%s@1\" }\n}\n", id, id)
	ahead(h, migrated(single)+bulk)
	run := h.Plan(2)
	h.Contains(run, "Apply will be refused: unable to read "+id, "Apply will be refused: unable to read sources of the migration to kv",
		"allow group <group> to read secret-bundles in compartment <compartment>")
	h.OCI.Allow(h.OCI.CompartmentID, ociemu.ReadBundle)
	h.Lacks(h.Plan(2), "Warning")
	ahead(h, migrated(strings.Replace(single, "version_number = 1", "version_number = 7", 1)))
	h.Contains(h.Plan(2), "Apply will be refused: unable to read "+id, "Check the version against the secret's versions")
}

// A token that may not even ask is told so, and a namespace that is not there.
func TestPreflight_Blind(t *testing.T) {
	h := started(t)
	const config = `
resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"a\" { capabilities = [\"read\"] }"
}
`
	ahead(h, config)
	h.Operator(http.MethodPost, "sys/policies/acl/nothing", map[string]any{"policy": `path "other/*" { capabilities = ["read"] }`})
	only(h, "nothing")
	h.Contains(h.Plan(2), "Preflight cannot see the rights of the token", `path "sys/capabilities-self" {`, `capabilities = ["update"]`)
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN="+acctest.RootToken)
	h.Lacks(h.Plan(2), "Warning")
	h.Configure(config)
	only(h, "nothing")
	h.Proxy.Reset()
	h.Lacks(h.Plan(2), "Preflight", "Warning")
	if requests := h.Proxy.Requests(); len(requests) > 0 {
		t.Errorf("without preflight a plan asked for %v", requests)
	}
}
