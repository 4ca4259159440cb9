package source

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// bundleChoice is which version of which secret to read; models embed it.
type bundleChoice struct {
	SecretID      types.String `tfsdk:"secret_id"`
	Name          types.String `tfsdk:"name"`
	VaultID       types.String `tfsdk:"vault_id"`
	Stage         types.String `tfsdk:"stage"`
	VersionNumber types.Int64  `tfsdk:"version_number"`
	VersionName   types.String `tfsdk:"version_name"`
}

// The descriptions and checks of the arguments, which have another type in the
// schema of each kind of object.
const (
	describeSecretID      = "OCID of the secret. Excludes `name` and `vault_id`."
	describeName          = "Name of the secret; upper and lower case count. Needs `vault_id`."
	describeVaultID       = "OCID of the vault that has the secret. Needs `name`."
	describeStage         = "Rotation stage of the version: `CURRENT`, `LATEST`, `PENDING` or `PREVIOUS`. Default `CURRENT`, unless the version is selected otherwise."
	describeVersionNumber = "Number of the version, 1 or greater."
	describeVersionName   = "Name of the version; null when it has none."
	describeStages        = "Rotation stages that the version is in."
	describeChoice        = "The secret is named by `secret_id`, or by `name` and `vault_id` together. " +
		"The version is selected by at most one of `stage`, `version_number` and `version_name`; by default it is the one in the stage `CURRENT`. " +
		"Needs the right `read secret-bundles`."
)

func stageChecks() []validator.String {
	return []validator.String{
		stringvalidator.OneOf(migrate.Stages...),
		stringvalidator.ConflictsWith(path.MatchRoot("version_number"), path.MatchRoot("version_name")),
	}
}

func versionNumberChecks() []validator.Int64 {
	return []validator.Int64{int64validator.AtLeast(1), int64validator.ConflictsWith(path.MatchRoot("version_name"))}
}

func (m bundleChoice) lookup() lookup {
	return lookup{m.SecretID, []argument{{"name", m.Name}, {"vault_id", m.VaultID}}}
}

func (m bundleChoice) identity() string {
	if m.SecretID.IsNull() {
		return m.Name.ValueString()
	}
	return m.SecretID.ValueString()
}

func (m bundleChoice) selector() migrate.Selector {
	return migrate.Selector{
		VersionNumber: m.VersionNumber.ValueInt64(),
		VersionName:   m.VersionName.ValueString(),
		Stage:         m.Stage.ValueString(),
	}
}

// selectedBy is the argument that selects the version; the empty path is none.
func (m bundleChoice) selectedBy() path.Path {
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
func (m bundleChoice) read(ctx context.Context, client *ocivault.Client) (migrate.Bundle, error) {
	if !m.SecretID.IsNull() {
		return client.Bundle(ctx, m.SecretID.ValueString(), m.selector())
	}
	return client.BundleByName(ctx, m.VaultID.ValueString(), m.Name.ValueString(), m.selector())
}
