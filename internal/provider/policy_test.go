package provider_test

import (
	"net/http"
	"strings"
	"testing"
)

const appText = `
    path "credentials/data/provider-a" {
      capabilities = ["read", "list"]
    }
`

// policyOf is the policy "app" with a text.
func policyOf(text string, extra ...string) string {
	return block("ocibao_policy", append([]string{`name = "app"`, "policy = <<-EOT" + text + "  EOT"}, extra...)...)
}

func policy(extra ...string) string { return policyOf(appText, extra...) }

func TestPolicy_Lifecycle(t *testing.T) {
	h := started(t)
	h.Configure(policy())
	h.Contains(h.Plan(2), "will be created", `path "credentials/data/provider-a" {`, `on_conflict = "fail"`)
	settles(h)
	expectServer(h, "sys/policies/acl/app", "policy", `"path \"credentials/data/provider-a\" {\n  capabilities = [\"read\", \"list\"]\n}\n"`)
	imports(h, "ocibao_policy.this", "app")
	adopts(h)
	drifts(h, "sys/policies/acl/app", map[string]any{"policy": `path "credentials/*" { capabilities = ["sudo"] }`},
		`- path "credentials/*" { capabilities = ["sudo"] }`, `+ path "credentials/data/provider-a" {`, "updated in-place")
	vanished(h, "sys/policies/acl/app")

	h.Configure(policyOf(strings.Replace(appText, `"read", "list"`, `"read"`, 1)))
	h.Contains(h.Plan(2), `- capabilities = ["read", "list"]`, `+ capabilities = ["read"]`, "updated in-place")
	h.Apply()
	h.Plan(0)
	h.Configure(policyOf(strings.Replace(appText, `"read", "list"`, `"read"`, 1), `on_conflict = "overwrite"`))
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	replaces(h, map[string]string{
		"name":      strings.Replace(policy(), `"app"`, `"other"`, 1),
		"namespace": policy(`namespace = "team"`),
	})
	destroys(h, "DELETE sys/policies/acl/app")
}

// Layout, comments, the order of capabilities and JSON for HCL are no drift, and
// no change when the configuration is what differs.
func TestPolicy_SameMeaning(t *testing.T) {
	h := started(t)
	h.Configure(policy())
	h.Apply()
	same := []string{
		`path "credentials/data/provider-a" { capabilities = ["list", "read"] }`,
		"# who reads\npath \"credentials/data/provider-a\" {\n\tcapabilities = [\"read\", \"list\", \"read\"] // twice\n}",
		`{"path": {"credentials/data/provider-a": {"capabilities": ["read", "list"]}}}`,
	}
	for _, text := range same {
		h.Operator(http.MethodPost, "sys/policies/acl/app", map[string]any{"policy": text})
		h.Plan(0)
	}
	imports(h, "ocibao_policy.this", "app")
	h.Proxy.Reset()
	h.Configure(policyOf("\n    # another comment" + appText))
	h.Plan(0)
	h.Apply()
	wrote(h)
	for _, text := range []string{
		`path "credentials/data/provider-a" { capabilities = ["read"] }`,
		`path "credentials/data/provider-a/" { capabilities = ["read", "list"] }`,
		same[0] + "\npath \"sys/health\" { capabilities = [\"deny\"] }",
	} {
		h.Operator(http.MethodPost, "sys/policies/acl/app", map[string]any{"policy": text})
		h.Contains(h.Plan(2), "1 to change")
	}
}

func TestPolicy_AnswerLost(t *testing.T) {
	h := started(t)
	h.Configure(policy())
	losesAnswer(h, "sys/policies/acl/app")
}

func TestPolicy_Conflict(t *testing.T) {
	h := started(t)
	const foreign = `path "foreign" { capabilities = ["read"] }`
	h.Operator(http.MethodPost, "sys/policies/acl/app", map[string]any{"policy": foreign})
	h.Configure(policy())
	h.Proxy.Reset()
	h.ApplyFails("Unable to create policy app", "a policy of this name with another text exists", "Nothing was overwritten",
		`Import the policy with the ID "app"`, `on_conflict = "overwrite"`, "another name", `name = "app"`)
	wrote(h)
	h.Configure(policy(`on_conflict = "overwrite"`))
	settles(h)
}

func TestPolicy_BadInput(t *testing.T) {
	h := started(t)
	named := func(name string) string { return strings.Replace(policy(), `"app"`, name, 1) }
	refuses(h, map[string]refusal{
		"upper case":         {named(`"App"`), []string{"Invalid policy name", `write "app"`, `name = "App"`}},
		"root":               {named(`"root"`), []string{"cannot be changed"}},
		"trailing slash":     {named(`"app/"`), []string{"ends with a slash"}},
		"empty name":         {named(`""`), []string{"the policy name is empty"}},
		"syntax":             {policyOf("\n    path \"a\" {\n      capabilities = [\"read\"\n    }\n"), []string{"Invalid policy", "line 3", "policy = <<-EOT"}},
		"unclosed block":     {policyOf("\n    path \"a\" {\n"), []string{"Invalid policy", "line 2"}},
		"unknown capability": {policyOf("\n    path \"a\" {\n      capabilities = [\"wirte\"]\n    }\n"), []string{"line 1", `unknown capability "wirte"`, "create, read, update"}},
		"unknown key":        {policyOf("\n    path \"a\" {\n      rights = [\"read\"]\n    }\n"), []string{"line 2", `unknown key "rights"`}},
		"no path block":      {policyOf("\n    paths \"a\" {}\n"), []string{"line 1", `unknown key "paths"`}},
		"empty text":         {policyOf("\n"), []string{"the policy is empty"}},
		"on_conflict":        {policy(`on_conflict = "replace"`), []string{`"fail" "overwrite"`}},
	})
	two := "\n    path \"a\" {\n      capabilities = [\"wirte\"]\n    }\n    path \"b\" {\n      capabilities = [\"raed\"]\n    }\n"
	refuses(h, map[string]refusal{"two mistakes": {policyOf(two), []string{`line 1: path "a"`, `line 4: path "b"`}}})
}

func TestPolicy_Denied(t *testing.T) {
	h := started(t)
	h.Configure(policy())
	becomes(h, `path "sys/policies/acl/other" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create policy app", "permission denied", `path "sys/policies/acl/app"`, `capabilities = ["read"]`)
	becomes(h, `path "sys/policies/acl/app" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create policy app", `path "sys/policies/acl/app"`, `capabilities = ["create", "update"]`)
}

func TestPolicy_Namespace(t *testing.T) {
	livesInNamespace(started(t), policy(`namespace = "sub"`), "sys/policies/acl/app", "app")
}

func TestPolicy_ImportRefused(t *testing.T) {
	h := started(t)
	h.Configure(policy())
	h.Contains(h.CLI("import", "ocibao_policy.this", "App"), "Invalid import ID", `write "app"`, "The ID is the name of the policy")
}
