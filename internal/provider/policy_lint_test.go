package provider_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
)

func TestPolicyLint(t *testing.T) {
	h := started(t)
	finding := func(severity, path string, line float64, message string) map[string]any {
		return map[string]any{"severity": severity, "path": path, "line": line, "message": message}
	}
	got := evaluates(h,
		`provider::ocibao::policy_lint("path \"credentials/data/a\" { capabilities = [\"read\"] }", { credentials = 2 }, ["credentials/data/a"])`,
		`provider::ocibao::policy_lint("path \"credentials/a\" { capabilities = [\"read\"] }", {}, [])`,
		`provider::ocibao::policy_lint("\npath \"credentials/a\" { capabilities = [\"read\"] }", { credentials = 2 }, [])`,
		`provider::ocibao::policy_lint("path \"/credentials/data/provder-a\" { capabilities = [\"read\"] }", {}, ["credentials/data/provider-a"])`,
		`provider::ocibao::policy_lint("path \"a\" {", {}, [])`,
	)
	want := []any{
		[]any{}, []any{},
		[]any{finding("error", "credentials/a", 2, `path "credentials/a" matches no secret: credentials is KV v2, which has values below data/ and names below metadata/. Write "credentials/data/a".`)},
		[]any{finding("warning", "credentials/data/provder-a", 1,
			`path "credentials/data/provder-a" matches none of the secrets that are managed: write "credentials/data/provider-a", or remove the block.`)},
		[]any{finding("error", "", 1, "object expected closing RBRACE got: EOF")},
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%d: got %v, want %v", i, got[i], want[i])
		}
	}
}

// Before the first apply, paths are not known: the function waits for them, and a
// check around it does not fail.
func TestPolicyLint_InCheck(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	h.Configure(fmt.Sprintf(`
resource "ocibao_migrated_secret" "a" {
  secret_id = %q
  mount     = "credentials"
  name      = "provider-a"
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"credentials/data/provder-a\" { capabilities = [\"read\"] }"
}

locals {
  findings = provider::ocibao::policy_lint(ocibao_policy.app.policy, { credentials = 2 }, [ocibao_migrated_secret.a.acl_path])
}

check "policy" {
  assert {
    condition     = length(local.findings) == 0
    error_message = join("\n", local.findings[*].message)
  }
}
`, h.Secret("cloud_provider_a", "a value")))
	h.Lacks(h.Plan(2), "matches none of the secrets")
	h.Apply()
	h.Contains(h.Plan(0), "Check block assertion failed", `write "credentials/data/provider-a"`)
	if h.Data("sys/policies/acl/app") == nil || statusOf(h, http.MethodGet, "root", "credentials/data/provider-a") != http.StatusOK {
		t.Error("the policy or the secret is not there")
	}
}
