package approle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*secretIDResource)(nil)
	_ resource.ResourceWithValidateConfig = (*secretIDResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*secretIDResource)(nil)
	_ resource.ResourceWithImportState    = (*secretIDResource)(nil)
	_ resource.ResourceWithIdentity       = (*secretIDResource)(nil)
)

// NewSecretIDResource is ocibao_approle_secret_id.
func NewSecretIDResource() resource.Resource {
	return &secretIDResource{glue.NewOpenBaoObject(glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the AppRole auth mount below auth/."},
		glue.IdentityAttribute{Name: "role_name", Description: "Name of the role."},
		glue.IdentityAttribute{Name: "accessor", Description: "Accessor of the secret ID."},
	))}
}

type secretIDResource struct {
	glue.OpenBaoObject
}

func (r *secretIDResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_approle_secret_id"
	// A rotation puts another secret ID, with another accessor, in the place of the old one.
	resp.ResourceBehavior.MutableIdentity = true
}

func (r *secretIDResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan secretIDModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.issue(ctx, &plan, config, nil); err != nil {
		glue.Failed(&resp.Diagnostics, "create", plan, err)
		plan.warnOfLostAnswer(&resp.Diagnostics, err)
		return
	}
	r.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

func (r *secretIDResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state secretIDModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "secret ID "+state.Accessor.ValueString()) {
		return
	}
	info, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (*openbao.SecretIDInfo, error) {
		return r.lookUp(ctx, state, state.Accessor.ValueString())
	}, func(info *openbao.SecretIDInfo) bool { return info != nil })
	if err == nil {
		err = r.refreshPrevious(ctx, &state)
	}
	if err != nil {
		glue.Failed(&resp.Diagnostics, "read", state, err)
		return
	}
	now := r.Now()
	if reason := gone(info, now); reason != "" {
		resp.Diagnostics.AddWarning("Secret ID is gone", fmt.Sprintf(
			"The secret ID with the accessor %s of the role %s %s. The plan makes a new one.",
			state.Accessor.ValueString(), state.RoleName.ValueString(), reason))
		// What was rotated out, or lost in a rotation, is still there to be revoked.
		if len(state.previous()) == 0 && len(r.lost(ctx, state)) == 0 {
			resp.State.RemoveResource(ctx)
			return
		}
		state.Rotation = types.StringValue(rotationGone)
	} else {
		state.RotationOverlap = overlapOr(state.RotationOverlap, state.RotateAfter)
		state.show(*info)
		state.RotationTime = state.rotationTime()
		state.Rotation = types.StringValue(state.observed(now))
		state.foreseeExpiry(now, &resp.Diagnostics)
		r.observeWrapping(ctx, req.Private, &state, &resp.Diagnostics)
	}
	noteRefresh(ctx, now, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *secretIDResource) lookUp(ctx context.Context, state secretIDModel, accessor string) (*openbao.SecretIDInfo, error) {
	return r.Client().LookupSecretIDByAccessor(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.RoleName.ValueString(), accessor)
}

func (r *secretIDResource) revoke(ctx context.Context, state secretIDModel, accessor string) error {
	return r.Client().DestroySecretIDByAccessor(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.RoleName.ValueString(), accessor)
}

// refreshPrevious forgets what was rotated out and is gone by itself.
func (r *secretIDResource) refreshPrevious(ctx context.Context, state *secretIDModel) error {
	previous := state.previous()
	for accessor := range previous {
		info, err := r.lookUp(ctx, *state, accessor)
		if err != nil {
			return err
		}
		if gone(info, r.Now()) != "" {
			delete(previous, accessor)
		}
	}
	state.PreviousAccessors = glue.StringMap(previous)
	return nil
}

// gone says why a secret ID cannot be used any more; empty when it can. The server
// shows one that has expired until it tidies up.
func gone(info *openbao.SecretIDInfo, now time.Time) string {
	switch {
	case info == nil:
		return "was used up, has expired or was revoked"
	case !info.ExpirationTime.IsZero() && !info.ExpirationTime.After(now):
		return "has expired at " + glue.Time(info.ExpirationTime).ValueString()
	}
	return ""
}

// foreseeExpiry warns when a secret ID comes to its end that nothing rotates.
func (m secretIDModel) foreseeExpiry(now time.Time, diags *diag.Diagnostics) {
	if m.lifetime().endsSoon(now) {
		diags.AddWarning("A secret ID expires soon", fmt.Sprintf(
			"The secret ID with the accessor %s of the role %s expires at %s. Nobody can log in with it then, and only the first plan after that makes a new one. "+
				"Set rotate_after to have it rotated before, with an overlap.", m.Accessor.ValueString(), m.RoleName.ValueString(), m.Expiration.ValueString()))
	}
}

// Update rotates, revokes what was rotated out, or only notes other settings, as
// planned. What could not be revoked stays in the state for the next run.
func (r *secretIDResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state secretIDModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	previous := state.previous()
	if plan.Accessor.IsUnknown() {
		if err := r.rotate(ctx, &plan, config, state, &resp.Diagnostics); err != nil {
			glue.Failed(&resp.Diagnostics, "rotate", plan, err)
			plan.warnOfLostAnswer(&resp.Diagnostics, err)
			return
		}
		if state.Rotation.ValueString() != rotationGone {
			if previous == nil {
				previous = map[string]string{}
			}
			previous[state.Accessor.ValueString()] = glue.Time(r.Now().Add(seconds(plan.RotationOverlap))).ValueString()
		}
	}
	planned := plan.PreviousAccessors.Elements()
	for accessor := range previous {
		if _, kept := planned[accessor]; kept {
			continue
		}
		if err := r.revoke(ctx, state, accessor); err != nil {
			glue.Failed(&resp.Diagnostics, "revoke", plan, glue.Hint(err,
				"The new secret ID is in place. The old one with the accessor "+accessor+" still works; the next apply revokes it."))
			plan.Rotation = types.StringValue(rotationOverlapEnded)
			continue
		}
		delete(previous, accessor)
	}
	plan.PreviousAccessors = glue.StringMap(previous)
	r.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

func (r *secretIDResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state secretIDModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	accessors := append(slices.Sorted(maps.Keys(state.previous())), state.Accessor.ValueString())
	for _, accessor := range accessors {
		if err := r.revoke(ctx, state, accessor); err != nil {
			glue.Failed(&resp.Diagnostics, "revoke", state, err)
		}
	}
}
