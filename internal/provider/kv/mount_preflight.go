package kv

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ModifyPlan looks ahead, and lets those look who write to the mount.
func (r *mountResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan mountModel
	if !req.Plan.Raw.IsNull() && !req.Plan.Get(ctx, &plan).HasError() {
		r.Clients().NoteMount(plan.Namespace.ValueString(), plan.Path.ValueString(), migrate.Engine(plan.Version.ValueInt64()))
	}
	r.ManagedObject.ModifyPlan(ctx, req, resp)
}

// Replaces reports whether the mount goes back to version 1, which only another mount
// at its place can do.
func (m mountModel) Replaces(prior mountModel) bool {
	return !m.Version.IsUnknown() && m.Version.ValueInt64() < prior.Version.ValueInt64()
}

// Needs are the rights that a step takes.
func (m mountModel) Needs(step glue.Step) []glue.Need {
	if m.Path.IsUnknown() || m.Namespace.IsUnknown() || m.Version.IsUnknown() {
		return nil
	}
	mount, second := m.Path.ValueString(), migrate.Engine(m.Version.ValueInt64()) == migrate.KV2
	var needs []glue.Need
	switch {
	case step.Deletes:
		needs = append(needs, glue.On([]string{"delete"}, "sys/mounts", mount))
		if !m.ForceDestroy.ValueBool() && second {
			needs = append(needs, glue.On([]string{"list"}, mount, "metadata/"))
		} else if !m.ForceDestroy.ValueBool() {
			needs = append(needs, glue.On([]string{"list"}, mount+"/"))
		}
		return needs
	case step.Updates:
		needs = append(needs, glue.On([]string{"read"}, "sys/mounts", mount), glue.On([]string{"update"}, "sys/mounts", mount, "tune"))
	default:
		needs = append(needs, glue.On([]string{"update", "read"}, "sys/mounts", mount))
	}
	if second {
		needs = append(needs, glue.On([]string{"update", "read"}, mount, "config"))
	}
	return needs
}
