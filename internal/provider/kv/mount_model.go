package kv

import (
	"cmp"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// mountModel is a KV mount in configuration, plan and state.
type mountModel struct {
	Path               types.String  `tfsdk:"path"`
	Namespace          types.String  `tfsdk:"namespace"`
	Version            types.Int64   `tfsdk:"version"`
	Description        types.String  `tfsdk:"description"`
	DefaultLeaseTTL    glue.Duration `tfsdk:"default_lease_ttl"`
	MaxLeaseTTL        glue.Duration `tfsdk:"max_lease_ttl"`
	ListingVisibility  types.String  `tfsdk:"listing_visibility"`
	Local              types.Bool    `tfsdk:"local"`
	SealWrap           types.Bool    `tfsdk:"seal_wrap"`
	MaxVersions        types.Int64   `tfsdk:"max_versions"`
	CASRequired        types.Bool    `tfsdk:"cas_required"`
	DeleteVersionAfter glue.Duration `tfsdk:"delete_version_after"`
	ForceDestroy       types.Bool    `tfsdk:"force_destroy"`
	Accessor           types.String  `tfsdk:"accessor"`
}

// Thing names the mount.
func (m mountModel) Thing() (name, namespace string) {
	return "KV mount " + m.Path.ValueString(), m.Namespace.ValueString()
}

// mount is what the model asks for.
func (m mountModel) mount() openbao.KVMount {
	return openbao.KVMount{
		Path:               m.Path.ValueString(),
		Namespace:          m.Namespace.ValueString(),
		Engine:             migrate.Engine(m.Version.ValueInt64()),
		Description:        m.Description.ValueString(),
		DefaultLeaseTTL:    m.DefaultLeaseTTL.Seconds(),
		MaxLeaseTTL:        m.MaxLeaseTTL.Seconds(),
		ListingVisibility:  m.ListingVisibility.ValueString(),
		Local:              m.Local.ValueBool(),
		SealWrap:           m.SealWrap.ValueBool(),
		MaxVersions:        m.MaxVersions.ValueInt64(),
		CASRequired:        m.CASRequired.ValueBool(),
		DeleteVersionAfter: m.DeleteVersionAfter.Seconds(),
	}
}

// show fills in what the server has.
func (m *mountModel) show(mount openbao.KVMount) {
	m.Version = types.Int64Value(int64(mount.Engine))
	m.Description = types.StringValue(mount.Description)
	m.DefaultLeaseTTL = glue.Seconds(mount.DefaultLeaseTTL)
	m.MaxLeaseTTL = glue.Seconds(mount.MaxLeaseTTL)
	m.ListingVisibility = types.StringValue(cmp.Or(mount.ListingVisibility, glue.ListingHidden))
	m.Local = types.BoolValue(mount.Local)
	m.SealWrap = types.BoolValue(mount.SealWrap)
	m.MaxVersions = types.Int64Value(mount.MaxVersions)
	m.CASRequired = types.BoolValue(mount.CASRequired)
	m.DeleteVersionAfter = glue.Seconds(mount.DeleteVersionAfter)
	m.Accessor = types.StringValue(mount.Accessor)
}

// Same reports whether both are the same mount with the same settings.
func (m mountModel) Same(other mountModel) bool {
	return m.mount() == other.mount() && m.Accessor == other.Accessor
}
