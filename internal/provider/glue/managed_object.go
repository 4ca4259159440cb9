package glue

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// ManagedModel is a managed object of OpenBao in configuration, plan and state.
type ManagedModel[M any] interface {
	Needy
	// Same reports whether two models mean the same on the server.
	Same(other M) bool
}

// Operations are what becomes of a managed object on the server. An error that an
// attribute caused is made by At.
type Operations[M any] struct {
	// Create makes the object, or adopts one that is there, and fills in what the
	// plan did not know.
	Create func(ctx context.Context, client *openbao.Client, plan *M) error
	// Read shows the state with what the server has.
	Read func(ctx context.Context, client *openbao.Client, state M) (M, error)
	// Gone are the errors of Read that mean that there is no such object any more.
	Gone []error
	// Update has the server do what the plan says, where that is not what the state
	// says. The state stays if it fails, with what Update made of it. It is nil where
	// every argument forces replacement.
	Update func(ctx context.Context, client *openbao.Client, plan, state *M) error
	// Delete removes the object, and does not mind when it is gone.
	Delete func(ctx context.Context, client *openbao.Client, state M) error
	// DeleteVerb is what Delete does, for messages. Default: "delete".
	DeleteVerb string
}

// ManagedObject is a resource of OpenBao without schema and import. Whatever
// embeds it may put a method of its own in place of one of these.
type ManagedObject[M ManagedModel[M]] struct {
	OpenBaoObject
	typeName   string
	operations Operations[M]
}

// NewManagedObject is a managed object of that identity, whose type has that name
// behind the provider's.
func NewManagedObject[M ManagedModel[M]](typeName string, identity Identity, operations Operations[M]) ManagedObject[M] {
	return ManagedObject[M]{NewOpenBaoObject(identity), typeName, operations}
}

// Metadata names the type.
func (o *ManagedObject[M]) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + o.typeName
}

// ModifyPlan looks ahead.
func (o *ManagedObject[M]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	ForeseePlan[M](ctx, &o.OpenBaoObject, req, &resp.Diagnostics)
}

// Create makes the object.
func (o *ManagedObject[M]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !o.Require(&resp.Diagnostics) {
		return
	}
	if err := o.operations.Create(ctx, o.Client(), &plan); err != nil {
		Failed(&resp.Diagnostics, "create", plan, err)
		return
	}
	o.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

// Read refreshes the state.
func (o *ManagedObject[M]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	o.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	thing, _ := state.Thing()
	if resp.Diagnostics.HasError() || !o.Refreshes(&resp.Diagnostics, thing) {
		return
	}
	found, err := Refresh(ctx, &o.OpenBaoObject, req.Private, func() (M, error) {
		return o.operations.Read(ctx, o.Client(), state)
	}, state.Same)
	if o.isGone(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		Failed(&resp.Diagnostics, "read", state, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &found)...)
	o.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

// isGone reports whether there is no such object any more. What may be there and
// hidden is not gone.
func (o *ManagedObject[M]) isGone(err error) bool {
	gone := slices.ContainsFunc(o.operations.Gone, func(meaning error) bool { return errors.Is(err, meaning) })
	return gone && !errors.Is(err, migrate.ErrPermissionDenied)
}

// Update changes the object in place, where its state is not what is planned.
func (o *ManagedObject[M]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !o.Require(&resp.Diagnostics) {
		return
	}
	if o.operations.Update != nil && !plan.Same(state) {
		if err := o.operations.Update(ctx, o.Client(), &plan, &state); err != nil {
			Failed(&resp.Diagnostics, "update", plan, err)
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
			return
		}
	}
	o.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

// Delete removes the object.
func (o *ManagedObject[M]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !o.Require(&resp.Diagnostics) {
		return
	}
	if err := o.operations.Delete(ctx, o.Client(), state); err != nil {
		verb := o.operations.DeleteVerb
		if verb == "" {
			verb = "delete"
		}
		Failed(&resp.Diagnostics, verb, state, err)
	}
}

// Failed says what could not be done to an object.
func Failed(diags *diag.Diagnostics, verb string, object Needy, err error) {
	thing, _ := object.Thing()
	Failure{Verb: verb, Thing: thing}.Add(diags, err)
}
