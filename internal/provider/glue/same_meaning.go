package glue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
)

// SameMeaning makes a plan modifier that keeps the value of the state while the
// configuration says the same in another spelling: the framework compares by
// meaning only what a provider returns, not what a configuration says.
func SameMeaning(same func(a, b string) bool) planmodifier.String { return sameMeaning{same} }

type sameMeaning struct{ same func(a, b string) bool }

func (sameMeaning) Description(context.Context) string {
	return "another spelling of the same is no change"
}

func (m sameMeaning) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (m sameMeaning) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	known := !req.StateValue.IsNull() && !req.PlanValue.IsNull() && !req.PlanValue.IsUnknown()
	if known && m.same(req.StateValue.ValueString(), req.PlanValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// SameDuration keeps a duration that is only written differently.
func SameDuration() planmodifier.String {
	return SameMeaning(func(a, b string) bool {
		left, right := ParseDuration(a), ParseDuration(b)
		return left.Valid() && right.Valid() && left.Seconds() == right.Seconds()
	})
}
