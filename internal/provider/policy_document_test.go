package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// document is the policy "app" out of a document.
func document(arguments ...string) string {
	return "\ndata \"ocibao_policy_document\" \"this\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n" +
		block("ocibao_policy", `name = "app"`, "policy = data.ocibao_policy_document.this.hcl")
}

// tokenWith is a token that has only this policy.
func tokenWith(h *acctest.Harness, policy string) string {
	h.Helper()
	h.Operator(http.MethodPost, "sys/policies/acl/only", map[string]any{"policy": policy})
	return tokenOf(h, "only")
}

// tokenOf is a token that has only the policy of this name.
func tokenOf(h *acctest.Harness, policy string) string {
	h.Helper()
	answer := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{policy}, "no_default_policy": true})
	auth, _ := answer["auth"].(map[string]any)
	return fmt.Sprint(auth["client_token"])
}

// statusOf makes a request and gives the status of its answer.
func statusOf(h *acctest.Harness, method, token, path string, body ...any) int {
	h.Helper()
	status, _, err := h.Bao.Call(h.Context(), method, token, path, append(body, nil)[0])
	if err != nil {
		h.Fatal(err)
	}
	return status
}

// What kv_read grants is what is asked for, and no neighbour of it.
func TestPolicyDocument_KVRead(t *testing.T) {
	h := started(t)
	for mount, version := range map[string]string{"new": "2", "team/old": "1"} {
		h.MountKV(mount, version)
		for _, name := range []string{"a", "a2", "f/b", "f/c", "g/d"} {
			if version == "2" {
				h.Operator(http.MethodPost, mount+"/data/"+name, map[string]any{"data": map[string]string{"x": "1"}})
			} else {
				h.Operator(http.MethodPost, mount+"/"+name, map[string]string{"x": "1"})
			}
		}
	}
	config := func(list string) string {
		return document(`kv_read = [`,
			`  { mount = "new", names = ["a", "f/b"]`+list+` },`,
			`  { mount = "team/old", names = ["f/b", "a"], version = 1`+list+` },`,
			`]`)
	}
	h.Configure(config(""))
	settles(h)
	expectServer(h, "sys/policies/acl/app", "policy", `"path \"new/data/a\" {\n  capabilities = [\"read\"]\n}\n\npath \"new/data/f/b\" {\n  capabilities = [\"read\"]\n}\n\n`+
		`path \"team/old/f/b\" {\n  capabilities = [\"read\"]\n}\n\npath \"team/old/a\" {\n  capabilities = [\"read\"]\n}\n"`)
	readable := []string{"GET new/data/a", "GET new/data/f/b", "GET team/old/a", "GET team/old/f/b"}
	listable := []string{"LIST new/metadata", "LIST new/metadata/f", "LIST team/old", "LIST team/old/f"}
	never := []string{
		"GET new/data/a2", "GET new/data/f/c", "GET new/metadata/a", "GET new/subkeys/a", "GET new/config", "DELETE new/data/a", "DELETE new/metadata/a",
		"GET team/old/a2", "GET team/old/f/c", "DELETE team/old/a", "LIST new/metadata/g", "LIST team/old/g", "GET sys/mounts", "LIST sys/policies/acl",
	}
	proves(h, tokenOf(h, "app"), readable, append(never, listable...))

	h.Configure(config(", list = true"))
	settles(h)
	proves(h, tokenOf(h, "app"), append(readable, listable...), never)
	destroys(h, "DELETE sys/policies/acl/app")
}

// proves makes requests that a token must and must not be allowed.
func proves(h *acctest.Harness, token string, allowed, forbidden []string) {
	h.Helper()
	for want, requests := range map[int][]string{http.StatusOK: allowed, http.StatusForbidden: forbidden} {
		for _, request := range requests {
			method, path, _ := strings.Cut(request, " ")
			if got := statusOf(h, method, token, path); got != want {
				h.Errorf("%s: %d, want %d", request, got, want)
			}
		}
	}
}

// Every argument of a rule is one that the server knows and obeys.
func TestPolicyDocument_Rules(t *testing.T) {
	h := started(t)
	h.MountKV("kv", "1")
	own := ""
	if hasNamespaces(h) {
		own = `
      pagination_limit                    = 5
      expiration                          = "2100-01-01T00:00:00Z"
      list_scan_response_keys_filter_path = "{{ .path }}{{ .key }}"`
	}
	h.Configure(document(`rules = [
    {
      path                = "kv/{{identity.entity.id}}/x"
      capabilities        = ["list", "update"]
      description         = "Own folder.\nWith a \"quote\" and $${a dollar}."` + own + `
    },
    {
      path                = "kv/written"
      capabilities        = ["create", "update"]
      required_parameters = ["owner"]
      allowed_parameters  = { owner = ["team-*"], "*" = [] }
      denied_parameters   = { path = [], "q\"uote" = ["a\\b"] }
    },
    {
      path                = "kv/wrapped"
      capabilities        = ["read"]
      min_wrapping_ttl    = "1m"
      max_wrapping_ttl    = "1h"
    },
    {
      path                = "kv/+/denied*"
      capabilities        = ["deny"]
    },
  ]`))
	settles(h)
	imports(h, "ocibao_policy.this", "app")
	h.Operator(http.MethodPost, "kv/wrapped", map[string]string{"x": "1"})
	token := tokenOf(h, "app")
	for _, test := range []struct {
		body map[string]any
		want int
	}{
		{map[string]any{"owner": "team-a", "note": "x"}, http.StatusNoContent},
		{map[string]any{"owner": "somebody"}, http.StatusForbidden},
		{map[string]any{"note": "x"}, http.StatusForbidden},
		{map[string]any{"owner": "team-a", "path": "x"}, http.StatusForbidden},
		{map[string]any{"owner": "team-a", `q"uote`: `a\b`}, http.StatusForbidden},
		{map[string]any{"owner": "team-a", `q"uote`: "other"}, http.StatusNoContent},
	} {
		if got := statusOf(h, http.MethodPost, token, "kv/written", test.body); got != test.want {
			t.Errorf("%v: %d, want %d", test.body, got, test.want)
		}
	}
	proves(h, token, nil, []string{"GET kv/wrapped", "GET kv/written", "GET kv/x/denied"})
	for _, part := range []string{`# With a \"quote\" and ${a dollar}.`, `path \"kv/{{identity.entity.id}}/x\"`} {
		if got := serverHas(h, "sys/policies/acl/app", "policy"); !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
}

// Names that are known after apply make a text that is known after apply.
func TestPolicyDocument_Unknown(t *testing.T) {
	h := started(t)
	h.Configure(document(
		`kv_read = [{ mount = "kv", names = [terraform_data.name.output, "b"], version = terraform_data.version.output }]`,
		`rules   = [for path in terraform_data.paths.output : { path = path, capabilities = ["read"] }]`) + `
resource "terraform_data" "name" {
  input = "a"
}

resource "terraform_data" "version" {
  input = 1
}

resource "terraform_data" "paths" {
  input = ["sys/health"]
}
`)
	h.Contains(h.CLI("validate"), "Success")
	h.Contains(h.Plan(2), "policy = (known after apply)")
	h.Apply()
	expectServer(h, "sys/policies/acl/app", "policy",
		`"path \"sys/health\" {\n  capabilities = [\"read\"]\n}\n\npath \"kv/a\" {\n  capabilities = [\"read\"]\n}\n\npath \"kv/b\" {\n  capabilities = [\"read\"]\n}\n"`)
	h.Plan(0)
}

func TestPolicyDocument_BadInput(t *testing.T) {
	h := started(t)
	rule := func(arguments string) string { return document("rules = [{ " + arguments + " }]") }
	read := func(arguments string) string { return document("kv_read = [{ " + arguments + " }]") }
	const good = `path = "a", capabilities = ["read"]`
	refuses(h, map[string]refusal{
		"nothing":            {document(), []string{"Empty policy", "Set rules or kv_read"}},
		"empty lists":        {document("rules = []", "kv_read = []"), []string{"Empty policy"}},
		"null rule":          {document("rules = [null]"), []string{"Null List Value"}},
		"no path":            {rule(`path = "", capabilities = ["read"]`), []string{"Invalid policy path", "the path is empty"}},
		"leading slash":      {rule(`path = "/a", capabilities = ["read"]`), []string{"remove the leading slash"}},
		"asterisk":           {rule(`path = "a/*/b", capabilities = ["read"]`), []string{`write "a/+/b"`}},
		"both wildcards":     {rule(`path = "a/+*", capabilities = ["read"]`), []string{"may not follow each other"}},
		"open template":      {rule(`path = "a/{{b", capabilities = ["read"]`), []string{"not balanced"}},
		"no capabilities":    {rule(`path = "a", capabilities = []`), []string{"at least 1"}},
		"unknown capability": {rule(`path = "a", capabilities = ["write"]`), []string{`"create" "read" "update"`, `"write"`}},
		"repeated":           {rule(`path = "a", capabilities = ["read", "read"]`), []string{"Duplicate List Value"}},
		"deny and more":      {rule(`path = "a", capabilities = ["read", "deny"]`), []string{"Invalid capabilities", "next to deny"}},
		"description":        {rule(good + `, description = "a\rb"`), []string{"Invalid description", "unprintable"}},
		"duration":           {rule(good + `, min_wrapping_ttl = "soon"`), []string{"Invalid duration"}},
		"TTLs":               {rule(good + `, min_wrapping_ttl = "2m", max_wrapping_ttl = "60"`), []string{"min_wrapping_ttl is 2m, but max_wrapping_ttl is 60"}},
		"time":               {rule(good + `, expiration = "soon"`), []string{"Invalid time"}},
		"empty time":         {rule(good + `, expiration = ""`), []string{"Invalid time"}},
		"limit":              {rule(good + `, pagination_limit = 1`), []string{"Nothing to limit", "list or scan"}},
		"filter":             {rule(good + `, list_scan_response_keys_filter_path = "x"`), []string{"Nothing to filter"}},
		"same path":          {document(`rules = [{ ` + good + ` }, { ` + good + ` }]`), []string{"Two rules for one path", `The path "a" stands in rules[0] already`}},
		"no names":           {read(`mount = "kv", names = []`), []string{"at least 1"}},
		"null name":          {read(`mount = "kv", names = [null]`), []string{"Null List Value"}},
		"wildcard":           {read(`mount = "kv", names = ["a*"]`), []string{"Invalid secret name", "name each secret"}},
		"segment wildcard":   {read(`mount = "kv", names = ["a/+"]`), []string{"Invalid secret name", "wildcard"}},
		"template":           {read(`mount = "kv", names = ["{{identity.entity.id}}"]`), []string{"path of rules"}},
		"slash":              {read(`mount = "kv", names = ["a/"]`), []string{"remove the trailing slash"}},
		"mount":              {read(`mount = "/kv", names = ["a"]`), []string{"Invalid mount path", "remove the leading slash"}},
		"wildcard mount":     {read(`mount = "+", names = ["a"]`), []string{"Invalid mount path", "wildcard"}},
		"version":            {read(`mount = "kv", names = ["a"], version = 3`), []string{"1", "2", "3"}},
		"two versions": {document(`kv_read = [{ mount = "kv", names = ["a"] }, { mount = "kv", names = ["b"], version = 1 }]`),
			[]string{"Two versions of one mount", "KV v1 here and KV v2 in kv_read[0]"}},
		"rule of a secret": {document(`rules = [{ path = "kv/data/a", capabilities = ["update"] }]`, `kv_read = [{ mount = "kv", names = ["a"] }]`),
			[]string{"Two rules for one path", `read on the path "kv/data/a", which stands in rules[0]`}},
	})
}
