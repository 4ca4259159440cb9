package migrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// expiringWish is a wish for deletion at expiry.
func expiringWish() migrate.Wish {
	wish := wishA()
	wish.DeleteAtExpiry = true
	return wish
}

// in is a time from the clock's present.
func (w *world) in(d time.Duration) time.Time { return w.clock.Now().Add(d) }

func (w *world) wait(d time.Duration) { _ = w.clock.Sleep(context.Background(), d) }

// current is the version that stands at the place.
func (w *world) current() migrate.KVVersion {
	w.t.Helper()
	metadata, err := w.target.Metadata(context.Background(), place)
	if err != nil {
		w.t.Fatal(err)
	}
	return metadata.CurrentVersion
}

// deletedAt expects the deletion time of the current version, to the second
// before.
func (w *world) deletedAt(want time.Time) {
	w.t.Helper()
	got := w.current().DeletionTime
	if early := want.Sub(got); early < 0 || early > time.Second {
		w.t.Errorf("deleted at %s, want %s", got, want)
	}
}

func TestDeleteAtExpiry(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	expiry := w.in(30*24*time.Hour + 500*time.Millisecond)
	w.source.Expire(idA, expiry)
	w.converge(expiringWish())
	w.deletedAt(expiry)
	w.settled(expiringWish())

	// It is gone with the source version: no drift, and a warning that says so.
	w.wait(31 * 24 * time.Hour)
	decision := w.plan(expiringWish())
	if w.state.Drift != migrate.DriftNone || decision.Writes() || len(decision.Warnings) != 1 ||
		decision.Warnings[0].Summary != migrate.SummaryExpired || !strings.Contains(decision.Warnings[0].Detail, "was deleted with it") {
		t.Errorf("after the expiry: drift %s, %+v", w.state.Drift, decision)
	}

	// A rotation brings the next version, with a deletion time of its own.
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	next := w.in(10 * 24 * time.Hour)
	w.source.Expire(idA, next)
	if decision := w.plan(expiringWish()); w.state.Drift != migrate.DriftSourceNewer || !decision.Value {
		t.Errorf("after the rotation: drift %s, %+v", w.state.Drift, decision)
	}
	w.converge(expiringWish())
	w.deletedAt(next)
	w.settled(expiringWish())
}

// OpenBao fixes the deletion time of a version when it is written, so any change
// is a new version of the same content.
func TestDeleteAtExpiry_Changes(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	in := w.clock.Now().Add
	w.source.Expire(idA, in(time.Hour))
	w.converge(wishA())
	if got := w.current(); !got.DeletionTime.IsZero() || w.target.Count("DeleteVersionsAfter") > 0 {
		t.Errorf("a deletion was arranged that nobody asked for: %+v", got)
	}
	for _, step := range []struct {
		name   string
		change func()
		wish   migrate.Wish
		value  bool
		drift  migrate.Drift
		want   time.Time
	}{
		{"turned on", func() {}, expiringWish(), true, migrate.DriftNone, in(time.Hour)},
		{"later in OCI", func() { w.source.Expire(idA, in(9*time.Hour)) }, expiringWish(), true, migrate.DriftMetadataModified, in(9 * time.Hour)},
		{"sooner in OCI", func() { w.source.Expire(idA, in(5*time.Hour)) }, expiringWish(), true, migrate.DriftMetadataModified, in(5 * time.Hour)},
		{"undeleted by hand", func() { w.target.Edit(place, func(v *migrate.KVVersion) { v.DeletionTime = time.Time{} }) }, expiringWish(), true, migrate.DriftMetadataModified, in(5 * time.Hour)},
		{"soft-deleted by hand", func() { _ = w.target.SoftDelete(context.Background(), place) }, expiringWish(), true, migrate.DriftDestinationSoftDeleted, in(5 * time.Hour)},
		{"no expiry any more", func() { w.source.Expire(idA, time.Time{}) }, expiringWish(), true, migrate.DriftMetadataModified, time.Time{}},
		{"turned off where it makes no difference", func() {}, wishA(), false, migrate.DriftNone, time.Time{}},
		{"turned on where it makes no difference", func() {}, expiringWish(), false, migrate.DriftNone, time.Time{}},
		{"an expiry in OCI", func() { w.source.Expire(idA, in(7*time.Hour)) }, expiringWish(), true, migrate.DriftMetadataModified, in(7 * time.Hour)},
		{"turned off", func() {}, wishA(), true, migrate.DriftNone, time.Time{}},
	} {
		step.change()
		before := w.target.VersionCount(place)
		decision := w.plan(step.wish)
		if decision.Value != step.value || w.state.Drift != step.drift || decision.Drift != migrate.DriftNone {
			t.Errorf("%s: drift %s, %+v", step.name, w.state.Drift, decision)
		}
		if decision.Writes() {
			if _, err := w.apply(step.wish, decision); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		} else {
			w.state.Wish = step.wish
			w.state.Wish.VersionNumber = 1
		}
		if got := w.target.VersionCount(place) - before; (got == 1) != step.value {
			t.Errorf("%s: %d new versions", step.name, got)
		}
		if step.want.IsZero() != w.current().DeletionTime.IsZero() {
			t.Errorf("%s: deleted at %s, want %s", step.name, w.current().DeletionTime, step.want)
		} else if !step.want.IsZero() {
			w.deletedAt(step.want)
		}
		w.settled(step.wish)
	}
}

// What has expired already is refused, and nothing is touched.
func TestDeleteAtExpiry_Expired(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, w.in(-time.Hour))
	if _, err := w.apply(expiringWish(), w.plan(expiringWish())); !errors.Is(err, migrate.ErrSourceExpired) || !strings.Contains(err.Error(), "2026-01-02T02:04:05Z") {
		t.Errorf("got %v", err)
	}
	if w.target.VersionCount(place) > 0 || w.target.Count("DeleteVersionsAfter")+w.target.Count("Write") > 0 {
		t.Error("something was written")
	}
	w.converge(wishA())
	// Asked for later, it is a problem of the plan.
	if decision := w.plan(expiringWish()); len(decision.Problems) != 1 || !strings.Contains(decision.Problems[0].Detail, "expired at 2026-01-02T02:04:05Z") ||
		!strings.Contains(decision.Problems[0].Detail, "Rotate the secret") {
		t.Errorf("got %+v", decision)
	}
}

// An expired copy that somebody removed for good cannot be brought back, and no
// plan pretends to.
func TestDeleteAtExpiry_GoneAfterExpiry(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"destroyed":        func(w *world) { _ = w.target.Destroy(context.Background(), place, migrate.KV2) },
		"written by hand":  func(w *world) { w.target.Put(place, `{"by":"hand"}`) },
		"expired sooner":   func(w *world) { w.source.Expire(idA, w.in(-time.Minute)) },
		"source removed":   func(w *world) { w.source.Remove(idA) },
		"nothing happened": func(*world) {},
		"being deleted": func(w *world) {
			w.source.Change(idA, func(s *migrate.SourceSecret) { s.LifecycleState = migrate.StatePendingDeletion })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, migrate.KV2)
			w.source.Expire(idA, w.in(time.Hour))
			w.converge(expiringWish())
			w.wait(2 * time.Hour)
			change(w)
			for range 2 {
				if decision := w.plan(expiringWish()); decision.Writes() || len(decision.Problems) > 0 || len(decision.Warnings) != 1 {
					t.Errorf("drift %s, %+v", w.state.Drift, decision)
				}
			}
		})
	}
}

// Before it expires, an expiry that moves into the past or a source that goes
// away cannot be followed; the plan is a warning, not an apply without end.
func TestDeleteAtExpiry_OutOfReach(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"moved into the past": func(w *world) { w.source.Expire(idA, w.in(-time.Hour)) },
		"being deleted": func(w *world) {
			w.source.Expire(idA, w.in(9*time.Hour))
			w.source.Change(idA, func(s *migrate.SourceSecret) { s.LifecycleState = migrate.StatePendingDeletion })
		},
		"removed": func(w *world) { w.source.Remove(idA) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, migrate.KV2)
			w.source.Expire(idA, w.in(time.Hour))
			w.converge(expiringWish())
			change(w)
			if decision := w.plan(expiringWish()); decision.Writes() || len(decision.Problems) > 0 || len(decision.Warnings) != 1 {
				t.Errorf("drift %s, %+v", w.state.Drift, decision)
			}
		})
	}
}

// The setting is one of the whole secret, so what is not ours is not touched.
func TestDeleteAtExpiry_Conflict(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, w.in(time.Hour))
	w.target.Put(place, `{"foreign":"value"}`)
	if _, err := w.apply(expiringWish(), w.plan(expiringWish())); !errors.Is(err, migrate.ErrConflict) || w.target.Count("DeleteVersionsAfter") > 0 {
		t.Errorf("got %v", err)
	}
	overwriting := expiringWish()
	overwriting.Overwrite = true
	w.converge(overwriting)
	w.settled(overwriting)
}

// After a lost state the copy is adopted without a write, or written anew where
// it would stay for ever.
func TestDeleteAtExpiry_Adopts(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	expiry := w.in(24 * time.Hour)
	w.source.Expire(idA, expiry)
	w.converge(expiringWish())
	w.state = nil
	if result := w.converge(expiringWish()); !result.Adopted || w.target.VersionCount(place) != 1 {
		t.Errorf("it was written again: %+v", result)
	}
	w.settled(expiringWish())
	w.state = nil
	adoption, err := w.adopt("", 0)
	if err != nil || !adoption.State.Wish.DeleteAtExpiry || adoption.State.Drift != migrate.DriftNone {
		t.Fatalf("imported: %+v, %v", adoption, err)
	}
	w.state = &adoption.State
	w.settled(expiringWish())

	w.state = nil
	w.target.Edit(place, func(v *migrate.KVVersion) { v.DeletionTime = time.Time{} })
	if result := w.converge(expiringWish()); result.Adopted || w.target.VersionCount(place) != 2 {
		t.Errorf("it was adopted: %+v", result)
	}
	w.deletedAt(expiry)
	w.settled(expiringWish())
}

// A mount that deletes nothing is told, and put right once it does.
func TestDeleteAtExpiry_MountKeepsAll(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, w.in(time.Hour))
	w.target.KeepsAll = true
	if _, err := w.apply(expiringWish(), w.plan(expiringWish())); !errors.Is(err, migrate.ErrDeletionDisabled) {
		t.Errorf("got %v", err)
	}
	w.target.KeepsAll = false
	w.converge(expiringWish())
	w.settled(expiringWish())
}

// Interrupted before or after the write, the next apply ends in the same place.
func TestDeleteAtExpiry_Interrupted(t *testing.T) {
	died := errors.New("the connection died")
	for _, call := range []string{"DeleteVersionsAfter", "Write", "PatchCustomMetadata"} {
		for _, after := range []bool{false, true} {
			w := newWorld(t, migrate.KV2)
			w.source.Expire(idA, w.in(time.Hour))
			fail := func(made string) error {
				if made == call {
					return died
				}
				return nil
			}
			if after {
				w.target.After = fail
			} else {
				w.target.Fail = fail
			}
			if _, err := w.apply(expiringWish(), w.plan(expiringWish())); !errors.Is(err, died) {
				t.Fatalf("%s: %v", call, err)
			}
			w.target.Fail, w.target.After = nil, nil
			w.converge(expiringWish())
			w.settled(expiringWish())
			w.deletedAt(w.in(59 * time.Minute)) // converge lets a minute pass
			if got := w.target.VersionCount(place); got != 1 {
				t.Errorf("%s, after %v: %d versions", call, after, got)
			}
		}
	}
}

func TestDeleteAtExpiry_OnKV1(t *testing.T) {
	w := newWorld(t, migrate.KV1)
	if _, err := w.apply(expiringWish(), w.plan(expiringWish())); !errors.Is(err, migrate.ErrDeletionOnKV1) || w.target.Fields(place) != "" {
		t.Errorf("got %v", err)
	}
}

// A version that is not the current one is looked up only where it matters.
func TestDeleteAtExpiry_OldVersion(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Expire(idA, w.in(2*time.Hour))
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	w.source.Change(idA, func(s *migrate.SourceSecret) { s.TimeOfCurrentExpiry = w.in(90 * time.Hour) })
	pinned := wishA()
	pinned.Stage, pinned.VersionNumber = "", 1
	w.converge(pinned)
	w.settled(pinned)
	if strings.Contains(strings.Join(w.source.Calls, "\n"), "Versions") {
		t.Error("the versions were listed for nothing")
	}
	pinned.DeleteAtExpiry = true
	expiry := w.in(2*time.Hour - time.Minute) // converge let a minute pass
	w.converge(pinned)
	w.deletedAt(expiry)
	w.settled(pinned)
}

func TestExpiresSoon(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	wish := wishA()
	wish.WarnExpiryWithin = 72 * time.Hour
	for name, test := range map[string]struct {
		in   time.Duration
		want string
	}{
		"over":           {-time.Second, "expired at 2026-01-02T03:04:04Z"},
		"now":            {0, "expired at 2026-01-02T03:04:05Z"},
		"seconds":        {time.Second, "in less than a minute"},
		"minutes":        {90 * time.Second, "in 1 minute"},
		"hours":          {3 * time.Hour, "in 3 hours"},
		"days":           {71 * time.Hour, "in 2 days"},
		"just in time":   {72 * time.Hour, "in 3 days"},
		"not yet":        {72*time.Hour + 1, ""},
		"far in the way": {9000 * time.Hour, ""},
	} {
		line, soon := migrate.ExpiresSoon(wish, now.Add(test.in), now)
		if soon != (test.want != "") || !strings.HasSuffix(line, test.want) || soon && !strings.HasPrefix(line, "credentials/provider-a ("+idA+"): expire") {
			t.Errorf("%s: %q", name, line)
		}
	}
	if _, soon := migrate.ExpiresSoon(wish, time.Time{}, now); soon {
		t.Error("what never expires was named")
	}
	wish.VersionNumber, wish.WarnExpiryWithin = 3, 0
	if _, soon := migrate.ExpiresSoon(wish, now, now); soon {
		t.Error("nobody asked")
	}
	wish.WarnExpiryWithin = time.Hour
	if line, _ := migrate.ExpiresSoon(wish, now, now); !strings.Contains(line, idA+"@3") {
		t.Errorf("got %q", line)
	}
}
