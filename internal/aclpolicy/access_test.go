package aclpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
)

func TestAccess_Violations(t *testing.T) {
	t.Parallel()
	policies := map[string]string{
		"app":     `path "kv/data/*" { capabilities = ["read"] }` + "\n" + `path "kv/data/team/+/x" { capabilities = ["read"] }` + "\n" + `path "shut/*" { capabilities = ["deny"] }`,
		"broken":  `path "kv`,
		"default": `path "kv/data/b" { capabilities = ["list"] }`,
	}
	for name, test := range map[string]struct {
		access aclpolicy.Access
		found  aclpolicy.Found
		want   []string
	}{
		"as it must be": {
			aclpolicy.Access{MustRead: []string{"a"}, MustNotRead: []string{"b"}, MustHave: map[string][]string{"c/": {"list"}}},
			aclpolicy.Found{
				Capabilities: map[string][]string{"a": {"list", "read"}, "b": {"deny"}, "c/": {"list"}},
				Attempts:     map[string]aclpolicy.Attempt{"a": aclpolicy.AttemptRead, "b": aclpolicy.AttemptDenied},
			}, nil,
		},
		"root may do everything": {
			aclpolicy.Access{MustRead: []string{"a"}, MustNotRead: []string{"b"}, MustHave: map[string][]string{"c/": {"list", "sudo"}}},
			aclpolicy.Found{
				Capabilities: map[string][]string{"a": {"root"}, "b": {"root"}, "c/": {"root"}},
				Attempts:     map[string]aclpolicy.Attempt{"a": aclpolicy.AttemptRead},
			}, []string{"b must not be readable, but is: one of its policies (it has none) allows it: remove read from the rule that covers the path"},
		},
		"the most exact rule is named": {
			aclpolicy.Access{MustNotRead: []string{"kv/data/team/a/x", "kv/data/b"}},
			aclpolicy.Found{
				Capabilities: map[string][]string{"kv/data/team/a/x": {"read"}, "kv/data/b": {"read"}}, Policies: policies, Names: []string{"app", "default"},
			}, []string{
				`kv/data/b must not be readable, but is: path "kv/data/*" of the policy "app" allows it: name only what is needed there, or remove read`,
				`kv/data/team/a/x must not be readable, but is: path "kv/data/team/+/x" of the policy "app" allows it: name only what is needed there, or remove read`,
			},
		},
		"a deny is named": {
			aclpolicy.Access{MustRead: []string{"shut/a"}},
			aclpolicy.Found{Capabilities: map[string][]string{"shut/a": {"deny"}}, Policies: policies, Names: []string{"app"}},
			[]string{`shut/a must be readable, but path "shut/*" of the policy "app" denies it: remove that rule, or its deny`},
		},
		"open to all": {
			aclpolicy.Access{MustNotRead: []string{"sys/open"}},
			aclpolicy.Found{Capabilities: map[string][]string{"sys/open": {"deny"}}, Attempts: map[string]aclpolicy.Attempt{"sys/open": aclpolicy.AttemptRead}},
			[]string{"sys/open must not be readable, and no policy names it, but the server did not refuse: whoever is logged in may read it"},
		},
		"allowed and refused": {
			aclpolicy.Access{MustRead: []string{"a"}},
			aclpolicy.Found{Capabilities: map[string][]string{"a": {"read"}}, Attempts: map[string]aclpolicy.Attempt{"a": aclpolicy.AttemptDenied}},
			[]string{"a must be readable, and a policy allows it, but the server refused: the rule demands parameters or a wrapped answer, or the token is bound to other addresses"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.access.Violations(test.found)
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			for _, line := range got {
				if strings.Contains(line, "\n") {
					t.Errorf("%q has more than one line", line)
				}
			}
		})
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	if got := aclpolicy.Together([]string{"update", "read"}, []string{"deny", "list", "read"}); !slices.Equal(got, []string{"update", "read", "list"}) {
		t.Errorf("got %q", got)
	}
}
