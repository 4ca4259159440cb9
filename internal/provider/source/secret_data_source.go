package source

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ datasource.DataSourceWithValidateConfig = (*secretDataSource)(nil)

// NewSecretDataSource is ocibao_secret.
func NewSecretDataSource() datasource.DataSource {
	return &secretDataSource{newOCIDataSource("secret")}
}

type secretDataSource struct {
	ociDataSource
}

func (d *secretDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the metadata of one secret of OCI Vault, by `secret_id`, or by `name`, `vault_id` and `compartment_id` together. " +
			"It never asks for the content.\n\n" +
			"Needs the rights `read secrets` and, for `stages`, `inspect secret-versions`; by name also `inspect secrets`.",
		Attributes: addRotationAttributes(map[string]schema.Attribute{
			"secret_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "OCID of the secret. Excludes `name`, `vault_id` and `compartment_id`, which are then results.",
				Validators:          []validator.String{secretOCID()},
			},
			"name": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Name of the secret; upper and lower case count. Needs `vault_id` and `compartment_id`.",
				Validators:          []validator.String{secretName()},
			},
			"vault_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "OCID of the vault that has the secret.",
				Validators:          []validator.String{vaultOCID()},
			},
			"compartment_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "OCID of the compartment that the secret is in, which may be another than its vault's.",
				Validators:          []validator.String{compartmentOCID()},
			},
			"id":                 schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the secret, the same as `secret_id`."},
			"key_id":             schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the key that encrypts the secret."},
			"description":        schema.StringAttribute{Computed: true, MarkdownDescription: "Description; null when there is none."},
			"lifecycle_state":    schema.StringAttribute{Computed: true, MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `PENDING_DELETION`."},
			"time_created":       schema.StringAttribute{Computed: true, MarkdownDescription: "When the secret was created, RFC 3339."},
			"time_of_deletion":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the secret will be deleted, RFC 3339; null unless that is scheduled."},
			"warn_expiry_within": warnExpiryAttribute("A secret"),
			"rotation_config": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "How OCI rotates the secret; null when it does not.",
				Attributes: map[string]schema.Attribute{
					"rotation_interval": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Time between rotations, as an ISO 8601 duration such as `P30D`; null when not set.",
					},
					"is_scheduled_rotation_enabled": schema.BoolAttribute{
						Computed:            true,
						MarkdownDescription: "Whether OCI rotates by itself at each interval.",
					},
				},
			},
			"current_version_number": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Number of the version in the stage `CURRENT`; null while there is none.",
			},
			"pin": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The current version as `<secret OCID>@<number>`, which is what `ocibao_migration` takes. " +
					"Whether its content can be read depends on `lifecycle_state`.",
			},
			"stages": schema.MapAttribute{
				Computed:    true,
				ElementType: types.Int64Type,
				MarkdownDescription: "Rotation stage to version number: `CURRENT`, `LATEST`, `PENDING`, `PREVIOUS`, as far as they are taken. " +
					"Null, with a warning, when the versions may not be listed.",
			},
			"freeform_tags": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Freeform tags; empty when there are none.",
			},
			"defined_tags": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Defined tags, as `<namespace>.<key>` to value; empty when there are none.",
			},
			"metadata_keys": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names of the metadata that the owner attached to the secret, sorted. Their values are not kept.",
			},
			"rules": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Rules of the secret; empty when there are none.",
				NestedObject:        schema.NestedAttributeObject{Attributes: ruleAttributes()},
			},
		}),
	}
}

func ruleAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"rule_type": schema.StringAttribute{Computed: true, MarkdownDescription: "`SECRET_EXPIRY_RULE` or `SECRET_REUSE_RULE`."},
		"secret_version_expiry_interval": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Time from its creation after which a version expires, as an ISO 8601 duration such as `P30D`; null when not set.",
		},
		"time_of_absolute_expiry": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "When all versions expire, RFC 3339; null when not set.",
		},
		"is_secret_content_retrieval_blocked_on_expiry": schema.BoolAttribute{
			Computed:            true,
			MarkdownDescription: "Whether the content of an expired version is out of reach.",
		},
	}
}

// ValidateConfig checks that the secret is named in exactly one way.
func (d *secretDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model secretModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.lookup().validate(&resp.Diagnostics)
	}
}

func (d *secretDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model secretModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	at := model.lookup().at()
	secret, err := d.describe(ctx, model)
	if err != nil {
		if isAboutArgument(err) {
			failure(model.identity()).AddTo(&resp.Diagnostics, at, err)
		} else {
			failure(model.identity()).Add(&resp.Diagnostics, err)
		}
		return
	}
	warnExpiry([]entry{{SecretSummary: ocivault.SecretSummary{
		Name: secret.Name, ID: secret.ID, TimeOfCurrentExpiry: secret.TimeOfCurrentExpiry,
	}}}, model.WarnExpiryWithin, d.now(), &resp.Diagnostics)
	model.show(secret)
	versions, err := d.client().Versions(ctx, secret.ID)
	switch {
	case errors.Is(err, migrate.ErrSourceNotFound), errors.Is(err, migrate.ErrSourceForbidden):
		model.Stages = types.MapNull(types.Int64Type)
		resp.Diagnostics.AddAttributeWarning(path.Root("stages"), "Stages are not known", glue.Detail(err))
	case err != nil:
		glue.Failure{Verb: "list", Thing: "versions of secret", Identity: secret.ID}.Add(&resp.Diagnostics, err)
		return
	default:
		model.showStages(versions)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func (d *secretDataSource) describe(ctx context.Context, model secretModel) (migrate.SourceSecret, error) {
	id := model.SecretID.ValueString()
	if model.SecretID.IsNull() {
		var err error
		id, err = find(ctx, d.client(), model.Name.ValueString(), model.VaultID.ValueString(), model.CompartmentID.ValueString())
		if err != nil {
			return migrate.SourceSecret{}, err
		}
	}
	return d.client().Describe(ctx, id)
}
