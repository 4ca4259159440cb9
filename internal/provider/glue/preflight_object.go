package glue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// Needy is a model that knows what its object takes.
type Needy interface {
	// Needs are the paths that a step takes, none where they are not known yet.
	Needs(step Step) []Need
	// NeedyThing names the object and its namespace.
	NeedyThing() (thing, namespace string)
}

// ForeseePlan looks ahead for a planned object of OpenBao. What is replaced at another
// place is deleted at the old one.
func ForeseePlan[M Needy](ctx context.Context, o *OpenBaoObject, req resource.ModifyPlanRequest, diags *diag.Diagnostics) {
	if !o.clients.Foresees() {
		return
	}
	look := func(from func(context.Context, any) diag.Diagnostics, step Step) {
		var model M
		if problems := from(ctx, &model); problems.HasError() {
			return // what is wrong is told by those who need it
		}
		thing, namespace := model.NeedyThing()
		o.clients.Foresee(ctx, thing, namespace, model.Needs(step), diags)
	}
	step := StepOf(req)
	switch {
	case step.Deletes:
		look(req.State.Get, step)
	case step.Creates || step.Updates:
		look(req.Plan.Get, step)
		if step.Updates && !samePlace[M](ctx, req.Plan, req.State) {
			look(req.State.Get, Step{Deletes: true})
		}
	}
}

func samePlace[M Needy](ctx context.Context, plan tfsdk.Plan, state tfsdk.State) bool {
	var planned, prior M
	if plan.Get(ctx, &planned).HasError() || state.Get(ctx, &prior).HasError() {
		return true
	}
	now, before := planned.Needs(Step{Deletes: true}), prior.Needs(Step{Deletes: true})
	return len(now) == 0 || len(before) == 0 || now[0].Path == before[0].Path
}

// Clients are the clients of both sides.
func (o *OpenBaoObject) Clients() *Clients { return o.clients }
