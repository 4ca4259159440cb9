package source

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ ephemeral.EphemeralResourceWithValidateConfig = (*bundleEphemeral)(nil)

// NewSecretBundleEphemeral is the ephemeral ocibao_secret_bundle.
func NewSecretBundleEphemeral() ephemeral.EphemeralResource {
	return &bundleEphemeral{glue.NewEphemeralObject("secret_bundle")}
}

type bundleEphemeral struct {
	glue.EphemeralObject
}

// bundleEphemeralModel is a bundle with its content, which no state ever holds.
type bundleEphemeralModel struct {
	bundleChoice
	Stages        types.List   `tfsdk:"stages"`
	ContentFormat types.String `tfsdk:"content_format"`
	ContentText   types.String `tfsdk:"content_text"`
	ContentBase64 types.String `tfsdk:"content_base64"`
	Data          types.Map    `tfsdk:"data"`
}

func (m *bundleEphemeralModel) show(bundle migrate.Bundle) {
	content := bundle.Content.Reveal()
	format, _ := migrate.DetectFormat(bundle.Content)
	m.SecretID = types.StringValue(bundle.SecretID)
	m.VersionNumber, m.VersionName = types.Int64Value(bundle.Version.Number), glue.Text(bundle.Version.Name)
	m.Stages, m.ContentFormat = list(bundle.Version.Stages), types.StringValue(string(format))
	m.ContentBase64, m.ContentText = types.StringValue(base64.StdEncoding.EncodeToString(content)), types.StringNull()
	if utf8.Valid(content) {
		m.ContentText = types.StringValue(string(content))
	}
	m.Data = types.MapNull(types.StringType)
	if fields, err := migrate.FieldTexts(bundle.Content); err == nil && format == migrate.FormatJSON {
		m.Data = glue.StringMap(fields)
	}
}

func (e *bundleEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the content of one version of a secret of OCI Vault for the time of one run: for a write-only argument or the settings of a provider. " +
			"It is never in plan or state.\n\n" +
			describeChoice + " It is read by every plan as well.",
		Attributes: map[string]schema.Attribute{
			"secret_id":      schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: describeSecretID, Validators: []validator.String{secretOCID()}},
			"name":           schema.StringAttribute{Optional: true, MarkdownDescription: describeName, Validators: []validator.String{secretName()}},
			"vault_id":       schema.StringAttribute{Optional: true, MarkdownDescription: describeVaultID, Validators: []validator.String{vaultOCID()}},
			"stage":          schema.StringAttribute{Optional: true, MarkdownDescription: describeStage, Validators: stageChecks()},
			"version_number": schema.Int64Attribute{Optional: true, Computed: true, MarkdownDescription: describeVersionNumber, Validators: versionNumberChecks()},
			"version_name":   schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: describeVersionName, Validators: []validator.String{versionName()}},
			"stages":         schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: describeStages},
			"content_format": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Form of the content: `json` for an object, `text` for any other valid UTF-8, `binary` for the rest.",
			},
			"content_text": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The content as text; null when it is not valid UTF-8.",
			},
			"content_base64": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The content in standard base64, whatever its form.",
			},
			"data": schema.MapAttribute{
				Computed:            true,
				Sensitive:           true,
				ElementType:         types.StringType,
				MarkdownDescription: "The members of a JSON object; null for any other content. One that is no string is given as JSON, a number with all its digits.",
			},
		},
	}
}

// ValidateConfig checks that the secret is named in exactly one way.
func (e *bundleEphemeral) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var model bundleEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.lookup().validate(&resp.Diagnostics)
	}
}

func (e *bundleEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model bundleEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !e.Clients.OCI.Require(&resp.Diagnostics) {
		return
	}
	bundle, err := model.read(ctx, e.Clients.OCI.Client)
	if err != nil {
		explainBundle(&resp.Diagnostics, model.bundleChoice, err)
		return
	}
	model.show(bundle)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}
