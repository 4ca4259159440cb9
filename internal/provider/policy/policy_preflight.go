package policy

import "github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"

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
