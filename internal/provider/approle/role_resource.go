package approle

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithValidateConfig = (*roleResource)(nil)
	_ resource.ResourceWithImportState    = (*roleResource)(nil)
)

// NewRoleResource is ocibao_approle.
func NewRoleResource() resource.Resource {
	return &roleResource{glue.NewManagedObject("approle", glue.RoleIdentity("AppRole"), glue.Operations[roleModel]{
		Create: createRole,
		Read:   refreshRole,
		Gone:   []error{migrate.ErrDestinationNotFound, migrate.ErrMountNotFound},
		Update: updateRole,
		Delete: deleteRole,
	})}
}

type roleResource struct {
	glue.ManagedObject[roleModel]
}

func (r *roleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages a role of the AppRole auth method. Durations are strings such as `\"1h\"`, or a number of seconds.",
		Attributes: glue.RoleAttributes("AppRole", DefaultMount, map[string]schema.Attribute{
			"role_id": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Role ID, the public half of a login. Default: the server makes one.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"bind_secret_id":        glue.BoolAttribute(true, "Whether a login needs a secret ID. Default `true`."),
			"secret_id_bound_cidrs": glue.BlocksAttribute("CIDR blocks from where secret IDs may be used. Default: from everywhere."),
			"secret_id_num_uses":    glue.CountAttribute("How often a secret ID may be used. Default 0: without limit."),
			"secret_id_ttl":         glue.DurationAttribute("How long a secret ID is valid. Default `\"0s\"`: without end."),
			"local_secret_ids":      glue.ReplacedBoolAttribute("Whether secret IDs are left out of replication. Default `false`. Changing it forces replacement."),
		}),
	}
}

func createRole(ctx context.Context, client *openbao.Client, plan *roleModel) error {
	err := makeRole(ctx, client, *plan)
	if err == nil {
		*plan, err = refreshRole(ctx, client, *plan)
	}
	return glue.At("name", err)
}

// makeRole writes the role, or adopts an equal one, as an interrupted run leaves it.
func makeRole(ctx context.Context, client *openbao.Client, plan roleModel) error {
	wanted := plan.role()
	conflict := client.CreateAppRole(ctx, wanted)
	if conflict == nil {
		return createdAsWanted(ctx, client, wanted)
	}
	if !errors.Is(conflict, openbao.ErrConflict) {
		return conflict
	}
	found, err := refreshRole(ctx, client, plan)
	if err != nil {
		return err
	}
	present := found.role()
	switch {
	case found.Same(plan):
		return nil
	case plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		return glue.RoleConflict(conflict, wanted.Namespace, wanted.Mount, wanted.Name)
	case present.LocalSecretIDs != wanted.LocalSecretIDs:
		return glue.Hint(conflict, "Nothing was overwritten: its local_secret_ids is another one, and is fixed once a role exists. Delete the role, or choose another name.")
	}
	return writeRole(ctx, client, wanted, present.RoleID)
}

// createdAsWanted takes a role back that the server created without a limit it
// does not know.
func createdAsWanted(ctx context.Context, client *openbao.Client, wanted openbao.AppRole) error {
	err := keepsStrictBinding(ctx, client, wanted)
	if errors.Is(err, errNoStrictBinding) {
		if undone := client.DeleteAppRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name); undone != nil {
			return errors.Join(err, undone)
		}
	}
	return err
}

var errNoStrictBinding = glue.Hint(errors.New("the server ignores token_strictly_bind_ip, which OpenBao alone knows"),
	"Remove token_strictly_bind_ip, and use token_bound_cidrs to limit from where tokens are used.")

// keepsStrictBinding reports an error when the server dropped
// token_strictly_bind_ip, as those that do not know it do in silence.
func keepsStrictBinding(ctx context.Context, client *openbao.Client, wanted openbao.AppRole) error {
	if !wanted.TokenStrictlyBindIP {
		return nil
	}
	present, err := client.ReadAppRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name)
	if err == nil && !present.TokenStrictlyBindIP {
		err = errNoStrictBinding
	}
	return err
}

// writeRole changes a role in place. Its role ID has a path and so a right of its
// own, which is used only where it changes.
func writeRole(ctx context.Context, client *openbao.Client, wanted openbao.AppRole, roleID string) error {
	if err := client.UpdateAppRole(ctx, wanted); err != nil {
		return err
	}
	if err := keepsStrictBinding(ctx, client, wanted); err != nil {
		return err
	}
	if wanted.RoleID == "" || wanted.RoleID == roleID {
		return nil
	}
	return client.WriteRoleID(ctx, wanted.Namespace, wanted.Mount, wanted.Name, wanted.RoleID)
}

func refreshRole(ctx context.Context, client *openbao.Client, model roleModel) (roleModel, error) {
	namespace, mount, name := model.Namespace.ValueString(), model.Mount.ValueString(), model.Name.ValueString()
	role, err := client.ReadAppRole(ctx, namespace, mount, name)
	if err != nil {
		return model, err
	}
	roleID, err := client.ReadRoleID(ctx, namespace, mount, name)
	if err == nil {
		model.show(role, roleID)
	}
	return model, err
}

func updateRole(ctx context.Context, client *openbao.Client, plan, state *roleModel) error {
	return writeRole(ctx, client, plan.role(), state.RoleID.ValueString())
}

func deleteRole(ctx context.Context, client *openbao.Client, state roleModel) error {
	return client.DeleteAppRole(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.Name.ValueString())
}

// ImportState takes "<mount>/<name>" as ID.
func (r *roleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportRole(ctx, req, resp, "approle/app")
}
