package kubernetes

import "github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"

// Needs are the rights that a step takes. The server cannot remove a configuration.
func (m configModel) Needs(step glue.Step) []glue.Need {
	if m.Mount.IsUnknown() || m.Namespace.IsUnknown() || step.Deletes {
		return nil
	}
	return []glue.Need{glue.On([]string{"update", "read"}, "auth", m.Mount.ValueString(), "config")}
}

// Needs are the rights that a step takes.
func (m roleModel) Needs(step glue.Step) []glue.Need {
	if m.Mount.IsUnknown() || m.Name.IsUnknown() || m.Namespace.IsUnknown() {
		return nil
	}
	capabilities := []string{"create", "read"}
	switch {
	case step.Deletes:
		capabilities = []string{"delete"}
	case step.Updates:
		capabilities = []string{"update", "read"}
	case m.OnConflict.ValueString() == glue.OnConflictOverwrite:
		capabilities = []string{"create", "update", "read"}
	}
	return []glue.Need{glue.On(capabilities, "auth", m.Mount.ValueString(), "role", m.Name.ValueString())}
}
