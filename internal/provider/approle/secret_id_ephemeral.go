package approle

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ ephemeral.EphemeralResourceWithValidateConfig = (*secretIDEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*secretIDEphemeral)(nil)
)

// NewSecretIDEphemeral is the ephemeral ocibao_approle_secret_id.
func NewSecretIDEphemeral() ephemeral.EphemeralResource {
	return &secretIDEphemeral{glue.NewEphemeralObject("approle_secret_id")}
}

type secretIDEphemeral struct {
	glue.EphemeralObject
}

type secretIDEphemeralModel struct {
	Mount           types.String  `tfsdk:"mount"`
	RoleName        types.String  `tfsdk:"role_name"`
	Namespace       types.String  `tfsdk:"namespace"`
	TTL             glue.Duration `tfsdk:"ttl"`
	NumUses         types.Int64   `tfsdk:"num_uses"`
	CIDRList        types.Set     `tfsdk:"cidr_list"`
	TokenBoundCIDRs types.Set     `tfsdk:"token_bound_cidrs"`
	Metadata        types.Map     `tfsdk:"metadata"`
	OnClose         types.String  `tfsdk:"on_close"`
	SecretID        types.String  `tfsdk:"secret_id"`
	Accessor        types.String  `tfsdk:"accessor"`
	SecretIDTTL     types.Int64   `tfsdk:"secret_id_ttl"`
	SecretIDNumUses types.Int64   `tfsdk:"secret_id_num_uses"`
}

// The values of on_close.
const (
	onCloseRevoke = "revoke"
	onCloseRetain = "retain"
)

// asResource is the same as the managed object asks for it.
func (m secretIDEphemeralModel) asResource() secretIDModel {
	return secretIDModel{
		Mount: types.StringValue(cmp.Or(m.Mount.ValueString(), DefaultMount)), RoleName: m.RoleName, Namespace: m.Namespace,
		TTL: m.TTL, NumUses: m.NumUses, CIDRList: m.CIDRList, TokenBoundCIDRs: m.TokenBoundCIDRs, Metadata: m.Metadata,
	}
}

func (e *secretIDEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	blocks := func(description string) schema.SetAttribute {
		return schema.SetAttribute{
			Optional:            true,
			ElementType:         types.StringType,
			MarkdownDescription: description + " Default: the role's.",
			Validators:          []validator.Set{setvalidator.ValueStringsAre(glue.CIDRBlock())},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a secret ID of an AppRole for the time of one run, for a write-only argument or the settings of a provider. " +
			"It is never in plan or state, and is revoked when the run is over.\n\n" +
			"An ephemeral object is opened by a plan as well as by an apply, so each of the two makes a secret ID of its own. " +
			"For one that outlives the run and is handed over once, use the resource `ocibao_approle_secret_id`.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of the AppRole auth mount below `auth/`. Default `" + DefaultMount + "`.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"role_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
			},
			"namespace": glue.EphemeralNamespaceAttribute(),
			"ttl": schema.StringAttribute{
				Optional:            true,
				CustomType:          glue.DurationType{},
				MarkdownDescription: "How long the secret ID is valid, as a duration such as `\"1h\"`. Default: the role's `secret_id_ttl`, which it cannot exceed. Needed with `on_close = \"retain\"`.",
			},
			"num_uses": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often the secret ID may be used; 0 is without limit. Default: the role's `secret_id_num_uses`, which it cannot exceed.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"cidr_list":         blocks("CIDR blocks from where the secret ID may be used, within the role's."),
			"token_bound_cidrs": blocks("CIDR blocks from where the tokens may be used, within the role's."),
			"metadata": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Metadata of the secret ID, which the audit log shows with its tokens.",
				Validators:          []validator.Map{mapvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"on_close": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What becomes of the secret ID when the run is over: `revoke` (default), or `retain`, which leaves it until its `ttl` ends. " +
					"With `retain` every plan leaves one too.",
				Validators: []validator.String{stringvalidator.OneOf(onCloseRevoke, onCloseRetain)},
			},
			"secret_id":          schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret ID."},
			"accessor":           schema.StringAttribute{Computed: true, MarkdownDescription: "Accessor of the secret ID: enough to revoke it, not to log in."},
			"secret_id_ttl":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How long the secret ID is valid, in seconds; 0 is without end."},
			"secret_id_num_uses": schema.Int64Attribute{Computed: true, MarkdownDescription: "How often the secret ID may be used; 0 is without limit."},
		},
	}
}

// ValidateConfig refuses to leave secret IDs that never end.
func (e *secretIDEphemeral) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var config secretIDEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	endless := config.TTL.IsNull() || config.TTL.Valid() && config.TTL.Seconds() == 0
	if config.OnClose.ValueString() == onCloseRetain && endless {
		resp.Diagnostics.AddAttributeError(path.Root("on_close"), "Retained secret IDs need an end",
			"Every plan and every apply leaves a secret ID behind: set ttl, or use the resource ocibao_approle_secret_id for one that lasts.")
	}
}

func (e *secretIDEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model secretIDEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !e.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	wanted, client := model.asResource(), e.Clients.OpenBao.Client
	namespace, mount, role := wanted.Namespace.ValueString(), wanted.Mount.ValueString(), wanted.RoleName.ValueString()
	made, err := client.CreateSecretID(ctx, namespace, mount, role, wanted.options())
	if err != nil {
		glue.Failed(&resp.Diagnostics, "create", wanted, err)
		wanted.warnOfLostAnswer(&resp.Diagnostics, err)
		return
	}
	if model.OnClose.ValueString() != onCloseRetain {
		// A run that fails ends without Close: then the client revokes it.
		client.EntrustSecretID(namespace, mount, role, made.Accessor)
		glue.KeepAccessor(ctx, resp.Private, made.Accessor, &resp.Diagnostics)
	}
	model.SecretID = types.StringValue(string(made.SecretID.Reveal()))
	model.Accessor = types.StringValue(made.Accessor)
	model.SecretIDTTL, model.SecretIDNumUses = types.Int64Value(made.TTL), types.Int64Value(made.NumUses)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}

// Close revokes the secret ID. One that was used up in between is gone already.
func (e *secretIDEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	accessor := glue.KeptAccessor(ctx, req.Private, &resp.Diagnostics)
	if err := e.Clients.OpenBao.Client.RevokeEntrusted(ctx, accessor); err != nil {
		resp.Diagnostics.AddWarning("Unable to revoke the secret ID of an AppRole",
			"The secret ID with the accessor "+accessor+" stays valid until it expires. "+glue.Detail(err))
	}
}
