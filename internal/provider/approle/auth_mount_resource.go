package approle

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*authMountResource)(nil)
	_ resource.ResourceWithValidateConfig = (*authMountResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*authMountResource)(nil)
	_ resource.ResourceWithImportState    = (*authMountResource)(nil)
	_ resource.ResourceWithIdentity       = (*authMountResource)(nil)
)

// NewAuthMountResource is ocibao_auth_mount.
func NewAuthMountResource() resource.Resource {
	return &authMountResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "path", Description: "Path of the mount below auth/."},
	)}
}

type authMountResource struct {
	glue.OpenBaoObject
	glue.Identity
}

type authMountModel struct {
	Path              types.String  `tfsdk:"path"`
	Type              types.String  `tfsdk:"type"`
	Namespace         types.String  `tfsdk:"namespace"`
	Description       types.String  `tfsdk:"description"`
	DefaultLeaseTTL   glue.Duration `tfsdk:"default_lease_ttl"`
	MaxLeaseTTL       glue.Duration `tfsdk:"max_lease_ttl"`
	ListingVisibility types.String  `tfsdk:"listing_visibility"`
	TokenType         types.String  `tfsdk:"token_type"`
	Local             types.Bool    `tfsdk:"local"`
	SealWrap          types.Bool    `tfsdk:"seal_wrap"`
	ForceDestroy      types.Bool    `tfsdk:"force_destroy"`
	Accessor          types.String  `tfsdk:"accessor"`
}

func (m authMountModel) failure(verb string) glue.Failure {
	return glue.Failure{Verb: verb, Thing: "auth mount", Identity: m.Path.ValueString()}
}

func (m authMountModel) mount() openbao.AuthMount {
	return openbao.AuthMount{
		Path:              m.Path.ValueString(),
		Type:              m.Type.ValueString(),
		Namespace:         m.Namespace.ValueString(),
		Description:       m.Description.ValueString(),
		Local:             m.Local.ValueBool(),
		SealWrap:          m.SealWrap.ValueBool(),
		DefaultLeaseTTL:   m.DefaultLeaseTTL.Seconds(),
		MaxLeaseTTL:       m.MaxLeaseTTL.Seconds(),
		ListingVisibility: m.ListingVisibility.ValueString(),
		TokenType:         m.TokenType.ValueString(),
	}
}

func (m *authMountModel) show(mount openbao.AuthMount) {
	m.Type = types.StringValue(mount.Type)
	m.Description = types.StringValue(mount.Description)
	m.DefaultLeaseTTL, m.MaxLeaseTTL = glue.Seconds(mount.DefaultLeaseTTL), glue.Seconds(mount.MaxLeaseTTL)
	m.ListingVisibility = types.StringValue(orDefault(mount.ListingVisibility, "hidden"))
	m.TokenType = types.StringValue(orDefault(mount.TokenType, defaultTokenType))
	m.Local, m.SealWrap = types.BoolValue(mount.Local), types.BoolValue(mount.SealWrap)
	m.Accessor = types.StringValue(mount.Accessor)
}

const defaultTokenType = "default-service"

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (r *authMountResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_auth_mount"
}

func (r *authMountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Enables an auth method, AppRole by default. " +
			"One that exists already and is configured the same is adopted without a write; another one is left alone, and is taken over by import.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Path of the mount below `auth/`, without leading or trailing slash. Default: the value of `type`. Changing it forces replacement.",
				Validators:          []validator.String{glue.MountPath()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"type": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(DefaultMount),
				MarkdownDescription: "Type of the auth method, such as `approle` (default). Changing it forces replacement.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				MarkdownDescription: "Description for people.",
			},
			"default_lease_ttl": glue.DurationAttribute("Default TTL of the tokens, as a duration such as `\"1h\"`. Default `\"0s\"`: that of the system."),
			"max_lease_ttl":     glue.DurationAttribute("Longest TTL of the tokens, as a duration such as `\"24h\"`. Default `\"0s\"`: that of the system."),
			"listing_visibility": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString("hidden"),
				MarkdownDescription: "Whether the mount is listed for those who are not logged in: `hidden` (default) or `unauth`.",
				Validators:          []validator.String{stringvalidator.OneOf("hidden", "unauth")},
			},
			"token_type": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(defaultTokenType),
				MarkdownDescription: "Type of the tokens: `default-service` (default), `default-batch`, `service` or `batch`.",
				Validators:          []validator.String{stringvalidator.OneOf(defaultTokenType, "default-batch", "service", "batch")},
			},
			"local":     glue.ReplacedBoolAttribute("Whether the mount is left out of replication. Default `false`. Changing it forces replacement."),
			"seal_wrap": glue.ReplacedBoolAttribute("Whether its data is wrapped by the seal as well, where the server can. Default `false`. Changing it forces replacement."),
			"force_destroy": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether an AppRole mount that still has roles is disabled, which removes them all, when the resource is destroyed or replaced. Default `false`.",
			},
			"accessor": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Accessor that the server gave the mount.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

func (r *authMountResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config authMountModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	glue.CheckLeaseTTLs(&resp.Diagnostics, config.DefaultLeaseTTL, config.MaxLeaseTTL)
}

// ModifyPlan gives path its default, which is the type, and looks ahead.
func (r *authMountResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		glue.ForeseePlan[authMountModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
		return
	}
	glue.DefaultTo(ctx, req, resp, "path", "type")
	req.Plan = resp.Plan // with the path
	glue.ForeseePlan[authMountModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

func (r *authMountResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan authMountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	mount, err := r.create(ctx, plan)
	if err != nil {
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("path"), err)
		return
	}
	plan.show(mount)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// create enables the method, or adopts what an interrupted run left.
func (r *authMountResource) create(ctx context.Context, plan authMountModel) (openbao.AuthMount, error) {
	wanted := plan.mount()
	conflict := r.Client().CreateAuthMount(ctx, wanted)
	if conflict != nil && !errors.Is(conflict, openbao.ErrConflict) {
		return openbao.AuthMount{}, conflict
	}
	present, err := r.Client().ReadAuthMount(ctx, wanted.Namespace, wanted.Path)
	if conflict == nil {
		return present, err
	}
	found := plan
	found.show(present)
	if err != nil || found.mount() != wanted {
		return openbao.AuthMount{}, glue.Hint(conflict, fmt.Sprintf(
			"Nothing was changed. Import the mount with the ID %q to manage it here, or choose another path.",
			glue.ImportID(wanted.Namespace, wanted.Path)))
	}
	return present, nil
}

func (r *authMountResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state authMountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "auth mount", state.Path.ValueString()) {
		return
	}
	mount, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.AuthMount, error) {
		return r.Client().ReadAuthMount(ctx, state.Namespace.ValueString(), state.Path.ValueString())
	}, func(mount openbao.AuthMount) bool {
		shown := state
		shown.show(mount)
		return shown.mount() == state.mount() && shown.Accessor == state.Accessor
	})
	if errors.Is(err, migrate.ErrMountNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(mount)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *authMountResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state authMountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if plan.mount() != state.mount() {
		if err := r.Client().TuneAuthMount(ctx, plan.mount()); err != nil {
			plan.failure("update").Add(&resp.Diagnostics, err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *authMountResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state authMountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	mount := state.mount()
	if mount.Type == DefaultMount && !state.ForceDestroy.ValueBool() {
		roles, err := r.Client().ListAppRoles(ctx, mount.Namespace, mount.Path)
		if err == nil && len(roles) > 0 {
			err = glue.Hint(fmt.Errorf("the mount still has %d roles, and disabling it would remove them", len(roles)),
				"Nothing was deleted. Remove the roles first, or apply force_destroy = true before destroying.")
		}
		if err != nil && !errors.Is(err, migrate.ErrMountNotFound) {
			state.failure("delete").AddTo(&resp.Diagnostics, path.Root("force_destroy"), err)
			return
		}
	}
	if err := r.Client().DeleteAuthMount(ctx, mount.Namespace, mount.Path); err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes the path of the mount, without auth/, as ID, behind
// "<namespace>//" where it is in one.
func (r *authMountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	mount := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidateMount(mount); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the path of the mount without auth/, such as approle", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("path"), mount)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("force_destroy"), false)...)
}
