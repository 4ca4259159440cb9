package migrate_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// carryingWish asks for all that is known of expiry and rotation.
func carryingWish() migrate.Wish {
	wish := wishA()
	wish.CopyExpiry, wish.CopyRotation = true, true
	wish.CustomMetadata = map[string]string{"team": "a"}
	return wish
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// carries expects exactly these facts in custom metadata, next to the mark.
func (w *world) carries(want map[string]string) {
	w.t.Helper()
	got := w.target.Custom(place)
	for _, key := range []string{migrate.MarkManagedBy, migrate.MarkSecretID, migrate.MarkVersionNumber, migrate.MarkKVVersion} {
		if got[key] == "" {
			w.t.Errorf("the mark lacks %s", key)
		}
		delete(got, key)
	}
	if !maps.Equal(got, want) {
		w.t.Errorf("carried %v\nwant %v", got, want)
	}
}

// A fact that changes at the source, or in OpenBao, is planned as a change of
// metadata alone.
func TestCarried(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(carryingWish())
	w.settled(carryingWish())
	want := map[string]string{"team": "a"}
	w.carries(want)
	for _, step := range []struct {
		name   string
		change func(*migrate.SourceSecret)
		want   map[string]string
	}{
		{"rule", func(s *migrate.SourceSecret) {
			s.TimeOfCurrentExpiry = moment("2026-02-01T00:00:00.5+01:00")
			s.Rules = []migrate.SecretRule{{Type: "SECRET_REUSE_RULE"}, {Type: "SECRET_EXPIRY_RULE", SecretVersionExpiryInterval: "P30D"}}
		}, map[string]string{
			"ocibao_source_time_of_expiry": "2026-01-31T23:00:00.5Z", "ocibao_source_version_expiry_interval": "P30D",
			"ocibao_source_retrieval_blocked_on_expiry": "false",
		}},
		{"another rule", func(s *migrate.SourceSecret) {
			s.Rules = []migrate.SecretRule{{Type: "SECRET_EXPIRY_RULE", TimeOfAbsoluteExpiry: moment("2026-02-01T00:00:00Z"), RetrievalBlockedOnExpiry: true}}
		}, map[string]string{
			"ocibao_source_time_of_expiry": "2026-01-31T23:00:00.5Z", "ocibao_source_time_of_absolute_expiry": "2026-02-01T00:00:00Z",
			"ocibao_source_retrieval_blocked_on_expiry": "true",
		}},
		{"rotation", func(s *migrate.SourceSecret) {
			s.Rules, s.TimeOfCurrentExpiry = nil, time.Time{}
			s.Rotation = migrate.SourceRotation{Status: "SCHEDULED", Interval: "P30D", Scheduled: true, LastTime: moment("2026-01-01T00:00:00Z"), NextTime: moment("2026-01-31T00:00:00Z")}
		}, map[string]string{
			"ocibao_source_rotation_status": "SCHEDULED", "ocibao_source_rotation_interval": "P30D", "ocibao_source_scheduled_rotation_enabled": "true",
			"ocibao_source_last_rotation_time": "2026-01-01T00:00:00Z", "ocibao_source_next_rotation_time": "2026-01-31T00:00:00Z",
		}},
		{"not scheduled", func(s *migrate.SourceSecret) {
			s.Rotation = migrate.SourceRotation{Status: "NOT_ENABLED", Interval: "P60D"}
		}, map[string]string{
			"ocibao_source_rotation_status": "NOT_ENABLED", "ocibao_source_rotation_interval": "P60D", "ocibao_source_scheduled_rotation_enabled": "false",
		}},
		{"neither", func(s *migrate.SourceSecret) { s.Rotation = migrate.SourceRotation{} }, map[string]string{}},
	} {
		w.source.Change(idA, step.change)
		decision := w.plan(carryingWish())
		if decision.Value || !decision.Metadata || w.state.Drift != migrate.DriftMetadataModified || decision.Drift != migrate.DriftNone {
			t.Errorf("%s: drift %s, %+v", step.name, w.state.Drift, decision)
		}
		w.converge(carryingWish())
		w.settled(carryingWish())
		step.want["team"] = "a"
		w.carries(step.want)
	}
	if got := w.target.VersionCount(place); got != 1 {
		t.Errorf("%d versions were written", got)
	}
}

// Turned off, the keys go; changed by hand, they come back; of a source that has
// vanished they stay.
func TestCarried_Drift(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, moment("2026-05-01T00:00:00Z"))
	w.converge(carryingWish())
	custom := w.target.Custom(place)
	custom[migrate.CarriedTimeOfExpiry] = "never"
	w.target.SetCustom(place, custom)
	if w.refresh() != migrate.DriftMetadataModified {
		t.Errorf("drift %s", w.state.Drift)
	}
	w.converge(carryingWish())
	w.settled(carryingWish())
	w.carries(map[string]string{"team": "a", migrate.CarriedTimeOfExpiry: "2026-05-01T00:00:00Z"})

	adopted, err := w.adopt("", 0)
	if err != nil || !adopted.State.Wish.CopyExpiry || adopted.State.Wish.CopyRotation || adopted.State.Drift != migrate.DriftNone {
		t.Errorf("imported: %+v, %v", adopted, err)
	}
	w.state = &adopted.State
	off := wishA()
	w.converge(off)
	w.settled(off)
	w.carries(map[string]string{"team": "a"}) // which the import did not know for its own

	w.converge(carryingWish())
	w.source.Remove(idA)
	if decision := w.plan(carryingWish()); decision.Writes() || w.state.Drift != migrate.DriftSourceMissing {
		t.Errorf("drift %s, %+v", w.state.Drift, decision)
	}
}

// The facts of a followed rotation come with its value, of the version that was
// copied.
func TestCarried_WithRotation(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, moment("2026-05-01T00:00:00Z"))
	w.converge(carryingWish())
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	w.source.Expire(idA, moment("2026-06-01T00:00:00Z"))
	w.converge(carryingWish())
	w.settled(carryingWish())
	w.carries(map[string]string{"team": "a", migrate.CarriedTimeOfExpiry: "2026-06-01T00:00:00Z"})
}

// The provider's own keys need room.
func TestCarried_TooManyKeys(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	wish := carryingWish()
	wish.CustomMetadata = map[string]string{}
	for i := range 51 {
		wish.CustomMetadata[string(rune('a'+i%26))+string(rune('a'+i/26))] = "x"
	}
	w.converge(wish)
	w.state = nil
	wish.CustomMetadata["more"] = "x"
	if _, err := w.apply(wish, migrate.Decide(wish, nil)); err == nil || errors.Is(err, migrate.ErrConflict) {
		t.Errorf("got %v", err)
	}
}
