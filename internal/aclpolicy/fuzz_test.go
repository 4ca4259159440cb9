package aclpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy/policytest"
)

// Any text gets an answer: no crash, the same findings each time, each of them
// with a message and with a line that the text has. What the server would refuse
// is an error.
func FuzzLint(f *testing.F) {
	for _, test := range lintCases {
		f.Add(test.policy, "credentials/data/a")
	}
	for _, policy := range []string{
		"", "{", "{}", `path "a" {}`, `path "credentials/a" { capabilities = ["read"] }`, `path {}`, `path "a" "b" { }`,
		`path "+/*" { capabilities = ["deny", "sudo"] }`, `path "{{identity.entity.id}}/*" { policy = "write" }`,
		`path "a" { capabilities = [[["raed"]]] min_wrapping_ttl = "1x" }`, `{"path": {"a": {"capabilities": ["read"]}}}`,
		`{"path": [{"a": {"policy": 1}}]}`, "path \"a\" { capabilities = <<EOT\nread\nEOT\n}", `name = "x" path = "y"`,
		`path "credentials/data/*/b" { capabilities = ["list"] }`, `path "old/+/*" { capabilities = ["list", "list"] }`,
	} {
		f.Add(policy, "credentials/data/a")
	}
	f.Fuzz(func(t *testing.T, policy, managed string) {
		facts := aclpolicy.Facts{Mounts: map[string]int{"credentials": 2, "old": 1}, Managed: []string{managed}}
		findings := aclpolicy.Lint(policy, facts)
		if !slices.Equal(findings, aclpolicy.Lint(policy, facts)) {
			t.Error("a second look finds something else")
		}
		for _, finding := range findings {
			if finding.Message == "" || finding.Severity == "" || finding.Line < 0 || finding.Line > 1+strings.Count(policy, "\n") {
				t.Errorf("%q: %+v", policy, finding)
			}
			if finding.Severity == aclpolicy.SeverityError && finding.Path == "" && aclpolicy.Validate(policy) == nil {
				t.Errorf("%q can be read, but: %s", policy, finding)
			}
		}
	})
}

// Any text of a policy gets an answer, and is the same as itself.
func FuzzSame(f *testing.F) {
	for policy := range policytest.Texts {
		f.Add(policy, `path "a" { policy = "read" }`)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !aclpolicy.Same(a, a) {
			t.Error("a policy differs from itself")
		}
		if aclpolicy.Validate(a) == nil && !aclpolicy.Same(a, a+"\n") {
			t.Errorf("%q differs from itself with a line more", a)
		}
		if aclpolicy.Same(a, b) != aclpolicy.Same(b, a) {
			t.Error("the order makes a difference")
		}
	})
}
