package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestEach(t *testing.T) {
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	odd := errors.New("odd")
	var done, running, most atomic.Int64
	failed := migrate.Each(context.Background(), names, 7, func(_ context.Context, name string) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		done.Add(1)
		if name[len(name)-1]%2 == 1 {
			return odd
		}
		return nil
	})
	if done.Load() != 100 || len(failed) != 50 || !errors.Is(failed["1"], odd) || failed["2"] != nil {
		t.Errorf("%d done, %d failed", done.Load(), len(failed))
	}
	if most.Load() > 7 {
		t.Errorf("%d at a time", most.Load())
	}
	if failed := migrate.Each(context.Background(), nil, 3, nil); len(failed) != 0 {
		t.Errorf("nothing to do: %v", failed)
	}
}

func TestEach_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	names := make([]string, 50)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	var done atomic.Int64
	failed := migrate.Each(ctx, names, 2, func(context.Context, string) error {
		if done.Add(1) == 5 {
			cancel()
		}
		return nil
	})
	if done.Load() > 7 || int64(len(failed)) != 50-done.Load() || !errors.Is(failed["49"], context.Canceled) {
		t.Errorf("%d done, %d failed", done.Load(), len(failed))
	}
}
