package policy

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
)

// LintOnPlan makes a plan modifier that changes nothing and warns, in each plan,
// of what a policy grants beyond need. It knows no mounts, so it says nothing
// that depends on the version of an engine; the function policy_lint does.
func LintOnPlan() planmodifier.String { return linting{} }

type linting struct{}

func (linting) Description(context.Context) string {
	return "warns of rights that are wider than they need to be"
}

func (l linting) MarkdownDescription(ctx context.Context) string { return l.Description(ctx) }

func (linting) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() {
		resp.Diagnostics.Append(LintWarning(req.Path, req.ConfigValue.ValueString(), aclpolicy.Facts{})...)
	}
}

// LintWarning is at most one warning, with a line for each finding. A text that
// cannot be parsed gets none: it is an error of its attribute.
func LintWarning(at path.Path, text string, facts aclpolicy.Facts) diag.Diagnostics {
	if aclpolicy.Validate(text) != nil {
		return nil
	}
	var lines []string
	for _, finding := range aclpolicy.Lint(text, facts) {
		lines = append(lines, "- "+finding.String())
	}
	if len(lines) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(at, "Policy grants more than it needs to, or not what it says", strings.Join(lines, "\n"))}
}
