package migration

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (r *migrationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	single := mergeAttributes(destinationArguments(), formArguments(), behaviourArguments())
	delete(single, "name")
	resp.Schema = schema.Schema{
		MarkdownDescription: "Copies many secrets from OCI Vault to a KV engine of OpenBao: the same as `ocibao_migrated_secret` for each, in one resource, " +
			"so that thousands are planned in seconds.\n\n" +
			"Selection, exclusion and names are reviewed in one flat map, whose pins say exactly which version is copied. " +
			"One failure does not stop the others; the error lists all that failed, and running apply again does only the rest.",
		Attributes: mergeAttributes(single, map[string]schema.Attribute{
			"secrets": schema.MapAttribute{
				Required:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Name below the mount to pin, `<secret OCID>@<version number>`, as `pins` of the data source `ocibao_secrets` gives them. " +
					"What is taken out of the map is treated as `on_destroy` says.",
				Validators: []validator.Map{pinsByName{places: true}},
			},
			"formats": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Name to format, for secrets whose `format` differs from that of the others.",
				Validators:          []validator.Map{mapvalidator.NoNullValues(), mapvalidator.ValueStringsAre(stringvalidator.OneOf(names(migrate.Formats)...))},
			},
			"version_history": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(historyCurrent),
				MarkdownDescription: "What is copied of each secret: `current` (default) is the pinned version alone, `all` is on KV v2 every older version too that the source still has, " +
					"oldest first, as KV versions; the custom metadata key `" + migrate.MarkHistory + "` tells where each came from. " +
					"The mount must keep that many versions (`max_versions`), or the plan fails. A place that holds the secret already is not filled up with history.",
				Validators: []validator.String{stringvalidator.OneOf(historyCurrent, historyAll)},
			},
			"kv_versions": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.Int64Type,
				MarkdownDescription: "Name to the KV v2 version number that holds the copy; empty on KV v1.",
			},
			"drift": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Name to drift, as the last refresh saw it, of what drifted only; the values are those of `ocibao_migrated_secret`. " +
					"What apply can put right is planned to vanish from the map; what it cannot is a warning.",
			},
		}),
	}
}

func (r *migrationResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config migrationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !config.CustomMetadata.IsUnknown() {
		if err := migrate.ValidateMetadata(glue.Texts(config.CustomMetadata)); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("custom_metadata"), "Invalid custom metadata", glue.Detail(err))
		}
	}
	if config.DeleteAtExpiry.ValueBool() && config.VersionHistory.ValueString() == historyAll {
		resp.Diagnostics.AddAttributeError(path.Root("delete_version_at_expiry"), "No deletion at expiry with a history",
			"version_history = \"all\" copies versions that have expired already, whose copies would be deleted at once. "+
				"Set version_history = \"current\", or leave delete_version_at_expiry out.")
	}
	if config.Secrets.IsUnknown() {
		return
	}
	secrets := config.Secrets.Elements()
	for name := range config.Formats.Elements() {
		if _, is := secrets[name]; !is {
			resp.Diagnostics.AddAttributeError(path.Root("formats").AtMapKey(name), "Format without a secret",
				fmt.Sprintf("No secret of the name %q is in secrets. Remove it from formats, or correct the name.", name))
		}
	}
}
