package migration

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*migrationResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*migrationResource)(nil)
	_ resource.ResourceWithValidateConfig = (*migrationResource)(nil)
	_ resource.ResourceWithImportState    = (*migrationResource)(nil)
	_ resource.ResourceWithIdentity       = (*migrationResource)(nil)
)

// NewMigrationResource is ocibao_migration.
func NewMigrationResource() resource.Resource {
	return &migrationResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the KV mount."},
	)}
}

// workers is how many secrets are under way at once. The OCI side limits itself;
// more than the product of round trip and rate would only wait there.
const workers = 16

type migrationResource struct {
	sides
	glue.Identity
}

func (r *migrationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_migration"
	resp.ResourceBehavior.MutableIdentity = true
}

// Create leaves no state when anything failed, since the engine would destroy
// and create everything anew: the next apply adopts what is already there.
func (r *migrationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan migrationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	states, failed := r.execute(ctx, plan.wishes(), nil)
	if len(failed) > 0 {
		explainAll(&resp.Diagnostics, plan, len(plan.Secrets.Elements()), failed)
		return
	}
	plan.show(states)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	saveAll(ctx, resp.Private, states, plan, &resp.Diagnostics)
}

// execute brings the secrets to OpenBao and returns the states of those that
// arrived and the errors of the others. For a name in prior the decision starts
// from there.
func (r *migrationResource) execute(ctx context.Context, wishes map[string]migrate.Wish, prior map[string]migrate.State) (map[string]migrate.State, map[string]error) {
	var mu sync.Mutex
	done := map[string]migrate.State{}
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(wishes)), workers, func(ctx context.Context, name string) error {
		after, err := r.executeOne(ctx, wishes[name], prior, name)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		done[name] = after
		return nil
	})
	return done, failed
}

func (r *migrationResource) executeOne(ctx context.Context, wish migrate.Wish, prior map[string]migrate.State, name string) (migrate.State, error) {
	var before *migrate.State
	if state, managed := prior[name]; managed {
		before = &state
	}
	decision := migrate.Decide(wish, before)
	if before != nil && !decision.Writes() {
		return migrate.State{Wish: wish, Source: before.Source, Drift: decision.Drift, Record: before.Record}, nil
	}
	result, err := migrate.Execute(ctx, r.clients.Ports(), wish, decision, before)
	if err != nil {
		return migrate.State{}, err
	}
	wish.VersionNumber = result.VersionNumber
	return migrate.State{Wish: wish, Source: result.Source, Drift: decision.Drift, Record: result.Record}, nil
}

func (r *migrationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state migrationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.Secrets.IsNull() {
		r.adoptAll(ctx, state, resp)
		return
	}
	if r.unknown() {
		glue.NotRefreshed(&resp.Diagnostics, "migration to "+state.place())
		r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
		return
	}
	if !r.ready(&resp.Diagnostics) {
		return
	}
	raw, diags := req.Private.GetKey(ctx, memoriesKey)
	resp.Diagnostics.Append(diags...)
	states := state.states(recallAll(raw, state))
	var mu sync.Mutex
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(states)), workers, func(ctx context.Context, name string) error {
		mu.Lock()
		one := states[name]
		mu.Unlock()
		seen, err := migrate.Observe(ctx, r.clients.Ports(), one.Wish, one.Record)
		if err != nil {
			return err
		}
		one.Source, one.Drift, one.Record = seen.Source, seen.Drift, seen.Record
		mu.Lock()
		defer mu.Unlock()
		states[name] = one
		return nil
	})
	if len(failed) > 0 {
		explainMany(&resp.Diagnostics, "refresh", state, len(states), failed, "")
		return
	}
	state.show(states)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	saveAll(ctx, resp.Private, states, state, &resp.Diagnostics)
}

// Update keeps the true state of each entry: what failed stays as it was. When
// the mount changes, the state has one mount for all, so the old places are let
// go only when everything stands at the new one.
func (r *migrationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, prior migrationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	raw, diags := req.Private.GetKey(ctx, memoriesKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	states, wishes := prior.states(recallAll(raw, prior)), plan.wishes()
	managed := states
	if plan.moved(prior) {
		managed = nil
	}
	done, failed := r.execute(ctx, wishes, managed)
	if len(failed) > 0 {
		explainAll(&resp.Diagnostics, plan, len(wishes), failed)
		if plan.moved(prior) {
			return
		}
	}
	after := maps.Clone(done)
	leaving := map[string]migrate.State{}
	for name, state := range states {
		_, kept := wishes[name]
		switch {
		case !kept || plan.moved(prior):
			state.Wish.OnDestroy, state.Wish.Overwrite = migrate.OnDestroy(plan.OnDestroy.ValueString()), plan.OnConflict.ValueString() == glue.OnConflictOverwrite
			leaving[name] = state
		case failed[name] != nil:
			after[name] = state
		}
	}
	for name := range r.release(ctx, leaving, plan, &resp.Diagnostics) {
		if !plan.moved(prior) {
			after[name] = states[name]
		}
	}
	plan.show(after)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	saveAll(ctx, resp.Private, after, plan, &resp.Diagnostics)
}

// release lets go of secrets, reports what could not be and returns its errors.
func (r *migrationResource) release(ctx context.Context, leaving map[string]migrate.State, model migrationModel, diags *diag.Diagnostics) map[string]error {
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(leaving)), workers, func(ctx context.Context, name string) error {
		return migrate.Release(ctx, r.clients.Ports(), leaving[name])
	})
	if len(failed) > 0 {
		explainMany(diags, "delete", model, len(leaving), failed, "What was deleted is gone from the state, the others stay in it.")
	}
	return failed
}

func (r *migrationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state migrationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	raw, diags := req.Private.GetKey(ctx, memoriesKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || state.OnDestroy.ValueString() == string(migrate.Retain) || !r.clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	states := state.states(recallAll(raw, state))
	failed := r.release(ctx, states, state, &resp.Diagnostics)
	if len(failed) == 0 {
		return
	}
	maps.DeleteFunc(states, func(name string, _ migrate.State) bool { return failed[name] == nil })
	state.show(states)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// saveAll keeps what was seen of all secrets in private state.
func saveAll(ctx context.Context, private privateState, states map[string]migrate.State, model migrationModel, diags *diag.Diagnostics) {
	saveKey(ctx, private, memoriesKey, rememberAll(states, model), diags)
}

// explainAll reports what could not be migrated.
func explainAll(diags *diag.Diagnostics, model migrationModel, total int, failed map[string]error) {
	way := "The others were migrated. Run apply again when this is mended: it does only the rest."
	if len(failed) == total {
		way = ""
	}
	for _, err := range failed {
		if errors.Is(err, context.Canceled) {
			way = "The run was cancelled. Run apply again: it does only the rest."
		}
	}
	explainMany(diags, "migrate", model, total, failed, way)
}
