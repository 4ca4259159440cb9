package ocivault

import (
	"context"
	"math"
	"slices"
	"sync"
)

// limiter bounds the requests under way. Throttling halves the bound, success
// raises it again by about one per round, like congestion control.
type limiter struct {
	mu      sync.Mutex
	most    float64
	limit   float64
	active  int
	epoch   int // counts the halvings
	waiting []*permit
}

// permit is the right to have one request under way.
type permit struct {
	granted chan struct{}
	epoch   int
}

// outcome is what a request says about the rate.
type outcome int

const (
	unanswered outcome = iota // says nothing
	answered
	throttled
)

func newLimiter(most int) *limiter {
	return &limiter{most: float64(most), limit: float64(most)}
}

// acquire waits its turn, or until the context is done, whose error it returns.
func (l *limiter) acquire(ctx context.Context) (*permit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &permit{granted: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, p)
	l.admit()
	l.mu.Unlock()
	select {
	case <-p.granted:
		return p, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, p); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else { // granted in the same moment
		l.active--
		l.admit()
	}
	return nil, ctx.Err()
}

// release gives a permit back.
func (l *limiter) release(p *permit, what outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	switch what {
	case throttled:
		// Requests that were under way together are throttled together: that
		// is one signal, not many.
		if p.epoch == l.epoch {
			l.limit = max(1, math.Floor(l.limit/2))
			l.epoch++
		}
	case answered:
		l.limit = min(l.most, l.limit+1/l.limit)
	case unanswered:
	}
	l.admit()
}

// admit grants permits in order of arrival. The lock must be held.
func (l *limiter) admit() {
	for len(l.waiting) > 0 && l.active < int(l.limit) {
		p := l.waiting[0]
		l.waiting = slices.Delete(l.waiting, 0, 1)
		l.active++
		p.epoch = l.epoch
		close(p.granted)
	}
}

// bound is the number of requests that may be under way now.
func (l *limiter) bound() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.limit)
}
