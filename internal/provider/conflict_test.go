package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// taking is a configuration that wants credentials/app on an existing mount.
func taking(id string, extra ...string) string {
	return block("ocibao_migrated_secret", append([]string{
		fmt.Sprintf("secret_id = %q", id), `mount = "credentials"`, `name = "app"`}, extra...)...)
}

// refused expects that a configuration cannot be applied, for reasons that the
// output names, and that the attempt changed nothing.
func refused(h *acctest.Harness, config string, reasons ...string) {
	h.Helper()
	h.Configure(config)
	h.Proxy.Reset()
	h.ApplyFails(reasons...)
	wrote(h)
}

// Two configurations that want one path: the ownership mark tells the second one
// that it comes too late, whatever the content is. It gets the path when it says
// so in words, and then the first one is told, and takes nothing back.
func TestConflict_TwoConfigurationsOneSecret(t *testing.T) {
	first := started(t)
	second := apart(t, first)
	first.MountKV("credentials", "2")
	one, other := first.Secret("one", acctest.GuideSecretA), first.Secret("other", acctest.GuideSecretB)
	equal := first.Secret("equal", acctest.GuideSecretA)
	first.Configure(taking(one))
	first.Apply()
	stands := first.KV2("credentials", "app")
	for _, id := range []string{other, equal} {
		refused(second, taking(id), "Unable to migrate secret "+id+" to credentials/app", "the path belongs to another migrated secret",
			"carries the mark of "+one, "Nothing was overwritten", "Choose another name", "take the other one out", `on_conflict = "overwrite"`)
	}
	if got := first.KV2("credentials", "app"); got != stands {
		t.Errorf("stored %s", got)
	}
	first.Plan(0)

	second.Configure(taking(other, `on_conflict = "overwrite"`))
	settles(second)
	told := first.Plan(0)
	first.Contains(told, "Drift that cannot be put right", "credentials/app", "ownership_lost", other, `on_conflict = "overwrite"`)
	first.Proxy.Reset()
	first.Apply()
	first.Configure(taking(one, `on_destroy = "destroy"`))
	first.Apply()
	if run := first.CLI("destroy", "-auto-approve"); run.ExitCode == 0 {
		t.Error("the first configuration destroyed what the second one owns")
	} else {
		first.Contains(run, "the path belongs to another migrated secret", other)
	}
	wrote(first)
	second.Plan(0)
}

// A second configuration of the same secret at the same path, as in a workspace
// that was copied, writes nothing.
func TestConflict_SameSecretTwice(t *testing.T) {
	first := started(t)
	second := apart(t, first)
	first.MountKV("credentials", "2")
	id := first.Secret("one", acctest.GuideSecretA)
	first.Configure(taking(id))
	first.Apply()
	second.Configure(taking(id))
	second.Proxy.Reset()
	second.Apply()
	wrote(second)
	second.Plan(0)
	first.Plan(0)
}

// Content that is there already is adopted when it is equal: not a value is
// written, on KV v2 the mark alone.
func TestConflict_EqualContentIsAdopted(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	id := h.Secret("one", `{"a":"1","b":"2"}`)
	fields := map[string]string{"b": "2", "a": "1"}
	h.Operator(http.MethodPost, "credentials/data/app", map[string]any{"data": fields})
	h.Operator(http.MethodPost, "old/app", fields)
	h.Configure(taking(id) + strings.NewReplacer(`"this"`, `"old"`, `"credentials"`, `"old"`).Replace(taking(id)))
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "PATCH credentials/metadata/app")
	h.Plan(0)
	if version := fmt.Sprint(h.Data("credentials/metadata/app")["current_version"]); version != "1" {
		t.Errorf("the adopted secret is at version %s", version)
	}
}

// What stands there with other content is left alone, also when it is deleted
// softly, and on KV v1, which has no mark.
func TestConflict_OtherContentIsLeft(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	id := h.Secret("one", acctest.GuideSecretA)
	ways := []string{"Unable to migrate secret " + id, "the path holds other content", "Nothing was overwritten",
		"import block", `on_conflict = "overwrite"`, "another name"}
	h.Operator(http.MethodPost, "credentials/data/app", map[string]any{"data": map[string]string{"foreign": "value"}})
	h.Operator(http.MethodDelete, "credentials/data/app", nil)
	refused(h, taking(id), ways...)
	h.Operator(http.MethodPost, "old/app", map[string]string{"foreign": "value"})
	refused(h, strings.Replace(taking(id), `"credentials"`, `"old"`, 1), ways...)
	h.Operator(http.MethodPost, "credentials/undelete/app", map[string]any{"versions": []int{1}})
	if got := h.KV2("credentials", "app") + h.KV1("old", "app"); got != `{"foreign":"value"}{"foreign":"value"}` {
		t.Errorf("stored %s", got)
	}
	h.Configure(strings.Replace(taking(id, `on_conflict = "overwrite"`), `"credentials"`, `"old"`, 1))
	settles(h)
}

// Two resources of one configuration that want one path are found out too.
func TestConflict_WithinOneConfiguration(t *testing.T) {
	h := started(t)
	h.MountKV("credentials", "2")
	one, other := h.Secret("one", acctest.GuideSecretA), h.Secret("other", acctest.GuideSecretB)
	h.Configure(taking(one) + strings.Replace(taking(other, `depends_on = [ocibao_migrated_secret.this]`), `"this"`, `"second"`, 1))
	h.ApplyFails("the path belongs to another migrated secret", "carries the mark of "+one, "another resource of this one")
	if version := fmt.Sprint(h.Data("credentials/metadata/app")["current_version"]); version != "1" {
		t.Errorf("the secret is at version %s", version)
	}
}

// Policies, roles and mounts of another configuration are as safe: another one of
// the same name fails and says what to do, an equal one is adopted without a write.
func TestConflict_TwoConfigurationsOtherObjects(t *testing.T) {
	first := started(t)
	second := apart(t, first)
	first.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	for name, object := range map[string]struct{ mine, theirs, reason string }{
		"policy":     {policy(), policyOf("\n    path \"other\" {\n      capabilities = [\"read\"]\n    }\n"), "a policy of this name with another text exists"},
		"role":       {role(`token_ttl = "1h"`), role(`token_ttl = "2h"`), "a role of this name exists"},
		"KV mount":   {kvMount(`max_versions = 3`), kvMount(`description = "theirs"`), "path is already in use"},
		"KV version": {strings.Replace(kvMount(), "apps/kv", "v2", 1), strings.Replace(kvMount(`version = 1`), "apps/kv", "v2", 1), "path is already in use"},
		"auth mount": {block("ocibao_auth_mount", `path = "team"`), block("ocibao_auth_mount", `path = "team"`, `description = "theirs"`), "path is already in use"},
		"auth method": {block("ocibao_auth_mount", `path = "people"`), block("ocibao_auth_mount", `path = "people"`, `type = "userpass"`),
			"path is already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := withTB(first, t), withTB(second, t)
			first.Configure(object.mine)
			first.Apply()
			refused(second, object.theirs, object.reason, "Nothing was", "Import the ")
			first.Plan(0)
			second.Configure(object.mine)
			second.Proxy.Reset()
			second.Apply()
			wrote(second)
			second.Plan(0)
			loseState(first)
			loseState(second)
		})
	}
}

// withTB is a harness that reports to a subtest.
func withTB(h *acctest.Harness, t *testing.T) *acctest.Harness {
	clone := *h
	clone.TB = t
	return &clone
}
