package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*roleResource)(nil)
	_ resource.ResourceWithValidateConfig = (*roleResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*roleResource)(nil)
	_ resource.ResourceWithImportState    = (*roleResource)(nil)
	_ resource.ResourceWithIdentity       = (*roleResource)(nil)
)

// NewRoleResource is ocibao_kubernetes_auth_role.
func NewRoleResource() resource.Resource {
	return &roleResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the Kubernetes auth mount below auth/."},
		glue.IdentityAttribute{Name: "name", Description: "Name of the role."},
	)}
}

type roleResource struct {
	glue.OpenBaoObject
	glue.Identity
}

func (r *roleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_kubernetes_auth_role"
}

const (
	aliasUID  = "serviceaccount_uid"
	aliasName = "serviceaccount_name"
)

func (r *roleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages a role of the Kubernetes auth method: which service accounts may log in, and what tokens they get. " +
			"Durations are strings such as `\"1h\"`, or a number of seconds.",
		Attributes: glue.TokenAttributes(map[string]schema.Attribute{
			"mount": mountAttribute(),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
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
			"bound_service_account_namespace_selector": optionalText("Label selector, as JSON or YAML, for the Kubernetes namespaces whose service accounts may log in. Default: none. OpenBao only.", ""),
			"audience":          optionalText("Audience that the tokens of the service accounts must be for. Default: any.", ""),
			"alias_name_source": aliasNameSource(),
			"on_conflict":       glue.OnConflictAttribute("role"),
		}),
	}
}

func aliasNameSource() schema.StringAttribute {
	attribute := optionalText("What the alias of an entity is named by: `"+aliasUID+"` (default: the UID, which a service account made anew does not share) or `"+
		aliasName+"` (namespace and name).", aliasUID)
	attribute.Validators = []validator.String{stringvalidator.OneOf(aliasUID, aliasName)}
	return attribute
}

func optionalText(description, byDefault string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(byDefault), MarkdownDescription: description,
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
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// create writes the role, or adopts an equal one, as an interrupted run leaves it.
func (r *roleResource) create(ctx context.Context, plan roleModel) error {
	wanted := plan.role()
	conflict := r.Client().CreateKubernetesRole(ctx, wanted)
	if conflict == nil {
		return r.createdAsWanted(ctx, wanted)
	}
	if !errors.Is(conflict, openbao.ErrConflict) {
		return conflict
	}
	present, err := r.read(ctx, plan)
	switch {
	case err != nil:
		return err
	case sameRole(present, wanted):
		return nil
	case plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		return glue.Hint(conflict, fmt.Sprintf(
			"Nothing was overwritten. Import the role with the ID %q, set on_conflict = \"overwrite\" to replace its settings, or choose another name.",
			glue.ImportID(wanted.Namespace, wanted.Mount+"/"+wanted.Name)))
	}
	return r.write(ctx, wanted)
}

// createdAsWanted takes a role back that the server created without a limit it
// does not know.
func (r *roleResource) createdAsWanted(ctx context.Context, wanted openbao.KubernetesRole) error {
	err := r.keepsLimits(ctx, wanted)
	if errors.Is(err, errNoStrictBinding) || errors.Is(err, errNoSelector) {
		err = errors.Join(err, r.Client().DeleteKubernetesRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name))
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
func (r *roleResource) keepsLimits(ctx context.Context, wanted openbao.KubernetesRole) error {
	if !wanted.Token.StrictlyBindIP && wanted.NamespaceSelector == "" {
		return nil
	}
	present, err := r.Client().ReadKubernetesRole(ctx, wanted.Namespace, wanted.Mount, wanted.Name)
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

func (r *roleResource) write(ctx context.Context, wanted openbao.KubernetesRole) error {
	if err := r.Client().UpdateKubernetesRole(ctx, wanted); err != nil {
		return err
	}
	return r.keepsLimits(ctx, wanted)
}

func (r *roleResource) read(ctx context.Context, model roleModel) (openbao.KubernetesRole, error) {
	return r.Client().ReadKubernetesRole(ctx, model.Namespace.ValueString(), model.Mount.ValueString(), model.Name.ValueString())
}

func (r *roleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "Kubernetes role", state.Name.ValueString()) {
		return
	}
	role, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.KubernetesRole, error) {
		return r.read(ctx, state)
	}, func(role openbao.KubernetesRole) bool { return sameRole(role, state.role()) })
	if errors.Is(err, migrate.ErrDestinationNotFound) || errors.Is(err, migrate.ErrMountNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(role)
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
		if err := r.write(ctx, plan.role()); err != nil {
			plan.failure("update").Add(&resp.Diagnostics, err)
			r.showAfterFailure(ctx, state, resp)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// showAfterFailure leaves the state with what the server has: a write may have
// been kept in part.
func (r *roleResource) showAfterFailure(ctx context.Context, state roleModel, resp *resource.UpdateResponse) {
	var ignored diag.Diagnostics
	if role, err := r.read(ctx, state); err == nil {
		state.show(role)
		ignored.Append(resp.State.Set(ctx, &state)...)
	}
}

func (r *roleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state roleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.Client().DeleteKubernetesRole(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.Name.ValueString()); err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes "<mount>/<name>" as ID, behind "<namespace>//" where it is in
// one.
func (r *roleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportRole(ctx, req, resp, "kubernetes/app")
}
