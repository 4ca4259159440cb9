package glue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
)

// private is private state in memory.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	errGone := errors.New("not found")
	for name, test := range map[string]struct {
		age    time.Duration // of the last write; negative where the state knows none
		lag    time.Duration // how long the old is read
		stale  error         // what is read of the old
		wants  string
		waited time.Duration
	}{
		"as it was written":   {0, 0, nil, "new", 0},
		"old value":           {0, 600 * time.Millisecond, nil, "new", 600 * time.Millisecond},
		"not there yet":       {0, 600 * time.Millisecond, errGone, "new", 600 * time.Millisecond},
		"changed by others":   {0, time.Hour, nil, "old", settleTime},
		"written before that": {time.Minute, time.Hour, nil, "old", 0},
		"nothing known":       {-1, time.Hour, nil, "old", 0},
		"a clock ahead":       {-time.Hour, time.Hour, nil, "old", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := migratetest.NewClock()
			object, kept := &OpenBaoObject{clients: &Clients{Clock: clock}}, private{}
			var diags diag.Diagnostics
			if test.age != -1 {
				object.noteWrite(t.Context(), kept, &diags)
				_ = clock.Sleep(t.Context(), test.age)
			}
			began := clock.Now()
			got, err := Refresh(t.Context(), object, kept, func() (string, error) {
				if clock.Now().Sub(began) < test.lag {
					return "old", test.stale
				}
				return "new", nil
			}, func(text string) bool { return text == "new" })
			if waited := clock.Now().Sub(began); got != test.wants || err != nil || waited != test.waited {
				t.Errorf("got %s, %v after %v", got, err, waited)
			}
		})
	}
}
