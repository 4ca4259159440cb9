package policy_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/policy"
)

func TestLintOnPlan(t *testing.T) {
	for name, test := range map[string]struct {
		text types.String
		want []string // parts of the one warning
	}{
		"right":   {types.StringValue(`path "credentials/data/a" { capabilities = ["read"] }`), nil},
		"unknown": {types.StringUnknown(), nil},
		"null":    {types.StringNull(), nil},
		"broken":  {types.StringValue(`path "credentials/*" {`), nil},
		"two findings": {types.StringValue("path \"credentials/*\" {\n  capabilities = [\"read\", \"sudo\"]\n}"),
			[]string{`- line 1: path "credentials/*" grants sudo`, `- line 1: path "credentials/*" grants read and sudo on everything`}},
	} {
		req := planmodifier.StringRequest{Path: path.Root("policy"), ConfigValue: test.text, PlanValue: test.text}
		resp := planmodifier.StringResponse{PlanValue: test.text}
		policy.LintOnPlan().PlanModifyString(t.Context(), req, &resp)
		if !resp.PlanValue.Equal(test.text) {
			t.Errorf("%s: the plan was changed to %s", name, resp.PlanValue)
		}
		if resp.Diagnostics.ErrorsCount() > 0 || resp.Diagnostics.WarningsCount() > 1 || (len(test.want) > 0) != (resp.Diagnostics.WarningsCount() == 1) {
			t.Errorf("%s: %v", name, resp.Diagnostics)
			continue
		}
		for _, part := range test.want {
			if detail := resp.Diagnostics[0].Detail(); !strings.Contains(detail, part) {
				t.Errorf("%s: %q lacks %q", name, detail, part)
			}
		}
	}
}

// With the mounts at hand, the warning also knows about data/.
func TestLintWarning_Facts(t *testing.T) {
	facts := aclpolicy.Facts{Mounts: map[string]int{"credentials": 2}}
	got := policy.LintWarning(path.Root("policy"), `path "credentials/a" { capabilities = ["read"] }`, facts)
	if got.WarningsCount() != 1 || !strings.Contains(got[0].Detail(), `Write "credentials/data/a"`) {
		t.Errorf("got %v", got)
	}
}
