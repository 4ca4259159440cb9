package aclpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	"github.com/hashicorp/hcl/hcl/printer"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
)

func read(path string) aclpolicy.Rule {
	return aclpolicy.Rule{Path: path, Capabilities: []string{"read"}}
}

var everything = aclpolicy.Rule{
	Description:        "First line.\nSecond \"line\"\n",
	Path:               "team/{{identity.entity.id}}/+/x*",
	Capabilities:       []string{"update", "list"},
	RequiredParameters: []string{"name"},
	AllowedParameters:  map[string][]string{"ttl": {"1h", "2h"}, "*": {}},
	DeniedParameters:   map[string][]string{"path": nil},
	MinWrappingTTL:     "1m",
	MaxWrappingTTL:     "90",
	PaginationLimit:    10,
	Expiration:         "2100-01-01T00:00:00Z",
	ResponseKeysFilter: "{{ .path }}{{ .key }}",
}

func TestRender(t *testing.T) {
	for name, test := range map[string]struct {
		rules []aclpolicy.Rule
		want  string
	}{
		"nothing": {nil, ""},
		"two": {[]aclpolicy.Rule{read("b"), {Path: "a", Capabilities: []string{"list", "read"}, Description: "Why."}},
			"path \"b\" {\n  capabilities = [\"read\"]\n}\n\n# Why.\npath \"a\" {\n  capabilities = [\"list\", \"read\"]\n}\n"},
		"escapes": {[]aclpolicy.Rule{read("a\"b\\c${d}\"$e\x00\n\u2028\U000e0001ü")},
			`path "a\"b\\c\x24{d}\"$e\u0000\n\u2028\U000e0001ü" {` + "\n  capabilities = [\"read\"]\n}\n"},
		"everything": {[]aclpolicy.Rule{everything}, `# First line.
# Second "line"
path "team/{{identity.entity.id}}/+/x*" {
  capabilities                        = ["update", "list"]
  required_parameters                 = ["name"]
  min_wrapping_ttl                    = "1m"
  max_wrapping_ttl                    = "90"
  pagination_limit                    = 10
  expiration                          = "2100-01-01T00:00:00Z"
  list_scan_response_keys_filter_path = "{{ .path }}{{ .key }}"

  allowed_parameters = {
    "*"   = []
    "ttl" = ["1h", "2h"]
  }

  denied_parameters = {
    "path" = []
  }
}
`},
	} {
		got := aclpolicy.Render(test.rules)
		if got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, test.want)
		}
		if formatted, err := printer.Format([]byte(got)); len(test.rules) > 0 && (err != nil || string(formatted) != got) {
			t.Errorf("%s: the formatter makes of it (%v)\n%s", name, err, formatted)
		}
		if err := aclpolicy.Validate(got); len(test.rules) > 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKVRead(t *testing.T) {
	for name, test := range map[string]struct {
		ask  aclpolicy.KVRead
		want []string
	}{
		"v2":         {aclpolicy.KVRead{Mount: "credentials", Version: 2, Names: []string{"b", "a"}}, []string{"read credentials/data/b", "read credentials/data/a"}},
		"v1":         {aclpolicy.KVRead{Mount: "old", Version: 1, Names: []string{"a/b"}}, []string{"read old/a/b"}},
		"twice":      {aclpolicy.KVRead{Mount: "m", Version: 1, Names: []string{"a", "a"}}, []string{"read m/a"}},
		"deep mount": {aclpolicy.KVRead{Mount: "team/kv", Version: 2, Names: []string{"data/x"}}, []string{"read team/kv/data/data/x"}},
		"v2 with list": {aclpolicy.KVRead{Mount: "m", Version: 2, List: true, Names: []string{"a", "f/b", "f/c", "f/g/d"}},
			[]string{"read m/data/a", "read m/data/f/b", "read m/data/f/c", "read m/data/f/g/d", "list m/metadata/", "list m/metadata/f/", "list m/metadata/f/g/"}},
		"v1 with list": {aclpolicy.KVRead{Mount: "m", Version: 1, List: true, Names: []string{"a", "f/b"}},
			[]string{"read m/a", "read m/f/b", "list m/", "list m/f/"}},
	} {
		var got []string
		for _, rule := range test.ask.Rules() {
			got = append(got, strings.Join(rule.Capabilities, ",")+" "+rule.Path)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestChecks(t *testing.T) {
	type check struct {
		err  error
		want string // "" for no error
	}
	for _, test := range []check{
		{aclpolicy.CheckPath("credentials/data/a b"), ""},
		{aclpolicy.CheckPath("credentials/data/a+b"), ""},
		{aclpolicy.CheckPath("a/+/b*"), ""},
		{aclpolicy.CheckPath("*"), ""},
		{aclpolicy.CheckPath("a/{{identity.entity.id}}/"), ""},
		{aclpolicy.CheckPath(""), "is empty"},
		{aclpolicy.CheckPath("/a"), "remove the leading slash"},
		{aclpolicy.CheckPath("a\nb"), "unprintable"},
		{aclpolicy.CheckPath("a/+*"), "write +/*"},
		{aclpolicy.CheckPath("a/*/b"), `write "a/+/b"`},
		{aclpolicy.CheckPath("a/*/b*"), `write "a/+/b*"`},
		{aclpolicy.CheckPath("a*b"), "taken literally"},
		{aclpolicy.CheckPath("a/{{b"), "not balanced"},
		{aclpolicy.CheckPath("a/{{b{{c}}"), "not balanced"},
		{aclpolicy.CheckPath("a/}}b"), "not balanced"},
		{aclpolicy.CheckCapabilities([]string{"read", "list"}), ""},
		{aclpolicy.CheckCapabilities([]string{"deny"}), ""},
		{aclpolicy.CheckCapabilities([]string{"read", "deny"}), "next to deny"},
		{aclpolicy.CheckDescription("two\n\tlines"), ""},
		{aclpolicy.CheckDescription("a\rb"), "U+000D"},
		{aclpolicy.CheckLiteral("a+b/c d"), ""},
		{aclpolicy.CheckLiteral("a*"), "asterisk"},
		{aclpolicy.CheckLiteral("a/+/b"), "segment +"},
		{aclpolicy.CheckLiteral("{{identity.entity.id}}"), "template"},
	} {
		switch {
		case test.want == "" && test.err != nil, test.want != "" && test.err == nil:
			t.Errorf("got %v, want %q", test.err, test.want)
		case test.err != nil && !strings.Contains(test.err.Error(), test.want):
			t.Errorf("%q lacks %q", test.err, test.want)
		}
	}
}

// What is rendered can be read, is laid out, and hides nothing from the linter.
func FuzzRender(f *testing.F) {
	f.Add("credentials/data/a", "read", "why", "ttl", "1h")
	f.Add("a\"b\\${c}\"", "deny", "a\nb", "*", "${x")
	f.Add("a/{{b}}", "scan", "# }", "", "\\")
	f.Add("+/a*", "sudo", "\t", "\x00", "\U0010ffff")
	f.Add("\ufffd$", "list", "\ufffd", "\ufeff", "\ue123")
	f.Fuzz(func(t *testing.T, path, capability, description, parameter, value string) {
		for _, text := range []string{path, description, parameter, value} {
			if strings.ToValidUTF8(text, "") != text {
				return
			}
		}
		if aclpolicy.CheckPath(path) != nil || aclpolicy.CheckDescription(description) != nil || !slices.Contains(aclpolicy.Capabilities, capability) {
			return
		}
		rule := aclpolicy.Rule{
			Path: path, Capabilities: []string{capability}, Description: description,
			AllowedParameters: map[string][]string{parameter: {value}},
		}
		text := aclpolicy.Render([]aclpolicy.Rule{rule, read("last")})
		if err := aclpolicy.Validate(text); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		if !aclpolicy.Same(text, aclpolicy.Render([]aclpolicy.Rule{read("last"), rule})) {
			t.Errorf("blocks run into each other:\n%s", text)
		}
		file, err := hcl.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := file.Node.(*ast.ObjectList).Items[0].Keys[1].Token.Value(); got != path {
			t.Errorf("the path is read as %q, not %q", got, path)
		}
		for _, finding := range aclpolicy.Lint(text, aclpolicy.Facts{}) {
			if finding.Severity == aclpolicy.SeverityError {
				t.Errorf("%s:\n%s", finding, text)
			}
		}
	})
}
