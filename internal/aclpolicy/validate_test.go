package aclpolicy_test

import (
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy/policytest"
)

func TestValidate(t *testing.T) {
	for text, valid := range policytest.Texts {
		if err := aclpolicy.Validate(text); (err == nil) != valid {
			t.Errorf("%s: %v, expected valid %v", text, err, valid)
		}
	}
}

func TestValidateTellsLines(t *testing.T) {
	for text, want := range map[string][]string{
		"path \"a\" {\n  capabilities = [\"read\"]\n}\n\nplan \"b\" {}\n": {"line 5", `"plan"`},
		"\npath \"a\" {\n  capabilities = [\"raed\"]\n}":                  {"line 2", `"raed"`, "create, read"},
		"path \"a\" {\n  capabilitys = [\"read\"]\n}":                     {"line 2", `"capabilitys"`},
		"path \"a\" {\n  capabilities = [\"read\"\n":                      {"line "},
		"{\n\"path\": {\n\"a\": {\n\"capabilitys\": [\"read\"]}}}":        {"line 4", `"capabilitys"`},
		"path {\n}": {"line 1", "without a path"},
		"path \"a\" { policy = \"x\" }\npath \"b\" { policy = \"y\" }": {"line 1", "line 2"},
	} {
		err := aclpolicy.Validate(text)
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

func TestSame(t *testing.T) {
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
		if !aclpolicy.Same(base, other) || !aclpolicy.Same(other, base) {
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
		if aclpolicy.Same(base, other) || aclpolicy.Same(other, base) {
			t.Errorf("%s makes no difference", name)
		}
	}
	if !aclpolicy.Same("path \"a\" {\n capabilities = [\"deny\", \"read\"]\n}", `path "a" { capabilities = ["deny"] }`) {
		t.Error("next to deny, a capability makes a difference")
	}
}
