// Package migration has the objects that copy secrets from OCI Vault to OpenBao.
package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*migratedSecretResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*migratedSecretResource)(nil)
	_ resource.ResourceWithValidateConfig = (*migratedSecretResource)(nil)
	_ resource.ResourceWithImportState    = (*migratedSecretResource)(nil)
)

// NewMigratedSecretResource is ocibao_migrated_secret.
func NewMigratedSecretResource() resource.Resource { return &migratedSecretResource{} }

type migratedSecretResource struct {
	sides
}

func (r *migratedSecretResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_migrated_secret"
	resp.ResourceBehavior.MutableIdentity = true
}

func (r *migratedSecretResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	// The whole model would cost much more, twice for each instance and run.
	var metadata types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("custom_metadata"), &metadata)...)
	if resp.Diagnostics.HasError() || metadata.IsUnknown() {
		return
	}
	if err := migrate.ValidateMetadata(glue.Texts(metadata)); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("custom_metadata"), "Invalid custom metadata", glue.Detail(err))
	}
}

func (r *migratedSecretResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan migratedSecretModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	wish := plan.wish()
	decision := migrate.Decide(wish, nil)
	result, err := migrate.Execute(ctx, r.clients.Ports(), wish, decision, nil)
	if err != nil {
		explain(&resp.Diagnostics, "migrate", plan, err)
		return
	}
	plan.apply(result, decision)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	plan.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
	save(ctx, resp.Private, remember(result.Record, result.Source), &resp.Diagnostics)
}

func (r *migratedSecretResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state migratedSecretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.Drift.IsNull() {
		byIdentity, diags := req.Private.GetKey(ctx, byIdentityKey)
		resp.Diagnostics.Append(diags...)
		r.adopt(ctx, state, len(byIdentity) > 0, resp)
		return
	}
	if r.unknown() {
		glue.NotRefreshed(&resp.Diagnostics, "secret "+state.location().String())
		state.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
		return
	}
	if !r.ready(&resp.Diagnostics) {
		return
	}
	raw, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	prior, known := state, recall(raw, state)
	seen, err := migrate.Observe(ctx, r.clients.Ports(), state.wish(), known.Record)
	if err != nil {
		explain(&resp.Diagnostics, "refresh", state, err)
		return
	}
	state.Drift = types.StringValue(string(seen.Drift))
	state.setSource(seen.Source)
	if !state.same(prior) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
	state.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
	save(ctx, resp.Private, remember(seen.Record, seen.Source), &resp.Diagnostics)
}

// adopt fills in what an import only named. What is not there yet is taken by an
// identity that names its source, and then brought there by the apply.
func (r *migratedSecretResource) adopt(ctx context.Context, state migratedSecretModel, byIdentity bool, resp *resource.ReadResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	adoption, err := migrate.Adopt(ctx, r.clients.Ports(), state.location(), state.SecretID.ValueString(), state.VersionNumber.ValueInt64())
	if errors.Is(err, migrate.ErrDestinationNotFound) && byIdentity && !state.SecretID.IsNull() {
		if adoption, err = migrate.Expect(ctx, r.clients.Ports(), state.location(), state.SecretID.ValueString()); err == nil {
			resp.Diagnostics.AddWarning("Imported before it is migrated", fmt.Sprintf(
				"Nothing is at %s yet. The import notes that %s belongs there, and apply copies it: a change of drift from destination_missing to none.",
				state.location(), state.SecretID.ValueString()))
		}
	}
	if err != nil {
		explain(&resp.Diagnostics, "import", state, err)
		return
	}
	state.adopt(adoption)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	state.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
	save(ctx, resp.Private, remember(adoption.State.Record, adoption.State.Source), &resp.Diagnostics)
}

func (r *migratedSecretResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, prior migratedSecretModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	raw, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := prior.state(recall(raw, prior))
	wish := plan.wish()
	decision := migrate.Decide(wish, &state)
	if !decision.Writes() {
		plan.keep(prior)
		plan.Drift = types.StringValue(string(decision.Drift))
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		plan.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
		return
	}
	if !r.ready(&resp.Diagnostics) {
		return
	}
	result, err := migrate.Execute(ctx, r.clients.Ports(), wish, decision, &state)
	var left *migrate.LeftBehindError
	if err != nil {
		explain(&resp.Diagnostics, "migrate", plan, err)
		if !errors.As(err, &left) {
			return
		}
	}
	if !decision.Value {
		plan.keep(prior)
	}
	plan.apply(result, decision)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	plan.setIdentity(ctx, resp.Identity, &resp.Diagnostics)
	save(ctx, resp.Private, remember(result.Record, result.Source), &resp.Diagnostics)
}

func (r *migratedSecretResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state migratedSecretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	raw, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || state.OnDestroy.ValueString() == string(migrate.Retain) {
		return
	}
	if !r.clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	if err := migrate.Release(ctx, r.clients.Ports(), state.state(recall(raw, state))); err != nil {
		explain(&resp.Diagnostics, "delete", state, err)
	}
}

// privateState is where private data is set, in every response that has it.
type privateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func save(ctx context.Context, private privateState, memory memory, diags *diag.Diagnostics) {
	saveKey(ctx, private, memoryKey, memory, diags)
}

func saveKey(ctx context.Context, private privateState, key string, value any, diags *diag.Diagnostics) {
	raw, err := json.Marshal(value)
	if err != nil {
		diags.AddError("Unable to save what was seen", glue.Detail(err))
		return
	}
	diags.Append(private.SetKey(ctx, key, raw)...)
}
