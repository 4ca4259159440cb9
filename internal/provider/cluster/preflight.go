package cluster

import "github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"

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
