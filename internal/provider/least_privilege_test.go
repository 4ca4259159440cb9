package provider_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// privileges are what a job may do: the policies of the guide, word for word.
type privileges struct {
	policy     string   // of OpenBao
	statements []string // of OCI
}

// job are the privileges below a heading of the guide.
func job(t *testing.T, guide, heading string) privileges {
	t.Helper()
	found := privileges{policy: fenced(t, guide, heading, "hcl")[0]}
	if heading != "## Destroying" {
		found.statements = strings.Split(strings.TrimSpace(fenced(t, guide, heading, "text")[0]), "\n")
	}
	return found
}

// only lets the provider work with a token that has these policies and not even
// the default one, and returns the token.
func only(h *acctest.Harness, policies ...string) string {
	h.Helper()
	answer := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": policies, "no_default_policy": true})
	auth, _ := answer["auth"].(map[string]any)
	token, _ := auth["client_token"].(string)
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN="+token)
	return token
}

// A plan of secrets in version mode works without a right to any value, and
// apply with what the guide says. The guide's policies hold nothing that is not
// needed.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	guide := readGuide(t, "least-privilege")
	config := fenced(t, guide, "", "hcl")[0]
	plan, apply, destroy := job(t, guide, "## Plan job"), job(t, guide, "## Apply job"), job(t, guide, "## Destroying")
	h := acctest.New(t)
	for name, policy := range map[string]string{"plan-job": plan.policy, "apply-job": apply.policy, "destroy-job": destroy.policy} {
		h.Operator(http.MethodPost, "sys/policies/acl/"+name, map[string]any{"policy": policy})
	}
	h.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	a, b := h.Secret("a", `{"token":"a1"}`), h.Secret("b", `{"token":"b1"}`)
	h.Work.Env = append(h.Work.Env, `TF_VAR_secrets={"a":"`+a+`","b":"`+b+`"}`)
	h.Configure(config)

	var applied []acctest.Request
	only(h, "apply-job")
	h.Apply()
	applied = append(applied, h.Proxy.Requests()...)

	planJob(h, a, plan)

	h.OCI.Allow(h.OCI.CompartmentID, ociemu.ReadBundle)
	only(h, "apply-job")
	forget(h)
	h.Configure(strings.Replace(config, `path = "credentials"`, "path = \"credentials\"\n  description = \"tuned\"\n  max_versions = 4", 1))
	h.Apply()
	asks(h, apply.statements)
	h.Plan(0)
	if got := h.KV2("credentials", "a") + h.KV2("credentials", "b"); got != `{"token":"a2"}{"token":"b1"}` {
		t.Errorf("stored %s", got)
	}
	h.Configure(config)
	h.Apply("-replace=ocibao_approle_secret_id.app")
	h.Operator(http.MethodDelete, "sys/mounts/credentials", nil)
	h.Contains(h.Apply(), "1 added, 2 changed, 0 destroyed")
	h.Plan(0)
	applied = append(applied, h.Proxy.Requests()...)
	needed(t, apply.policy, applied)

	destroyJob(h, config, a, destroy)
}

// planJob plans without and with drift, and expects that no value was asked for.
func planJob(h *acctest.Harness, id string, may privileges) {
	h.Helper()
	h.OCI.Deny(h.OCI.CompartmentID, ociemu.ReadBundle)
	token := only(h, "plan-job")
	if status, _, _ := h.Bao.Call(h.Context(), http.MethodGet, token, "credentials/data/a", nil); status != http.StatusForbidden {
		h.Errorf("the plan job can read a value: %d", status)
	}
	forget(h)
	h.Plan(0)
	h.Rotate(id, `{"token":"a2"}`)
	h.Operator(http.MethodPost, "credentials/data/b", map[string]any{"data": map[string]string{"token": "by hand"}})
	h.Operator(http.MethodPost, "sys/policies/acl/app", map[string]any{"policy": `path "credentials/data/a" { capabilities = ["read"] }`})
	run := h.Plan(2)
	h.Contains(run, `drift = "source_newer" -> "none"`, "version_number = 1 -> 2", `drift = "destination_modified" -> "none"`,
		`- path "credentials/data/a"`, "0 to add, 3 to change, 0 to destroy")
	asks(h, may.statements)
	for _, request := range h.Proxy.Requests() {
		if strings.Contains(request.Path, "/data/") || request.Writes() && !strings.HasSuffix(request.Path, "/lookup") {
			h.Errorf("a plan asked for %s %s", request.Method, request.Path)
		}
		if request.Status == http.StatusForbidden && !strings.HasPrefix(request.Path, "sys/internal/ui/mounts/") {
			h.Errorf("a plan was refused %s %s", request.Method, request.Path)
		}
	}
	needed(h, may.policy, h.Proxy.Requests())
	// A token that may not use what is there gets no verdict that it is gone.
	h.Operator(http.MethodPost, "sys/policies/acl/nothing", map[string]any{"policy": `path "other/*" { capabilities = ["read"] }`})
	only(h, "nothing")
	h.Contains(h.Plan(1), "permission denied")
}

// destroyJob takes everything away, in each way that the guide names.
func destroyJob(h *acctest.Harness, config, id string, may privileges) {
	h.Helper()
	only(h, "apply-job", "destroy-job")
	h.Proxy.Reset()
	for _, how := range []string{"soft_delete", "destroy"} {
		h.Configure(strings.Replace(config, "name      = each.key", "name      = each.key\n  on_destroy = \""+how+"\"", 1))
		h.Apply()
		if how == "soft_delete" {
			h.Apply("-destroy", `-target=ocibao_migrated_secret.all["b"]`)
			h.Operator(http.MethodDelete, "credentials/metadata/b", nil)
			h.Work.Env = append(h.Work.Env, `TF_VAR_secrets={"a":"`+id+`"}`)
		}
	}
	h.Apply("-destroy")
	needed(h, may.policy, h.Proxy.Requests())
}

func forget(h *acctest.Harness) {
	h.Proxy.Reset()
	h.OCI.Reset()
}

// asks expects that OCI was asked for nothing but what the statements allow.
func asks(h *acctest.Harness, statements []string) {
	h.Helper()
	calls := map[string][]string{
		"read secrets": {"vault.GetSecret", "vault.ListSecrets"}, "read secret-bundles": {"secrets.GetSecretBundle"},
	}
	var allowed []string
	used := map[string]bool{}
	for _, statement := range statements {
		words := strings.Fields(statement)
		what := strings.Join(words[4:6], " ")
		if len(calls[what]) == 0 {
			h.Errorf("what does %q allow?", statement)
		}
		allowed = append(allowed, calls[what]...)
		used[what] = slices.ContainsFunc(h.OCI.Requests(), func(r ociemu.RequestRecord) bool { return slices.Contains(calls[what], r.Call) })
	}
	for what, was := range used {
		if !was {
			h.Errorf("nobody needs to %s", what)
		}
	}
	for _, request := range h.OCI.Requests() {
		if !slices.Contains(allowed, request.Call) {
			h.Errorf("OCI was asked for %s", request.Call)
		}
	}
}

var policyPath = regexp.MustCompile(`path "([^"]+)" \{\n  capabilities = \[([^\]]+)\]`)

// needed expects that each capability of a policy was used by a request that
// was granted.
func needed(t testing.TB, policy string, requests []acctest.Request) {
	t.Helper()
	methods := map[string][]string{
		"read": {http.MethodGet}, "list": {"LIST"}, "patch": {http.MethodPatch}, "delete": {http.MethodDelete},
		"create": {http.MethodPost, http.MethodPut}, "update": {http.MethodPost, http.MethodPut},
	}
	for _, rule := range policyPath.FindAllStringSubmatch(policy, -1) {
		for _, capability := range strings.Split(rule[2], ", ") {
			capability = strings.Trim(capability, `"`)
			used := slices.ContainsFunc(requests, func(r acctest.Request) bool {
				return slices.Contains(methods[capability], r.Method) && covers(rule[1], r.Path) && r.Status != http.StatusForbidden
			})
			if !used {
				t.Errorf("nobody needs %q on %s", capability, rule[1])
			}
		}
	}
}

func covers(pattern, path string) bool {
	if prefix, glob := strings.CutSuffix(pattern, "*"); glob {
		return strings.HasPrefix(path+"/", prefix)
	}
	return path == pattern
}
