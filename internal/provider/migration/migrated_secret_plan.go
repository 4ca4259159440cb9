package migration

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ModifyPlan is pure: it decides from the configuration and from what the last
// refresh stored. Only what a new secret would run into is asked of the servers,
// and the answer is an error or nothing.
func (r *migratedSecretResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var config, plan migratedSecretModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	proposed := plan
	plan.follow(config)
	r.refuseMisfit(ctx, plan, config, &resp.Diagnostics)
	if req.State.Raw.IsNull() {
		if !plan.undecided(config) {
			r.foreseeOne(ctx, plan, config, &resp.Diagnostics)
			wish := plan.wish()
			wish.VersionNumber = config.VersionNumber.ValueInt64()
			r.preflightOne(ctx, plan, wish, written(wish, nil), &resp.Diagnostics)
		}
		plan.unknown()
		plan.Drift = types.StringValue(string(migrate.DriftNone))
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	var prior migratedSecretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	raw, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	known := recall(raw, prior)
	if config.DriftDetection.IsNull() {
		plan.DriftDetection = prior.DriftDetection
	}
	if plan.undecided(config) {
		plan.unknown()
		if config.DriftDetection.IsNull() {
			plan.DriftDetection = types.StringUnknown()
		}
		if config.VersionNumber.IsNull() || config.VersionNumber.IsUnknown() {
			plan.VersionNumber = types.Int64Unknown()
		}
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	state := prior.state(known)
	wish := plan.wish()
	wish.VersionNumber = config.VersionNumber.ValueInt64()
	decision := migrate.Decide(wish, &state)
	wish.VersionNumber = decision.VersionNumber
	r.foreseeExpiry(ctx, plan, wish, &state, &resp.Diagnostics)
	plan.decide(decision, prior)
	if decision.Value && plan.mayChangeEngine(prior, known.Record) {
		plan.unknownEngine(config)
	}
	if decision.Writes() {
		wish.VersionNumber = decision.VersionNumber
		what := touchMetadata
		if decision.Value {
			what = written(wish, &state)
		}
		r.preflightOne(ctx, plan, wish, what, &resp.Diagnostics)
	}
	if !plan.location().Same(prior.location()) {
		r.preflightRelease(ctx, prior, plan.OnDestroy.ValueString(), &resp.Diagnostics)
	}
	for _, note := range decision.Problems {
		resp.Diagnostics.AddError(note.Summary, note.Detail)
	}
	for _, note := range decision.Warnings {
		resp.Diagnostics.AddWarning(note.Summary, note.Detail)
	}
	if !plan.same(proposed) {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// refuseMisfit looks at what the configuration says of drift detection: what the state
// says of it goes with the engine, and changes with it.
func (r *migratedSecretResource) refuseMisfit(ctx context.Context, plan, config migratedSecretModel, diags *diag.Diagnostics) {
	if plan.Mount.IsUnknown() || plan.Namespace.IsUnknown() {
		return
	}
	wish := plan.wish()
	wish.Detection = migrate.Detection(config.DriftDetection.ValueString())
	if err := r.misfit(ctx, wish); err != nil {
		explain(diags, "migrate", plan, err)
	}
}

func (r *migratedSecretResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var prior migratedSecretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.preflightRelease(ctx, prior, prior.OnDestroy.ValueString(), &resp.Diagnostics)
	if prior.OnDestroy.ValueString() == string(migrate.Retain) {
		resp.Diagnostics.AddWarning(summaryStays, fmt.Sprintf(
			"%s is no longer managed after this apply, and its value stays where it is, because on_destroy is \"retain\".%s "+
				"To remove it as well, apply on_destroy = \"soft_delete\" or \"destroy\" first.", prior.location(), warnDeletedAnyway(prior.DeleteAtExpiry.ValueBool())))
	}
}

// follow settles what is followed: a pinned version follows no stage, and
// without one the stage is CURRENT unless another is named.
func (m *migratedSecretModel) follow(config migratedSecretModel) {
	switch {
	case config.VersionNumber.IsUnknown() || config.Stage.IsUnknown():
		m.Stage = config.Stage
	case !config.VersionNumber.IsNull():
		// Both are there only by ignore_changes, which puts what the state has in the
		// place of the configuration.
		m.Stage = config.Stage
	case config.Stage.IsNull():
		m.Stage = types.StringValue(migrate.StageCurrent)
	}
}

// mayChangeEngine reports whether the apply may find another version of the KV
// engine: at another mount, or at one that was replaced.
func (m *migratedSecretModel) mayChangeEngine(prior migratedSecretModel, known migrate.Record) bool {
	return !m.Mount.Equal(prior.Mount) || !glue.SameNamespace(m.Namespace, prior.Namespace) || known.MountChanged
}

// unknownEngine leaves to the apply what follows from the version of the engine.
func (m *migratedSecretModel) unknownEngine(config migratedSecretModel) {
	m.unknownPlace()
	m.APIPath, m.ACLPath = types.StringUnknown(), types.StringUnknown()
	if config.DriftDetection.IsNull() {
		m.DriftDetection = types.StringUnknown()
	}
}

// undecided reports whether an argument that the decision rests on is known only
// after apply.
func (m *migratedSecretModel) undecided(config migratedSecretModel) bool {
	return m.SecretID.IsUnknown() || m.Mount.IsUnknown() || m.Name.IsUnknown() || m.Namespace.IsUnknown() ||
		m.CustomMetadata.IsUnknown() || m.Format.IsUnknown() || m.Key.IsUnknown() || m.Stage.IsUnknown() ||
		m.CopyExpiry.IsUnknown() || m.CopyRotation.IsUnknown() || m.DeleteAtExpiry.IsUnknown() ||
		config.VersionNumber.IsUnknown()
}

// unknown leaves to the apply what only the apply can tell.
func (m *migratedSecretModel) unknown() {
	m.unknownPlace()
	m.APIPath, m.ACLPath = types.StringUnknown(), types.StringUnknown()
	m.Source = types.ObjectUnknown(sourceTypes)
	m.Drift = types.StringUnknown()
}

func (m *migratedSecretModel) unknownPlace() {
	m.KVVersion = types.Int64Unknown()
	m.Keys = types.ListUnknown(types.StringType)
}

// keep takes all computed attributes from a former model.
func (m *migratedSecretModel) keep(prior migratedSecretModel) {
	m.VersionNumber = prior.VersionNumber
	m.KVVersion, m.Keys, m.Source, m.Drift = prior.KVVersion, prior.Keys, prior.Source, prior.Drift
	m.APIPath, m.ACLPath = prior.APIPath, prior.ACLPath
	if m.DriftDetection.IsUnknown() {
		m.DriftDetection = prior.DriftDetection
	}
}

// decide shows a decision in the plan.
func (m *migratedSecretModel) decide(decision migrate.Decision, prior migratedSecretModel) {
	secret, moved := m.SecretID, !m.location().Same(prior.location())
	m.keep(prior)
	m.VersionNumber = types.Int64Value(decision.VersionNumber)
	if decision.VersionNumber == 0 {
		m.VersionNumber = types.Int64Unknown()
	}
	if decision.Value && !prior.KVVersion.IsNull() {
		m.KVVersion = types.Int64Unknown()
	}
	if decision.Value && !m.sameFields(prior) {
		m.Keys = types.ListUnknown(types.StringType)
	}
	if moved {
		m.APIPath, m.ACLPath = types.StringUnknown(), types.StringUnknown()
	}
	if !secret.Equal(prior.SecretID) || decision.Metadata && m.copies() {
		m.Source = types.ObjectUnknown(sourceTypes)
	}
	m.Drift = types.StringValue(string(decision.Drift))
}

// copies reports whether an apply that sets metadata looks at the source again.
func (m *migratedSecretModel) copies() bool {
	return m.CopyDescription.ValueBool() || m.CopyFreeformTags.ValueBool() || m.CopyExpiry.ValueBool() || m.CopyRotation.ValueBool()
}

// sameFields reports whether the value that is written has the same fields as
// the one that stands there: the same version in the same form.
func (m *migratedSecretModel) sameFields(prior migratedSecretModel) bool {
	return m.VersionNumber.Equal(prior.VersionNumber) && m.SecretID.Equal(prior.SecretID) &&
		m.Format.Equal(prior.Format) && m.Key.Equal(prior.Key) && !prior.Keys.IsNull()
}

// apply shows the result of an apply.
func (m *migratedSecretModel) apply(result migrate.Result, decision migrate.Decision) {
	m.VersionNumber = types.Int64Value(result.VersionNumber)
	m.setRecord(result.Record)
	if decision.Value {
		m.Keys = glue.StringList(result.Keys)
	}
	if m.Source.IsUnknown() || m.Source.IsNull() {
		m.setSource(result.Source)
	}
	m.Drift = types.StringValue(string(decision.Drift))
}

// adopt shows an entry that was imported.
func (m *migratedSecretModel) adopt(adoption migrate.Adoption) {
	wish := adoption.State.Wish
	m.SecretID = types.StringValue(wish.SecretID)
	m.VersionNumber = types.Int64Value(wish.VersionNumber)
	m.Stage = types.StringNull()
	if wish.Stage != "" {
		m.Stage = types.StringValue(wish.Stage)
	}
	m.Format, m.Key = types.StringValue(string(wish.Format)), types.StringValue(wish.Key)
	m.CustomMetadata = types.MapNull(types.StringType)
	m.CopyDescription, m.CopyFreeformTags = types.BoolValue(false), types.BoolValue(false)
	m.CopyExpiry, m.CopyRotation = types.BoolValue(wish.CopyExpiry), types.BoolValue(wish.CopyRotation)
	m.DeleteAtExpiry = types.BoolValue(wish.DeleteAtExpiry)
	m.OnConflict, m.OnDestroy = types.StringValue(glue.OnConflictFail), types.StringValue(string(wish.OnDestroy))
	m.DriftDetection = types.StringValue(string(wish.Detection))
	m.setSource(adoption.State.Source)
	m.setRecord(adoption.State.Record)
	m.Keys = glue.StringList(adoption.Keys)
	m.Drift = types.StringValue(string(adoption.State.Drift))
}
