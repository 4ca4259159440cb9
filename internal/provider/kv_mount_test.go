package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func kvMount(extra ...string) string {
	return block("ocibao_kv_mount", append([]string{`path = "apps/kv"`}, extra...)...)
}

func TestKVMount_Lifecycle(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	h.Contains(h.Plan(2), "will be created", `path = "apps/kv"`, `version = 2`, `max_lease_ttl = "0s"`)
	settles(h)
	expectServer(h, "sys/mounts/apps/kv", "options.version", `"2"`)
	imports(h, "ocibao_kv_mount.this", "apps/kv")
	adopts(h)
	drifts(h, "sys/mounts/apps/kv/tune", map[string]any{"description": "by hand"}, `description = "by hand" -> null`)
	drifts(h, "apps/kv/config", map[string]any{"max_versions": 3, "delete_version_after": "24h"},
		`max_versions = 3 -> 0`, `delete_version_after = "24h" -> "0s"`)
	vanished(h, "sys/mounts/apps/kv")
	destroys(h, "DELETE sys/mounts/apps/kv")
}

func TestKVMount_Update(t *testing.T) {
	h := started(t)
	mount, config := "sys/mounts/apps/kv", "apps/kv/config"
	updatesInPlace(h, kvMount, []change{
		{`description = "of the apps"`, `description = "of the apps"`, mount, "description", `"of the apps"`},
		{`default_lease_ttl = "2h"`, `default_lease_ttl = "0s" -> "2h"`, mount, "config.default_lease_ttl", "7200"},
		{`max_versions = 5`, `max_versions = 0 -> 5`, config, "max_versions", "5"},
		{`delete_version_after = "90m"`, `delete_version_after = "0s" -> "90m"`, config, "delete_version_after", `"1h30m0s"`},
	}, []change{
		{`max_lease_ttl = "30d"`, `max_lease_ttl = "0s" -> "30d"`, mount, "config.max_lease_ttl", "2592000"},
		{`listing_visibility = "unauth"`, `listing_visibility = "hidden" -> "unauth"`, mount, "config.listing_visibility", `"unauth"`},
		{`cas_required = true`, `cas_required = false -> true`, config, "cas_required", "true"},
	})
	h.Configure(kvMount(`force_destroy = true`))
	h.Contains(h.Plan(2), "force_destroy = false -> true")
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
}

// Durations that are written differently are the same.
func TestKVMount_Durations(t *testing.T) {
	h := started(t)
	for _, hour := range []string{"3600", "1h", "60m"} {
		h.Configure(kvMount(`max_lease_ttl = "`+hour+`"`, `delete_version_after = "`+hour+`"`))
		settles(h)
	}
	imports(h, "ocibao_kv_mount.this", "apps/kv")
}

func TestKVMount_Replaced(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	h.Apply()
	replaces(h, map[string]string{
		"path":      strings.Replace(kvMount(), "apps/kv", "other", 1),
		"version":   kvMount(`version = 1`),
		"local":     kvMount(`local = true`),
		"seal_wrap": kvMount(`seal_wrap = true`),
		"namespace": kvMount(`namespace = "team"`),
	})
	h.Configure(kvMount(`version = 1`))
	settles(h)
	if options := serverHas(h, "sys/mounts/apps/kv", "options.version"); options == `"2"` {
		t.Error("the mount is still version 2")
	}
}

// An upgrade keeps the secrets, and going back would lose them.
func TestKVMount_Upgrade(t *testing.T) {
	h := started(t)
	h.Configure(kvMount(`version = 1`))
	settles(h)
	imports(h, "ocibao_kv_mount.this", "apps/kv")
	h.Operator(http.MethodPost, "apps/kv/a", map[string]any{"password": "kept"})
	h.Configure(kvMount(`max_versions = 4`))
	h.Contains(h.Plan(2), "version = 1 -> 2", "will be updated in-place")
	settles(h)
	if got := h.KV2("apps/kv", "a"); got != `{"password":"kept"}` {
		t.Errorf("after the upgrade: %s", got)
	}
	expectServer(h, "apps/kv/config", "max_versions", "4")

	h.Configure(kvMount(`version = 1`))
	h.ApplyFails("Unable to delete KV mount apps/kv", "still holds secrets", "force_destroy = true", "Nothing was deleted")
	if got := h.KV2("apps/kv", "a"); got != `{"password":"kept"}` {
		t.Errorf("after the refusal: %s", got)
	}
	h.Configure(kvMount(`force_destroy = true`))
	h.Apply()
	destroys(h, "DELETE sys/mounts/apps/kv")
}

// What a run left that was interrupted between mounting and configuring is taken
// over, as long as nobody uses it.
func TestKVMount_Interrupted(t *testing.T) {
	h := started(t)
	h.Configure(kvMount(`max_versions = 7`))
	h.Proxy.Before(func(r acctest.Request) bool { return r.Path == "apps/kv/config" && r.Method == http.MethodPost })
	h.ApplyFails("Unable to create KV mount apps/kv")
	h.Proxy.Before(nil)
	settles(h)
	expectServer(h, "apps/kv/config", "max_versions", "7")

	loseState(h)
	h.Operator(http.MethodPost, "apps/kv/data/a", map[string]any{"data": map[string]any{"used": true}})
	h.Configure(kvMount(`max_versions = 8`))
	h.Proxy.Reset()
	h.ApplyFails("Unable to create KV mount apps/kv", "path is already in use", "Nothing was changed",
		`Import the mount with the ID "apps/kv"`, "or choose another path", `path = "apps/kv"`)
	wrote(h)
}

// An empty mount that somebody configured is no leftover of an interrupted run.
func TestPromiseNothingTrampled_ConfiguredMount(t *testing.T) {
	h := started(t)
	h.MountKV("apps/kv", "2")
	h.Operator(http.MethodPost, "apps/kv/config", map[string]any{"cas_required": true, "max_versions": 3})
	for _, asked := range []string{kvMount(), kvMount(`max_versions = 7`)} {
		h.Configure(asked)
		h.Proxy.Reset()
		h.ApplyFails("Unable to create KV mount apps/kv", "path is already in use", "Nothing was changed", `Import the mount with the ID "apps/kv"`)
		wrote(h)
	}
	expectServer(h, "apps/kv/config", "cas_required", "true")
}

// A mount that lets nobody arrange the deletion of a secret is like any other.
func TestKVMount_DeletionDisabled(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	h.Apply()
	drifts(h, "apps/kv/config", map[string]any{"delete_version_after": "-1s"}, `delete_version_after = "-1s" -> "0s"`)
	h.Configure(kvMount(`delete_version_after = "-1s"`))
	h.Contains(h.Plan(2), `delete_version_after = "0s" -> "-1s"`)
	settles(h)
	expectServer(h, "apps/kv/config", "delete_version_after", `"-1s"`)
	imports(h, "ocibao_kv_mount.this", "apps/kv")
}

func TestKVMount_AnswerLost(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	losesAnswer(h, "sys/mounts/apps/kv")
}

// A mount that became another engine is told, and left alone.
func TestKVMount_OtherEngine(t *testing.T) {
	h := started(t)
	if !hasNamespaces(h) {
		// This server has no other engine that could be mounted.
		h.Configure(block("ocibao_kv_mount", `path = "identity"`))
		h.ApplyFails("Unable to create KV mount identity")
		return
	}
	h.Configure(kvMount())
	h.Apply()
	h.Operator(http.MethodDelete, "sys/mounts/apps/kv", nil)
	h.Operator(http.MethodPost, "sys/mounts/apps/kv", map[string]any{"type": "transit"})
	h.Contains(h.Plan(1), "Unable to read KV mount apps/kv", `an engine of type "transit" is mounted there`, "terraform state rm")
	loseState(h)
	h.ApplyFails("Unable to create KV mount apps/kv", `an engine of type "transit"`, "Nothing was changed. Choose another path")
	expectServer(h, "sys/mounts/apps/kv", "type", `"transit"`)
}

func TestKVMount_Conflict(t *testing.T) {
	h := started(t)
	h.MountKV("apps/kv", "1")
	h.Configure(kvMount())
	h.Proxy.Reset()
	h.ApplyFails("Unable to create KV mount apps/kv", "Nothing was changed", "Import the mount")
	wrote(h)
	for _, path := range []string{"apps", "apps/kv/inside"} {
		h.Configure(strings.Replace(kvMount(), "apps/kv", path, 1))
		run := h.ApplyFails("Unable to create KV mount "+path, "path is already in use", "Nothing was changed", "Choose another path")
		h.Lacks(run, "Import the mount")
	}
	h.Configure(strings.Replace(kvMount(), "apps/kv", "sys", 1))
	h.ApplyFails("Unable to create KV mount sys", `cannot mount "sys/"`)
	wrote(h)
}

func TestKVMount_BadInput(t *testing.T) {
	h := started(t)
	at := func(path string) string { return strings.Replace(kvMount(), "apps/kv", path, 1) }
	refuses(h, map[string]refusal{
		"leading slash":      {at("/kv"), []string{"Invalid mount path", "begins with a slash", `path = "/kv"`}},
		"trailing slash":     {at("kv/"), []string{"Invalid mount path", "ends with a slash", `path = "kv/"`}},
		"double slash":       {at("a//b"), []string{"empty segment"}},
		"dots":               {at("a/../b"), []string{`has the segment ".."`}},
		"space at the edge":  {at("a /b"), []string{"has a space at the edge"}},
		"empty":              {at(""), []string{"the mount is empty"}},
		"control character":  {at(`a\nb`), []string{"unprintable character U+000A"}},
		"version":            {kvMount(`version = 3`), []string{"version = 3", "one of"}},
		"no duration":        {kvMount(`max_lease_ttl = "soon"`), []string{"Invalid duration", `"soon" is no duration`, `max_lease_ttl = "soon"`}},
		"negative duration":  {kvMount(`delete_version_after = "-1h"`), []string{"Invalid duration"}},
		"part of a second":   {kvMount(`default_lease_ttl = "1500ms"`), []string{"Invalid duration", "whole seconds"}},
		"empty duration":     {kvMount(`default_lease_ttl = ""`), []string{"Invalid duration"}},
		"default above max":  {kvMount(`default_lease_ttl = "2h"`, `max_lease_ttl = "1h"`), []string{"default_lease_ttl is 2h, but max_lease_ttl is 1h"}},
		"visibility":         {kvMount(`listing_visibility = "all"`), []string{`"hidden" "unauth"`}},
		"negative versions":  {kvMount(`max_versions = -1`), []string{"between 0 and 4294967295"}},
		"too many versions":  {kvMount(`max_versions = 4294967296`), []string{"between 0 and 4294967295"}},
		"endless lease":      {kvMount(`max_lease_ttl = "-1s"`), []string{"Invalid duration"}},
		"v2 setting on v1":   {kvMount(`version = 1`, `max_versions = 3`), []string{"Not on KV v1", "or set version = 2", "max_versions = 3"}},
		"reserved namespace": {kvMount(`namespace = "team/sys"`), []string{"Invalid namespace", `namespace = "team/sys"`}},
	})
}

func TestKVMount_Denied(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	becomes(h, `path "apps/kv/*" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create KV mount apps/kv", "permission denied", `path "sys/mounts/apps/kv"`, `capabilities = ["create", "update"]`)
	becomes(h, `path "sys/mounts/apps/kv*" { capabilities = ["create", "update", "read", "delete"] }`)
	h.ApplyFails(`path "apps/kv/config"`, `capabilities = ["read"]`)
	becomes(h, `path "sys/mounts/apps/kv*" { capabilities = ["create", "update", "read", "delete"] }
path "apps/kv/config" { capabilities = ["read"] }`)
	settles(h)
	run := h.CLI("destroy", "-auto-approve")
	h.Contains(run, "Unable to delete KV mount apps/kv", "permission denied", `path "apps/kv/metadata`, `capabilities = ["list"]`)
}

func TestKVMount_Namespace(t *testing.T) {
	livesInNamespace(started(t), kvMount(`namespace = "sub"`), "sys/mounts/apps/kv", "apps/kv")
}

func TestKVMount_ImportRefused(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	h.Contains(h.CLI("import", "ocibao_kv_mount.this", "apps/kv/"), "Invalid import ID", "The ID is the path of the mount")
	h.Contains(h.CLI("import", "ocibao_kv_mount.this", "apps/kv"), "Cannot import non-existent remote object")
}
