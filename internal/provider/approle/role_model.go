// Package approle has the objects of the AppRole auth method: its mount, roles,
// secret IDs and logins.
package approle

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// DefaultMount is the usual path of the AppRole auth method.
const DefaultMount = "approle"

// roleModel is a role in configuration, plan and state.
type roleModel struct {
	Mount                types.String  `tfsdk:"mount"`
	Name                 types.String  `tfsdk:"name"`
	Namespace            types.String  `tfsdk:"namespace"`
	RoleID               types.String  `tfsdk:"role_id"`
	BindSecretID         types.Bool    `tfsdk:"bind_secret_id"`
	SecretIDBoundCIDRs   types.Set     `tfsdk:"secret_id_bound_cidrs"`
	SecretIDNumUses      types.Int64   `tfsdk:"secret_id_num_uses"`
	SecretIDTTL          glue.Duration `tfsdk:"secret_id_ttl"`
	LocalSecretIDs       types.Bool    `tfsdk:"local_secret_ids"`
	TokenTTL             glue.Duration `tfsdk:"token_ttl"`
	TokenMaxTTL          glue.Duration `tfsdk:"token_max_ttl"`
	TokenExplicitMaxTTL  glue.Duration `tfsdk:"token_explicit_max_ttl"`
	TokenPeriod          glue.Duration `tfsdk:"token_period"`
	TokenPolicies        types.Set     `tfsdk:"token_policies"`
	TokenBoundCIDRs      types.Set     `tfsdk:"token_bound_cidrs"`
	TokenNoDefaultPolicy types.Bool    `tfsdk:"token_no_default_policy"`
	TokenNumUses         types.Int64   `tfsdk:"token_num_uses"`
	TokenType            types.String  `tfsdk:"token_type"`
	TokenStrictlyBindIP  types.Bool    `tfsdk:"token_strictly_bind_ip"`
	OnConflict           types.String  `tfsdk:"on_conflict"`
}

func (m roleModel) failure(verb string) glue.Failure {
	return glue.Failure{Verb: verb, Thing: "AppRole", Identity: m.Mount.ValueString() + "/" + m.Name.ValueString()}
}

// role is what the model asks for.
func (m roleModel) role() openbao.AppRole {
	return openbao.AppRole{
		Namespace:            m.Namespace.ValueString(),
		Mount:                m.Mount.ValueString(),
		Name:                 m.Name.ValueString(),
		BindSecretID:         m.BindSecretID.ValueBool(),
		SecretIDBoundCIDRs:   glue.Strings(m.SecretIDBoundCIDRs),
		SecretIDNumUses:      m.SecretIDNumUses.ValueInt64(),
		SecretIDTTL:          m.SecretIDTTL.Seconds(),
		LocalSecretIDs:       m.LocalSecretIDs.ValueBool(),
		TokenTTL:             m.TokenTTL.Seconds(),
		TokenMaxTTL:          m.TokenMaxTTL.Seconds(),
		TokenPolicies:        glue.Strings(m.TokenPolicies),
		TokenBoundCIDRs:      glue.Strings(m.TokenBoundCIDRs),
		TokenExplicitMaxTTL:  m.TokenExplicitMaxTTL.Seconds(),
		TokenNoDefaultPolicy: m.TokenNoDefaultPolicy.ValueBool(),
		TokenNumUses:         m.TokenNumUses.ValueInt64(),
		TokenPeriod:          m.TokenPeriod.Seconds(),
		TokenType:            m.TokenType.ValueString(),
		TokenStrictlyBindIP:  m.TokenStrictlyBindIP.ValueBool(),
		RoleID:               m.RoleID.ValueString(),
	}
}

// show fills in what the server has.
func (m *roleModel) show(role openbao.AppRole, roleID string) {
	m.RoleID = types.StringValue(roleID)
	m.BindSecretID = types.BoolValue(role.BindSecretID)
	m.SecretIDBoundCIDRs = glue.StringSet(role.SecretIDBoundCIDRs)
	m.SecretIDNumUses = types.Int64Value(role.SecretIDNumUses)
	m.SecretIDTTL = glue.Seconds(role.SecretIDTTL)
	m.LocalSecretIDs = types.BoolValue(role.LocalSecretIDs)
	m.TokenTTL, m.TokenMaxTTL = glue.Seconds(role.TokenTTL), glue.Seconds(role.TokenMaxTTL)
	m.TokenExplicitMaxTTL, m.TokenPeriod = glue.Seconds(role.TokenExplicitMaxTTL), glue.Seconds(role.TokenPeriod)
	m.TokenPolicies, m.TokenBoundCIDRs = glue.StringSet(role.TokenPolicies), glue.StringSet(role.TokenBoundCIDRs)
	m.TokenNoDefaultPolicy = types.BoolValue(role.TokenNoDefaultPolicy)
	m.TokenNumUses = types.Int64Value(role.TokenNumUses)
	m.TokenType = types.StringValue(orDefault(role.TokenType, "default"))
	m.TokenStrictlyBindIP = types.BoolValue(role.TokenStrictlyBindIP)
}

// sameRole reports whether two roles allow the same. The role ID counts where
// both have one; what one server alone knows counts where it says something.
func sameRole(a, b openbao.AppRole) bool {
	sorted := func(lists ...[]string) [][]string {
		for i, list := range lists {
			lists[i] = slices.Sorted(slices.Values(list))
		}
		return lists
	}
	left := sorted(a.SecretIDBoundCIDRs, a.TokenPolicies, a.TokenBoundCIDRs)
	right := sorted(b.SecretIDBoundCIDRs, b.TokenPolicies, b.TokenBoundCIDRs)
	for i := range left {
		if !slices.Equal(left[i], right[i]) {
			return false
		}
	}
	return a.BindSecretID == b.BindSecretID && a.SecretIDNumUses == b.SecretIDNumUses && a.SecretIDTTL == b.SecretIDTTL &&
		a.LocalSecretIDs == b.LocalSecretIDs && a.TokenTTL == b.TokenTTL && a.TokenMaxTTL == b.TokenMaxTTL &&
		a.TokenExplicitMaxTTL == b.TokenExplicitMaxTTL && a.TokenNoDefaultPolicy == b.TokenNoDefaultPolicy &&
		a.TokenNumUses == b.TokenNumUses && a.TokenPeriod == b.TokenPeriod &&
		orDefault(a.TokenType, "default") == orDefault(b.TokenType, "default") &&
		a.TokenStrictlyBindIP == b.TokenStrictlyBindIP &&
		(a.RoleID == "" || b.RoleID == "" || a.RoleID == b.RoleID)
}
