package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// wishHistory pins a version of A, with what came before.
func wishHistory(version int64) migrate.Wish {
	wish := wishA()
	wish.Stage, wish.VersionNumber, wish.History = "", version, true
	return wish
}

func fiveVersions(t *testing.T) *world {
	w := newWorld(t, migrate.KV2)
	for i := range 4 {
		w.source.Rotate(idA, []byte(fmt.Sprintf(`{"v":%d}`, i+2)))
	}
	return w
}

func (w *world) stored(version int64) string {
	w.t.Helper()
	entry, err := w.target.Read(context.Background(), place, migrate.KV2, version)
	if err != nil {
		return err.Error()
	}
	return string(entry.Fields.Reveal())
}

func TestHistory(t *testing.T) {
	w := fiveVersions(t)
	w.converge(wishHistory(4))
	if w.target.VersionCount(place) != 4 || w.stored(2) != `{"v":2}` || w.stored(4) != `{"v":4}` {
		t.Errorf("%d versions, second %s, fourth %s", w.target.VersionCount(place), w.stored(2), w.stored(4))
	}
	if got := w.target.Custom(place)[migrate.MarkHistory]; got != "1=1,2=2,3=3,4=4" {
		t.Errorf("history is %s", got)
	}
	w.settled(wishHistory(4))
	// What comes later is appended, with what was in between.
	w.source.Rotate(idA, []byte(`{"v":6}`))
	w.converge(wishHistory(6))
	if w.target.VersionCount(place) != 6 || w.stored(5) != `{"v":5}` || w.stored(6) != `{"v":6}` {
		t.Errorf("%d versions, fifth %s", w.target.VersionCount(place), w.stored(5))
	}
	if got := w.target.Custom(place)[migrate.MarkHistory]; got != "1=1,2=2,3=3,4=4,5=5,6=6" {
		t.Errorf("history is %s", got)
	}
	w.settled(wishHistory(6))
	w.state = nil
	if result := w.converge(wishHistory(6)); !result.Adopted || w.target.VersionCount(place) != 6 {
		t.Error("a lost state wrote the history again")
	}
	w.settled(wishHistory(6))
}

func TestHistoryNumbers(t *testing.T) {
	versions := []migrate.SourceVersion{{Number: 1, TimeOfDeletion: time.Unix(1, 0)}, {Number: 2}, {Number: 4}, {Number: 5}, {Number: 6}}
	for _, test := range []struct {
		after, pinned int64
		want          []int64
	}{
		{0, 5, []int64{2, 4, 5}}, {0, 2, []int64{2}}, {2, 6, []int64{4, 5, 6}}, {5, 6, []int64{6}}, {5, 4, []int64{4}},
	} {
		if got := migrate.HistoryNumbers(versions, test.after, test.pinned); !slices.Equal(got, test.want) {
			t.Errorf("%d to %d: got %v, want %v", test.after, test.pinned, got, test.want)
		}
	}
}

// Interrupted at any request, before or after it took effect, the history is
// completed by the next apply, and nothing is written twice.
func TestHistory_Interrupted(t *testing.T) {
	for _, after := range []bool{false, true} {
		for nth := 1; ; nth++ {
			w := fiveVersions(t)
			_, err := w.interrupted(wishHistory(5), w.plan(wishHistory(5)), after, nth)
			if err == nil {
				if nth < 6 {
					t.Errorf("only %d requests were interrupted", nth-1)
				}
				break
			}
			w.converge(wishHistory(5))
			w.settled(wishHistory(5))
			if got := w.target.VersionCount(place); got != 5 || w.stored(3) != `{"v":3}` || w.target.Custom(place)[migrate.MarkHistory] != "1=1,2=2,3=3,4=4,5=5" {
				t.Errorf("after %v, request %d: %d versions, history %s", after, nth, got, w.target.Custom(place)[migrate.MarkHistory])
			}
		}
	}
}

func TestHistory_Conflict(t *testing.T) {
	w := fiveVersions(t)
	w.target.Put(place, `{"foreign":"value"}`)
	if _, err := w.apply(wishHistory(5), w.plan(wishHistory(5))); !errors.Is(err, migrate.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if w.target.VersionCount(place) != 1 {
		t.Error("something was written")
	}
}
