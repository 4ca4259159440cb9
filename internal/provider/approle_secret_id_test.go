package provider_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// givenID is a secret ID that is made elsewhere.
func givenID(extra ...string) string {
	return block("ocibao_approle_secret_id", append([]string{`role_name = "app"`}, extra...)...)
}

func secretID(extra ...string) string {
	return block("ocibao_approle_secret_id", append([]string{`role_name = "app"`, `wrapping_ttl = "10m"`}, extra...)...)
}

// withRole is a harness with the role "app" on the mount "approle".
func withRole(t *testing.T, settings map[string]any) *acctest.Harness {
	t.Helper()
	h := withAppRole(t)
	h.Operator(http.MethodPost, "auth/approle/role/app", settings)
	return h
}

const secretIDPath = "auth/approle/role/app/secret-id"

// stateText is an attribute of the secret ID in the state.
func stateText(h *acctest.Harness, attribute string) string {
	h.Helper()
	text, _ := h.State("ocibao_approle_secret_id.this", attribute).(string)
	return text
}

// unwrap uses the wrapping token, as whoever gets the secret ID does.
func unwrap(h *acctest.Harness) (status int, secretID string) {
	h.Helper()
	return unwrapAt(h, "sys/wrapping/unwrap")
}

func unwrapAt(h *acctest.Harness, path string) (status int, secretID string) {
	h.Helper()
	status, answer, err := h.Bao.Call(h.Context(), http.MethodPost, stateText(h, "wrapping_token"), path, nil)
	if err != nil {
		h.Fatal(err)
	}
	data, _ := answer["data"].(map[string]any)
	secretID, _ = data["secret_id"].(string)
	return status, secretID
}

// accessors are those of the secret IDs that the role has.
func accessors(h *acctest.Harness) []any {
	h.Helper()
	keys, _ := h.Data(secretIDPath + "?list=true")["keys"].([]any)
	return keys
}

// appLogin logs in as the role and returns the status and the accessor of the token.
func appLogin(h *acctest.Harness, secretID string) (int, string) {
	h.Helper()
	roleID, _ := h.Data("auth/approle/role/app/role-id")["role_id"].(string)
	status, answer, err := h.Bao.Call(h.Context(), http.MethodPost, "", "auth/approle/login", map[string]string{"role_id": roleID, "secret_id": secretID})
	if err != nil {
		h.Fatal(err)
	}
	auth, _ := answer["auth"].(map[string]any)
	accessor, _ := auth["accessor"].(string)
	return status, accessor
}

func TestSecretID_Lifecycle(t *testing.T) {
	h := withRole(t, map[string]any{"secret_id_ttl": "1h"})
	h.Configure(secretID())
	h.Contains(h.Plan(2), "will be created", `wrapping_token = (sensitive value)`, `accessor = (known after apply)`)
	settles(h)
	accessor := stateText(h, "accessor")
	if stateText(h, "expiration_time") == "" || stateText(h, "wrapping_expiration_time") == "" || stateText(h, "wrapping_accessor") == "" {
		t.Error("a time or an accessor is missing")
	}
	status, unwrapped := unwrap(h)
	if login, _ := appLogin(h, unwrapped); status != http.StatusOK || login != http.StatusOK {
		t.Errorf("unwrapping gave %d, logging in %d", status, login)
	}
	if again, _ := unwrap(h); again != http.StatusBadRequest {
		t.Errorf("the wrapping token could be used twice: %d", again)
	}
	h.Plan(0)
	h.Configure(secretID(`ttl = "3600"`))
	h.Plan(0)
	h.Configure(secretID())
	imports(h, "ocibao_approle_secret_id.this", "approle/app/"+accessor)
	destroys(h, "POST auth/approle/role/app/secret-id-accessor/destroy")
	if left := accessors(h); len(left) > 0 {
		t.Errorf("left after destroy: %v", left)
	}
	if login, _ := appLogin(h, unwrapped); login == http.StatusOK {
		t.Error("the secret ID still works")
	}
}

func TestSecretID_Options(t *testing.T) {
	h := withRole(t, map[string]any{"secret_id_ttl": "24h", "secret_id_num_uses": 10})
	h.Configure(secretID(`ttl = "2h"`, `num_uses = 3`, `cidr_list = ["10.0.0.0/8"]`, `token_bound_cidrs = ["10.1.0.0/16"]`, `metadata = { team = "payments" }`))
	settles(h)
	answer := h.Operator(http.MethodPost, secretIDPath+"-accessor/lookup", map[string]string{"secret_id_accessor": stateText(h, "accessor")})
	data, _ := answer["data"].(map[string]any)
	got := fmt.Sprintf("%v %v %v %v %v", data["secret_id_ttl"], data["secret_id_num_uses"], data["cidr_list"], data["token_bound_cidrs"], data["metadata"])
	if want := "7200 3 [10.0.0.0/8] [10.1.0.0/16] map[team:payments]"; got != want {
		t.Errorf("the secret ID has %s, want %s", got, want)
	}
	all := []string{`ttl = "120m"`, `num_uses = 3`, `cidr_list = ["10.0.0.0/8"]`, `token_bound_cidrs = ["10.1.0.0/16"]`, `metadata = { team = "payments" }`}
	h.Configure(secretID(all...))
	h.Plan(0)
	replaces(h, map[string]string{
		"role_name": block("ocibao_approle_secret_id", append([]string{`role_name = "other"`, `wrapping_ttl = "10m"`}, all...)...),
		"mount":     secretID(append(all, `mount = "other"`)...),
		"namespace": secretID(append(all, `namespace = "team"`)...),
	})
	// How the next one is handed over is no matter of this one.
	h.Configure(block("ocibao_approle_secret_id", append([]string{`role_name = "app"`, `wrapping_ttl = "5m"`}, all...)...))
	h.Contains(h.Plan(2), `wrapping_ttl = "10m" -> "5m"`, "0 to add, 1 to change, 0 to destroy")
	h.Proxy.Reset()
	h.Apply()
	h.Configure(secretID(all...))
	h.Apply()
	wrote(h)
	for i, other := range []string{`ttl = "3h"`, `num_uses = 4`, `cidr_list = ["10.2.0.0/16"]`, `token_bound_cidrs = ["10.2.0.0/16"]`, `metadata = {}`} {
		changed := append([]string{other}, all[:i]...)
		h.Configure(secretID(append(changed, all[i+1:]...)...))
		h.Contains(h.Plan(2), "will be updated in-place", `accessor = "`+stateText(h, "accessor")+`" -> (known after apply)`,
			`+ "`+stateText(h, "accessor")+`" = (known after apply)`, "0 to add, 1 to change, 0 to destroy")
	}
	// What is left out again stays as it was made, until the next one.
	h.Configure(secretID(`cidr_list = ["10.0.0.0/8"]`, `token_bound_cidrs = ["10.1.0.0/16"]`, `metadata = { team = "payments" }`))
	h.Plan(0)
	imports(h, "ocibao_approle_secret_id.this", "approle/app/"+stateText(h, "accessor"))
	h.Configure(secretID(all...))
	h.Plan(0)
}

// A secret ID that was used up, revoked or went with its role is planned anew,
// and a warning says why.
func TestSecretID_Gone(t *testing.T) {
	h := withRole(t, map[string]any{"secret_id_num_uses": 1})
	h.Configure(secretID())
	h.Apply()
	planned := func() {
		t.Helper()
		run := h.Plan(2)
		h.Contains(run, "Warning: Secret ID is gone", stateText(h, "accessor"), "of the role app", "was used up, has expired or was revoked",
			"The plan makes a new one", "1 to add, 0 to change, 0 to destroy")
	}
	_, unwrapped := unwrap(h)
	if status, _ := appLogin(h, unwrapped); status != http.StatusOK {
		t.Fatalf("logging in gave %d", status)
	}
	planned()
	settles(h)
	h.Operator(http.MethodPost, secretIDPath+"-accessor/destroy", map[string]string{"secret_id_accessor": stateText(h, "accessor")})
	planned()
	settles(h)
	h.Operator(http.MethodDelete, "auth/approle/role/app", nil)
	planned()
	h.ApplyFails("Unable to create secret ID of AppRole approle/app", "404")
	h.Operator(http.MethodPost, "auth/approle/role/app", nil)
	settles(h)
	h.Operator(http.MethodDelete, "sys/auth/approle", nil)
	if run := h.CLI("destroy", "-auto-approve", "-refresh=false"); run.ExitCode != 0 {
		t.Error(run.Output)
	}
}

// A secret ID whose answer got lost is on the server, and nobody has it.
func TestSecretID_AnswerLost(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	h.Proxy.After(func(r acctest.Request) bool { return r.Path == secretIDPath })
	h.ApplyFails("Unable to create secret ID of AppRole approle/app", "A secret ID may have been left behind", "bao list "+secretIDPath)
	h.Proxy.After(nil)
	settles(h)
	if made := accessors(h); len(made) != 2 {
		t.Errorf("secret IDs of the role: %v", made)
	}
}

func TestSecretID_Expired(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID(`ttl = "3s"`))
	h.Apply()
	for range 100 {
		if run := h.CLI("plan", "-detailed-exitcode"); run.ExitCode == 2 {
			h.Contains(run, "Secret ID is gone", "has expired", "1 to add")
			return
		}
	}
	t.Error("it never expired")
}

// A role that is made anew under its name has lost its secret IDs: with
// replace_triggered_by one plan says so and one apply does it all.
func TestSecretID_FollowsItsRole(t *testing.T) {
	h := withAppRole(t)
	config := func(extra ...string) string {
		return role(extra...) + block("ocibao_approle_secret_id", `role_name = ocibao_approle.this.name`, `wrapping_ttl = "10m"`,
			`lifecycle {`, `  replace_triggered_by = [ocibao_approle.this.role_id]`, `}`)
	}
	h.Configure(config())
	settles(h)
	h.Configure(config(`local_secret_ids = true`))
	h.Contains(h.Plan(2), "2 to add, 0 to change, 2 to destroy")
	settles(h)
}

func TestSecretID_BadInput(t *testing.T) {
	h := started(t)
	wrapping := func(ttl string) string {
		return block("ocibao_approle_secret_id", `role_name = "app"`, "wrapping_ttl = "+ttl)
	}
	refuses(h, map[string]refusal{
		"wrapping TTL":      {wrapping(`"soon"`), []string{"Invalid duration", `wrapping_ttl = "soon"`}},
		"zero wrapping TTL": {wrapping(`"0s"`), []string{"Invalid wrapping TTL", `"0s" is less than a second`}},
		"no way":            {block("ocibao_approle_secret_id", `role_name = "app"`), []string{"How to hand over the secret ID?", "secret_id_wo"}},
		"two ways":          {secretID(`secret_id_wo = "made-elsewhere"`, `secret_id_wo_version = 1`), []string{"Set either wrapping_ttl or secret_id_wo"}},
		"no version":        {givenID(`secret_id_wo = "made-elsewhere"`), []string{`"secret_id_wo_version" must be specified`}},
		"no secret ID":      {givenID(`secret_id_wo_version = 1`), []string{`"secret_id_wo" must be specified`}},
		"version":           {givenID(`secret_id_wo = "made-elsewhere"`, `secret_id_wo_version = 0`), []string{"at least 1"}},
		"newline":           {givenID(`secret_id_wo = "made-elsewhere\n"`, `secret_id_wo_version = 1`), []string{"white space at an edge", "trimspace()"}},
		"empty secret ID":   {givenID(`secret_id_wo = ""`, `secret_id_wo_version = 1`), []string{"between 1 and 4096"}},
		"overlap":           {secretID(`rotate_after = "1h"`, `rotation_overlap = "60m"`), []string{"rotation_overlap is 60m, but rotate_after is 1h"}},
		"expires before":    {secretID(`rotate_after = "24h"`, `ttl = "24h"`), []string{"rotate_after is 24h, but ttl is 24h"}},
		"no time":           {secretID(`rotate_after = "0s"`), []string{`"0s" is less than a second`, `rotate_after = "0s"`}},
		"ttl":               {secretID(`ttl = "-1h"`), []string{"Invalid duration"}},
		"uses":              {secretID(`num_uses = -1`), []string{"at least 0"}},
		"host bits":         {secretID(`cidr_list = ["10.1.2.3/8"]`), []string{"write 10.0.0.0/8"}},
		"role name":         {block("ocibao_approle_secret_id", `role_name = "a/b"`, `wrapping_ttl = "1m"`), []string{"Invalid role name"}},
	})
}

func TestSecretID_Denied(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	becomes(h, `path "auth/approle/role/other" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create secret ID of AppRole approle/app", "permission denied", `path "auth/approle/role/app/secret-id"`, `capabilities = ["create", "update"]`)
	becomes(h, `path "auth/approle/role/app/secret-id*" { capabilities = ["update"] }`)
	settles(h)
	destroys(h, "POST auth/approle/role/app/secret-id-accessor/destroy")
}

func TestSecretID_Namespace(t *testing.T) {
	h := started(t)
	if !hasNamespaces(h) {
		h.Configure(secretID(`namespace = "team"`))
		h.ApplyFails("Unable to create secret ID of AppRole approle/app", `Create the namespace "team"`)
		return
	}
	h.Operator(http.MethodPost, "sys/namespaces/team", nil)
	h.Operator(http.MethodPost, "team/sys/auth/approle", map[string]any{"type": "approle"})
	h.Operator(http.MethodPost, "team/auth/approle/role/app", nil)
	h.Configure(secretID(`namespace = "team"`))
	settles(h)
	if status, unwrapped := unwrapAt(h, "team/sys/wrapping/unwrap"); status != http.StatusOK || unwrapped == "" {
		t.Errorf("unwrapping gave %d", status)
	}
	imports(h, "ocibao_approle_secret_id.this", "team//approle/app/"+stateText(h, "accessor"))
	destroys(h, "POST auth/approle/role/app/secret-id-accessor/destroy")
}
