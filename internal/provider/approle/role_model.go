// Package approle has the objects of the AppRole auth method: its mount, roles,
// secret IDs and logins.
package approle

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// DefaultMount is the usual path of the AppRole auth method.
const DefaultMount = "approle"

// roleModel is a role in configuration, plan and state.
type roleModel struct {
	glue.TokenParams
	Mount              types.String  `tfsdk:"mount"`
	Name               types.String  `tfsdk:"name"`
	Namespace          types.String  `tfsdk:"namespace"`
	RoleID             types.String  `tfsdk:"role_id"`
	BindSecretID       types.Bool    `tfsdk:"bind_secret_id"`
	SecretIDBoundCIDRs types.Set     `tfsdk:"secret_id_bound_cidrs"`
	SecretIDNumUses    types.Int64   `tfsdk:"secret_id_num_uses"`
	SecretIDTTL        glue.Duration `tfsdk:"secret_id_ttl"`
	LocalSecretIDs     types.Bool    `tfsdk:"local_secret_ids"`
	OnConflict         types.String  `tfsdk:"on_conflict"`
}

// Thing names the role.
func (m roleModel) Thing() (name, namespace string) {
	return "AppRole " + m.Mount.ValueString() + "/" + m.Name.ValueString(), m.Namespace.ValueString()
}

// role is what the model asks for.
func (m roleModel) role() openbao.AppRole {
	role := openbao.AppRole{
		Namespace:          m.Namespace.ValueString(),
		Mount:              m.Mount.ValueString(),
		Name:               m.Name.ValueString(),
		BindSecretID:       m.BindSecretID.ValueBool(),
		SecretIDBoundCIDRs: glue.Strings(m.SecretIDBoundCIDRs),
		SecretIDNumUses:    m.SecretIDNumUses.ValueInt64(),
		SecretIDTTL:        m.SecretIDTTL.Seconds(),
		LocalSecretIDs:     m.LocalSecretIDs.ValueBool(),
		RoleID:             m.RoleID.ValueString(),
	}
	role.SetToken(m.Token())
	return role
}

// show fills in what the server has.
func (m *roleModel) show(role openbao.AppRole, roleID string) {
	m.RoleID = types.StringValue(roleID)
	m.BindSecretID = types.BoolValue(role.BindSecretID)
	m.SecretIDBoundCIDRs = glue.StringSet(role.SecretIDBoundCIDRs)
	m.SecretIDNumUses = types.Int64Value(role.SecretIDNumUses)
	m.SecretIDTTL = glue.Seconds(role.SecretIDTTL)
	m.LocalSecretIDs = types.BoolValue(role.LocalSecretIDs)
	m.ShowToken(role.Token())
}

// Same reports whether both allow the same. The role ID counts where both have one.
func (m roleModel) Same(other roleModel) bool {
	a, b := m.role(), other.role()
	return a.BindSecretID == b.BindSecretID && a.SecretIDNumUses == b.SecretIDNumUses && a.SecretIDTTL == b.SecretIDTTL &&
		glue.SameSet(a.SecretIDBoundCIDRs, b.SecretIDBoundCIDRs) && a.LocalSecretIDs == b.LocalSecretIDs &&
		glue.SameToken(a.Token(), b.Token()) && (a.RoleID == "" || b.RoleID == "" || a.RoleID == b.RoleID)
}
