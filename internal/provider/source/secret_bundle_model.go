package source

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// bundleModel is what is told of a bundle. It has no room for the content.
type bundleModel struct {
	ID             types.String `tfsdk:"id"`
	SecretID       types.String `tfsdk:"secret_id"`
	Name           types.String `tfsdk:"name"`
	VaultID        types.String `tfsdk:"vault_id"`
	Stage          types.String `tfsdk:"stage"`
	VersionNumber  types.Int64  `tfsdk:"version_number"`
	VersionName    types.String `tfsdk:"version_name"`
	Pin            types.String `tfsdk:"pin"`
	Stages         types.List   `tfsdk:"stages"`
	TimeCreated    types.String `tfsdk:"time_created"`
	TimeOfDeletion types.String `tfsdk:"time_of_deletion"`
	TimeOfExpiry   types.String `tfsdk:"time_of_expiry"`
	ContentType    types.String `tfsdk:"content_type"`
	ContentFormat  types.String `tfsdk:"content_format"`
	Length         types.Int64  `tfsdk:"length"`
	Keys           types.List   `tfsdk:"keys"`
}

func (m bundleModel) lookup() lookup {
	return lookup{m.SecretID, []argument{{"name", m.Name}, {"vault_id", m.VaultID}}}
}

func (m bundleModel) identity() string {
	if m.SecretID.IsNull() {
		return m.Name.ValueString()
	}
	return m.SecretID.ValueString()
}

func (m bundleModel) selector() migrate.Selector {
	return migrate.Selector{
		VersionNumber: m.VersionNumber.ValueInt64(),
		VersionName:   m.VersionName.ValueString(),
		Stage:         m.Stage.ValueString(),
	}
}

// selectedBy is the argument that selects the version; the empty path is none.
func (m bundleModel) selectedBy() path.Path {
	switch {
	case !m.VersionNumber.IsNull():
		return path.Root("version_number")
	case !m.VersionName.IsNull():
		return path.Root("version_name")
	case !m.Stage.IsNull():
		return path.Root("stage")
	}
	return path.Empty()
}

// read fetches the bundle that is asked for, with its content.
func (m bundleModel) read(ctx context.Context, client *ocivault.Client) (migrate.Bundle, error) {
	if !m.SecretID.IsNull() {
		return client.Bundle(ctx, m.SecretID.ValueString(), m.selector())
	}
	return client.BundleByName(ctx, m.VaultID.ValueString(), m.Name.ValueString(), m.selector())
}

// show fills in what may be told of a bundle.
func (m *bundleModel) show(bundle migrate.Bundle) {
	version := bundle.Version
	format, keys := migrate.DetectFormat(bundle.Content)
	m.ID, m.SecretID = types.StringValue(bundle.SecretID), types.StringValue(bundle.SecretID)
	m.VersionNumber = types.Int64Value(version.Number)
	m.VersionName = glue.Text(version.Name)
	m.Pin = pin(bundle.SecretID, version.Number)
	m.Stages = list(version.Stages)
	m.TimeCreated = glue.Time(version.TimeCreated)
	m.TimeOfDeletion = glue.Time(version.TimeOfDeletion)
	m.TimeOfExpiry = glue.Time(version.TimeOfExpiry)
	m.ContentType = types.StringValue(bundle.ContentType)
	m.ContentFormat = types.StringValue(string(format))
	m.Length = types.Int64Value(int64(bundle.Content.Len()))
	m.Keys = list(keys)
}

// list is never null: no elements are a fact here, not a gap.
func list(texts []string) types.List {
	if texts == nil {
		texts = []string{}
	}
	return glue.StringList(texts)
}
