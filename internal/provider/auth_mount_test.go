package provider_test

import (
	"net/http"
	"testing"
)

func authMount(extra ...string) string {
	return block("ocibao_auth_mount", append([]string{`type = "approle"`}, extra...)...)
}

func TestAuthMount_Lifecycle(t *testing.T) {
	h := started(t)
	h.Configure(block("ocibao_auth_mount"))
	h.Contains(h.Plan(2), "will be created", `path = "approle"`, `type = "approle"`, `token_type = "default-service"`)
	settles(h)
	imports(h, "ocibao_auth_mount.this", "approle")
	adopts(h)
	drifts(h, "sys/auth/approle/tune", map[string]any{"description": "by hand", "max_lease_ttl": "24h"},
		`description = "by hand" -> null`, `max_lease_ttl = "24h" -> "0s"`)
	vanished(h, "sys/auth/approle")
	destroys(h, "DELETE sys/auth/approle")
}

func TestAuthMount_Update(t *testing.T) {
	h := started(t)
	const path = "sys/auth/approle"
	updatesInPlace(h, authMount, []change{
		{`description = "of the apps"`, `description = "of the apps"`, path, "description", `"of the apps"`},
		{`default_lease_ttl = "2h"`, `default_lease_ttl = "0s" -> "2h"`, path, "config.default_lease_ttl", "7200"},
		{`token_type = "default-batch"`, `token_type = "default-service" -> "default-batch"`, path, "config.token_type", `"default-batch"`},
	}, []change{
		{`max_lease_ttl = "24h"`, `max_lease_ttl = "0s" -> "24h"`, path, "config.max_lease_ttl", "86400"},
		{`listing_visibility = "unauth"`, `listing_visibility = "hidden" -> "unauth"`, path, "config.listing_visibility", `"unauth"`},
	})
	for _, hour := range []string{"3600", "1h", "60m"} {
		h.Configure(authMount(`max_lease_ttl = "` + hour + `"`))
		settles(h)
	}
}

// Any method is enabled and tuned, not AppRole alone.
func TestAuthMount_OtherTypes(t *testing.T) {
	h := started(t)
	config := func(settings string) string {
		return "\nresource \"ocibao_auth_mount\" \"all\" {\n  for_each = toset([\"kubernetes\", \"jwt\", \"cert\"])\n  type     = each.key\n  " + settings + "\n}\n"
	}
	h.Configure(config(""))
	settles(h)
	h.Configure(config("description = \"of ${each.key}\"\n  default_lease_ttl = \"1h\"\n  max_lease_ttl = \"24h\"\n  listing_visibility = \"unauth\"\n  token_type = \"default-batch\""))
	h.Contains(h.Plan(2), `token_type = "default-service" -> "default-batch"`, "0 to add, 3 to change, 0 to destroy")
	settles(h)
	for _, kind := range []string{"kubernetes", "jwt", "cert"} {
		expectServer(h, "sys/auth/"+kind, "type", `"`+kind+`"`)
		expectServer(h, "sys/auth/"+kind, "description", `"of `+kind+`"`)
		expectServer(h, "sys/auth/"+kind, "config.max_lease_ttl", "86400")
		h.Operator(http.MethodPost, "sys/auth/"+kind+"/tune", map[string]any{"max_lease_ttl": "48h", "listing_visibility": "hidden"})
	}
	h.Contains(h.Plan(2), `max_lease_ttl = "48h" -> "24h"`, `listing_visibility = "hidden" -> "unauth"`, "3 to change")
	settles(h)
	h.Apply("-destroy", "-parallelism=1")
	if left := h.Data("sys/auth")["jwt/"]; left != nil {
		t.Errorf("left after destroy: %v", left)
	}
}

func TestAuthMount_Replaced(t *testing.T) {
	h := started(t)
	h.Configure(authMount())
	h.Apply()
	replaces(h, map[string]string{
		"path":      authMount(`path = "apps"`),
		"local":     authMount(`local = true`),
		"seal_wrap": authMount(`seal_wrap = true`),
		"namespace": authMount(`namespace = "team"`),
		"type":      block("ocibao_auth_mount", `type = "userpass"`),
	})
	h.Configure(authMount(`path = "apps/machines"`, `token_type = "service"`))
	settles(h)
	imports(h, "ocibao_auth_mount.this", "apps/machines")
	h.Operator(http.MethodPost, "auth/apps/machines/role/app", nil)
	h.Contains(h.CLI("destroy", "-auto-approve"), "Unable to delete auth mount apps/machines", "still has 1 roles", "force_destroy = true", "Nothing was deleted")
	h.Operator(http.MethodGet, "auth/apps/machines/role/app", nil)
	h.Configure(authMount(`path = "apps/machines"`, `force_destroy = true`))
	h.Apply()
	destroys(h, "DELETE sys/auth/apps/machines")
}

func TestAuthMount_AnswerLost(t *testing.T) {
	h := started(t)
	h.Configure(authMount(`max_lease_ttl = "24h"`))
	losesAnswer(h, "sys/auth/approle")
}

func TestAuthMount_Conflict(t *testing.T) {
	h := started(t)
	h.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle", "description": "of others"})
	h.Configure(authMount())
	h.Proxy.Reset()
	h.ApplyFails("Unable to create auth mount approle", "path is already in use", "Nothing was changed",
		`Import the mount with the ID "approle"`, "choose another path")
	wrote(h)
	h.Configure(block("ocibao_auth_mount", `type = "no-such-method"`))
	h.ApplyFails("Unable to create auth mount no-such-method")
}

func TestAuthMount_BadInput(t *testing.T) {
	h := started(t)
	refuses(h, map[string]refusal{
		"leading slash":     {authMount(`path = "/approle"`), []string{"begins with a slash", `path = "/approle"`}},
		"trailing slash":    {authMount(`path = "approle/"`), []string{"ends with a slash"}},
		"dots":              {authMount(`path = "../approle"`), []string{`the segment ".."`}},
		"no duration":       {authMount(`default_lease_ttl = "1 hour"`), []string{"Invalid duration", `default_lease_ttl = "1 hour"`}},
		"default above max": {authMount(`default_lease_ttl = "2h"`, `max_lease_ttl = "1h"`), []string{"default_lease_ttl is 2h"}},
		"token type":        {authMount(`token_type = "default"`), []string{`"default-service"`, `token_type = "default"`}},
		"visibility":        {authMount(`listing_visibility = "all"`), []string{`"hidden" "unauth"`}},
		"empty type":        {block("ocibao_auth_mount", `type = ""`), []string{"at least 1"}},
	})
}

func TestAuthMount_Denied(t *testing.T) {
	h := started(t)
	h.Configure(authMount())
	becomes(h, `path "auth/*" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create auth mount approle", "permission denied", `path "sys/auth/approle"`, `capabilities = ["create", "update", "sudo"]`)
}

func TestAuthMount_Namespace(t *testing.T) {
	livesInNamespace(started(t), authMount(`path = "apps"`, `namespace = "sub"`), "sys/auth/apps", "apps")
}

func TestAuthMount_ImportRefused(t *testing.T) {
	h := started(t)
	h.Configure(authMount())
	h.Contains(h.CLI("import", "ocibao_auth_mount.this", "approle/"), "Invalid import ID", "without auth/, such as approle")
}
