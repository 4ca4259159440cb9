package approle

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// accessModel is what is asked about a role, and what was found.
type accessModel struct {
	Mount        types.String `tfsdk:"mount"`
	RoleName     types.String `tfsdk:"role_name"`
	Namespace    types.String `tfsdk:"namespace"`
	MustRead     types.Set    `tfsdk:"must_read"`
	MustNotRead  types.Set    `tfsdk:"must_not_read"`
	MustHave     types.Map    `tfsdk:"must_have"`
	OK           types.Bool   `tfsdk:"ok"`
	Violations   types.List   `tfsdk:"violations"`
	Capabilities types.Map    `tfsdk:"capabilities"`
	Attempts     types.Map    `tfsdk:"attempts"`
	Policies     types.List   `tfsdk:"policies"`
}

func (m accessModel) failure() glue.Failure {
	return glue.Failure{Verb: "prove the access of", Thing: "AppRole", Identity: m.Mount.ValueString() + "/" + m.RoleName.ValueString()}
}

// access is what is asked.
func (m accessModel) access() aclpolicy.Access {
	access := aclpolicy.Access{MustRead: glue.Strings(m.MustRead), MustNotRead: glue.Strings(m.MustNotRead), MustHave: map[string][]string{}}
	for path, capabilities := range m.MustHave.Elements() {
		if set, is := capabilities.(types.Set); is {
			access.MustHave[path] = slices.Sorted(slices.Values(glue.Strings(set)))
		}
	}
	return access
}

// contradicting are the known paths that are asked for both ways.
func (m accessModel) contradicting() []string {
	forbidden := glue.Strings(m.MustNotRead)
	return slices.DeleteFunc(glue.Strings(m.MustRead), func(path string) bool { return !slices.Contains(forbidden, path) })
}

// show fills in what was found.
func (m *accessModel) show(found aclpolicy.Found, violations []string) {
	m.OK = types.BoolValue(len(violations) == 0)
	m.Violations = glue.StringList(append([]string{}, violations...))
	m.Policies = glue.StringList(append([]string{}, found.Names...))
	capabilities := map[string]attr.Value{}
	for path, granted := range found.Capabilities {
		capabilities[path] = glue.StringSet(granted)
	}
	m.Capabilities = types.MapValueMust(types.SetType{ElemType: types.StringType}, capabilities)
	attempts := map[string]string{}
	for path := range maps.Keys(found.Attempts) {
		attempts[path] = string(found.Attempts[path])
	}
	m.Attempts = glue.StringMap(attempts)
}
