package source

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// bundleModel is what is told of a bundle. It has no room for the content.
type bundleModel struct {
	bundleChoice
	ID             types.String `tfsdk:"id"`
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
