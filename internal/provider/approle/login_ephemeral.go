package approle

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ ephemeral.EphemeralResourceWithRenew = (*loginEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose = (*loginEphemeral)(nil)
)

// NewLoginEphemeral is ocibao_approle_login.
func NewLoginEphemeral() ephemeral.EphemeralResource {
	return &loginEphemeral{glue.NewEphemeralObject("approle_login")}
}

type loginEphemeral struct {
	glue.EphemeralObject
}

type loginModel struct {
	Mount         types.String `tfsdk:"mount"`
	Namespace     types.String `tfsdk:"namespace"`
	RoleID        types.String `tfsdk:"role_id"`
	SecretID      types.String `tfsdk:"secret_id"`
	WrappingToken types.String `tfsdk:"wrapping_token"`
	Token         types.String `tfsdk:"token"`
	Accessor      types.String `tfsdk:"accessor"`
	Policies      types.List   `tfsdk:"policies"`
	LeaseDuration types.Int64  `tfsdk:"lease_duration"`
	Renewable     types.Bool   `tfsdk:"renewable"`
}

func (e *loginEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Logs in with AppRole for the time of one run. The token is never in plan or state, is renewed while a long apply lasts, and is revoked when the run is over.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of the AppRole auth mount below `auth/`. Default `" + DefaultMount + "`.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"namespace": glue.EphemeralNamespaceAttribute(),
			"role_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Role ID, as `ocibao_approle` gives it.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"secret_id": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Secret ID, unless the role does not bind one. Excludes `wrapping_token`.",
			},
			"wrapping_token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Wrapping token of a secret ID, as `ocibao_approle_secret_id` gives it. What it wraps is looked at before it is unwrapped. " +
					"It is used up: a second run fails, which shows that somebody was there before.",
				Validators: []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("secret_id"))},
			},
			"token":          schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The token."},
			"accessor":       schema.StringAttribute{Computed: true, MarkdownDescription: "Accessor of the token."},
			"policies":       schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the policies of the token."},
			"lease_duration": schema.Int64Attribute{Computed: true, MarkdownDescription: "How long the token lasts, in seconds; 0 is without end."},
			"renewable":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the token can be renewed."},
		},
	}
}

func (e *loginEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model loginModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !e.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	mount := cmp.Or(model.Mount.ValueString(), DefaultMount)
	token, err := e.login(ctx, model, mount)
	if err != nil {
		glue.Failure{Verb: "log in with", Thing: "AppRole", Identity: mount}.Add(&resp.Diagnostics, err)
		return
	}
	// Private data is logged by the engine, so it holds the accessor only. A run
	// that fails ends without Close: then the client revokes the token.
	e.Clients.OpenBao.Client.Entrust(model.Namespace.ValueString(), token)
	glue.KeepAccessor(ctx, resp.Private, token.Accessor, &resp.Diagnostics)
	if token.Renewable {
		resp.RenewAt = e.renewAt(token.LeaseDuration)
	}
	model.Token = types.StringValue(string(token.Token.Reveal()))
	model.Accessor = types.StringValue(token.Accessor)
	model.Policies = glue.StringList(token.Policies)
	model.LeaseDuration = types.Int64Value(int64(token.LeaseDuration.Seconds()))
	model.Renewable = types.BoolValue(token.Renewable)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}

func (e *loginEphemeral) login(ctx context.Context, model loginModel, mount string) (openbao.TokenInfo, error) {
	namespace := model.Namespace.ValueString()
	secretID := migrate.NewSecret([]byte(model.SecretID.ValueString()))
	if wrapping := model.WrappingToken.ValueString(); wrapping != "" {
		unwrapped, err := e.Clients.OpenBao.Client.UnwrapSecretID(ctx, namespace, mount, migrate.NewSecret([]byte(strings.TrimSpace(wrapping))))
		if err != nil {
			return openbao.TokenInfo{}, err
		}
		secretID = unwrapped.SecretID
	}
	return e.Clients.OpenBao.Client.LoginAppRole(ctx, namespace, mount, model.RoleID.ValueString(), secretID)
}

// renewAt is when to renew a token that lasts so long. Close to its maximum the server
// grants ever shorter times, so it is never at once.
func (e *loginEphemeral) renewAt(left time.Duration) time.Time {
	if left == 0 {
		return time.Time{}
	}
	return e.Clients.Clock.Now().Add(max(left/2, time.Second))
}

// Renew extends the life of the token. Where the server does not, that is said once.
func (e *loginEphemeral) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	accessor := glue.KeptAccessor(ctx, req.Private, &resp.Diagnostics)
	glue.KeepAccessor(ctx, resp.Private, accessor, &resp.Diagnostics)
	left, err := e.Clients.OpenBao.Client.RenewEntrusted(ctx, accessor)
	if err != nil {
		resp.Diagnostics.AddWarning("Unable to renew the token of an AppRole login",
			"The token with the accessor "+accessor+" may end before the run does. "+glue.Detail(err))
		return
	}
	resp.RenewAt = e.renewAt(left)
}

func (e *loginEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	accessor := glue.KeptAccessor(ctx, req.Private, &resp.Diagnostics)
	if err := e.Clients.OpenBao.Client.RevokeEntrusted(ctx, accessor); err != nil {
		resp.Diagnostics.AddWarning("Unable to revoke the token of an AppRole login",
			"The token with the accessor "+accessor+" stays valid until it expires. "+glue.Detail(err))
	}
}
