package openbao_test

import (
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// policyTexts are policies with whether they are valid.
var policyTexts = map[string]bool{
	`path "a/*" { capabilities = ["read"] }`:                                                              true,
	`path "a/*" { capabilities = ["create","read","update","delete","list","sudo","patch"] }`:             true,
	`path "a/*" { capabilities = ["scan"] }`:                                                              true,
	`path "a/+/b" { capabilities = ["deny"] }`:                                                            true,
	`path "a" { policy = "write" }`:                                                                       true,
	`name = "x"` + "\n" + `path "a" { policy = "sudo" }`:                                                  true,
	`path "a" { comment = "why" capabilities = ["read"] }`:                                                true,
	"path \"a\" {\n comment = \"why\"\n capabilities = [\"read\"] }":                                      true,
	"path \"a\" {\n capabilities = [\"read\"]\n # twice\n capabilities = [\"list\"]\n}":                   true,
	`{"path": {"a/*": {"capabilities": ["read", "list"]}}}`:                                               true,
	`path "a/{{identity.entity.id}}/*" { capabilities = ["read"] }`:                                       true,
	"path \"a\" {\n capabilities = [\"update\"]\n required_parameters = [\"x\"]\n}":                       true,
	"path \"a\" {\n capabilities = [\"update\"]\n allowed_parameters = { \"x\" = [\"1\"] }\n}":            true,
	"path \"a\" {\n capabilities = [\"read\"]\n min_wrapping_ttl = \"1m\"\n}":                             true,
	"path \"a\" {\n capabilities = [\"read\"]\n max_wrapping_ttl = 90\n}":                                 true,
	"path \"a\" {\n capabilities = [\"list\"]\n pagination_limit = 10\n}":                                 true,
	"path \"a\" {\n capabilities = [\"read\"]\n expiration = \"2100-01-01T00:00:00Z\"\n}":                 true,
	"# nothing but a comment":                                                                             true,
	"":                                                                                                    false,
	`path "a/*" { capabilities = ["write"] }`:                                                             false,
	`path "a/*" { capability = ["read"] }`:                                                                false,
	`paths "a/*" { capabilities = ["read"] }`:                                                             false,
	`path "a" { policy = "admin" }`:                                                                       false,
	`path "a/+*" { capabilities = ["read"] }`:                                                             false,
	`path "a/{{identity.entity.id" { capabilities = ["read"] }`:                                           false,
	`path "a" { capabilities = "read }`:                                                                   false,
	`path "a" {`:                                                                                          false,
	`{"path": {"a/*": {"capabilities": ["raed"]}}}`:                                                       false,
	"path \"a\" {\n capabilities = [\"read\"]\n min_wrapping_ttl = \"2m\"\n max_wrapping_ttl = \"1m\"\n}": false,
	"path \"a\" {\n capabilities = [\"read\"]\n min_wrapping_ttl = \"soon\"\n}":                           false,
	"path \"a\" {\n capabilities = [\"read\"]\n expiration = \"soon\"\n}":                                 false,
	"path \"a\" {\n capabilities = [\"read\"]\n list_scan_response_keys_filter_path = \"x\"\n}":           false,
}

func TestParsePolicyTellsLines(t *testing.T) {
	for text, want := range map[string][]string{
		"path \"a\" {\n  capabilities = [\"read\"]\n}\n\nplan \"b\" {}\n": {"line 5", `"plan"`},
		"\npath \"a\" {\n  capabilities = [\"raed\"]\n}":                  {"line 2", `"raed"`, "create, read"},
		"path \"a\" {\n  capabilitys = [\"read\"]\n}":                     {"line 2", `"capabilitys"`},
		"path \"a\" {\n  capabilities = [\"read\"\n":                      {"line "},
		"{\n\"path\": {\n\"a\": {\n\"capabilitys\": [\"read\"]}}}":        {"line 4", `"capabilitys"`},
		"path {\n}": {"line 1", "without a path"},
		"path \"a\" { policy = \"x\" }\npath \"b\" { policy = \"y\" }": {"line 1", "line 2"},
	} {
		err := openbao.ParsePolicy(text)
		if err == nil {
			t.Errorf("%q passes", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: error %q lacks %q", text, err, part)
			}
		}
	}
}

func TestSamePolicy(t *testing.T) {
	const base = "path \"a/*\" {\n  capabilities = [\"read\", \"list\"]\n}\npath \"b\" {\n  capabilities = [\"update\"]\n  allowed_parameters = {\n    \"x\" = [\"1\"]\n  }\n}\n"
	for name, other := range map[string]string{
		"itself":          base,
		"layout":          `path   "a/*" {capabilities=["read","list"]}` + "\npath \"b\" {\n\n# why\ncapabilities=[\"update\"]\nallowed_parameters={\"X\"=[\"1\"]}\n}",
		"order":           "path \"b\" {\n  allowed_parameters = {\n    \"x\" = [\"1\"]\n  }\n  capabilities = [\"update\"]\n}\npath \"a/*\" {\n  capabilities = [\"list\", \"read\", \"read\"]\n}\n",
		"leading slash":   strings.Replace(base, `"b"`, `"/b"`, 1),
		"legacy":          strings.Replace(base, `capabilities = ["read", "list"]`, `policy = "read"`, 1),
		"JSON":            `{"path":{"a/*":{"capabilities":["list","read"]},"b":{"capabilities":["update"],"allowed_parameters":{"x":["1"]}}}}`,
		"carriage return": strings.ReplaceAll(base, "\n", "\r\n"),
	} {
		if !openbao.SamePolicy(base, other) || !openbao.SamePolicy(other, base) {
			t.Errorf("%s makes a difference:\n%s", name, other)
		}
	}
	for name, other := range map[string]string{
		"capability": strings.Replace(base, `"list"`, `"delete"`, 1),
		"path":       strings.Replace(base, `a/*`, `a/b`, 1),
		"parameter":  strings.Replace(base, `["1"]`, `["2"]`, 1),
		"rule":       base + "path \"c\" { capabilities = [\"read\"] }",
		"nothing":    "# empty",
		"broken":     base + "}",
	} {
		if openbao.SamePolicy(base, other) || openbao.SamePolicy(other, base) {
			t.Errorf("%s makes no difference", name)
		}
	}
	if !openbao.SamePolicy("path \"a\" {\n capabilities = [\"deny\", \"read\"]\n}", `path "a" { capabilities = ["deny"] }`) {
		t.Error("next to deny, a capability makes a difference")
	}
}
