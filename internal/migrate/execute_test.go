package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

var engines = []migrate.Engine{migrate.KV1, migrate.KV2}

func forEngines(t *testing.T, test func(t *testing.T, w *world)) {
	for _, engine := range engines {
		t.Run(fmt.Sprintf("KV v%d", engine), func(t *testing.T) { test(t, newWorld(t, engine)) })
	}
}

func TestPromiseConverges_SecondApplyWritesNothing(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.converge(wishA())
		if got := w.target.Fields(place); got != `{"user":"a","n":9007199254740992}` {
			t.Errorf("stored %s", got)
		}
		writes := w.target.Count("Write") + w.target.Count("PatchCustomMetadata")
		w.settled(wishA())
		w.converge(wishA())
		if after := w.target.Count("Write") + w.target.Count("PatchCustomMetadata"); after != writes {
			t.Errorf("the second apply wrote %d times", after-writes)
		}
	})
}

func TestPromiseReviewedIsApplied_NeverANewerVersion(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.converge(wishA())
		w.source.Rotate(idA, []byte(`{"user":"second"}`))
		decision := w.plan(wishA())
		if decision.VersionNumber != 2 || w.state.Drift != migrate.DriftSourceNewer && w.state.Record.Engine == migrate.KV2 {
			t.Fatalf("decided %+v with drift %s", decision, w.state.Drift)
		}
		w.source.Rotate(idA, []byte(`{"user":"third"}`))
		if _, err := w.apply(wishA(), decision); err != nil {
			t.Fatal(err)
		}
		if got := w.target.Fields(place); got != `{"user":"second"}` {
			t.Errorf("stored %s", got)
		}
		if decision := w.plan(wishA()); decision.VersionNumber != 3 {
			t.Errorf("the next plan pins %d", decision.VersionNumber)
		}
	})
}

func TestPromiseReviewedIsApplied_FailsWhenVersionIsGone(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	pinned := wishA()
	pinned.Stage, pinned.VersionNumber = "", 7
	if _, err := w.apply(pinned, w.plan(pinned)); !errors.Is(err, migrate.ErrSourceVersionNotFound) {
		t.Errorf("got %v", err)
	}
	if w.target.VersionCount(place) != 1 {
		t.Error("something was written")
	}
}

func TestExecute_PinnedFromTheFirstPlan(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Rotate(idA, []byte(`{"user":"second"}`))
	pinned := wishA()
	pinned.Stage, pinned.VersionNumber = "", 1
	if result := w.converge(pinned); result.VersionNumber != 1 || w.target.Fields(place) != `{"user":"a","n":9007199254740992}` {
		t.Errorf("got %+v", result)
	}
	w.settled(pinned)
}

func TestPromiseNothingTrampled_ExistingContent(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.target.Put(place, `{"foreign":"value"}`)
		if _, err := w.apply(wishA(), w.plan(wishA())); !errors.Is(err, migrate.ErrConflict) {
			t.Fatalf("got %v", err)
		}
		if w.target.Fields(place) != `{"foreign":"value"}` || len(w.target.Custom(place)) > 0 {
			t.Error("it was overwritten or marked")
		}
		overwrite := wishA()
		overwrite.Overwrite = true
		w.converge(overwrite)
		if w.target.Fields(place) == `{"foreign":"value"}` {
			t.Error("overwrite did not")
		}
	})
}

func TestPromiseNothingTrampled_EqualContentIsAdopted(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.target.Put(place, ` {"n":9007199254740992, "user":"a"}`)
		result := w.converge(wishA())
		if !result.Adopted || w.target.VersionCount(place) != 1 {
			t.Errorf("adopted %v, %d versions", result.Adopted, w.target.VersionCount(place))
		}
		w.settled(wishA())
	})
}

func TestPromiseNothingTrampled_OwnershipMark(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	other := newWorld(t, migrate.KV2)
	other.target = w.target
	other.clock = w.clock
	wish := wishA()
	wish.SecretID = idB
	if _, err := other.apply(wish, other.plan(wish)); !errors.Is(err, migrate.ErrOwnedByAnother) {
		t.Errorf("other content: got %v", err)
	}
	other.source.Add(idB, "b", []byte(`{"user":"a","n":9007199254740992}`))
	if _, err := other.apply(wish, other.plan(wish)); !errors.Is(err, migrate.ErrOwnedByAnother) {
		t.Errorf("equal content: got %v", err)
	}
	w.settled(wishA())
}

func TestPromiseNothingTrampled_WriterBetweenPlanAndApply(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.source.Rotate(idA, []byte(`{"user":"second"}`))
	decision := w.plan(wishA())
	w.target.Put(place, `{"user":"sneaked in"}`)
	if _, err := w.apply(wishA(), decision); !errors.Is(err, migrate.ErrChangedMeanwhile) {
		t.Fatalf("got %v", err)
	}
	if w.target.Fields(place) != `{"user":"sneaked in"}` {
		t.Error("it was overwritten")
	}
}

func TestPromiseNothingTrampled_ForeignMetadataStays(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	wish := wishA()
	wish.CustomMetadata = map[string]string{"team": "x", "tier": "1"}
	w.converge(wish)
	custom := w.target.Custom(place)
	custom["foreign"] = "kept"
	w.target.SetCustom(place, custom)
	w.settled(wish)
	wish.CustomMetadata = map[string]string{"team": "y"}
	w.converge(wish)
	got := w.target.Custom(place)
	if got["foreign"] != "kept" || got["team"] != "y" {
		t.Errorf("got %v", got)
	}
	if _, left := got["tier"]; left {
		t.Error("a dropped key stays")
	}
	if w.target.VersionCount(place) != 1 {
		t.Error("metadata changed the value")
	}
	w.settled(wish)
}

func TestPromiseConverges_LostState(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.converge(wishA())
		w.state = nil
		if result := w.converge(wishA()); !result.Adopted {
			t.Error("the copy was written again")
		}
		w.settled(wishA())
	})
}

func TestPromiseConverges_LostStateAndRotation(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	w.state = nil
	w.source.Rotate(idA, []byte(`{"user":"second"}`))
	w.converge(wishA())
	if w.target.Fields(place) != `{"user":"second"}` {
		t.Error("the mark did not let the new version through")
	}
	w.target.Put(place, `{"user":"by hand"}`)
	w.state = nil
	w.source.Rotate(idA, []byte(`{"user":"third"}`))
	if _, err := w.apply(wishA(), w.plan(wishA())); !errors.Is(err, migrate.ErrConflict) {
		t.Errorf("an edit by hand was not seen: %v", err)
	}
}

// Every request of an apply fails once, before or after it took effect; with or
// without the state being saved, running again ends in the same place, and no
// KV version is written twice.
func TestPromiseConverges_InterruptedAtEveryRequest(t *testing.T) {
	for _, engine := range engines {
		for _, rotation := range []bool{false, true} {
			for _, after := range []bool{false, true} {
				nth := 1
				for interruptOnce(t, engine, rotation, after, nth) {
					nth++
				}
				if nth < 2 {
					t.Errorf("KV v%d, rotation %v, after %v: only %d requests were interrupted", engine, rotation, after, nth-1)
				}
			}
		}
	}
}

var errInterrupted = errors.New("interrupted")

// interrupted is an apply whose nth request fails, before or after it took effect.
func (w *world) interrupted(wish migrate.Wish, decision migrate.Decision, after bool, nth int) (migrate.Result, error) {
	calls := 0
	strike := func(string) error {
		if calls++; calls == nth {
			return errInterrupted
		}
		return nil
	}
	if after {
		w.target.After = strike
	} else {
		w.target.Fail, w.source.Fail = strike, strike
	}
	defer func() { w.target.Fail, w.source.Fail, w.target.After = nil, nil, nil }()
	return w.apply(wish, decision)
}

// interruptOnce fails the nth request and reports whether there was one.
func interruptOnce(t *testing.T, engine migrate.Engine, rotation, after bool, nth int) bool {
	t.Helper()
	w := newWorld(t, engine)
	versions := 1
	if rotation {
		w.converge(wishA())
		w.source.Rotate(idA, []byte(`{"user":"second"}`))
		if engine == migrate.KV2 {
			versions = 2
		}
	}
	decision := w.plan(wishA())
	_, err := w.interrupted(wishA(), decision, after, nth)
	if err != nil && !errors.Is(err, errInterrupted) {
		t.Fatalf("request %d: %v", nth, err)
	}
	w.clock.Sleep(context.Background(), 60e9)
	w.converge(wishA())
	w.settled(wishA())
	if got := w.target.VersionCount(place); got != versions {
		t.Errorf("KV v%d, rotation %v, after %v, request %d: %d versions, want %d", engine, rotation, after, nth, got, versions)
	}
	return err != nil
}

func TestExecute_Move(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		w.converge(wishA())
		moved := wishA()
		moved.At.Name = "team/provider-a"
		moved.OnDestroy = migrate.Destroy
		w.converge(moved)
		if w.target.Fields(moved.At) == "" || w.target.Fields(place) != "" {
			t.Error("not moved")
		}
		w.settled(moved)
		back := moved
		back.At = place
		back.OnDestroy = migrate.Retain
		w.converge(back)
		if w.target.Fields(moved.At) == "" {
			t.Error("retain removed the old place")
		}
	})
}

func TestExecute_MoveLeavesWhatItMustNotDelete(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.converge(wishA())
	moved := wishA()
	moved.At.Name, moved.OnDestroy = "elsewhere", migrate.Destroy
	decision := w.plan(moved)
	w.target.Put(place, `{"user":"sneaked in"}`)
	_, err := w.apply(moved, decision)
	var left *migrate.LeftBehindError
	if !errors.As(err, &left) || left.At != place || !errors.Is(err, migrate.ErrChangedMeanwhile) {
		t.Fatalf("got %v", err)
	}
	if w.target.Fields(place) != `{"user":"sneaked in"}` || w.target.Fields(moved.At) == "" {
		t.Error("the new place is empty or the old one was deleted")
	}
}

func TestRelease(t *testing.T) {
	release := func(w *world, how migrate.OnDestroy, overwrite bool) error {
		w.refresh()
		state := *w.state
		state.Wish.OnDestroy, state.Wish.Overwrite = how, overwrite
		return migrate.Release(context.Background(), w.ports(), state)
	}
	t.Run("retain", func(t *testing.T) {
		forEngines(t, func(t *testing.T, w *world) {
			w.converge(wishA())
			calls := len(w.target.Calls)
			state := *w.state
			if err := migrate.Release(context.Background(), w.ports(), state); err != nil || len(w.target.Calls) != calls {
				t.Errorf("got %v and %d calls", err, len(w.target.Calls)-calls)
			}
		})
	})
	t.Run("destroy", func(t *testing.T) {
		forEngines(t, func(t *testing.T, w *world) {
			w.converge(wishA())
			if err := release(w, migrate.Destroy, false); err != nil || w.target.Fields(place) != "" {
				t.Errorf("got %v", err)
			}
			if err := release(w, migrate.Destroy, false); err != nil {
				t.Errorf("what is gone must be no error: %v", err)
			}
		})
	})
	t.Run("mount removed", func(t *testing.T) {
		forEngines(t, func(t *testing.T, w *world) {
			w.converge(wishA())
			w.target.Mount("credentials", 0)
			if err := release(w, migrate.Destroy, false); err != nil {
				t.Errorf("what is gone must be no error: %v", err)
			}
		})
	})
	t.Run("soft_delete", func(t *testing.T) {
		w := newWorld(t, migrate.KV2)
		w.converge(wishA())
		if err := release(w, migrate.SoftDelete, false); err != nil || w.target.Count("SoftDelete") != 1 || w.target.VersionCount(place) != 1 {
			t.Errorf("got %v", err)
		}
		if err := release(w, migrate.SoftDelete, false); err != nil || w.target.Count("SoftDelete") != 1 {
			t.Errorf("deleted twice: %v", err)
		}
		w = newWorld(t, migrate.KV1)
		w.converge(wishA())
		if err := release(w, migrate.SoftDelete, false); !errors.Is(err, migrate.ErrSoftDeleteOnKV1) || w.target.Fields(place) == "" {
			t.Errorf("KV v1: got %v", err)
		}
	})
	t.Run("modified by hand", func(t *testing.T) {
		w := newWorld(t, migrate.KV2)
		w.converge(wishA())
		w.target.Put(place, `{"by":"hand"}`)
		if err := release(w, migrate.Destroy, false); !errors.Is(err, migrate.ErrChangedMeanwhile) || w.target.Fields(place) == "" {
			t.Errorf("got %v", err)
		}
		if err := release(w, migrate.Destroy, true); err != nil || w.target.Fields(place) != "" {
			t.Errorf("overwrite: got %v", err)
		}
	})
	t.Run("taken over", func(t *testing.T) {
		w := newWorld(t, migrate.KV2)
		w.converge(wishA())
		custom := w.target.Custom(place)
		custom[migrate.MarkSecretID] = idB
		w.target.SetCustom(place, custom)
		if err := release(w, migrate.Destroy, false); !errors.Is(err, migrate.ErrOwnedByAnother) || w.target.Fields(place) == "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestExecute_ReadBack(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	decision := w.plan(wishA())
	w.target.StaleReads = 4
	if _, err := w.apply(wishA(), decision); err != nil {
		t.Errorf("a standby that lags: %v", err)
	}
	w = newWorld(t, migrate.KV2)
	w.target.StaleReads = 1000
	if _, err := w.apply(wishA(), w.plan(wishA())); !errors.Is(err, migrate.ErrReadBack) {
		t.Errorf("got %v", err)
	}
	if w.clock.Slept.Seconds() > 30 {
		t.Errorf("waited %s", w.clock.Slept)
	}
}

func TestExecute_SourceRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*world)
		want    error
	}{
		"missing":          {func(w *world) { w.source.Remove(idA) }, migrate.ErrSourceNotFound},
		"pending deletion": {func(w *world) { w.source.Change(idA, pendingDeletion) }, migrate.ErrPendingDeletion},
		"blocked":          {func(w *world) { w.source.Block(idA) }, migrate.ErrRetrievalBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, migrate.KV2)
			test.prepare(w)
			if _, err := w.apply(wishA(), w.plan(wishA())); !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			if w.target.Count("Write") > 0 {
				t.Error("something was written")
			}
		})
	}
}

func TestExecute_EmptyObjectOnKV1(t *testing.T) {
	w := newWorld(t, migrate.KV1)
	w.source.Add(idA, "a", []byte(`{}`))
	wish := wishA()
	wish.Format = migrate.FormatJSON
	if _, err := w.apply(wish, w.plan(wish)); !errors.Is(err, migrate.ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func TestExecute_SourceMetadataComesAlong(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	w.source.Change(idA, func(s *migrate.SourceSecret) {
		s.Description, s.FreeformTags = "of A", map[string]string{"cost": "1", "team": "theirs"}
	})
	wish := wishA()
	wish.CopyDescription, wish.CopyFreeformTags = true, true
	wish.CustomMetadata = map[string]string{"team": "ours"}
	w.converge(wish)
	got := w.target.Custom(place)
	if got["description"] != "of A" || got["cost"] != "1" || got["team"] != "ours" {
		t.Errorf("got %v", got)
	}
	w.settled(wish)
	w.source.Change(idA, func(s *migrate.SourceSecret) { s.FreeformTags = map[string]string{"cost": "2"} })
	if drift := w.refresh(); drift != migrate.DriftMetadataModified {
		t.Errorf("drift is %s", drift)
	}
	w.converge(wish)
	if got := w.target.Custom(place); got["cost"] != "2" || w.target.VersionCount(place) != 1 {
		t.Errorf("got %v", got)
	}
	w.source.Remove(idA)
	if drift := w.refresh(); drift != migrate.DriftSourceMissing {
		t.Errorf("drift is %s", drift)
	}
	wish.CustomMetadata = map[string]string{"owner": "us"}
	w.converge(wish)
	if got := w.target.Custom(place); got["cost"] != "2" || got["owner"] != "us" {
		t.Errorf("a vanished source took metadata along: %v", got)
	}
}

func TestExecute_SourceMetadataThatDoesNotFit(t *testing.T) {
	for name, test := range map[string]struct {
		description string
		tags        map[string]string
		err         error
		says        string
	}{
		"empty tag":         {"", map[string]string{"env": ""}, migrate.ErrFreeformTags, `"env" is empty`},
		"line break":        {"one\ntwo", nil, migrate.ErrDescription, `"description" has a character`},
		"long description":  {strings.Repeat("x", 513), nil, migrate.ErrDescription, "longer than 512 bytes"},
		"tab in a tag name": {"", map[string]string{"a\tb": "x"}, migrate.ErrFreeformTags, "has a character"},
		"reserved tag name": {"", map[string]string{"ocibao_x": "x"}, migrate.ErrFreeformTags, "the provider's own"},
		"tag description":   {"", map[string]string{"description": ""}, migrate.ErrFreeformTags, `"description" is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, migrate.KV2)
			w.source.Change(idA, func(s *migrate.SourceSecret) { s.Description, s.FreeformTags = test.description, test.tags })
			wish := wishA()
			wish.CopyDescription, wish.CopyFreeformTags = true, true
			_, err := w.apply(wish, w.plan(wish))
			if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if w.target.Fields(place) != "" {
				t.Error("the value was written before the metadata was looked at")
			}
			wish.CustomMetadata = map[string]string{"env": "none", "description": "ours"}
			if _, err := w.apply(wish, w.plan(wish)); (err == nil) != (test.tags["a\tb"]+test.tags["ocibao_x"] == "") {
				t.Errorf("with a way out: got %v", err)
			}
		})
	}
}

func pendingDeletion(s *migrate.SourceSecret) { s.LifecycleState = migrate.StatePendingDeletion }
