package source

import (
	"context"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewSecretVersionsDataSource is ocibao_secret_versions.
func NewSecretVersionsDataSource() datasource.DataSource {
	return &versionsDataSource{newOCIDataSource("secret_versions")}
}

type versionsDataSource struct {
	ociDataSource
}

// versionsModel is the history of a secret in configuration and state.
type versionsModel struct {
	SecretID types.String   `tfsdk:"secret_id"`
	Versions []versionEntry `tfsdk:"versions"`
	Pins     types.Map      `tfsdk:"pins"`
}

// versionEntry is one version of the list.
type versionEntry struct {
	VersionNumber  types.Int64  `tfsdk:"version_number"`
	VersionName    types.String `tfsdk:"version_name"`
	Pin            types.String `tfsdk:"pin"`
	Stages         types.List   `tfsdk:"stages"`
	TimeCreated    types.String `tfsdk:"time_created"`
	TimeOfDeletion types.String `tfsdk:"time_of_deletion"`
	TimeOfExpiry   types.String `tfsdk:"time_of_expiry"`
}

func (d *versionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the versions that OCI Vault still has of one secret, without reading their contents: to go back to an earlier one, " +
			"or to see what a copied history will hold.\n\n" +
			"Needs the right `inspect secret-versions`.",
		Attributes: map[string]schema.Attribute{
			"secret_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "OCID of the secret; `ids` of the data source `ocibao_secrets` has it by name.",
				Validators:          []validator.String{secretOCID()},
			},
			"versions": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The versions, oldest first, those whose deletion is scheduled among them. Numbers may be missing: OCI lets versions be deleted.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"version_number": schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the version, 1 or greater."},
					"version_name":   schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the version; null when it has none."},
					"pin":            schema.StringAttribute{Computed: true, MarkdownDescription: "The version as `<secret OCID>@<number>`, which is what `ocibao_migration` takes."},
					"stages": schema.ListAttribute{
						Computed:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "Rotation stages that the version is in: `CURRENT`, `LATEST`, `PENDING`, `PREVIOUS` or `DEPRECATED`.",
					},
					"time_created":     schema.StringAttribute{Computed: true, MarkdownDescription: "When the version was created, RFC 3339."},
					"time_of_deletion": schema.StringAttribute{Computed: true, MarkdownDescription: "When the version will be deleted, RFC 3339; null unless that is scheduled."},
					"time_of_expiry":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the version expires, RFC 3339; null when it does not."},
				}},
			},
			"pins": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Version number to pin, `<secret OCID>@<number>`. Versions whose deletion is scheduled stay among them, so that what was migrated before stays managed; " +
					"`time_of_deletion` in `versions` tells which those are.",
			},
		},
	}
}

func (d *versionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model versionsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	found, err := d.client().Versions(ctx, model.SecretID.ValueString())
	if err != nil {
		explainListing(&resp.Diagnostics, "secret_id", "versions of secret", model.SecretID.ValueString(), err)
		return
	}
	model.show(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// show fills in what was found, in ascending order as the client gives it.
func (m *versionsModel) show(found []migrate.SourceVersion) {
	m.Versions = make([]versionEntry, len(found))
	pins := map[string]string{}
	for i, each := range found {
		pinned := pin(m.SecretID.ValueString(), each.Number)
		m.Versions[i] = versionEntry{
			VersionNumber:  types.Int64Value(each.Number),
			VersionName:    glue.Text(each.Name),
			Pin:            pinned,
			Stages:         list(each.Stages),
			TimeCreated:    glue.Time(each.TimeCreated),
			TimeOfDeletion: glue.Time(each.TimeOfDeletion),
			TimeOfExpiry:   glue.Time(each.TimeOfExpiry),
		}
		pins[strconv.FormatInt(each.Number, 10)] = pinned.ValueString()
	}
	m.Pins = glue.StringMap(pins)
}
