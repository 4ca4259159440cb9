package approle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// The values of rotation: why the next plan rotates or revokes.
const (
	rotationCurrent      = "current"
	rotationDue          = "due"
	rotationExpiring     = "expiring"
	rotationGone         = "gone"
	rotationOverlapEnded = "overlap_ended"
)

// longestOverlap is how long the old secret ID is kept unless the configuration
// says otherwise.
const longestOverlap = 24 * time.Hour

// lifetime is what decides when a secret ID is to be rotated.
type lifetime struct {
	created     time.Time
	expires     time.Time     // zero without end
	rotateAfter time.Duration // 0 for never
	overlap     time.Duration
}

func (m secretIDModel) lifetime() lifetime {
	return lifetime{
		created: parsedTime(m.CreationTime), expires: parsedTime(m.Expiration),
		rotateAfter: seconds(m.RotateAfter), overlap: seconds(m.RotationOverlap),
	}
}

func seconds(d glue.Duration) time.Duration { return time.Duration(d.Seconds()) * time.Second }

// due is when the secret ID is to be rotated, and why: when rotate_after has
// passed, or so long before it expires that the new one can be handed over. The
// time is zero for never.
func (l lifetime) due() (time.Time, string) {
	if l.rotateAfter == 0 || l.created.IsZero() {
		return time.Time{}, ""
	}
	at := l.created.Add(l.rotateAfter)
	if l.expires.IsZero() {
		return at, rotationDue
	}
	// Even a long overlap leaves a short-lived secret ID most of its life.
	notice := min(l.overlap, l.expires.Sub(l.created)/3)
	if latest := l.expires.Add(-notice); latest.Before(at) {
		return latest, rotationExpiring
	}
	return at, rotationDue
}

// verdict is the reason to rotate at a time; rotationCurrent when there is none.
func (l lifetime) verdict(now time.Time) string {
	at, reason := l.due()
	if at.IsZero() || now.Before(at) {
		return rotationCurrent
	}
	return reason
}

// endsSoon reports whether the last third of a life without rotation has begun.
func (l lifetime) endsSoon(now time.Time) bool {
	return l.rotateAfter == 0 && !l.expires.IsZero() && !l.created.IsZero() &&
		!now.Before(l.expires.Add(-l.expires.Sub(l.created)/3))
}

// rotationTime is the time at which the secret ID is due, as the state shows it.
func (m secretIDModel) rotationTime() types.String {
	if m.RotateAfter.IsUnknown() || m.RotationOverlap.IsUnknown() {
		return types.StringUnknown()
	}
	at, _ := m.lifetime().due()
	return glue.Time(at)
}

// overdue reports whether an accessor that was rotated out is to be revoked.
func overdue(revocation string, now time.Time) bool {
	at, err := time.Parse(time.RFC3339Nano, revocation)
	return err != nil || !now.Before(at)
}

// observed is the value of rotation for what a refresh saw at a time.
func (m secretIDModel) observed(now time.Time) string {
	if verdict := m.lifetime().verdict(now); verdict != rotationCurrent {
		return verdict
	}
	for _, revocation := range m.previous() {
		if overdue(revocation, now) {
			return rotationOverlapEnded
		}
	}
	return rotationCurrent
}

// overlapOr is rotation_overlap with its default: a day, but not more than half
// of rotate_after.
func overlapOr(overlap, rotateAfter glue.Duration) glue.Duration {
	switch {
	case !overlap.IsNull():
		return overlap
	case rotateAfter.IsUnknown():
		return glue.Duration{StringValue: types.StringUnknown()}
	case rotateAfter.IsNull():
		return glue.Seconds(int64(longestOverlap / time.Second))
	}
	return glue.Seconds(min(int64(longestOverlap/time.Second), rotateAfter.Seconds()/2))
}

// ModifyPlan decides from the configuration and what the last refresh saw,
// its time included, and looks ahead.
func (r *secretIDResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		r.plan(ctx, req, resp)
		req.Plan = resp.Plan
	}
	if !resp.Diagnostics.HasError() {
		glue.ForeseePlan[secretIDModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
	}
}

func (r *secretIDResource) plan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, plan, state secretIDModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.RotationOverlap = overlapOr(config.RotationOverlap, config.RotateAfter)
	if req.State.Raw.IsNull() {
		plan.planFirst(config)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	raw, diags := req.Private.GetKey(ctx, refreshedKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.planNext(config, state, refreshedAt(raw), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// planFirst plans a resource that is not there yet.
func (m *secretIDModel) planFirst(config secretIDModel) {
	m.planMaking(config)
	m.PreviousAccessors = glue.StringMap(nil)
}

// planMaking plans a new secret ID.
func (m *secretIDModel) planMaking(config secretIDModel) {
	m.WrappingTTL, m.Version = config.WrappingTTL, config.Version
	m.Rotation = types.StringValue(rotationCurrent)
	m.unknownSecretID()
	if config.RotateAfter.IsNull() {
		m.RotationTime = types.StringNull()
	}
	if config.TTL.IsNull() {
		m.TTL = glue.Duration{StringValue: types.StringUnknown()}
	}
	if config.NumUses.IsNull() {
		m.NumUses = types.Int64Unknown()
	}
	switch {
	case config.WrappingTTL.IsUnknown() || config.Version.IsUnknown():
		m.WrappingState = types.StringUnknown()
	case config.pushed():
		m.unwrappable()
	default:
		m.WrappingState = types.StringValue(wrappingWaiting)
	}
}

// unknownSecretID leaves to the apply what only a new secret ID can tell.
func (m *secretIDModel) unknownSecretID() {
	m.Accessor, m.CreationTime, m.Expiration = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.RotationTime = types.StringUnknown()
	m.WrappingToken, m.WrappingAccessor = types.StringUnknown(), types.StringUnknown()
	m.WrappingExpiration = types.StringUnknown()
}

// keep takes what the server decides from the state.
func (m *secretIDModel) keep(config, state secretIDModel) {
	m.Accessor, m.CreationTime, m.Expiration = state.Accessor, state.CreationTime, state.Expiration
	m.Rotation, m.PreviousAccessors = state.Rotation, state.PreviousAccessors
	m.WrappingToken, m.WrappingAccessor = state.WrappingToken, state.WrappingAccessor
	m.WrappingExpiration, m.WrappingState = state.WrappingExpiration, state.WrappingState
	m.RotationTime = m.rotationTime()
	if config.TTL.IsNull() {
		m.TTL = state.TTL
	}
	if config.NumUses.IsNull() || state.imported() {
		m.NumUses = state.NumUses
	}
	if state.imported() {
		m.WrappingTTL = state.WrappingTTL
		if config.Version.IsNull() {
			m.Version = state.Version
		}
		return
	}
	if config.WrappingTTL.IsNull() {
		m.WrappingTTL = config.WrappingTTL
	}
	if config.Version.IsNull() {
		m.Version = config.Version
	}
}

// planNext plans what is to be done about a secret ID in view of what was seen of
// it at a time: nothing, a rotation, a revocation, or both.
func (m *secretIDModel) planNext(config, state secretIDModel, now time.Time, diags *diag.Diagnostics) {
	m.keep(config, state)
	if config.hasUnknownMaking() || m.RotateAfter.IsUnknown() || m.RotationOverlap.IsUnknown() {
		m.planMaking(config)
		m.PreviousAccessors = types.MapUnknown(types.StringType)
		m.Rotation, m.WrappingState = types.StringUnknown(), types.StringUnknown()
		return
	}
	changed, verdict := m.madeOtherwise(config, state), m.verdict(state, now)
	rotates := changed || verdict == rotationGone || verdict != rotationCurrent && !config.pushed()
	m.Rotation = types.StringValue(rotationCurrent)
	switch {
	case rotates:
		m.planMaking(config)
	case verdict != rotationCurrent:
		m.Rotation = types.StringValue(verdict)
		diags.AddWarning("A secret ID is due for rotation", fmt.Sprintf(
			"The secret ID with the accessor %s of the role %s is due since %s (%s). As it is given by secret_id_wo, only a new value can rotate it: "+
				"give one and raise secret_id_wo_version.", state.Accessor.ValueString(), state.RoleName.ValueString(), m.RotationTime.ValueString(), verdict))
	}
	m.planRevocations(state, now, rotates && verdict != rotationGone)
}

// verdict is why the secret ID has to be rotated, with the settings of the plan.
func (m secretIDModel) verdict(state secretIDModel, now time.Time) string {
	if state.Rotation.ValueString() == rotationGone {
		return rotationGone
	}
	state.RotateAfter, state.RotationOverlap = m.RotateAfter, m.RotationOverlap
	return state.lifetime().verdict(now)
}

// planRevocations leaves out what is to be revoked now, and adds the secret ID
// that is rotated out. What is in the plan stays, what is not is revoked.
func (m *secretIDModel) planRevocations(state secretIDModel, now time.Time, rotatesOut bool) {
	kept := map[string]attr.Value{}
	for accessor, revocation := range state.previous() {
		if !overdue(revocation, now) {
			kept[accessor] = types.StringValue(revocation)
		}
	}
	if rotatesOut && m.RotationOverlap.Seconds() > 0 {
		kept[state.Accessor.ValueString()] = types.StringUnknown()
	}
	m.PreviousAccessors = types.MapValueMust(types.StringType, kept)
}

// refreshedKey is where private state has the time of the last refresh: a plan
// decides by it, so that apply decides the same.
const refreshedKey = "refreshed"

func noteRefresh(ctx context.Context, now time.Time, private glue.PrivateWriter, diags *diag.Diagnostics) {
	raw, err := json.Marshal(now)
	if err == nil {
		diags.Append(private.SetKey(ctx, refreshedKey, raw)...)
	}
}

// refreshedAt is the time of the last refresh; zero when there was none.
func refreshedAt(raw []byte) time.Time {
	var at time.Time
	if len(raw) == 0 || json.Unmarshal(raw, &at) != nil {
		return time.Time{}
	}
	return at
}

// rotationMark is the key in the metadata of a secret ID that names the one it
// takes the place of. By it the next run finds what a rotation made that ended
// before its outcome was saved.
const rotationMark = "ocibao_rotation_of"

func withoutMark(metadata map[string]string) map[string]string {
	rest := maps.Clone(metadata)
	delete(rest, rotationMark)
	return rest
}
