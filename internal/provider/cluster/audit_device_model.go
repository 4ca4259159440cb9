package cluster

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

type auditDeviceModel struct {
	Path        types.String `tfsdk:"path"`
	Type        types.String `tfsdk:"type"`
	Description types.String `tfsdk:"description"`
	Local       types.Bool   `tfsdk:"local"`
	Options     types.Map    `tfsdk:"options"`
}

// Thing names the audit device.
func (m auditDeviceModel) Thing() (name, namespace string) {
	return "audit device " + m.Path.ValueString(), glue.Server
}

// Same reports whether both do the same.
func (m auditDeviceModel) Same(other auditDeviceModel) bool { return m.device().Same(other.device()) }

func (m auditDeviceModel) device() openbao.AuditDevice {
	return openbao.AuditDevice{
		Path:        m.Path.ValueString(),
		Type:        m.Type.ValueString(),
		Description: m.Description.ValueString(),
		Local:       m.Local.ValueBool(),
		Options:     glue.Texts(m.Options),
	}
}

// show takes over what the server has. Options that are only written differently
// stay as they are.
func (m *auditDeviceModel) show(device openbao.AuditDevice) {
	if m.Options.IsNull() || m.Type.ValueString() != device.Type ||
		!openbao.SameAuditOptions(device.Type, glue.Texts(m.Options), device.Options) {
		m.Options = glue.StringMap(device.Options)
	}
	m.Type = types.StringValue(device.Type)
	m.Description = types.StringValue(device.Description)
	m.Local = types.BoolValue(device.Local)
}
