package ocivault

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

func take(t *testing.T, l *limiter) *permit {
	t.Helper()
	p, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLimiterHalvesAndRecovers(t *testing.T) {
	l := newLimiter(8)
	for _, want := range []int{4, 2, 1, 1} {
		l.release(take(t, l), throttled)
		if got := l.bound(); got != want {
			t.Fatalf("bound %d, want %d", got, want)
		}
	}
	rounds := 0
	for l.bound() < 8 {
		for range l.bound() {
			l.release(take(t, l), answered)
		}
		if rounds++; rounds > 20 {
			t.Fatalf("bound is only %d after %d rounds", l.bound(), rounds)
		}
	}
	if rounds < 6 {
		t.Errorf("the bound came back in %d rounds: that is not additive", rounds)
	}
	l.release(take(t, l), answered)
	if got := l.bound(); got != 8 {
		t.Errorf("bound rose to %d, above the most", got)
	}
	l.release(take(t, l), unanswered)
	if got := l.bound(); got != 8 {
		t.Errorf("a lost request moved the bound to %d", got)
	}
}

func TestLimiterCountsOneBurstOnce(t *testing.T) {
	l := newLimiter(8)
	var burst []*permit
	for range 8 {
		burst = append(burst, take(t, l))
	}
	for _, p := range burst {
		l.release(p, throttled)
	}
	if got := l.bound(); got != 4 {
		t.Errorf("bound %d after one burst, want 4", got)
	}
}

func TestLimiterNeverExceedsItsBound(t *testing.T) {
	l := newLimiter(3)
	var (
		mu           sync.Mutex
		active, most int
		wg           sync.WaitGroup
	)
	for i := range 200 {
		wg.Go(func() {
			p, err := l.acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			active++
			most = max(most, active)
			mu.Unlock()
			mu.Lock()
			active--
			mu.Unlock()
			l.release(p, outcome(i%3))
		})
	}
	wg.Wait()
	if most > 3 || l.active != 0 || len(l.waiting) != 0 {
		t.Errorf("at most %d at once; afterwards %d active and %d waiting", most, l.active, len(l.waiting))
	}
}

func TestLimiterGivesUpWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		held := take(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { _, err := l.acquire(ctx); ended <- err }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		l.release(held, answered)
		l.release(take(t, l), answered)
		if l.active != 0 || len(l.waiting) != 0 {
			t.Errorf("%d active, %d waiting", l.active, len(l.waiting))
		}
		if _, err := l.acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a done context got %v", err)
		}
	})
}

// A permit that is granted in the moment in which its asker gives up must not be lost.
func TestLimiterLosesNoPermit(t *testing.T) {
	l := newLimiter(2)
	var wg sync.WaitGroup
	for range 4000 {
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if p, err := l.acquire(ctx); err == nil {
				l.release(p, answered)
			}
		})
		wg.Go(cancel)
	}
	wg.Wait()
	if l.active != 0 || len(l.waiting) != 0 {
		t.Errorf("%d active, %d waiting", l.active, len(l.waiting))
	}
}

// The same, at the moment itself: the asker has seen the end of its context, but
// is granted the permit before it can withdraw.
func TestLimiterTakesBackWhatCameTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		take(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { _, err := l.acquire(ctx); ended <- err }()
		synctest.Wait()
		l.mu.Lock()
		cancel()
		l.active-- // as release does
		l.admit()
		l.mu.Unlock()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if l.active != 0 {
			t.Errorf("%d active", l.active)
		}
	})
}
