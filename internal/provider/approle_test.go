package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// role is the role "app" on a mount that is there.
func role(extra ...string) string {
	return block("ocibao_approle", append([]string{`name = "app"`}, extra...)...)
}

// withAppRole is a harness with the auth method enabled.
func withAppRole(t *testing.T) *acctest.Harness {
	t.Helper()
	h := started(t)
	h.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	return h
}

func TestAppRole_Lifecycle(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role())
	h.Contains(h.Plan(2), "will be created", `mount = "approle"`, `role_id = (known after apply)`, `bind_secret_id = true`, `token_ttl = "0s"`)
	settles(h)
	imports(h, "ocibao_approle.this", "approle/app")
	adopts(h)
	drifts(h, "auth/approle/role/app", map[string]any{"token_ttl": "1h", "token_policies": []string{"other"}, "bind_secret_id": true},
		`token_ttl = "1h" -> "0s"`, `- "other"`)
	vanished(h, "auth/approle/role/app")
	replaces(h, map[string]string{
		"name":             strings.Replace(role(), `"app"`, `"other"`, 1),
		"mount":            role(`mount = "other"`),
		"namespace":        role(`namespace = "team"`),
		"local_secret_ids": role(`local_secret_ids = true`),
	})
	h.Configure(role(`local_secret_ids = true`))
	settles(h)
	h.Configure(role(`local_secret_ids = true`, `on_conflict = "overwrite"`))
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	destroys(h, "DELETE auth/approle/role/app")
}

func TestAppRole_Update(t *testing.T) {
	h := withAppRole(t)
	const path = "auth/approle/role/app"
	base := func(extra ...string) string {
		return role(append(extra, `secret_id_bound_cidrs = ["192.0.2.7/32"]`)...)
	}
	first := []change{
		{`bind_secret_id = false`, `bind_secret_id = true -> false`, path, "bind_secret_id", "false"},
		{`token_ttl = "20m"`, `token_ttl = "0s" -> "20m"`, path, "token_ttl", "1200"},
		{`token_explicit_max_ttl = "2h"`, `token_explicit_max_ttl = "0s" -> "2h"`, path, "token_explicit_max_ttl", "7200"},
		{`token_policies = ["b", "a"]`, `+ "b"`, path, "token_policies", `["a","b"]`},
		{`token_no_default_policy = true`, `token_no_default_policy = false -> true`, path, "token_no_default_policy", "true"},
		{`token_type = "batch"`, `token_type = "default" -> "batch"`, path, "token_type", `"batch"`},
	}
	if hasNamespaces(h) {
		first = append(first, change{`token_strictly_bind_ip = true`, `token_strictly_bind_ip = false -> true`, path, "token_strictly_bind_ip", "true"})
	}
	second := []change{
		{`secret_id_num_uses = 3`, `secret_id_num_uses = 0 -> 3`, path, "secret_id_num_uses", "3"},
		{`secret_id_ttl = "720h"`, `secret_id_ttl = "0s" -> "720h"`, path, "secret_id_ttl", "2592000"},
		{`token_max_ttl = "1h"`, `token_max_ttl = "0s" -> "1h"`, path, "token_max_ttl", "3600"},
		{`token_period = "1d"`, `token_period = "0s" -> "1d"`, path, "token_period", "86400"},
		{`token_bound_cidrs = ["10.0.0.0/8"]`, `+ "10.0.0.0/8"`, path, "token_bound_cidrs", `["10.0.0.0/8"]`},
		{`token_num_uses = 9`, `token_num_uses = 0 -> 9`, path, "token_num_uses", "9"},
	}
	updatesInPlace(h, base, first, second)
}

// Every setting of a role that somebody edits is named by the plan and set back.
func TestAppRole_Drift(t *testing.T) {
	h := withAppRole(t)
	const path = "auth/approle/role/app"
	type edit struct {
		field   string
		value   any    // that somebody sets
		planned string // in the plan
		want    string // set back, as JSON
	}
	groups := [][]edit{
		{
			{"bind_secret_id", false, `bind_secret_id = false -> true`, "true"},
			{"secret_id_bound_cidrs", []string{"10.0.0.0/8"}, `secret_id_bound_cidrs = [ - "10.0.0.0/8", + "192.0.2.0/24", ]`, `["192.0.2.0/24"]`},
			{"secret_id_num_uses", 9, `secret_id_num_uses = 9 -> 3`, "3"},
			{"secret_id_ttl", "30d", `secret_id_ttl = "720h" -> "24h"`, "86400"},
			{"token_ttl", "3h", `token_ttl = "3h" -> "20m"`, "1200"},
			{"token_max_ttl", "9h", `token_max_ttl = "9h" -> "1h"`, "3600"},
			{"token_explicit_max_ttl", "9h", `token_explicit_max_ttl = "9h" -> "2h"`, "7200"},
			{"token_policies", []string{"app", "admin"}, `- "admin",`, `["app"]`},
			{"token_bound_cidrs", []string{}, `token_bound_cidrs = [ + "10.0.0.0/8", ]`, `["10.0.0.0/8"]`},
			{"token_no_default_policy", false, `token_no_default_policy = false -> true`, "true"},
			{"token_num_uses", 0, `token_num_uses = 0 -> 5`, "5"},
			{"token_period", "1h", `token_period = "1h" -> "0s"`, "0"},
		},
		// The server takes no counted batch tokens.
		{
			{"token_type", "batch", `token_type = "batch" -> "service"`, `"service"`},
			{"token_num_uses", 0, `token_num_uses = 0 -> 5`, "5"},
		},
	}
	if hasNamespaces(h) {
		// It excludes blocks of addresses.
		groups = append(groups, []edit{
			{"token_strictly_bind_ip", true, `token_strictly_bind_ip = true -> false`, "false"},
			{"token_bound_cidrs", []string{}, `+ "10.0.0.0/8",`, `["10.0.0.0/8"]`},
		})
	}
	h.Configure(role(`role_id = "app-role"`, `secret_id_bound_cidrs = ["192.0.2.0/24"]`, `secret_id_num_uses = 3`, `secret_id_ttl = "24h"`,
		`token_ttl = "20m"`, `token_max_ttl = "1h"`, `token_explicit_max_ttl = "2h"`, `token_policies = ["app"]`, `token_bound_cidrs = ["10.0.0.0/8"]`,
		`token_no_default_policy = true`, `token_num_uses = 5`, `token_type = "service"`))
	h.Apply()
	for _, group := range groups {
		edits, planned := map[string]any{}, []string{"updated in-place", "0 to add, 1 to change, 0 to destroy"}
		for _, edit := range group {
			edits[edit.field] = edit.value
			planned = append(planned, edit.planned)
		}
		h.Operator(http.MethodPost, path, edits)
		h.Contains(h.Plan(2), planned...)
		h.Apply()
		h.Plan(0)
		for _, edit := range group {
			expectServer(h, path, edit.field, edit.want)
		}
	}
	drifts(h, path+"/role-id", map[string]any{"role_id": "by-hand"}, `role_id = "by-hand" -> "app-role"`)
	expectServer(h, path+"/role-id", "role_id", `"app-role"`)
	// What is fixed once a role exists forces another role.
	h.Operator(http.MethodDelete, path, nil)
	h.Operator(http.MethodPost, path, map[string]any{"local_secret_ids": true, "role_id": "app-role"})
	h.Contains(h.Plan(2), `local_secret_ids = true -> false # forces replacement`)
}

// Sets have no order, and blocks of one address, IPv6 and many values come back
// as they were written.
func TestAppRole_Sets(t *testing.T) {
	h := withAppRole(t)
	const blocks = `["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32", "2001:db8::7/128"]`
	h.Configure(role(`token_type = "service"`, `token_policies = ["b", "a", "default"]`, "token_bound_cidrs = "+blocks, "secret_id_bound_cidrs = "+blocks))
	settles(h)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_policies": []string{"default", "a", "b"},
		"secret_id_bound_cidrs": []string{"2001:db8::7/128", "2001:db8::/32", "10.0.0.0/8", "192.0.2.7/32"}})
	h.Plan(0)
	imports(h, "ocibao_approle.this", "approle/app")
	adopts(h)
	h.Configure(role(`token_ttl = "60m"`))
	settles(h)
	imports(h, "ocibao_approle.this", "approle/app")
}

func TestAppRole_RoleID(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role(`role_id = "payments-app"`))
	settles(h)
	expectServer(h, "auth/approle/role/app/role-id", "role_id", `"payments-app"`)
	imports(h, "ocibao_approle.this", "approle/app")
	h.Configure(role(`role_id = "billing-app"`))
	h.Contains(h.Plan(2), `role_id = "payments-app" -> "billing-app"`, "updated in-place")
	settles(h)
	expectServer(h, "auth/approle/role/app/role-id", "role_id", `"billing-app"`)
	drifts(h, "auth/approle/role/app/role-id", map[string]any{"role_id": "by-hand"}, `role_id = "by-hand" -> "billing-app"`)
	// Without the argument the role keeps what it has, and other updates leave it alone.
	h.Configure(role(`token_ttl = "1h"`))
	h.Lacks(h.Plan(2), "known after apply", "billing-app")
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "POST auth/approle/role/app")
	h.Operator(http.MethodPost, "auth/approle/role/taken", map[string]any{"role_id": "taken-id"})
	h.Configure(role(`role_id = "taken-id"`))
	h.ApplyFails("Unable to update AppRole approle/app", "role_id")
}

func TestAppRole_AnswerLost(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role(`role_id = "payments-app"`, `token_bound_cidrs = ["192.0.2.7/32"]`, `token_policies = ["b", "a"]`))
	losesAnswer(h, "auth/approle/role/app")
}

func TestAppRole_Conflict(t *testing.T) {
	h := withAppRole(t)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_ttl": "5m", "role_id": "kept"})
	h.Configure(role())
	h.Proxy.Reset()
	h.ApplyFails("Unable to create AppRole approle/app", "a role of this name exists", "Nothing was overwritten",
		`Import the role with the ID "approle/app"`, `on_conflict = "overwrite"`, "another name", `name = "app"`)
	h.Configure(role(`on_conflict = "overwrite"`, `local_secret_ids = true`))
	h.ApplyFails("Unable to create AppRole approle/app", "local_secret_ids", "Nothing was overwritten")
	wrote(h)
	h.Configure(role(`on_conflict = "overwrite"`, `token_ttl = "10m"`))
	settles(h)
	expectServer(h, "auth/approle/role/app/role-id", "role_id", `"kept"`)
	expectServer(h, "auth/approle/role/app", "token_ttl", "600")
	h.Configure(strings.Replace(role(`mount = "nowhere"`), `"app"`, `"lost"`, 1))
	h.ApplyFails("AppRole nowhere/lost", "Mount the engine first, or correct the path of the mount")
}

// A server that does not know the limit would leave tokens unlimited in silence.
func TestAppRole_StrictBinding(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role(`token_strictly_bind_ip = true`))
	if hasNamespaces(h) {
		settles(h)
		return
	}
	h.ApplyFails("Unable to create AppRole approle/app", "the server ignores token_strictly_bind_ip", "Remove token_strictly_bind_ip")
	if h.Data("auth/approle/role/app") != nil {
		t.Error("the role was left behind")
	}
	h.Configure(role())
	settles(h)
}

func TestAppRole_BadInput(t *testing.T) {
	h := started(t)
	named := func(name string) string { return strings.Replace(role(), `"app"`, name, 1) }
	refuses(h, map[string]refusal{
		"slash in the name":     {named(`"a/b"`), []string{"Invalid role name", "letters, digits"}},
		"space in the name":     {named(`"a b"`), []string{"Invalid role name", `name = "a b"`}},
		"mount":                 {role(`mount = "approle/"`), []string{"Invalid mount path", "ends with a slash"}},
		"host bits":             {role(`token_bound_cidrs = ["10.1.2.3/8"]`), []string{"Invalid CIDR block", "write 10.0.0.0/8", "token_bound_cidrs = "}},
		"no prefix length":      {role(`secret_id_bound_cidrs = ["10.1.2.3"]`), []string{"Invalid CIDR block", "such as 10.0.0.0/8"}},
		"spelling of IPv6":      {role(`token_bound_cidrs = ["2001:DB8::/32"]`), []string{"write 2001:db8::/32"}},
		"duration":              {role(`token_ttl = "1 hour"`), []string{"Invalid duration", `token_ttl = "1 hour"`}},
		"TTL above the longest": {role(`token_ttl = "2h"`, `token_max_ttl = "1h"`), []string{"token_ttl is 2h, but token_max_ttl is 1h"}},
		"upper-case policy":     {role(`token_policies = ["App"]`), []string{"Invalid policy name", `write "app"`}},
		"root policy":           {role(`token_policies = ["root"]`), []string{`no login gives a token with the policy "root"`}},
		"token type":            {role(`token_type = "default-service"`), []string{`"default" "service" "batch"`}},
		"counted batch tokens":  {role(`token_type = "batch"`, `token_num_uses = 3`), []string{"Batch tokens cannot be counted", `token_type = "batch"`}},
		"negative uses":         {role(`secret_id_num_uses = -1`), []string{"at least 0"}},
		"unlimited":             {role(`bind_secret_id = false`), []string{"set secret_id_bound_cidrs or token_bound_cidrs", "bind_secret_id = false"}},
		"two limits":            {role(`token_strictly_bind_ip = true`, `token_bound_cidrs = ["10.0.0.0/8"]`), []string{"Keep one of the two"}},
		"empty role ID":         {role(`role_id = ""`), []string{"at least 1"}},
		"empty name":            {named(`""`), []string{"Invalid role name"}},
	})
	h.Configure(role() + "\noutput \"role\" {\n  value = ocibao_approle.this.role_id\n}\n")
	h.Contains(h.CLI("validate"), "Success")
}

func TestAppRole_Denied(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role())
	becomes(h, `path "auth/approle/login" { capabilities = ["update"] }`)
	h.ApplyFails("Unable to create AppRole approle/app", "permission denied", `path "auth/approle/role/app"`, `capabilities = ["read"]`)
	becomes(h, `path "auth/approle/role/app" { capabilities = ["read", "create", "update"] }`)
	h.ApplyFails(`path "auth/approle/role/app/role-id"`, `capabilities = ["read"]`)
	// What that run created is taken over once the right is there.
	becomes(h, `path "auth/approle/role/app*" { capabilities = ["read"] }`)
	settles(h)
}

func TestAppRole_Namespace(t *testing.T) {
	livesInNamespace(started(t), role(`namespace = "sub"`), "auth/approle/role/app", "approle/app")
}

func TestAppRole_Import(t *testing.T) {
	h := withAppRole(t)
	h.Configure(role())
	for _, id := range []string{"app", "approle/", "/app"} {
		h.Contains(h.CLI("import", "ocibao_approle.this", id), "Invalid import ID", "such as approle/app")
	}
	h.Operator(http.MethodPost, "auth/approle/role/app", nil)
	h.Configure(role() + fmt.Sprintf("import {\n  to = ocibao_approle.this\n  id = %q\n}\n", "approle/app"))
	h.Contains(h.Plan(2, "-out=import.tfplan"), "1 to import, 0 to add, 0 to change, 0 to destroy")
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Plan(0)
}
