// Package policy has the objects that manage ACL policies.
package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure   = (*policyResource)(nil)
	_ resource.ResourceWithImportState = (*policyResource)(nil)
	_ resource.ResourceWithIdentity    = (*policyResource)(nil)
)

// NewPolicyResource is ocibao_policy.
func NewPolicyResource() resource.Resource {
	return &policyResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "name", Description: "Name of the policy."},
	)}
}

type policyResource struct {
	glue.OpenBaoObject
	glue.Identity
}

type policyModel struct {
	Name       types.String `tfsdk:"name"`
	Namespace  types.String `tfsdk:"namespace"`
	Policy     Text         `tfsdk:"policy"`
	OnConflict types.String `tfsdk:"on_conflict"`
}

func (m policyModel) failure(verb string) glue.Failure {
	return glue.Failure{Verb: verb, Thing: "policy", Identity: m.Name.ValueString()}
}

func (r *policyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_policy"
}

func (r *policyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages an ACL policy. The text is parsed when the plan is made, as the server would parse it.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the policy, in lower case. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("policy name", openbao.ValidatePolicyName)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
			"policy": schema.StringAttribute{
				Required:            true,
				CustomType:          TextType{},
				MarkdownDescription: "Text of the policy, in HCL or JSON. White space, comments and the order of capabilities make no difference.",
				PlanModifiers:       []planmodifier.String{glue.SameMeaning(openbao.SamePolicy), LintOnPlan()},
			},
			"on_conflict": glue.OnConflictAttribute("policy"),
		},
	}
}

func (r *policyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan policyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	namespace, name, text := plan.Namespace.ValueString(), plan.Name.ValueString(), plan.Policy.ValueString()
	_, err := r.Client().CreatePolicy(ctx, namespace, name, text)
	if errors.Is(err, openbao.ErrConflict) && plan.OnConflict.ValueString() == glue.OnConflictOverwrite {
		err = r.Client().PutPolicy(ctx, namespace, name, text)
	}
	if errors.Is(err, openbao.ErrConflict) {
		err = glue.Hint(err, fmt.Sprintf("Nothing was overwritten. Import the policy with the ID %q, set on_conflict = \"overwrite\" to replace it, or choose another name.",
			glue.ImportID(namespace, name)))
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("name"), err)
		return
	}
	if err != nil {
		plan.failure("create").Add(&resp.Diagnostics, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *policyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state policyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "policy", state.Name.ValueString()) {
		return
	}
	text, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (string, error) {
		return r.Client().GetPolicy(ctx, state.Namespace.ValueString(), state.Name.ValueString())
	}, func(text string) bool { return openbao.SamePolicy(text, state.Policy.ValueString()) })
	if errors.Is(err, migrate.ErrDestinationNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.Policy = NewText(text)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *policyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state policyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if !openbao.SamePolicy(plan.Policy.ValueString(), state.Policy.ValueString()) {
		if err := r.Client().PutPolicy(ctx, plan.Namespace.ValueString(), plan.Name.ValueString(), plan.Policy.ValueString()); err != nil {
			plan.failure("update").Add(&resp.Diagnostics, err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *policyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state policyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.Client().DeletePolicy(ctx, state.Namespace.ValueString(), state.Name.ValueString()); err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes the name of the policy as ID, behind "<namespace>//" where
// it is in one.
func (r *policyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidatePolicyName(name); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the name of the policy", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), glue.OnConflictFail)...)
}
