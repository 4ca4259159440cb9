package ocivault

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func take(t *testing.T, l *limiter) {
	t.Helper()
	if err := l.acquire(t.Context(), l.begin()); err != nil {
		t.Fatal(err)
	}
}

func (l *limiter) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active == 0 && !l.turn && len(l.waiting) == 0
}

func TestLimiterNeverExceedsItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(3, migrate.SystemClock{})
		var (
			mu           sync.Mutex
			active, most int
			wg           sync.WaitGroup
		)
		for i := range 200 {
			wg.Go(func() {
				if err := l.acquire(t.Context(), l.begin()); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				active++
				most = max(most, active)
				mu.Unlock()
				time.Sleep(time.Millisecond)
				mu.Lock()
				active--
				mu.Unlock()
				l.release(outcome(i%3), 0)
			})
		}
		wg.Wait()
		if most != 3 || !l.idle() {
			t.Errorf("at most %d at once; afterwards idle: %v", most, l.idle())
		}
	})
}

// Who was first is served first, also when it comes back later.
func TestLimiterServesTheOldestCallFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, migrate.SystemClock{})
		old := l.begin()
		take(t, l)
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		queue := func(call int) {
			wg.Go(func() {
				if err := l.acquire(t.Context(), call); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, call)
				mu.Unlock()
				l.release(answered, 0)
			})
			synctest.Wait()
		}
		for range 3 {
			queue(l.begin())
		}
		queue(old)
		l.release(answered, 0)
		wg.Wait()
		if !slices.Equal(order, []int{1, 3, 4, 5}) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestLimiterGivesUpWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, migrate.SystemClock{})
		take(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.acquire(ctx, l.begin()) }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		l.release(answered, 0)
		take(t, l)
		l.release(throttled, time.Hour)
		if err := l.acquire(ctx, l.begin()); !errors.Is(err, context.Canceled) {
			t.Errorf("a done context got %v", err)
		}
		// While it waits for its time it gives up at once, too.
		ctx, cancel = context.WithCancel(t.Context())
		go func() { ended <- l.acquire(ctx, l.begin()) }()
		synctest.Wait()
		began := time.Now()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(began) > 0 || !l.idle() {
			t.Errorf("got %v after %s, idle: %v", err, time.Since(began), l.idle())
		}
	})
}

// A permit that is granted in the moment in which its asker gives up must not be lost.
func TestLimiterLosesNoPermit(t *testing.T) {
	l := newLimiter(2, migrate.SystemClock{})
	var wg sync.WaitGroup
	for range 4000 {
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if err := l.acquire(ctx, l.begin()); err == nil {
				l.release(answered, 0)
			}
		})
		wg.Go(cancel)
	}
	wg.Wait()
	if !l.idle() {
		t.Error("something is left over")
	}
}

// The same, at the moment itself: the asker has seen the end of its context, but
// is granted the permit before it can withdraw.
func TestLimiterTakesBackWhatCameTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, migrate.SystemClock{})
		take(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.acquire(ctx, l.begin()) }()
		synctest.Wait()
		l.mu.Lock()
		cancel()
		l.active-- // as release does
		l.admit()
		l.mu.Unlock()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if !l.idle() {
			t.Error("the permit is lost")
		}
	})
}
