package migrate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestForesee(t *testing.T) {
	deny := func(call string) func(string) error {
		return func(made string) error {
			if made == call {
				return migrate.ErrPermissionDenied
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		prepare func(*world)
		want    error
	}{
		"nothing there": {func(*world) {}, nil},
		"equal":         {func(w *world) { w.target.Put(place, `{"n":9007199254740992,"user":"a"}`) }, nil},
		"another value": {func(w *world) { w.target.Put(place, `{"by":"hand"}`) }, migrate.ErrConflict},
		"own, lost state": {func(w *world) {
			w.converge(wishA())
			w.source.Rotate(idA, []byte(`{"user":"2"}`))
		}, nil},
		"another's": {func(w *world) {
			w.converge(wishA())
			custom := w.target.Custom(place)
			custom[migrate.MarkSecretID] = idB
			w.target.SetCustom(place, custom)
		}, migrate.ErrOwnedByAnother},
		"not readable": {func(w *world) {
			w.target.Put(place, `{"by":"hand"}`)
			w.target.Fail = deny("Read")
		}, migrate.ErrUnforeseen},
		"source out of reach": {func(w *world) {
			w.target.Put(place, `{"by":"hand"}`)
			w.source.Block(idA)
		}, migrate.ErrUnforeseen},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, migrate.KV2)
			test.prepare(w)
			writes := w.target.Count("Write") + w.target.Count("PatchCustomMetadata")
			if err := migrate.Foresee(context.Background(), w.ports(), wishA()); !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			if w.target.Count("Write")+w.target.Count("PatchCustomMetadata") != writes {
				t.Error("a look wrote")
			}
		})
	}
}
