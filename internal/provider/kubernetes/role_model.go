package kubernetes

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// roleModel is a role in configuration, plan and state.
type roleModel struct {
	glue.TokenParams
	Mount                    types.String `tfsdk:"mount"`
	Name                     types.String `tfsdk:"name"`
	Namespace                types.String `tfsdk:"namespace"`
	ServiceAccountNames      types.Set    `tfsdk:"bound_service_account_names"`
	ServiceAccountNamespaces types.Set    `tfsdk:"bound_service_account_namespaces"`
	NamespaceSelector        types.String `tfsdk:"bound_service_account_namespace_selector"`
	Audience                 types.String `tfsdk:"audience"`
	AliasNameSource          types.String `tfsdk:"alias_name_source"`
	OnConflict               types.String `tfsdk:"on_conflict"`
}

// Thing names the role.
func (m roleModel) Thing() (name, namespace string) {
	return "Kubernetes role " + m.Mount.ValueString() + "/" + m.Name.ValueString(), m.Namespace.ValueString()
}

// role is what the model asks for.
func (m roleModel) role() openbao.KubernetesRole {
	return openbao.KubernetesRole{
		Namespace:                m.Namespace.ValueString(),
		Mount:                    m.Mount.ValueString(),
		Name:                     m.Name.ValueString(),
		ServiceAccountNames:      glue.Strings(m.ServiceAccountNames),
		ServiceAccountNamespaces: glue.Strings(m.ServiceAccountNamespaces),
		NamespaceSelector:        m.NamespaceSelector.ValueString(),
		Audience:                 m.Audience.ValueString(),
		AliasNameSource:          m.AliasNameSource.ValueString(),
		Token:                    m.Token(),
	}
}

// show fills in what the server has.
func (m *roleModel) show(role openbao.KubernetesRole) {
	m.ServiceAccountNames, m.ServiceAccountNamespaces = glue.StringSet(role.ServiceAccountNames), glue.StringSet(role.ServiceAccountNamespaces)
	m.NamespaceSelector = types.StringValue(role.NamespaceSelector)
	m.Audience, m.AliasNameSource = types.StringValue(role.Audience), types.StringValue(role.AliasNameSource)
	m.ShowToken(role.Token)
}

// Same reports whether both let the same in, with the same tokens.
func (m roleModel) Same(other roleModel) bool {
	a, b := m.role(), other.role()
	return glue.SameSet(a.ServiceAccountNames, b.ServiceAccountNames) && glue.SameSet(a.ServiceAccountNamespaces, b.ServiceAccountNamespaces) &&
		a.NamespaceSelector == b.NamespaceSelector && a.Audience == b.Audience && a.AliasNameSource == b.AliasNameSource &&
		glue.SameToken(a.Token, b.Token)
}
