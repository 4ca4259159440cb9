package policy

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ModifyPlan only looks ahead.
func (r *policyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	glue.ForeseePlan[policyModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

// NeedyThing names the policy.
func (m policyModel) NeedyThing() (thing, namespace string) {
	return "policy " + m.Name.ValueString(), m.Namespace.ValueString()
}

// Needs are the rights that a step takes.
func (m policyModel) Needs(step glue.Step) []glue.Need {
	if m.Name.IsUnknown() || m.Namespace.IsUnknown() {
		return nil
	}
	capabilities := []string{"update", "read"}
	if step.Deletes {
		capabilities = []string{"delete"}
	}
	return []glue.Need{glue.On(capabilities, "sys/policies/acl", m.Name.ValueString())}
}
