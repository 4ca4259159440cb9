package ociemu

import (
	"slices"
	"sync"
	"time"
)

// rateLimit admits a number of requests in any one second.
type rateLimit struct {
	mu        sync.Mutex
	perSecond int
	calls     []string
	admitted  []time.Time
}

// SetRateLimit lets perSecond requests through in any one second of the
// emulator's clock and answers the others 429. Calls such as
// "secrets.GetSecretBundle" restrict it to these, counted together; none means
// all. 0 takes the limit away. Requests that are refused do not count.
func (e *Emulator) SetRateLimit(perSecond int, calls ...string) {
	e.rate.mu.Lock()
	defer e.rate.mu.Unlock()
	e.rate.perSecond, e.rate.calls, e.rate.admitted = perSecond, slices.Clone(calls), nil
}

func (l *rateLimit) admit(call string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perSecond <= 0 || (len(l.calls) > 0 && !slices.Contains(l.calls, call)) {
		return true
	}
	l.admitted = slices.DeleteFunc(l.admitted, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(l.admitted) >= l.perSecond {
		return false
	}
	l.admitted = append(l.admitted, now)
	return true
}
