package ocivault

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// limiter bounds the requests under way, and their pace once OCI has refused
// some for their number. The oldest call is served first, also when it comes
// back after a refusal, so that none is left behind.
type limiter struct {
	clock migrate.Clock
	most  int

	mu      sync.Mutex
	calls   int // numbers the calls
	active  int
	turn    bool      // one permit is granted and waits for its time
	waiting []*permit // by call
	pace    pace
	wake    func() // ends the wait of the one whose turn it is
}

// permit is the right to have one request under way.
type permit struct {
	granted chan struct{}
	call    int
}

// outcome is what a request says about the rate.
type outcome int

const (
	unanswered outcome = iota // says nothing
	answered
	throttled
)

func newLimiter(most int, clock migrate.Clock) *limiter {
	return &limiter{most: most, clock: clock}
}

// begin numbers a call, which has one or more requests.
func (l *limiter) begin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	return l.calls
}

// acquire waits for a call's turn, or until the context is done, whose error it
// returns. Each acquire that succeeds is followed by a release.
func (l *limiter) acquire(ctx context.Context, call int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := &permit{granted: make(chan struct{}), call: call}
	l.mu.Lock()
	at, _ := slices.BinarySearchFunc(l.waiting, p, func(a, b *permit) int { return cmp.Compare(a.call, b.call) })
	l.waiting = slices.Insert(l.waiting, at, p)
	l.admit()
	l.mu.Unlock()
	select {
	case <-p.granted:
		return l.await(ctx)
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, p); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else { // granted in the same moment
		l.pass()
	}
	return ctx.Err()
}

// await lets the time pass that the pace asks of the one whose turn it is.
// Each answer that comes meanwhile may change it.
func (l *limiter) await(ctx context.Context) error {
	for {
		l.mu.Lock()
		now, err := l.clock.Now(), ctx.Err()
		wait := l.pace.wait(now)
		if wait == 0 && err == nil {
			l.active++
			l.pace.send(now)
		}
		if wait == 0 || err != nil {
			l.pass()
			l.mu.Unlock()
			return err
		}
		waiting, wake := context.WithCancel(ctx)
		l.wake = wake
		l.mu.Unlock()
		_ = l.clock.Sleep(waiting, wait)
		wake()
	}
}

// pass gives the turn on. The lock must be held.
func (l *limiter) pass() {
	l.turn, l.wake = false, nil
	l.admit()
}

// release says how a request ended. OCI may have said when to come back.
func (l *limiter) release(what outcome, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.pace.note(l.clock.Now(), what, retryAfter)
	if l.wake != nil {
		l.wake()
	}
	l.admit()
}

// admit gives the turn to the oldest call, when there is room. The lock must be held.
func (l *limiter) admit() {
	if l.turn || len(l.waiting) == 0 || l.active >= l.most {
		return
	}
	p := l.waiting[0]
	l.waiting = slices.Delete(l.waiting, 0, 1)
	l.turn = true
	close(p.granted)
}

// wait is how long the next request would wait for its time.
func (l *limiter) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.wait(l.clock.Now())
}
