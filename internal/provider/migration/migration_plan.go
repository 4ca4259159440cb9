package migration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ModifyPlan is pure, as that of the single secret: it decides for each entry
// from the configuration and from what the last refresh stored. Only whether a
// history fits is asked of the servers, and the answer is an error or nothing.
func (r *migrationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var config, plan migrationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.refuseMisfit(ctx, plan, config, &resp.Diagnostics)
	r.checkHistory(ctx, plan, &resp.Diagnostics)
	if req.State.Raw.IsNull() {
		if !plan.undecided() {
			r.foreseeExpiries(ctx, plan, plan.wishes(), nil, &resp.Diagnostics)
			r.foreseeAll(ctx, plan, plan.wishes(), &resp.Diagnostics)
			r.preflightAll(ctx, plan, plan.touched(nil), &resp.Diagnostics)
		}
		plan.unknown()
		plan.Drift = types.MapValueMust(types.StringType, map[string]attr.Value{})
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	var prior migrationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	raw, diags := req.Private.GetKey(ctx, memoriesKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if config.DriftDetection.IsNull() {
		plan.DriftDetection = prior.DriftDetection
	}
	if plan.undecided() {
		plan.unknown()
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	states := prior.states(recallAll(raw, prior))
	plan.decide(states, config, prior, &resp.Diagnostics)
	r.foreseeExpiries(ctx, plan, plan.wishes(), states, &resp.Diagnostics)
	r.preflightAll(ctx, plan, plan.touched(states), &resp.Diagnostics)
	r.preflightRelease(ctx, prior, plan.leaving(states), plan.OnDestroy.ValueString(), &resp.Diagnostics)
	r.foreseeAll(ctx, plan, plan.added(prior), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// refuseMisfit is as that of the single secret; what it looks at is the same for all.
func (r *migrationResource) refuseMisfit(ctx context.Context, plan, config migrationModel, diags *diag.Diagnostics) {
	if plan.Mount.IsUnknown() || plan.Namespace.IsUnknown() {
		return
	}
	err := r.misfit(ctx, migrate.Wish{
		At:             plan.location(""),
		OnDestroy:      migrate.OnDestroy(plan.OnDestroy.ValueString()),
		Detection:      migrate.Detection(config.DriftDetection.ValueString()),
		DeleteAtExpiry: plan.DeleteAtExpiry.ValueBool(),
	})
	if err == nil {
		return
	}
	attribute, err := remedied(err)
	glue.Failure{Verb: "migrate", Thing: "secrets", Identity: "to " + plan.place()}.AddTo(diags, path.Root(attribute), err)
}

// decide shows the decisions for all entries in the plan.
func (m *migrationModel) decide(states map[string]migrate.State, config, prior migrationModel, diags *diag.Diagnostics) {
	wishes := m.wishes()
	writes, drifts := map[string]bool{}, map[string]attr.Value{}
	warned := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(wishes)) {
		decision := decideEntry(wishes[name], states, name)
		writes[name] = decision.Value
		if decision.Drift != migrate.DriftNone {
			drifts[name] = types.StringValue(string(decision.Drift))
		}
		for _, note := range decision.Problems {
			diags.AddAttributeError(path.Root("secrets").AtMapKey(name), note.Summary, note.Detail)
		}
		for _, note := range decision.Warnings {
			warned[note.Summary] = append(warned[note.Summary], note.Detail)
		}
	}
	for _, summary := range slices.Sorted(maps.Keys(warned)) {
		diags.AddWarning(summary, enumerate(warned[summary]))
	}
	m.warnRemoved(states, diags)
	m.planVersions(writes, config, prior, states)
	m.Drift = types.MapValueMust(types.StringType, drifts)
	if len(prior.KVVersions.Elements()) == 0 && m.leftBehind(states, prior) {
		// KV v1 has no version number whose change would show the write.
		m.Drift = types.MapUnknown(types.StringType)
	}
}

// leftBehind reports whether an entry that stays where it is does not follow the
// arguments of the state, because its update failed.
func (m *migrationModel) leftBehind(states map[string]migrate.State, prior migrationModel) bool {
	wishes := m.wishes()
	for name, before := range prior.wishes() {
		wish, kept := wishes[name]
		if kept && wish.At == before.At && formOf(states[name].Wish) != formOf(before) {
			return true
		}
	}
	return false
}

// planVersions leaves to the apply the KV versions of what is written. KV v1 has
// none.
func (m *migrationModel) planVersions(writes map[string]bool, config, prior migrationModel, states map[string]migrate.State) {
	known := prior.KVVersions.Elements()
	otherEngine := m.mayChangeEngine(prior, states)
	versions := map[string]attr.Value{}
	for name, written := range writes {
		number, has := known[name]
		switch {
		case written && otherEngine:
			m.KVVersions = types.MapUnknown(types.Int64Type)
			if config.DriftDetection.IsNull() {
				m.DriftDetection = types.StringUnknown()
			}
			return
		case len(known) == 0:
		case written:
			versions[name] = types.Int64Unknown()
		case has:
			versions[name] = number
		}
	}
	m.KVVersions = types.MapValueMust(types.Int64Type, versions)
}

// mayChangeEngine reports whether the apply may find another version of the KV
// engine than the state knows: at another mount, or at one that was removed or
// replaced.
func (m *migrationModel) mayChangeEngine(prior migrationModel, states map[string]migrate.State) bool {
	if m.moved(prior) || len(prior.Secrets.Elements()) == 0 {
		return true
	}
	for _, state := range states {
		if state.Record.MountChanged {
			return true
		}
	}
	return false
}

// decideEntry is Decide for one entry of the map.
func decideEntry(wish migrate.Wish, states map[string]migrate.State, name string) migrate.Decision {
	if state, managed := states[name]; managed {
		return migrate.Decide(wish, &state)
	}
	return migrate.Decide(wish, nil)
}

// warnRemoved tells what stays behind of what was taken out of the map.
func (m *migrationModel) warnRemoved(states map[string]migrate.State, diags *diag.Diagnostics) {
	if m.OnDestroy.ValueString() != string(migrate.Retain) {
		return
	}
	var staying []string
	for _, name := range m.leaving(states) {
		staying = append(staying, states[name].Wish.At.String())
	}
	if len(staying) > 0 {
		diags.AddWarning(summaryStays, enumerate(staying)+
			"\n\nThese are no longer managed after this apply, and their values stay where they are, because on_destroy is \"retain\"."+
			warnDeletedAnyway(m.DeleteAtExpiry.ValueBool())+" To remove them as well, set on_destroy = \"soft_delete\" or \"destroy\".")
	}
}

// leaving are the names of what is taken out of the map or moved, sorted.
func (m *migrationModel) leaving(states map[string]migrate.State) []string {
	var names []string
	secrets := m.Secrets.Elements() // a copy each time
	for name, state := range states {
		if _, kept := secrets[name]; !kept || state.Wish.At != m.location(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// touched are the names that an apply writes, and what it does to them.
func (m *migrationModel) touched(states map[string]migrate.State) map[string]touch {
	touched := map[string]touch{}
	for name, wish := range m.wishes() {
		decision := decideEntry(wish, states, name)
		switch {
		case decision.Value:
			touched[name] = written(wish, nil)
			if state, managed := states[name]; managed {
				touched[name] = written(wish, &state)
			}
		case decision.Metadata:
			touched[name] = touchMetadata
		}
	}
	return touched
}

// summaryStays is the summary of the note on what is left in OpenBao.
const summaryStays = "Secret stays in OpenBao"

func (r *migrationResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var prior migrationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior.OnDestroy.ValueString() != string(migrate.Retain) {
		r.preflightRelease(ctx, prior, slices.Sorted(maps.Keys(prior.Secrets.Elements())), prior.OnDestroy.ValueString(), &resp.Diagnostics)
		return
	}
	resp.Diagnostics.AddWarning(summaryStays, fmt.Sprintf(
		"The %d secrets below %s are no longer managed after this apply, and their values stay where they are, because on_destroy is \"retain\".%s "+
			"To remove them as well, apply on_destroy = \"soft_delete\" or \"destroy\" first.",
		len(prior.Secrets.Elements()), prior.place(), warnDeletedAnyway(prior.DeleteAtExpiry.ValueBool())))
}

// moved reports whether the plan has another mount than the state.
func (m *migrationModel) moved(prior migrationModel) bool {
	return !m.Mount.Equal(prior.Mount) || !glue.SameNamespace(m.Namespace, prior.Namespace)
}

// undecided reports whether an argument that the decisions rest on is known only
// after apply.
func (m *migrationModel) undecided() bool {
	for _, pin := range m.Secrets.Elements() {
		if pin.IsUnknown() {
			return true
		}
	}
	return m.Secrets.IsUnknown() || m.Mount.IsUnknown() || m.Namespace.IsUnknown() || m.Format.IsUnknown() ||
		m.Formats.IsUnknown() || m.Key.IsUnknown() || m.CustomMetadata.IsUnknown() ||
		m.CopyExpiry.IsUnknown() || m.CopyRotation.IsUnknown() || m.DeleteAtExpiry.IsUnknown()
}

// unknown leaves to the apply what only the apply can tell.
func (m *migrationModel) unknown() {
	m.KVVersions = types.MapUnknown(types.Int64Type)
	m.Drift = types.MapUnknown(types.StringType)
}

// enumerate lists texts one a line, cut off where nobody reads on.
func enumerate(texts []string) string {
	const most = 50
	shown := texts
	if len(shown) > most {
		shown = append(slices.Clone(shown[:most]), fmt.Sprintf("and %d more", len(texts)-most))
	}
	return "  - " + strings.Join(shown, "\n  - ")
}
