package kubernetes

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithValidateConfig = (*roleResource)(nil)
	_ resource.ResourceWithImportState    = (*roleResource)(nil)
)

// NewRoleResource is ocibao_kubernetes_auth_role.
func NewRoleResource() resource.Resource {
	return &roleResource{glue.NewManagedObject("kubernetes_auth_role", glue.RoleIdentity("Kubernetes"), glue.Operations[roleModel]{
		Create: createRole,
		Read:   readRole,
		Gone:   []error{migrate.ErrDestinationNotFound, migrate.ErrMountNotFound},
		Update: updateRole,
		Delete: deleteRole,
	})}
}

type roleResource struct {
	glue.ManagedObject[roleModel]
}

const (
	aliasUID  = "serviceaccount_uid"
	aliasName = "serviceaccount_name"
)

func (r *roleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages a role of the Kubernetes auth method: which service accounts may log in, and what tokens they get. " +
			"Durations are strings such as `\"1h\"`, or a number of seconds.",
		Attributes: glue.RoleAttributes("Kubernetes", DefaultMount, map[string]schema.Attribute{
			"bound_service_account_names": schema.SetAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names of the service accounts that may log in; `*` alone is any.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)), anyAlone{}},
			},
			"bound_service_account_namespaces": schema.SetAttribute{
				Optional:    true,
				Computed:    true,
				ElementType: types.StringType,
				Default:     setdefault.StaticValue(glue.StringSet(nil)),
				MarkdownDescription: "Kubernetes namespaces whose service accounts may log in; `*` alone is any. " +
					"Needed unless `bound_service_account_namespace_selector` is set; with both, one that matches either may.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)), anyAlone{}},
			},
			"bound_service_account_namespace_selector": glue.TextAttribute("", "Label selector, as JSON or YAML, for the Kubernetes namespaces whose service accounts may log in. "+
				"Default: none. OpenBao only."),
			"audience": glue.TextAttribute("", "Audience that the tokens of the service accounts must be for. Default: any."),
			"alias_name_source": glue.TextAttribute(aliasUID, "What the alias of an entity is named by: `"+aliasUID+
				"` (default: the UID, which a service account made anew does not share) or `"+aliasName+"` (namespace and name).",
				stringvalidator.OneOf(aliasUID, aliasName)),
		}),
	}
}

// anyAlone refuses "*" next to names, as the server does.
type anyAlone struct{}

func (anyAlone) Description(context.Context) string           { return "\"*\" stands alone" }
func (v anyAlone) MarkdownDescription(context.Context) string { return "`*` stands alone" }

func (anyAlone) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if names := glue.Strings(req.ConfigValue); len(names) > 1 && slices.Contains(names, "*") {
		resp.Diagnostics.AddAttributeError(req.Path, "\"*\" stands alone", "\"*\" is any; leave it out, or the other names.")
	}
}

// ValidateConfig refuses what the server would refuse during apply.
func (r *roleResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config roleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.CheckToken(&resp.Diagnostics)
	namespaces := config.ServiceAccountNamespaces
	if !namespaces.IsUnknown() && len(namespaces.Elements()) == 0 && !config.NamespaceSelector.IsUnknown() && config.NamespaceSelector.ValueString() == "" {
		resp.Diagnostics.AddAttributeError(path.Root("bound_service_account_namespaces"), "No Kubernetes namespaces",
			"Set bound_service_account_namespaces or bound_service_account_namespace_selector, or nobody could log in.")
	}
}

// createRole writes the role, or adopts an equal one, as an interrupted run leaves it.
func createRole(ctx context.Context, client *openbao.Client, plan *roleModel) error {
	return glue.At("name", makeRole(ctx, client, *plan))
}

func makeRole(ctx context.Context, client *openbao.Client, plan roleModel) error {
	wanted := plan.role()
	conflict := client.CreateKubernetesRole(ctx, wanted)
	if conflict == nil {
		return createdAsWanted(ctx, client, wanted)
	}
	if !errors.Is(conflict, openbao.ErrConflict) {
		return conflict
	}
	present, err := readRole(ctx, client, plan)
	switch {
	case err != nil:
		return err
	case present.Same(plan):
		return nil
	case plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		return glue.RoleConflict(conflict, wanted.Namespace, wanted.Mount, wanted.Name)
	}
	return writeRole(ctx, client, wanted)
}

// createdAsWanted takes a role back that the server created without a limit it
// does not know.
func createdAsWanted(ctx context.Context, client *openbao.Client, wanted openbao.KubernetesRole) error {
	err := keepsLimits(ctx, client, wanted)
	if errors.Is(err, errNoStrictBinding) || errors.Is(err, errNoSelector) {
		err = errors.Join(err, client.DeleteKubernetesRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name))
	}
	return err
}

var (
	errNoStrictBinding = errors.New("the server ignores token_strictly_bind_ip, which OpenBao alone knows. " +
		"Remove it, and use token_bound_cidrs to limit from where tokens are used")
	errNoSelector = errors.New("the server ignores bound_service_account_namespace_selector, which OpenBao alone knows. " +
		"Remove it, and name the namespaces in bound_service_account_namespaces")
)

// keepsLimits reports an error when the server dropped what it does not know, as
// it does in silence.
func keepsLimits(ctx context.Context, client *openbao.Client, wanted openbao.KubernetesRole) error {
	if !wanted.Token.StrictlyBindIP && wanted.NamespaceSelector == "" {
		return nil
	}
	present, err := client.ReadKubernetesRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name)
	switch {
	case err != nil:
		return err
	case wanted.Token.StrictlyBindIP && !present.Token.StrictlyBindIP:
		return errNoStrictBinding
	case wanted.NamespaceSelector != "" && present.NamespaceSelector == "":
		return errNoSelector
	}
	return nil
}

func writeRole(ctx context.Context, client *openbao.Client, wanted openbao.KubernetesRole) error {
	if err := client.UpdateKubernetesRole(ctx, wanted); err != nil {
		return err
	}
	return keepsLimits(ctx, client, wanted)
}

func readRole(ctx context.Context, client *openbao.Client, model roleModel) (roleModel, error) {
	role, err := client.ReadKubernetesRole(ctx, model.Namespace.ValueString(), model.Mount.ValueString(), model.Name.ValueString())
	if err == nil {
		model.show(role)
	}
	return model, err
}

// updateRole changes a role in place. When that fails the state becomes what the
// server has: a write may have been kept in part.
func updateRole(ctx context.Context, client *openbao.Client, plan, state *roleModel) error {
	err := writeRole(ctx, client, plan.role())
	if err == nil {
		return nil
	}
	if present, readErr := readRole(ctx, client, *state); readErr == nil {
		*state = present
	}
	return err
}

func deleteRole(ctx context.Context, client *openbao.Client, state roleModel) error {
	return client.DeleteKubernetesRole(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.Name.ValueString())
}

// ImportState takes "<mount>/<name>" as ID.
func (r *roleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportRole(ctx, req, resp, "kubernetes/app")
}
