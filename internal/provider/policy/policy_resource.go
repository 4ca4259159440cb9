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
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ resource.ResourceWithImportState = (*policyResource)(nil)

// NewPolicyResource is ocibao_policy.
func NewPolicyResource() resource.Resource {
	identity := glue.NewIdentity(glue.IdentityAttribute{Name: "name", Description: "Name of the policy."})
	return &policyResource{glue.NewManagedObject("policy", identity, glue.Operations[policyModel]{
		Create: createPolicy,
		Read:   readPolicy,
		Gone:   []error{migrate.ErrDestinationNotFound},
		Update: updatePolicy,
		Delete: deletePolicy,
	})}
}

type policyResource struct {
	glue.ManagedObject[policyModel]
}

type policyModel struct {
	Name       types.String `tfsdk:"name"`
	Namespace  types.String `tfsdk:"namespace"`
	Policy     Text         `tfsdk:"policy"`
	OnConflict types.String `tfsdk:"on_conflict"`
}

// Thing names the policy.
func (m policyModel) Thing() (name, namespace string) {
	return "policy " + m.Name.ValueString(), m.Namespace.ValueString()
}

// Same reports whether both texts grant the same.
func (m policyModel) Same(other policyModel) bool {
	return aclpolicy.Same(m.Policy.ValueString(), other.Policy.ValueString())
}

func (r *policyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages an ACL policy. The text is parsed when the plan is made, as the server would parse it.",
		Attributes: map[string]schema.Attribute{
			"name":      glue.NameAttribute("Name of the policy, in lower case.", "policy name", openbao.ValidatePolicyName),
			"namespace": glue.NamespaceAttribute(),
			"policy": schema.StringAttribute{
				Required:            true,
				CustomType:          TextType{},
				MarkdownDescription: "Text of the policy, in HCL or JSON. White space, comments and the order of capabilities make no difference.",
				PlanModifiers:       []planmodifier.String{glue.SameMeaning(aclpolicy.Same), LintOnPlan()},
			},
			"on_conflict": glue.OnConflictAttribute("policy"),
		},
	}
}

func createPolicy(ctx context.Context, client *openbao.Client, plan *policyModel) error {
	namespace, name, text := plan.Namespace.ValueString(), plan.Name.ValueString(), plan.Policy.ValueString()
	_, err := client.CreatePolicy(ctx, namespace, name, text)
	if errors.Is(err, openbao.ErrConflict) && plan.OnConflict.ValueString() == glue.OnConflictOverwrite {
		err = client.PutPolicy(ctx, namespace, name, text)
	}
	if errors.Is(err, openbao.ErrConflict) {
		return glue.At("name", glue.Hint(err, fmt.Sprintf(
			"Nothing was overwritten. Import the policy with the ID %q, set on_conflict = \"overwrite\" to replace it, or choose another name.",
			glue.ImportID(namespace, name))))
	}
	return err
}

func readPolicy(ctx context.Context, client *openbao.Client, state policyModel) (policyModel, error) {
	text, err := client.GetPolicy(ctx, state.Namespace.ValueString(), state.Name.ValueString())
	state.Policy = NewText(text)
	return state, err
}

func updatePolicy(ctx context.Context, client *openbao.Client, plan, _ *policyModel) error {
	return client.PutPolicy(ctx, plan.Namespace.ValueString(), plan.Name.ValueString(), plan.Policy.ValueString())
}

func deletePolicy(ctx context.Context, client *openbao.Client, state policyModel) error {
	return client.DeletePolicy(ctx, state.Namespace.ValueString(), state.Name.ValueString())
}

// ImportState takes the name of the policy as ID.
func (r *policyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportName(ctx, req, resp, openbao.ValidatePolicyName, "the name of the policy")
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), glue.OnConflictFail)...)
}
