package approle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure   = (*secretIDResource)(nil)
	_ resource.ResourceWithImportState = (*secretIDResource)(nil)
	_ resource.ResourceWithIdentity    = (*secretIDResource)(nil)
)

// NewSecretIDResource is ocibao_approle_secret_id.
func NewSecretIDResource() resource.Resource {
	return &secretIDResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the AppRole auth mount below auth/."},
		glue.IdentityAttribute{Name: "role_name", Description: "Name of the role."},
		glue.IdentityAttribute{Name: "accessor", Description: "Accessor of the secret ID."},
	)}
}

type secretIDResource struct {
	glue.OpenBaoObject
	glue.Identity
}

type secretIDModel struct {
	Mount              types.String  `tfsdk:"mount"`
	RoleName           types.String  `tfsdk:"role_name"`
	Namespace          types.String  `tfsdk:"namespace"`
	WrappingTTL        glue.Duration `tfsdk:"wrapping_ttl"`
	TTL                glue.Duration `tfsdk:"ttl"`
	NumUses            types.Int64   `tfsdk:"num_uses"`
	CIDRList           types.Set     `tfsdk:"cidr_list"`
	TokenBoundCIDRs    types.Set     `tfsdk:"token_bound_cidrs"`
	Metadata           types.Map     `tfsdk:"metadata"`
	Accessor           types.String  `tfsdk:"accessor"`
	WrappingToken      types.String  `tfsdk:"wrapping_token"`
	WrappingAccessor   types.String  `tfsdk:"wrapping_accessor"`
	WrappingExpiration types.String  `tfsdk:"wrapping_expiration_time"`
	Expiration         types.String  `tfsdk:"expiration_time"`
}

func (m secretIDModel) failure(verb string) glue.Failure {
	return glue.Failure{Verb: verb, Thing: "secret ID of AppRole", Identity: m.Mount.ValueString() + "/" + m.RoleName.ValueString()}
}

func (m secretIDModel) options() openbao.SecretIDOptions {
	options := openbao.SecretIDOptions{
		Metadata:        glue.Texts(m.Metadata),
		CIDRList:        glue.Strings(m.CIDRList),
		TokenBoundCIDRs: glue.Strings(m.TokenBoundCIDRs),
	}
	if !m.TTL.IsNull() {
		seconds := m.TTL.Seconds()
		options.TTL = &seconds
	}
	if !m.NumUses.IsNull() {
		uses := m.NumUses.ValueInt64()
		options.NumUses = &uses
	}
	return options
}

func (r *secretIDResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_approle_secret_id"
}

func (r *secretIDResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	fixed := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	kept := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a secret ID of an AppRole, response-wrapped: the server keeps it behind a wrapping token that gives it out once. " +
			"State holds that token and accessors, never the secret ID. A secret ID that was used up, has expired or was revoked is planned anew. " +
			"Destroying the resource revokes the secret ID by its accessor.",
		Attributes: map[string]schema.Attribute{
			"mount": mountAttribute(),
			"role_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
				PlanModifiers:       fixed,
			},
			"namespace": glue.NamespaceAttribute(),
			"wrapping_ttl": schema.StringAttribute{
				Required:            true,
				CustomType:          glue.DurationType{},
				MarkdownDescription: "How long the wrapping token can be used, as a duration such as `\"10m\"`, at least a second. Changing it forces replacement, except where the secret ID was imported.",
				Validators:          []validator.String{glue.Checked("wrapping TTL", validateWrappingTTL)},
				PlanModifiers:       []planmodifier.String{importedUnwrapped{}, glue.SameDuration(), stringplanmodifier.RequiresReplace()},
			},
			"ttl": schema.StringAttribute{
				Optional:            true,
				CustomType:          glue.DurationType{},
				MarkdownDescription: "How long the secret ID is valid, as a duration such as `\"720h\"`; `\"0s\"` is without end. Default: the role's `secret_id_ttl`, which it cannot exceed. Changing it forces replacement.",
				PlanModifiers:       []planmodifier.String{glue.SameDuration(), stringplanmodifier.RequiresReplace()},
			},
			"num_uses": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often the secret ID may be used; 0 is without limit. Default: the role's `secret_id_num_uses`, which it cannot exceed. Changing it forces replacement.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.RequiresReplace()},
			},
			"cidr_list":         fixedCIDRs("CIDR blocks from where the secret ID may be used, within the role's."),
			"token_bound_cidrs": fixedCIDRs("CIDR blocks from where the tokens may be used, within the role's."),
			"metadata": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Metadata of the secret ID, which the audit log shows with its tokens. Changing it forces replacement.",
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"accessor": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Accessor of the secret ID: enough to look it up and to revoke it, not to log in.",
				PlanModifiers:       kept,
			},
			"wrapping_token": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "One-use token that gives the secret ID to the first who unwraps it.",
				PlanModifiers:       kept,
			},
			"wrapping_accessor": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Accessor of the wrapping token.",
				PlanModifiers:       kept,
			},
			"wrapping_expiration_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the wrapping token expires, RFC 3339.",
				PlanModifiers:       kept,
			},
			"expiration_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the secret ID expires, RFC 3339; null when it does not.",
				PlanModifiers:       kept,
			},
		},
	}
}

func fixedCIDRs(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: description + " Default: the role's. Changing it forces replacement.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(glue.Checked("CIDR block", validateCIDR))},
		PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
	}
}

func validateWrappingTTL(text string) error {
	if wrapping := glue.ParseDuration(text); wrapping.Valid() && wrapping.Seconds() < 1 {
		return fmt.Errorf("%q is less than a second", text)
	}
	return nil
}

func (r *secretIDResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan secretIDModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	namespace, mount, role := plan.Namespace.ValueString(), plan.Mount.ValueString(), plan.RoleName.ValueString()
	wrapped, err := r.Client().CreateWrappedSecretID(ctx, namespace, mount, role, plan.options(), time.Duration(plan.WrappingTTL.Seconds())*time.Second)
	if err != nil {
		plan.failure("create").Add(&resp.Diagnostics, err)
		plan.warnOfLostAnswer(&resp.Diagnostics, err)
		return
	}
	plan.Accessor = types.StringValue(wrapped.Accessor)
	plan.WrappingToken = types.StringValue(string(wrapped.WrappingToken.Reveal()))
	plan.WrappingAccessor = types.StringValue(wrapped.WrappingAccessor)
	plan.WrappingExpiration = glue.Time(wrapped.CreationTime.Add(wrapped.WrapTTL))
	plan.Expiration = types.StringNull()
	if info, err := r.Client().LookupSecretIDByAccessor(ctx, namespace, mount, role, wrapped.Accessor); err == nil && info != nil {
		plan.Expiration = glue.Time(info.ExpirationTime)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// warnOfLostAnswer tells of a secret ID that the server may have made without
// this run getting to know it.
func (m secretIDModel) warnOfLostAnswer(diags *diag.Diagnostics, err error) {
	var dialled *net.OpError
	if !errors.Is(err, migrate.ErrTargetUnavailable) || errors.As(err, &dialled) && dialled.Op == "dial" {
		return
	}
	role := "auth/" + m.Mount.ValueString() + "/role/" + m.RoleName.ValueString()
	diags.AddWarning("A secret ID may have been left behind", fmt.Sprintf(
		"The answer of the server did not arrive. If it made a secret ID, its wrapping token is lost and so nobody can use it, but it exists until its TTL ends. "+
			"`bao list %[1]s/secret-id` shows the accessors of all secret IDs, and `bao write %[1]s/secret-id-accessor/destroy secret_id_accessor=…` revokes one.", role))
}

func (r *secretIDResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state secretIDModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "secret ID", state.Accessor.ValueString()) {
		return
	}
	info, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (*openbao.SecretIDInfo, error) {
		return r.Client().LookupSecretIDByAccessor(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.RoleName.ValueString(), state.Accessor.ValueString())
	}, func(info *openbao.SecretIDInfo) bool { return info != nil })
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	if reason := r.gone(info); reason != "" {
		resp.Diagnostics.AddWarning("Secret ID is gone", fmt.Sprintf(
			"The secret ID with the accessor %s of the role %s %s. The plan makes a new one.",
			state.Accessor.ValueString(), state.RoleName.ValueString(), reason))
		resp.State.RemoveResource(ctx)
		return
	}
	state.Expiration = glue.Time(info.ExpirationTime)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

// gone says why a secret ID cannot be used any more; empty when it can. The server
// shows one that has expired until it tidies up.
func (r *secretIDResource) gone(info *openbao.SecretIDInfo) string {
	switch {
	case info == nil:
		return "was used up, has expired or was revoked"
	case !info.ExpirationTime.IsZero() && !info.ExpirationTime.After(r.Now()):
		return "has expired at " + glue.Time(info.ExpirationTime).ValueString()
	}
	return ""
}

// Update has nothing to do: every argument forces replacement.
func (r *secretIDResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *secretIDResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state secretIDModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.Client().DestroySecretIDByAccessor(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.RoleName.ValueString(), state.Accessor.ValueString()); err != nil {
		state.failure("revoke").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes "<mount>/<role name>/<accessor>" as ID, behind
// "<namespace>//" where it is in one. The wrapping token of an imported secret ID
// is not known any more.
func (r *secretIDResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parts := strings.Split(r.ImportedID(ctx, req, resp), "/")
	last := len(parts) - 1
	if len(parts) < 3 || parts[last] == "" || parts[last-1] == "" {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(errors.New("the ID is \"<mount>/<role name>/<accessor>\", such as approle/app/0f2c1f1e-…")))
		return
	}
	for name, value := range map[string]string{
		"mount": strings.Join(parts[:last-1], "/"), "role_name": parts[last-1], "accessor": parts[last], "wrapping_ttl": unwrapped,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
}

// unwrapped is the wrapping TTL of an imported secret ID.
const unwrapped = "0s"

// importedUnwrapped keeps the wrapping TTL of an imported secret ID as it is: how
// it was handed over once cannot be known, nor changed any more.
type importedUnwrapped struct{}

func (importedUnwrapped) Description(context.Context) string {
	return "an imported secret ID is not wrapped again"
}

func (m importedUnwrapped) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (importedUnwrapped) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.ValueString() == unwrapped {
		resp.PlanValue = req.StateValue
	}
}
