package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NeedyThing names the audit device.
func (m auditDeviceModel) NeedyThing() (thing, namespace string) {
	return "audit device " + m.Path.ValueString(), glue.Server
}

// Replaces is always so: no audit device can be changed.
func (m auditDeviceModel) Replaces(auditDeviceModel) bool { return true }

// Needs are the rights that a step takes. Devices can only be read all together.
func (m auditDeviceModel) Needs(step glue.Step) []glue.Need {
	switch {
	case m.Path.IsUnknown():
		return nil
	case step.Deletes:
		return []glue.Need{glue.On([]string{"delete", "sudo"}, "sys/audit", m.Path.ValueString())}
	}
	return []glue.Need{glue.On([]string{"update", "sudo"}, "sys/audit", m.Path.ValueString()), glue.On([]string{"read", "sudo"}, "sys/audit")}
}

// ModifyPlan only looks ahead.
func (r *autopilotResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	glue.ForeseePlan[autopilotModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

// NeedyThing names the configuration.
func (m autopilotModel) NeedyThing() (thing, namespace string) {
	return "configuration of autopilot", glue.Server
}

// Needs are the rights that a step takes. Nothing is reset that is at its default.
func (m autopilotModel) Needs(step glue.Step) []glue.Need {
	capabilities := []string{"update", "read"}
	if step.Deletes {
		if isDefault(m.config()) {
			return nil
		}
		capabilities = []string{"update"}
	}
	return []glue.Need{glue.On(capabilities, "sys/storage/raft/autopilot/configuration")}
}
