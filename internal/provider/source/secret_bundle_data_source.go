package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ datasource.DataSourceWithValidateConfig = (*bundleDataSource)(nil)

// NewSecretBundleDataSource is ocibao_secret_bundle.
func NewSecretBundleDataSource() datasource.DataSource {
	return &bundleDataSource{newOCIDataSource("secret_bundle")}
}

type bundleDataSource struct {
	ociDataSource
}

func (d *bundleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one version of a secret of OCI Vault and tells what it is, without keeping its content: " +
			"neither the content nor a hash of it is in the state. It proves before a migration that the content can be read, and shows which format it has.\n\n" +
			describeChoice,
		Attributes: map[string]schema.Attribute{
			"secret_id": schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: describeSecretID, Validators: []validator.String{secretOCID()}},
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: describeName + " Null when the secret is named by `secret_id`.",
				Validators:          []validator.String{secretName()},
			},
			"vault_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: describeVaultID + " Null when the secret is named by `secret_id`.",
				Validators:          []validator.String{vaultOCID()},
			},
			"stage":            schema.StringAttribute{Optional: true, MarkdownDescription: describeStage, Validators: stageChecks()},
			"version_number":   schema.Int64Attribute{Optional: true, Computed: true, MarkdownDescription: describeVersionNumber, Validators: versionNumberChecks()},
			"version_name":     schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: describeVersionName, Validators: []validator.String{versionName()}},
			"id":               schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the secret, the same as `secret_id`."},
			"pin":              schema.StringAttribute{Computed: true, MarkdownDescription: "The version as `<secret OCID>@<number>`, which is what `ocibao_migration` takes."},
			"stages":           schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: describeStages},
			"time_created":     schema.StringAttribute{Computed: true, MarkdownDescription: "When the version was created, RFC 3339."},
			"time_of_deletion": schema.StringAttribute{Computed: true, MarkdownDescription: "When the version will be deleted, RFC 3339; null unless that is scheduled."},
			"time_of_expiry":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the version expires, RFC 3339; null when it does not."},
			"content_type":     schema.StringAttribute{Computed: true, MarkdownDescription: "Encoding in which OCI gives the content; `BASE64` is the only one."},
			"content_format": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Form of the decoded content: `json` for an object that can be copied field by field without loss, " +
					"`text` for any other valid UTF-8, `binary` for the rest.",
			},
			"length": schema.Int64Attribute{Computed: true, MarkdownDescription: "Length of the decoded content in bytes."},
			"keys": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names of the members of a JSON object, sorted; empty for any other content.",
			},
		},
	}
}

// ValidateConfig checks that the secret is named in exactly one way.
func (d *bundleDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model bundleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.lookup().validate(&resp.Diagnostics)
	}
}

func (d *bundleDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model bundleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	bundle, err := model.read(ctx, d.client())
	if err != nil {
		explainBundle(&resp.Diagnostics, model.bundleChoice, err)
		return
	}
	model.show(bundle)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// explainBundle places an error at the argument that it is about.
func explainBundle(diags *diag.Diagnostics, choice bundleChoice, err error) {
	trouble, selected := failure(choice.identity()), choice.selectedBy()
	missing, noVersion := errors.Is(err, migrate.ErrSourceNotFound), errors.Is(err, migrate.ErrSourceVersionNotFound)
	if missing && noVersion {
		err = fmt.Errorf("%w; OCI does not tell whether the secret is missing, the version that %s selects, or the right to read it", err, selected)
	}
	var refused *ocivault.Error
	if choice.SecretID.IsNull() && errors.As(err, &refused) && refused.Status >= http.StatusBadRequest {
		err = glue.Hint(err, unexplained)
	}
	switch {
	case noVersion && len(selected.Steps()) > 0:
		trouble.AddTo(diags, selected, err)
	case isAboutArgument(err):
		trouble.AddTo(diags, choice.lookup().at(), err)
	default:
		trouble.Add(diags, err)
	}
}

// unexplained is advice for a refusal of a lookup by name: without the OCID the
// adapter cannot ask OCI for the reason.
const unexplained = "The secret may be scheduled for deletion, or an expiry rule may block its content: " +
	"the data source ocibao_secret shows its lifecycle_state and rules, and secret_id in place of name lets OCI be asked for the reason."
