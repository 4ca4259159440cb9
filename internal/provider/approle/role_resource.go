package approle

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*roleResource)(nil)
	_ resource.ResourceWithValidateConfig = (*roleResource)(nil)
	_ resource.ResourceWithImportState    = (*roleResource)(nil)
	_ resource.ResourceWithIdentity       = (*roleResource)(nil)
)

// NewRoleResource is ocibao_approle.
func NewRoleResource() resource.Resource {
	return &roleResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the AppRole auth mount below auth/."},
		glue.IdentityAttribute{Name: "name", Description: "Name of the role."},
	)}
}

type roleResource struct {
	glue.OpenBaoObject
	glue.Identity
}

func (r *roleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_approle"
}

func (r *roleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages a role of the AppRole auth method. Durations are strings such as `\"1h\"`, or a number of seconds.",
		Attributes: glue.TokenAttributes(map[string]schema.Attribute{
			"mount": mountAttribute(),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
			"role_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Role ID, the public half of a login. Default: the server makes one.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"bind_secret_id": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether a login needs a secret ID. Default `true`.",
			},
			"secret_id_bound_cidrs": glue.BlocksAttribute("CIDR blocks from where secret IDs may be used. Default: from everywhere."),
			"secret_id_num_uses":    glue.CountAttribute("How often a secret ID may be used. Default 0: without limit."),
			"secret_id_ttl":         glue.DurationAttribute("How long a secret ID is valid. Default `\"0s\"`: without end."),
			"local_secret_ids":      glue.ReplacedBoolAttribute("Whether secret IDs are left out of replication. Default `false`. Changing it forces replacement."),
			"on_conflict":           glue.OnConflictAttribute("role"),
		}),
	}
}

func mountAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		Default:             stringdefault.StaticString(DefaultMount),
		MarkdownDescription: "Path of the AppRole auth mount below `auth/`. Default `" + DefaultMount + "`. Changing it forces replacement.",
		Validators:          []validator.String{glue.MountPath()},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

func (r *roleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan roleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.create(ctx, plan); err != nil {
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("name"), err)
		return
	}
	r.refresh(ctx, &plan, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
		r.Wrote(ctx, resp.Private, &resp.Diagnostics)
	}
}

// create writes the role, or adopts an equal one, as an interrupted run leaves it.
func (r *roleResource) create(ctx context.Context, plan roleModel) error {
	wanted := plan.role()
	conflict := r.Client().CreateAppRole(ctx, wanted)
	if conflict == nil {
		return r.createdAsWanted(ctx, plan)
	}
	if !errors.Is(conflict, openbao.ErrConflict) {
		return conflict
	}
	present, roleID, err := r.read(ctx, plan)
	if err != nil {
		return err
	}
	present.RoleID = roleID
	switch {
	case sameRole(present, wanted):
		return nil
	case plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		return glue.Hint(conflict, fmt.Sprintf(
			"Nothing was overwritten. Import the role with the ID %q, set on_conflict = \"overwrite\" to replace its settings, or choose another name.",
			glue.ImportID(wanted.Namespace, wanted.Mount+"/"+wanted.Name)))
	case present.LocalSecretIDs != wanted.LocalSecretIDs:
		return glue.Hint(conflict, "Nothing was overwritten: its local_secret_ids is another one, and is fixed once a role exists. Delete the role, or choose another name.")
	}
	return r.write(ctx, wanted, present.RoleID)
}

// createdAsWanted takes a role back that the server created without a limit it
// does not know.
func (r *roleResource) createdAsWanted(ctx context.Context, plan roleModel) error {
	wanted := plan.role()
	err := r.keepsStrictBinding(ctx, wanted)
	if errors.Is(err, errNoStrictBinding) {
		if undone := r.Client().DeleteAppRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name); undone != nil {
			return errors.Join(err, undone)
		}
	}
	return err
}

var errNoStrictBinding = glue.Hint(errors.New("the server ignores token_strictly_bind_ip, which OpenBao alone knows"),
	"Remove token_strictly_bind_ip, and use token_bound_cidrs to limit from where tokens are used.")

// keepsStrictBinding reports an error when the server dropped
// token_strictly_bind_ip, as those that do not know it do in silence.
func (r *roleResource) keepsStrictBinding(ctx context.Context, wanted openbao.AppRole) error {
	if !wanted.TokenStrictlyBindIP {
		return nil
	}
	present, err := r.Client().ReadAppRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name)
	if err == nil && !present.TokenStrictlyBindIP {
		err = errNoStrictBinding
	}
	return err
}

// write changes a role in place. Its role ID has a path and so a right of its
// own, which is used only where it changes.
func (r *roleResource) write(ctx context.Context, wanted openbao.AppRole, roleID string) error {
	if err := r.Client().UpdateAppRole(ctx, wanted); err != nil {
		return err
	}
	if err := r.keepsStrictBinding(ctx, wanted); err != nil {
		return err
	}
	if wanted.RoleID == "" || wanted.RoleID == roleID {
		return nil
	}
	return r.Client().WriteRoleID(ctx, wanted.Namespace, wanted.Mount, wanted.Name, wanted.RoleID)
}

func (r *roleResource) read(ctx context.Context, model roleModel) (openbao.AppRole, string, error) {
	namespace, mount, name := model.Namespace.ValueString(), model.Mount.ValueString(), model.Name.ValueString()
	role, err := r.Client().ReadAppRole(ctx, namespace, mount, name)
	if err != nil {
		return openbao.AppRole{}, "", err
	}
	roleID, err := r.Client().ReadRoleID(ctx, namespace, mount, name)
	return role, roleID, err
}

// refresh fills in what the server has after a write.
func (r *roleResource) refresh(ctx context.Context, model *roleModel, diags *diag.Diagnostics) {
	role, roleID, err := r.read(ctx, *model)
	if err != nil {
		model.failure("read").Add(diags, err)
		return
	}
	model.show(role, roleID)
}

func (r *roleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "AppRole", state.Name.ValueString()) {
		return
	}
	roleID := ""
	role, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (role openbao.AppRole, err error) {
		role, roleID, err = r.read(ctx, state)
		return role, err
	}, func(role openbao.AppRole) bool {
		role.RoleID = roleID
		return sameRole(role, state.role())
	})
	if errors.Is(err, migrate.ErrDestinationNotFound) || errors.Is(err, migrate.ErrMountNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(role, roleID)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *roleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state roleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if !sameRole(plan.role(), state.role()) {
		if err := r.write(ctx, plan.role(), state.RoleID.ValueString()); err != nil {
			plan.failure("update").Add(&resp.Diagnostics, err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *roleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.Client().DeleteAppRole(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.Name.ValueString()); err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes "<mount>/<name>" as ID, behind "<namespace>//" where it is
// in one.
func (r *roleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportRole(ctx, req, resp, "approle/app")
}
