package approle

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
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
	_ resource.ResourceWithValidateConfig = (*authMountResource)(nil)
	_ resource.ResourceWithImportState    = (*authMountResource)(nil)
)

// NewAuthMountResource is ocibao_auth_mount.
func NewAuthMountResource() resource.Resource {
	identity := glue.NewIdentity(glue.IdentityAttribute{Name: "path", Description: "Path of the mount below auth/."})
	return &authMountResource{glue.NewManagedObject("auth_mount", identity, glue.Operations[authMountModel]{
		Create: createAuthMount,
		Read:   readAuthMount,
		Gone:   []error{migrate.ErrMountNotFound},
		Update: updateAuthMount,
		Delete: deleteAuthMount,
	})}
}

type authMountResource struct {
	glue.ManagedObject[authMountModel]
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

// Thing names the mount.
func (m authMountModel) Thing() (name, namespace string) {
	return "auth mount " + m.Path.ValueString(), m.Namespace.ValueString()
}

// Same reports whether both are the same mount with the same settings.
func (m authMountModel) Same(other authMountModel) bool {
	return m.mount() == other.mount() && m.Accessor == other.Accessor
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
	m.ListingVisibility = types.StringValue(cmp.Or(mount.ListingVisibility, glue.ListingHidden))
	m.TokenType = types.StringValue(cmp.Or(mount.TokenType, defaultTokenType))
	m.Local, m.SealWrap = types.BoolValue(mount.Local), types.BoolValue(mount.SealWrap)
	m.Accessor = types.StringValue(mount.Accessor)
}

const defaultTokenType = "default-service"

func (r *authMountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Enables an auth method, AppRole by default. " +
			"One that exists already and is configured the same is adopted without a write; another one is left alone, and is taken over by import.",
		Attributes: glue.MountAttributes("its data is", map[string]schema.Attribute{
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
			"default_lease_ttl": glue.DurationAttribute("Default TTL of the tokens, as a duration such as `\"1h\"`. Default `\"0s\"`: that of the system."),
			"max_lease_ttl":     glue.DurationAttribute("Longest TTL of the tokens, as a duration such as `\"24h\"`. Default `\"0s\"`: that of the system."),
			"token_type": glue.TextAttribute(defaultTokenType, "Type of the tokens: `default-service` (default), `default-batch`, `service` or `batch`.",
				stringvalidator.OneOf(defaultTokenType, "default-batch", "service", "batch")),
			"force_destroy": glue.BoolAttribute(false, "Whether an AppRole mount that still has roles is disabled, which removes them all, "+
				"when the resource is destroyed or replaced. Default `false`."),
		}),
	}
}

func (r *authMountResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config authMountModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	glue.CheckLeaseTTLs(&resp.Diagnostics, config.DefaultLeaseTTL, config.MaxLeaseTTL)
}

// ModifyPlan gives path its default, which is the type, and looks ahead.
func (r *authMountResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		glue.DefaultTo(ctx, req, resp, "path", "type")
		req.Plan = resp.Plan // with the path
	}
	r.ManagedObject.ModifyPlan(ctx, req, resp)
}

// createAuthMount enables the method, or adopts what an interrupted run left.
func createAuthMount(ctx context.Context, client *openbao.Client, plan *authMountModel) error {
	wanted := plan.mount()
	conflict := client.CreateAuthMount(ctx, wanted)
	if conflict != nil && !errors.Is(conflict, openbao.ErrConflict) {
		return glue.At("path", conflict)
	}
	found, err := readAuthMount(ctx, client, *plan)
	if conflict != nil && (err != nil || found.mount() != wanted) {
		err = glue.Hint(conflict, fmt.Sprintf(
			"Nothing was changed. Import the mount with the ID %q to manage it here, or choose another path.",
			glue.ImportID(wanted.Namespace, wanted.Path)))
	}
	*plan = found
	return glue.At("path", err)
}

func readAuthMount(ctx context.Context, client *openbao.Client, state authMountModel) (authMountModel, error) {
	mount, err := client.ReadAuthMount(ctx, state.Namespace.ValueString(), state.Path.ValueString())
	if err == nil {
		state.show(mount)
	}
	return state, err
}

func updateAuthMount(ctx context.Context, client *openbao.Client, plan, _ *authMountModel) error {
	return client.TuneAuthMount(ctx, plan.mount())
}

func deleteAuthMount(ctx context.Context, client *openbao.Client, state authMountModel) error {
	mount := state.mount()
	if mount.Type == DefaultMount && !state.ForceDestroy.ValueBool() {
		roles, err := client.ListAppRoles(ctx, mount.Namespace, mount.Path)
		if err == nil && len(roles) > 0 {
			err = glue.Hint(fmt.Errorf("the mount still has %d roles, and disabling it would remove them", len(roles)),
				"Nothing was deleted. Remove the roles first, or apply force_destroy = true before destroying.")
		}
		if err != nil && !errors.Is(err, migrate.ErrMountNotFound) {
			return glue.At("force_destroy", err)
		}
	}
	return client.DeleteAuthMount(ctx, mount.Namespace, mount.Path)
}

// ImportState takes the path of the mount, without auth/, as ID.
func (r *authMountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportName(ctx, req, resp, openbao.ValidateMount, "the path of the mount without auth/, such as approle")
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("force_destroy"), false)...)
}
