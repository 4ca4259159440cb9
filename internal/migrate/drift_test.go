package migrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestPromiseDriftNamed(t *testing.T) {
	edit := func(change func(map[string]string)) func(*world) {
		return func(w *world) {
			custom := w.target.Custom(place)
			change(custom)
			w.target.SetCustom(place, custom)
		}
	}
	putBack := func(w *world) {
		w.target.Put(place, `{"user":"by hand"}`)
		w.target.Put(place, `{"user":"a","n":9007199254740992}`)
	}
	for name, test := range map[string]struct {
		change   func(*world)
		pinned   bool
		version  migrate.Drift // KV v2, by version
		content  migrate.Drift // KV v2, by content
		kv1      migrate.Drift
		repaired bool
	}{
		"nothing":                    {func(*world) {}, false, "none", "none", "none", true},
		"value changed":              {func(w *world) { w.target.Put(place, `{"user":"by hand"}`) }, false, "destination_modified", "destination_modified", "destination_modified", true},
		"field added":                {func(w *world) { w.target.Put(place, `{"user":"a","n":9007199254740992,"x":1}`) }, false, "destination_modified", "destination_modified", "destination_modified", true},
		"changed and changed back":   {putBack, false, "destination_modified", "none", "none", true},
		"soft-deleted":               {func(w *world) { w.target.Edit(place, func(v *migrate.KVVersion) { v.Deleted = true }) }, false, "destination_soft_deleted", "destination_soft_deleted", "", true},
		"version destroyed":          {func(w *world) { w.target.Edit(place, func(v *migrate.KVVersion) { v.Destroyed = true }) }, false, "destination_missing", "destination_missing", "", true},
		"removed":                    {func(w *world) { w.target.Destroy(context.Background(), place, migrate.KV2) }, false, "destination_missing", "destination_missing", "destination_missing", true},
		"removed and made anew":      {remade, false, "destination_modified", "destination_modified", "destination_modified", true},
		"mark removed":               {edit(func(m map[string]string) { clear(m) }), false, "ownership_lost", "ownership_lost", "", true},
		"mark altered":               {edit(func(m map[string]string) { m[migrate.MarkVersionNumber] = "9" }), false, "metadata_modified", "metadata_modified", "", true},
		"taken over":                 {edit(func(m map[string]string) { m[migrate.MarkSecretID] = idB }), false, "ownership_lost", "ownership_lost", "", false},
		"custom metadata edited":     {edit(func(m map[string]string) { m["team"] = "z" }), false, "metadata_modified", "metadata_modified", "", true},
		"rotated once":               {func(w *world) { w.source.Rotate(idA, []byte(`{"u":"2"}`)) }, false, "source_newer", "source_newer", "source_newer", true},
		"rotated five times":         {rotateFive, false, "source_newer", "source_newer", "source_newer", true},
		"rotated, version is pinned": {rotateFive, true, "none", "none", "none", true},
		"deletion scheduled":         {func(w *world) { w.source.Change(idA, pendingDeletion) }, false, "source_pending_deletion", "source_pending_deletion", "source_pending_deletion", false},
		"source removed":             {func(w *world) { w.source.Remove(idA) }, false, "source_missing", "source_missing", "source_missing", false},
		"source renamed":             {func(w *world) { w.source.Change(idA, func(s *migrate.SourceSecret) { s.Name = "other" }) }, false, "none", "none", "none", true},
		"source removed, value changed": {func(w *world) {
			w.source.Remove(idA)
			w.target.Put(place, `{"user":"by hand"}`)
		}, false, "destination_modified", "destination_modified", "source_missing", false},
		"mount removed and made anew": {func(w *world) {
			engine := w.state.Record.Engine
			w.target.Mount("credentials", 0)
			if drift := w.refresh(); drift != migrate.DriftDestinationMissing {
				w.t.Errorf("without the mount the drift is %s", drift)
			}
			w.target.Mount("credentials", engine)
		}, false, "destination_missing", "destination_missing", "destination_missing", true},
		"mount replaced": {func(w *world) {
			engine := 3 - w.state.Record.Engine
			w.target.Mount("credentials", 0)
			w.target.Mount("credentials", engine)
		}, false, "destination_missing", "destination_missing", "destination_missing", true},
	} {
		for _, mode := range []struct {
			name      string
			engine    migrate.Engine
			detection migrate.Detection
			want      migrate.Drift
		}{
			{"KV v2 version", migrate.KV2, "", test.version},
			{"KV v2 content", migrate.KV2, migrate.DetectContent, test.content},
			{"KV v1", migrate.KV1, migrate.DetectContent, test.kv1},
		} {
			if mode.want == "" {
				continue // KV v1 has no such thing.
			}
			t.Run(name+", "+mode.name, func(t *testing.T) {
				w := newWorld(t, mode.engine)
				wish := wishA()
				wish.Detection = mode.detection
				wish.CustomMetadata = map[string]string{"team": "x"}
				if test.pinned {
					wish.Stage, wish.VersionNumber = "", 1
				}
				w.converge(wish)
				test.change(w)
				if got := w.refresh(); got != mode.want {
					t.Fatalf("drift is %s, want %s", got, mode.want)
				}
				decision := w.plan(wish)
				if !test.repaired {
					if decision.Writes() || len(decision.Warnings) != 1 || decision.Drift != mode.want {
						t.Errorf("decided %+v", decision)
					}
					if len(decision.Warnings) > 0 && !strings.Contains(decision.Warnings[0].Detail, string(mode.want)) {
						t.Errorf("the warning does not name the drift: %s", decision.Warnings[0].Detail)
					}
					return
				}
				if decision.Writes() != (mode.want != migrate.DriftNone) || decision.Drift != migrate.DriftNone {
					t.Errorf("decided %+v", decision)
				}
				w.converge(wish)
				w.settled(wish)
			})
		}
	}
}

func rotateFive(w *world) {
	for range 5 {
		w.source.Rotate(idA, []byte(`{"user":"again"}`))
	}
}

func remade(w *world) {
	w.target.Destroy(context.Background(), place, migrate.KV2)
	w.target.Put(place, `{"user":"by hand"}`)
}

func TestPromiseHarmlessPlan_ObserveWritesNothing(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.converge(wishA())
		w.source.Rotate(idA, []byte(`{"user":"2"}`))
		w.target.Put(place, `{"user":"by hand"}`)
		before := len(w.target.Calls)
		w.plan(wishA())
		for _, call := range w.target.Calls[before:] {
			verb, _, _ := strings.Cut(call, " ")
			if verb != "Engine" && verb != "Metadata" && verb != "Read" {
				t.Errorf("a plan made the call %s", call)
			}
		}
	})
}

func TestObserve_VersionModeReadsNoValue(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	target, source := len(w.target.Calls), len(w.source.Calls)
	w.plan(wishA())
	for _, call := range append(w.target.Calls[target:], w.source.Calls[source:]...) {
		if strings.HasPrefix(call, "Read ") || strings.HasPrefix(call, "Bundle ") {
			t.Errorf("a value was read: %s", call)
		}
	}
	if got := len(w.source.Calls) - source; got != 1 {
		t.Errorf("%d requests at the source, want 1", got)
	}
}

func TestObserve_LaggingStandbyIsNoDrift(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	decision := w.plan(wishA())
	if _, err := w.apply(wishA(), decision); err != nil {
		t.Fatal(err)
	}
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	if _, err := w.apply(wishA(), w.plan(wishA())); err != nil {
		t.Fatal(err)
	}
	w.target.StaleReads = 3
	if drift := w.refresh(); drift != migrate.DriftNone {
		t.Errorf("drift is %s", drift)
	}
	slept := w.clock.Slept
	w.target.StaleReads = 1000
	if drift := w.refresh(); drift != migrate.DriftDestinationModified {
		t.Errorf("drift is %s", drift)
	}
	if waited := w.clock.Slept - slept; waited == 0 || waited > 10*time.Second {
		t.Errorf("waited %s", waited)
	}
}

// A version that is newer than the copy is somebody's write and no lag.
func TestObserve_NewerVersionIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	if _, err := w.apply(wishA(), w.plan(wishA())); err != nil {
		t.Fatal(err)
	}
	w.target.Put(place, `{"by":"hand"}`)
	if drift := w.refresh(); drift != migrate.DriftDestinationModified || w.clock.Slept != 0 {
		t.Errorf("drift is %s after %s", drift, w.clock.Slept)
	}
}

func TestObserve_FollowsOtherStages(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	wish := wishA()
	wish.Stage = "PREVIOUS"
	if result := w.converge(wish); result.VersionNumber != 1 {
		t.Fatalf("copied version %d", result.VersionNumber)
	}
	w.settled(wish)
	w.source.Rotate(idA, []byte(`{"user":"3"}`))
	if decision := w.plan(wish); decision.VersionNumber != 2 || w.state.Drift != migrate.DriftSourceNewer {
		t.Errorf("decided %+v with drift %s", decision, w.state.Drift)
	}
}

func TestObserve_HiddenMountAsksForThePath(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.target.Fail = func(call string) error {
		if call == "Engine" {
			return migrate.ErrMountNotFound
		}
		return nil
	}
	if drift := w.refresh(); drift != migrate.DriftNone {
		t.Errorf("drift is %s", drift)
	}
	w.target.Fail = nil
	w.target.Mount("credentials", 0)
	if drift := w.refresh(); drift != migrate.DriftDestinationMissing {
		t.Errorf("drift is %s", drift)
	}
}

func TestObserve_ErrorsAreNoVerdict(t *testing.T) {
	for _, call := range []string{"Describe", "Engine", "Metadata"} {
		w := newWorld(t, migrate.KV2)
		w.converge(wishA())
		down := errors.New("down")
		fail := func(made string) error {
			if made == call {
				return down
			}
			return nil
		}
		w.source.Fail, w.target.Fail = fail, fail
		if _, err := migrate.Observe(context.Background(), w.ports(), w.state.Wish, w.state.Record); !errors.Is(err, down) {
			t.Errorf("%s: got %v", call, err)
		}
	}
}

func TestDecide_IsPure(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	rotateFive(w)
	w.refresh()
	calls := len(w.source.Calls) + len(w.target.Calls)
	first := migrate.Decide(wishA(), w.state)
	second := migrate.Decide(wishA(), w.state)
	if first.VersionNumber != second.VersionNumber || first.Value != second.Value || len(w.source.Calls)+len(w.target.Calls) != calls {
		t.Error("two decisions differ, or a call was made")
	}
}

func TestDecide_AskingForWhatIsOutOfReachIsAProblem(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.source.Remove(idA)
	for name, change := range map[string]func(*migrate.Wish){
		"move":   func(wish *migrate.Wish) { wish.At.Name = "other" },
		"format": func(wish *migrate.Wish) { wish.Format = migrate.FormatText },
		"pin":    func(wish *migrate.Wish) { wish.Stage, wish.VersionNumber = "", 5 },
	} {
		wish := wishA()
		change(&wish)
		if decision := w.plan(wish); len(decision.Problems) != 1 || decision.Value {
			t.Errorf("%s: decided %+v", name, decision)
		}
	}
	wish := wishA()
	wish.SecretID = idB
	if decision := w.plan(wish); len(decision.Problems) != 0 || !decision.Value || decision.Drift != migrate.DriftNone {
		t.Errorf("another source: decided %+v", decision)
	}
}

// To pin the version that was copied is the answer to a rotation that is not
// wanted: nothing is written.
func TestDecide_FreezingWritesNothing(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	frozen := wishA()
	frozen.Stage, frozen.VersionNumber = "", 1
	if decision := w.plan(frozen); decision.Writes() || decision.Drift != migrate.DriftNone || decision.VersionNumber != 1 {
		t.Errorf("decided %+v", decision)
	}
}

// Whoever replaces a mount between plan and apply changes what the plan says of
// the paths, so nothing is written.
func TestExecute_MountReplacedSincePlan(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	decision := w.plan(wishA())
	w.target.Mount("credentials", 0)
	w.target.Mount("credentials", migrate.KV1)
	if _, err := w.apply(wishA(), decision); !errors.Is(err, migrate.ErrChangedMeanwhile) || w.target.Fields(place) != "" {
		t.Errorf("got %v, stored %q", err, w.target.Fields(place))
	}
	w.converge(wishA())
	w.settled(wishA())
}
