package glue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Needy is a model that knows what its object takes.
type Needy interface {
	// Needs are the paths that a step takes, none where they are not known yet.
	Needs(step Step) []Need
	// Thing names the object, such as "policy app", and its namespace, which is Server
	// for what belongs to the server as a whole. An object that gets another name is
	// replaced.
	Thing() (name, namespace string)
}

// updated is a Needy whose updates take more or less by what was there before.
type updated[M any] interface {
	UpdateNeeds(prior M) []Need
}

// replaceable is a Needy that some changes replace at its place.
type replaceable[M any] interface {
	Replaces(prior M) bool
}

// ForeseePlan looks ahead for a planned object of OpenBao. What is replaced is deleted
// and created: the engine plans the creation apart, but shows no warning of that.
func ForeseePlan[M Needy](ctx context.Context, o *OpenBaoObject, req resource.ModifyPlanRequest, diags *diag.Diagnostics) {
	if !o.clients.Foresees() {
		return
	}
	var planned, prior M
	step := StepOf(req)
	// What is wrong is told by those who need it.
	if !step.Deletes && req.Plan.Get(ctx, &planned).HasError() || !step.Creates && req.State.Get(ctx, &prior).HasError() {
		return
	}
	look := func(model M, needs ...Need) {
		thing, namespace := model.Thing()
		o.clients.Foresee(ctx, thing, namespace, needs, diags)
	}
	deletion, creation := prior.Needs(Step{Deletes: true}), planned.Needs(Step{Creates: true})
	switch {
	case step.Deletes:
		look(prior, deletion...)
	case step.Creates:
		look(planned, creation...)
	case step.Updates && !samePlace(planned, prior):
		look(prior, deletion...)
		look(planned, creation...)
	case step.Updates && replaces(planned, prior):
		look(planned, append(deletion, creation...)...)
	case step.Updates:
		look(planned, updateNeeds(planned, prior)...)
	}
}

func samePlace[M Needy](planned, prior M) bool {
	thing, namespace := planned.Thing()
	formerThing, formerNamespace := prior.Thing()
	return thing == formerThing && namespace == formerNamespace
}

func replaces[M Needy](planned, prior M) bool {
	model, knows := any(planned).(replaceable[M])
	return knows && model.Replaces(prior)
}

func updateNeeds[M Needy](planned, prior M) []Need {
	if model, knows := any(planned).(updated[M]); knows {
		return model.UpdateNeeds(prior)
	}
	return planned.Needs(Step{Updates: true})
}
