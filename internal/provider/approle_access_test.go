package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// withApplication is a harness with a KV v2 mount "two" and a KV v1 mount "one",
// each with the secrets a and b, and a role whose policy is as given.
func withApplication(t *testing.T, policy string, role map[string]any) *acctest.Harness {
	t.Helper()
	h := withAppRole(t)
	h.MountKV("two", "2")
	h.MountKV("one", "1")
	for _, name := range []string{"a", "b"} {
		h.Operator(http.MethodPost, "two/data/"+name, map[string]any{"data": map[string]string{"value": accessCanary + name}})
		h.Operator(http.MethodPost, "one/"+name, map[string]string{"value": accessCanary + name})
	}
	h.Operator(http.MethodPost, "sys/policies/acl/app", map[string]any{"policy": policy})
	settings := map[string]any{"token_policies": []string{"app"}, "token_ttl": "1h"}
	for key, value := range role {
		settings[key] = value
	}
	h.Operator(http.MethodPost, "auth/approle/role/app", settings)
	return h
}

const (
	accessCanary = "canary-value-of-application-"
	readsA       = `path "two/data/a" { capabilities = ["read"] }` + "\n" + `path "one/a" { capabilities = ["read"] }` + "\n"
)

// proved is a look at the role "app", with what it found as outputs.
func proved(arguments ...string) string {
	return `
data "ocibao_approle_access" "app" {
  role_name = "app"
  ` + strings.Join(arguments, "\n  ") + `
}

output "ok" {
  value = data.ocibao_approle_access.app.ok
}

output "found" {
  value = data.ocibao_approle_access.app
}
`
}

// finding is what a look found, as the state has it.
type finding struct {
	OK           bool                `json:"ok"`
	Violations   []string            `json:"violations"`
	Capabilities map[string][]string `json:"capabilities"`
	Attempts     map[string]string   `json:"attempts"`
	Policies     []string            `json:"policies"`
}

// looks applies and returns what the look found, after which nothing that it made
// may be left on the server, and no value anywhere.
func looks(h *acctest.Harness, arguments ...string) finding {
	h.Helper()
	before := liveTokens(h)
	h.Configure(proved(arguments...))
	run := h.Apply()
	leavesNothing(h, before)
	h.Lacks(run, accessCanary)
	var found finding
	if err := json.Unmarshal([]byte(h.CLI("output", "-json", "found").Output), &found); err != nil {
		h.Fatal(err)
	}
	return found
}

// leavesNothing expects that neither a token, nor its lease, nor a secret ID of the
// role is left. The server takes its time over the lease of a token that was used up.
func leavesNothing(h *acctest.Harness, tokens []string) {
	h.Helper()
	leavesNoToken(h, tokens)
	if _, answer, _ := h.Bao.Call(h.Context(), "LIST", "", secretIDPath, nil); answer["data"] != nil {
		h.Errorf("secret IDs are left: %v", answer["data"])
	}
	var leases any
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		_, answer, err := h.Bao.Call(h.Context(), "LIST", "", "sys/leases/lookup/auth/approle/login", nil)
		if leases = answer["data"]; err == nil && leases == nil {
			return
		}
	}
	h.Errorf("leases are left: %v", leases)
}

func TestAppRoleAccess_Proven(t *testing.T) {
	h := withApplication(t, readsA+`path "two/metadata/" { capabilities = ["list"] }`, nil)
	found := looks(h, `must_read     = ["two/data/a", "one/a"]`, `must_not_read = ["two/data/b", "one/b", "sys/auth"]`,
		`must_have     = { "two/metadata/" = ["list"] }`)
	if !found.OK || len(found.Violations) > 0 {
		t.Errorf("violations: %q", found.Violations)
	}
	if got := fmt.Sprint(found.Attempts); got != "map[one/a:read one/b:denied sys/auth:denied two/data/a:read two/data/b:denied]" {
		t.Errorf("attempts are %s", got)
	}
	if got := fmt.Sprint(found.Capabilities); got != "map[one/a:[read] one/b:[deny] sys/auth:[deny] two/data/a:[read] two/data/b:[deny] two/metadata/:[list]]" {
		t.Errorf("capabilities are %s", got)
	}
	if !slices.Equal(found.Policies, []string{"app", "default"}) {
		t.Errorf("policies are %q", found.Policies)
	}
	asked := 0
	for _, request := range h.Proxy.Requests() {
		if request.Path == "sys/capabilities-self" {
			asked++
		}
	}
	if logged := logins(h); asked == 0 || asked != logged {
		t.Errorf("%d questions for the capabilities in %d logins", asked, logged)
	}
	leaks, files, err := acctest.ScanDir(h.Work.Dir, append(usedTokens(h), accessCanary)...)
	if err != nil || files < 2 || len(leaks) > 0 {
		t.Errorf("%d files scanned, %v, leaks %v", files, err, leaks)
	}
}

// A wrong policy of each kind is told, with the line that puts it right.
func TestAppRoleAccess_Violations(t *testing.T) {
	h := withApplication(t, `path "two/data/*" { capabilities = ["read", "list"] }
path "two/data/gone" { capabilities = ["read"] }
path "two/data/shut" { capabilities = ["deny"] }
path "one/a" { capabilities = ["list"] }
path "two/b" { capabilities = ["read"] }
path "two/data/params" {
  capabilities        = ["read"]
  required_parameters = ["version"]
}
`, nil)
	for _, test := range []struct{ arguments, want string }{
		{`must_read = ["one/a"]`, `one/a must be readable, but its policies (app, default) grant only list there: add path "one/a" { capabilities = ["read", "list"] }`},
		{`must_read = ["one/b"]`, `one/b must be readable, but its policies (app, default) grant nothing there: add path "one/b" { capabilities = ["read"] }`},
		{`must_read = ["two/a"]`, `two/a must be readable, but its policies (app, default) grant nothing there: add path "two/a" { capabilities = ["read"] } ` +
			`(the mount is KV v2, which keeps values below data/: did you mean two/data/a?)`},
		{`must_read = ["two/b"]`, `two/b may be read, but nothing is stored there: store the value first, or correct the path ` +
			`(the mount is KV v2, which keeps values below data/: did you mean two/data/b?)`},
		{`must_read = ["two/data/shut"]`, `two/data/shut must be readable, but path "two/data/shut" of the policy "app" denies it: remove that rule, or its deny`},
		{`must_read = ["two/data/gone"]`, `two/data/gone may be read, but nothing is stored there: store the value first, or correct the path`},
		{`must_not_read = ["two/data/b"]`, `two/data/b must not be readable, but is: path "two/data/*" of the policy "app" allows it: name only what is needed there, or remove read`},
		{`must_not_read = ["auth/token/lookup-self"]`, `auth/token/lookup-self must not be readable, but is: path "auth/token/lookup-self" of the policy "default" allows it: name only what is needed there, or remove read`},
		{`must_have = { "two/metadata/" = ["list", "read"] }`, `two/metadata/ must allow list and read, but its policies (app, default) grant nothing there: add path "two/metadata/" { capabilities = ["list", "read"] }`},
		{`must_have = { "one/a" = ["list", "update"] }`, `one/a must allow list and update, but its policies (app, default) grant only list there: add path "one/a" { capabilities = ["update", "list"] }`},
		{`must_read = []`, `nothing is asked: must_read, must_not_read and must_have are empty`},
	} {
		found := looks(h, test.arguments)
		if found.OK || !slices.Equal(found.Violations, []string{test.want}) {
			t.Errorf("%s:\n%q\nwant\n%q", test.arguments, found.Violations, test.want)
		}
	}
	for _, request := range h.Proxy.Requests() {
		if request.Path == "two/data/b" {
			t.Error("what must not be readable was read")
		}
	}
	// Only a look: a plan is not hindered by what it finds.
	h.Configure(proved(`must_not_read = ["two/data/b"]`) + `
check "least_privilege" {
  assert {
    condition     = data.ocibao_approle_access.app.ok
    error_message = join("\n", data.ocibao_approle_access.app.violations)
  }
}
`)
	h.Contains(h.Apply(), "Check block assertion failed", `path "two/data/*" of the policy "app" allows it`)
}

// Roles that are limited are looked at within their limits.
func TestAppRoleAccess_LimitedRoles(t *testing.T) {
	h := withApplication(t, readsA, nil)
	reads := `must_read = ["two/data/a", "one/a"]` + "\n  " + `must_not_read = ["two/data/b", "one/b"]`
	for name, role := range map[string]map[string]any{
		"one use of a token":     {"token_num_uses": 1},
		"two uses of a token":    {"token_num_uses": 2},
		"three uses of a token":  {"token_num_uses": 3},
		"many uses of a token":   {"token_num_uses": 50},
		"no secret ID":           {"bind_secret_id": false, "token_bound_cidrs": "127.0.0.0/8"},
		"short secret IDs":       {"secret_id_ttl": "20s", "secret_id_num_uses": 1},
		"counted secret IDs":     {"secret_id_num_uses": 5},
		"bound to this machine":  {"secret_id_bound_cidrs": "127.0.0.0/8", "token_bound_cidrs": "127.0.0.0/8"},
		"without default policy": {"token_no_default_policy": true},
		"none and counted":       {"token_no_default_policy": true, "token_num_uses": 2},
		"batch tokens":           {"token_type": "batch"},
		"batch without default":  {"token_type": "batch", "token_no_default_policy": true},
		"periodic tokens":        {"token_period": "1h"},
	} {
		h.Operator(http.MethodDelete, "auth/approle/role/app", nil)
		settings := map[string]any{"token_policies": []string{"app"}, "token_ttl": "1h"}
		for key, value := range role {
			settings[key] = value
		}
		h.Operator(http.MethodPost, "auth/approle/role/app", settings)
		if found := looks(h, reads); !found.OK || len(found.Attempts) != 4 {
			t.Errorf("%s: %q, attempts %v", name, found.Violations, found.Attempts)
		}
	}
}

// What hinders a look is an error that names the way out, and nothing is left.
func TestAppRoleAccess_Hindered(t *testing.T) {
	h := withApplication(t, readsA, nil)
	before := liveTokens(h)
	h.Configure(proved(`must_read = ["one/a"]`))
	fails := func(texts ...string) {
		t.Helper()
		h.Contains(h.Plan(1), append(texts, "Unable to prove the access of AppRole approle/app")...)
		leavesNothing(h, before)
	}
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"secret_id_bound_cidrs": "192.0.2.7/32"})
	fails("OpenBao did not accept the credentials", "bound CIDRs")
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"secret_id_bound_cidrs": "", "token_bound_cidrs": "192.0.2.7/32"})
	h.Apply()
	h.Contains(h.CLI("output"), "the token is bound to other addresses")
	leavesNothing(h, before)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_bound_cidrs": "", "token_no_default_policy": true})
	becomes(h, `path "auth/approle/role/app*" { capabilities = ["create", "read", "update"] }`)
	before = liveTokens(h)
	fails("they may not revoke themselves", "Nothing was made", `path "auth/token/revoke-accessor" {`, `capabilities = ["update"]`)
	becomes(h, `path "auth/approle/role/app*" { capabilities = ["create", "read", "update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }`)
	before = liveTokens(h)
	fails("cannot ask for its own capabilities", `path "sys/capabilities" {`)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"token_no_default_policy": false})
	becomes(h, `path "auth/approle/role/app" { capabilities = ["read"] }`)
	before = liveTokens(h)
	fails(`path "auth/approle/role/app/role-id" {`)
	becomes(h, `path "auth/approle/role/app" { capabilities = ["read"] }
path "auth/approle/role/app/role-id" { capabilities = ["read"] }`)
	before = liveTokens(h)
	fails(`path "auth/approle/role/app/secret-id" {`, `capabilities = ["create", "update"]`)
	// The rights that the documentation names are enough.
	becomes(h, `path "auth/approle/role/app" { capabilities = ["read"] }
path "auth/approle/role/app/role-id" { capabilities = ["read"] }
path "auth/approle/role/app/secret-id" { capabilities = ["update"] }
path "auth/approle/role/app/secret-id-accessor/destroy" { capabilities = ["update"] }`)
	before = liveTokens(h)
	h.Apply()
	leavesNothing(h, before)
	h.Operator(http.MethodDelete, "auth/approle/role/app", nil)
	fails("give the data source depends_on")
}

// However a look ends, what it made is gone: at each of its requests the connection
// breaks, and the run is cancelled.
func TestAppRoleAccess_LeavesNothing(t *testing.T) {
	h := withApplication(t, readsA, nil)
	before := liveTokens(h)
	h.Configure(proved(`must_read = ["two/data/a"]`, `must_not_read = ["two/data/b"]`))
	for _, path := range []string{"sys/capabilities-self", "two/data/a", "two/data/b"} {
		h.Proxy.Before(func(r acctest.Request) bool { return r.Path == path })
		h.Contains(h.Plan(1), "Unable to prove the access of AppRole approle/app")
		h.Proxy.Before(nil)
		leavesNothing(h, before)
	}
	h.Proxy.Before(func(r acctest.Request) bool { return r.Path == "auth/approle/login" })
	h.Contains(h.Plan(1), "Unable to prove the access of AppRole approle/app")
	h.Proxy.Before(nil)
	leavesNothing(h, before)
	for _, path := range []string{secretIDPath, "auth/approle/login", "sys/capabilities-self", "two/data/a"} {
		cancelled := make(chan struct{})
		command := h.Work.Command(t.Context(), "plan", "-input=false")
		h.Proxy.After(func(r acctest.Request) bool {
			if r.Path == path && r.Method != "LIST" {
				select {
				case <-cancelled:
				default:
					close(cancelled)
					_ = command.Process.Signal(syscall.SIGINT)
					time.Sleep(300 * time.Millisecond)
				}
			}
			return false
		})
		output, err := command.CombinedOutput()
		h.Proxy.After(nil)
		select {
		case <-cancelled:
		default:
			t.Fatalf("%s was not asked: %v\n%s", path, err, output)
		}
		leavesNothing(h, before)
	}
}

func TestAppRoleAccess_BadInput(t *testing.T) {
	h := started(t)
	refuses(h, map[string]refusal{
		"nothing":       {proved(), []string{"Nothing to prove", "Set must_read, must_not_read or must_have"}},
		"both ways":     {proved(`must_read = ["a/b"]`, `must_not_read = ["a/b"]`), []string{"Contradicting expectations", "a/b must be readable, and must not"}},
		"leading slash": {proved(`must_read = ["/a/b"]`), []string{"Invalid path", "leading slash"}},
		"version":       {proved(`must_read = ["v1/a/b"]`), []string{"Invalid path", `write "a/b"`}},
		"folder":        {proved(`must_not_read = ["a/b/"]`), []string{"Invalid path", "names a folder"}},
		"wildcard":      {proved(`must_read = ["a/*"]`), []string{"Invalid path", "asterisk"}},
		"capability":    {proved(`must_have = { "a" = ["write"] }`), []string{`"create"`}},
		"role name":     {strings.Replace(proved(`must_read = ["a/b"]`), `"app"`+"\n", `"a b"`+"\n", 1), []string{"Invalid role name"}},
	})
}

func TestAppRoleAccess_Namespace(t *testing.T) {
	h := started(t)
	h.Configure(proved(`namespace = "team"`, `must_read = ["kv/a"]`, `must_not_read = ["kv/b"]`))
	if !hasNamespaces(h) {
		h.Contains(h.Plan(1), `Create the namespace "team"`)
		return
	}
	h.Operator(http.MethodPost, "sys/namespaces/team", nil)
	h.Operator(http.MethodPost, "team/sys/auth/approle", map[string]any{"type": "approle"})
	h.Operator(http.MethodPost, "team/sys/mounts/kv", map[string]any{"type": "kv"})
	h.Operator(http.MethodPost, "team/kv/a", map[string]string{"value": accessCanary})
	h.Operator(http.MethodPost, "team/sys/policies/acl/app", map[string]any{"policy": `path "kv/a" { capabilities = ["read"] }`})
	h.Operator(http.MethodPost, "team/auth/approle/role/app", map[string]any{"token_policies": []string{"app"}})
	before := liveTokensOf(h, "team/")
	h.Contains(h.Apply(), "ok = true")
	if after := liveTokensOf(h, "team/"); !slices.Equal(after, before) {
		t.Errorf("tokens before %v, after %v", before, after)
	}
	if accessors := h.Data("team/" + secretIDPath + "?list=true"); accessors != nil {
		t.Errorf("secret IDs are left: %v", accessors)
	}
}
