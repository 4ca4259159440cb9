package approle

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var born = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestLifetime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life    lifetime
		at      time.Duration // after birth; 0 for never
		reason  string
		warns   time.Duration // from when on its end is foreseen; 0 for never
		expires time.Duration
	}{
		"never":                       {},
		"without end":                 {life: lifetime{rotateAfter: 10 * time.Hour, overlap: time.Hour}, at: 10 * time.Hour, reason: rotationDue},
		"long enough":                 {life: lifetime{rotateAfter: 10 * time.Hour, overlap: time.Hour}, expires: 12 * time.Hour, at: 10 * time.Hour, reason: rotationDue},
		"just long enough":            {life: lifetime{rotateAfter: 10 * time.Hour, overlap: time.Hour}, expires: 11 * time.Hour, at: 10 * time.Hour, reason: rotationDue},
		"ends within the overlap":     {life: lifetime{rotateAfter: 10 * time.Hour, overlap: 3 * time.Hour}, expires: 12 * time.Hour, at: 9 * time.Hour, reason: rotationExpiring},
		"ends long before":            {life: lifetime{rotateAfter: 100 * time.Hour, overlap: 3 * time.Hour}, expires: 12 * time.Hour, at: 9 * time.Hour, reason: rotationExpiring},
		"overlap longer than a third": {life: lifetime{rotateAfter: 100 * time.Hour, overlap: 24 * time.Hour}, expires: 12 * time.Hour, at: 8 * time.Hour, reason: rotationExpiring},
		"ends, never rotated":         {expires: 12 * time.Hour, warns: 8 * time.Hour},
	} {
		life := test.life
		life.created = born
		if test.expires > 0 {
			life.expires = born.Add(test.expires)
		}
		if test.at == 0 && life.verdict(born.Add(1e6*time.Hour)) != rotationCurrent {
			t.Errorf("%s: it is due at last", name)
		}
		if before, then := life.verdict(born.Add(test.at-time.Second)), life.verdict(born.Add(test.at)); test.at > 0 && (before != rotationCurrent || then != test.reason) {
			t.Errorf("%s: %s before, %s then", name, before, then)
		}
		if early, late := life.endsSoon(born.Add(test.warns-time.Second)), life.endsSoon(born.Add(test.warns)); early || late != (test.warns > 0) {
			t.Errorf("%s: foreseen early %v, late %v", name, early, late)
		}
	}
}

func TestOverlapOr(t *testing.T) {
	t.Parallel()
	null := glue.Duration{StringValue: types.StringNull()}
	for _, test := range []struct{ overlap, after, want glue.Duration }{
		{null, null, glue.ParseDuration("24h")},
		{null, glue.ParseDuration("720h"), glue.ParseDuration("24h")},
		{null, glue.ParseDuration("10h"), glue.ParseDuration("5h")},
		{glue.ParseDuration("60m"), glue.ParseDuration("10h"), glue.ParseDuration("60m")},
		{null, glue.Duration{StringValue: types.StringUnknown()}, glue.Duration{StringValue: types.StringUnknown()}},
	} {
		if got := overlapOr(test.overlap, test.after); !got.Equal(test.want) {
			t.Errorf("overlap %s of %s is %s, want %s", test.overlap, test.after, got, test.want)
		}
	}
}

// stateOf is the state of a wrapped secret ID that was born just before.
func stateOf(change func(*secretIDModel)) secretIDModel {
	m := secretIDModel{
		Mount: types.StringValue("approle"), RoleName: types.StringValue("app"), Namespace: types.StringNull(),
		WrappingTTL: glue.ParseDuration("10m"), SecretID: types.StringNull(), Version: types.Int64Null(),
		TTL: glue.ParseDuration("0s"), NumUses: types.Int64Value(0),
		CIDRList: types.SetNull(types.StringType), TokenBoundCIDRs: types.SetNull(types.StringType), Metadata: types.MapNull(types.StringType),
		RotateAfter: glue.ParseDuration("10h"), RotationOverlap: glue.ParseDuration("1h"),
		Accessor: types.StringValue("now"), CreationTime: glue.Time(born), Rotation: types.StringValue(rotationCurrent),
		PreviousAccessors: glue.StringMap(nil), WrappingState: types.StringValue(wrappingExpired),
	}
	change(&m)
	return m
}

// configOf is a configuration that gives such a state.
func configOf(change func(*secretIDModel)) secretIDModel {
	return stateOf(func(m *secretIDModel) {
		m.TTL, m.NumUses = glue.Duration{StringValue: types.StringNull()}, types.Int64Null()
		change(m)
	})
}

// What is planned follows from the configuration, the state and the time of the
// last refresh.
func TestPlanNext(t *testing.T) {
	t.Parallel()
	asIs := func(*secretIDModel) {}
	previous := func(revocations map[string]string) func(*secretIDModel) {
		return func(m *secretIDModel) { m.PreviousAccessors = glue.StringMap(revocations) }
	}
	pushed := func(version int64) func(*secretIDModel) {
		return func(m *secretIDModel) {
			m.WrappingTTL, m.Version = glue.Duration{StringValue: types.StringNull()}, types.Int64Value(version)
		}
	}
	soon, past := glue.Time(born.Add(30*time.Hour)).ValueString(), glue.Time(born.Add(time.Minute)).ValueString()
	for name, test := range map[string]struct {
		config, state func(*secretIDModel)
		age           time.Duration
		rotates       bool
		previous      []string // that stay or are added
		rotation      string
		warns         int
	}{
		"young":              {config: asIs, state: asIs, age: time.Hour, rotation: rotationCurrent},
		"due":                {config: asIs, state: asIs, age: 10 * time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"never refreshed":    {config: asIs, state: asIs, age: -1e6 * time.Hour, rotation: rotationCurrent},
		"due without delay":  {config: func(m *secretIDModel) { m.RotationOverlap = glue.ParseDuration("0s") }, state: asIs, age: 10 * time.Hour, rotates: true, rotation: rotationCurrent},
		"due by a new limit": {config: func(m *secretIDModel) { m.RotateAfter = glue.ParseDuration("30m") }, state: asIs, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"no longer due": {config: func(m *secretIDModel) { m.RotateAfter = glue.Duration{StringValue: types.StringNull()} },
			state: func(m *secretIDModel) { m.Rotation = types.StringValue(rotationDue) }, age: 11 * time.Hour, rotation: rotationCurrent},
		"in overlap":    {config: asIs, state: previous(map[string]string{"old": soon}), age: time.Hour, previous: []string{"old"}, rotation: rotationCurrent},
		"overlap ended": {config: asIs, state: previous(map[string]string{"old": past, "later": soon}), age: time.Hour, previous: []string{"later"}, rotation: rotationCurrent},
		"due again in overlap": {config: asIs, state: previous(map[string]string{"old": soon}), age: 11 * time.Hour,
			rotates: true, previous: []string{"now", "old"}, rotation: rotationCurrent},
		"gone in overlap": {config: asIs, state: func(m *secretIDModel) {
			previous(map[string]string{"old": soon})(m)
			m.Rotation = types.StringValue(rotationGone)
		}, age: time.Hour, rotates: true, previous: []string{"old"}, rotation: rotationCurrent},
		"other metadata":        {config: func(m *secretIDModel) { m.Metadata = glue.StringMap(map[string]string{"a": "b"}) }, state: asIs, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"empty metadata":        {config: func(m *secretIDModel) { m.Metadata = glue.StringMap(nil) }, state: asIs, age: time.Hour, rotation: rotationCurrent},
		"other TTL":             {config: func(m *secretIDModel) { m.TTL = glue.ParseDuration("100h") }, state: asIs, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"same TTL":              {config: func(m *secretIDModel) { m.TTL = glue.ParseDuration("0m") }, state: asIs, age: time.Hour, rotation: rotationCurrent},
		"other uses":            {config: func(m *secretIDModel) { m.NumUses = types.Int64Value(3) }, state: asIs, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"other wrapping TTL":    {config: func(m *secretIDModel) { m.WrappingTTL = glue.ParseDuration("5m") }, state: asIs, age: time.Hour, rotation: rotationCurrent},
		"same version":          {config: pushed(2), state: pushed(2), age: time.Hour, rotation: rotationCurrent},
		"new version":           {config: pushed(3), state: pushed(2), age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"given, and due":        {config: pushed(2), state: pushed(2), age: 10 * time.Hour, rotation: rotationDue, warns: 1},
		"given, due and new":    {config: pushed(3), state: pushed(2), age: 10 * time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"from wrapped to given": {config: pushed(1), state: asIs, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"from given to wrapped": {config: asIs, state: pushed(1), age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
		"imported": {config: asIs, state: func(m *secretIDModel) {
			pushed(1)(m)
			m.WrappingTTL = glue.ParseDuration(unwrapped)
		}, age: time.Hour, rotation: rotationCurrent},
		"imported, given": {config: pushed(1), state: func(m *secretIDModel) {
			pushed(1)(m)
			m.WrappingTTL = glue.ParseDuration(unwrapped)
		}, age: time.Hour, rotation: rotationCurrent},
		"imported, given anew": {config: pushed(2), state: func(m *secretIDModel) {
			pushed(1)(m)
			m.WrappingTTL = glue.ParseDuration(unwrapped)
		}, age: time.Hour, rotates: true, previous: []string{"now"}, rotation: rotationCurrent},
	} {
		config, state := configOf(test.config), stateOf(test.state)
		plan := config
		var diags diag.Diagnostics
		plan.planNext(config, state, born.Add(test.age), &diags)
		kept := slices.Sorted(maps.Keys(plan.PreviousAccessors.Elements()))
		if plan.Accessor.IsUnknown() != test.rotates || plan.Rotation.ValueString() != test.rotation || !slices.Equal(kept, test.previous) || len(diags) != test.warns {
			t.Errorf("%s: accessor %s, rotation %s, previous %v, %d warnings", name, plan.Accessor, plan.Rotation, kept, len(diags))
		}
		if !test.rotates && !plan.CreationTime.Equal(state.CreationTime) || test.rotates != plan.CreationTime.IsUnknown() {
			t.Errorf("%s: creation time %s", name, plan.CreationTime)
		}
	}
}

func TestWrappingState(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		age  time.Duration
		want string
	}{
		"there":         {nil, time.Minute, wrappingWaiting},
		"gone early":    {openbao.ErrWrappingToken, 9 * time.Minute, wrappingUnwrapped},
		"gone in time":  {openbao.ErrWrappingToken, 10 * time.Minute, wrappingExpired},
		"not told":      {errors.New("503"), 9 * time.Minute, ""},
		"not told late": {errors.New("503"), 11 * time.Minute, ""},
	} {
		if got := wrappingState(test.err, born.Add(10*time.Minute), born.Add(test.age)); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
