package migrate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func (w *world) adopt(id string, version int64) (migrate.Adoption, error) {
	return migrate.Adopt(context.Background(), w.ports(), place, id, version)
}

func TestAdopt(t *testing.T) {
	for name, test := range map[string]struct {
		content, stored string
		format          migrate.Format
		key             string
		drift           migrate.Drift
	}{
		"object":           {`{"a":1}`, `{"a":1}`, "auto", "secret", "none"},
		"object as text":   {`{"a":1}`, `{"secret":"{\"a\":1}"}`, "text", "secret", "none"},
		"text":             {"hi", `{"secret":"hi"}`, "auto", "secret", "none"},
		"text, other key":  {"hi", `{"value":"hi"}`, "auto", "value", "none"},
		"text as binary":   {"hi", `{"value":"aGk="}`, "binary", "value", "none"},
		"binary":           {"\xff", `{"secret":"/w=="}`, "auto", "secret", "none"},
		"something else":   {"hi", `{"secret":"ho"}`, "auto", "secret", "destination_modified"},
		"one member, same": {`{"a":"x"}`, `{"a":"x"}`, "auto", "secret", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			forEngines(t, func(t *testing.T, w *world) {
				w.source.Add(idA, "a", []byte(test.content))
				w.target.Put(place, test.stored)
				got, err := w.adopt(idA, 0)
				if err != nil {
					t.Fatal(err)
				}
				wish := got.State.Wish
				if wish.Format != test.format || wish.Key != test.key || got.State.Drift != test.drift || wish.VersionNumber != 1 || wish.Stage != migrate.StageCurrent {
					t.Errorf("got %+v with drift %s", wish, got.State.Drift)
				}
				if w.target.Count("Write")+w.target.Count("PatchCustomMetadata") > 0 {
					t.Error("an import wrote")
				}
				w.state = &got.State
				if test.drift == migrate.DriftNone {
					w.settled(wish)
				}
			})
		})
	}
}

func TestAdopt_ByMark(t *testing.T) {
	w := newWorld(t, migrate.KV2)
	if _, err := w.adopt("", 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	w.target.Put(place, `{"x":"y"}`)
	if _, err := w.adopt("", 0); !errors.Is(err, migrate.ErrNoMark) {
		t.Errorf("no mark: %v", err)
	}
	w.target.Destroy(context.Background(), place, migrate.KV2)
	w.converge(wishA())
	w.source.Rotate(idA, []byte(`{"user":"2"}`))
	got, err := w.adopt("", 0)
	if err != nil || got.State.Wish.SecretID != idA || got.State.Wish.VersionNumber != 1 || got.State.Drift != migrate.DriftSourceNewer {
		t.Errorf("got %+v, %v", got.State, err)
	}
	w.target.Fail = func(call string) error {
		if call == "Read" {
			return migrate.ErrPermissionDenied
		}
		return nil
	}
	got, err = w.adopt("", 1)
	if err != nil || got.State.Drift != migrate.DriftNone || got.Keys != nil || got.State.Wish.Stage != "" {
		t.Errorf("without the right to read: %+v, %v", got, err)
	}
	w.target.Fail = nil
	if got, err := w.adopt(idB, 0); err != nil || got.State.Drift != migrate.DriftOwnershipLost {
		t.Errorf("another's: %+v, %v", got.State, err)
	}
}

// What is not migrated yet is expected at its place: the next apply brings it
// there, and tramples on nothing that came there first.
func TestExpect(t *testing.T) {
	forEngines(t, func(t *testing.T, w *world) {
		expect := func() {
			t.Helper()
			got, err := migrate.Expect(context.Background(), w.ports(), place, idA)
			if err != nil || got.State.Drift != migrate.DriftDestinationMissing || got.State.Wish.VersionNumber != 1 || got.Keys != nil {
				t.Fatalf("got %+v, %v", got, err)
			}
			w.state = &got.State
		}
		expect()
		if drift := w.refresh(); drift != migrate.DriftDestinationMissing {
			t.Errorf("the refresh after it says %s", drift)
		}
		wish := w.state.Wish
		wish.VersionNumber = 0
		decision := w.plan(wish)
		if !decision.Value || decision.VersionNumber != 1 || decision.Drift != migrate.DriftNone || len(decision.Warnings) > 0 {
			t.Errorf("decided %+v", decision)
		}
		w.target.Put(place, `{"somebody":"else"}`)
		if _, err := w.apply(wish, decision); !errors.Is(err, migrate.ErrConflict) {
			t.Errorf("over what came meanwhile: %v", err)
		}
		if err := w.target.Destroy(context.Background(), place, w.state.Record.Engine); err != nil {
			t.Fatal(err)
		}
		destroyed := w.target.Count("Destroy")
		// Nothing of ours is there to be removed.
		w.target.Put(place, `{"somebody":"else"}`)
		leaving := *w.state
		leaving.Wish.OnDestroy = migrate.Destroy
		w.refresh()
		for _, state := range []migrate.State{leaving, {Wish: leaving.Wish, Drift: w.state.Drift, Record: w.state.Record}} {
			if err := migrate.Release(context.Background(), w.ports(), state); err != nil || w.target.Count("Destroy") > destroyed {
				t.Errorf("released what it never brought there: %v", err)
			}
		}
		// What is equal is taken over, and belongs to it from then on.
		w.target.Put(place, `{"user":"a","n":9007199254740992}`)
		w.converge(wish)
		w.settled(wish)
		if w.state.Record.Pending {
			t.Error("what is equal is still pending")
		}
		if err := w.target.Destroy(context.Background(), place, w.state.Record.Engine); err != nil {
			t.Fatal(err)
		}
		expect()
		w.converge(wish)
		if w.state.Record.Pending {
			t.Error("it is still pending")
		}
		w.settled(wish)
		w.source.Remove(idB)
		if _, err := migrate.Expect(context.Background(), w.ports(), place, idB); !errors.Is(err, migrate.ErrSourceNotFound) {
			t.Errorf("without a source: %v", err)
		}
	})
}
