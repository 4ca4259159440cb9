package glue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DefaultTo gives a string attribute that is not configured the planned value of
// another one, and has the object replaced when that is not what the state has.
// The plan is not that of a removal.
func DefaultTo(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, attribute, from string) {
	at := path.Root(attribute)
	var configured, fallback, state types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, at, &configured)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(from), &fallback)...)
	if resp.Diagnostics.HasError() || !configured.IsNull() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, at, fallback)...)
	if req.State.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, at, &state)...)
	if !state.Equal(fallback) {
		resp.RequiresReplace.Append(at)
	}
}
