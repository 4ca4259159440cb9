package ocivault

import (
	"context"
	"errors"
	"math/rand"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// source is a server in virtual time: it says of each request whether it is admitted.
type source struct {
	mu       sync.Mutex
	latency  time.Duration
	admits   func(now time.Time) bool
	requests int
}

func (s *source) ask(ctx context.Context) (bool, error) {
	ex := ctx.Value(exchangeKey{}).(*exchange)
	select {
	case <-time.After(s.latency):
	case <-ex.ctx.Done():
		return false, ex.ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.admits(time.Now()) {
		ex.status = http.StatusOK
		return true, nil
	}
	ex.status = http.StatusTooManyRequests
	return false, errors.New("429")
}

// window admits so many in any one second; refusals do not count.
func window(perSecond int) func(time.Time) bool {
	var admitted []time.Time
	return func(now time.Time) bool {
		admitted = slices.DeleteFunc(admitted, func(t time.Time) bool { return now.Sub(t) >= time.Second })
		if len(admitted) >= perSecond {
			return false
		}
		admitted = append(admitted, now)
		return true
	}
}

// bucket admits at a steady rate after a burst.
func bucket(perSecond, burst float64) func(time.Time) bool {
	tokens, last := burst, time.Now()
	return func(now time.Time) bool {
		tokens = min(burst, tokens+now.Sub(last).Seconds()*perSecond)
		last = now
		if tokens < 1 {
			return false
		}
		tokens--
		return true
	}
}

func everySecond() func(time.Time) bool {
	n := 0
	return func(time.Time) bool { n++; return n%2 == 1 }
}

func half() func(time.Time) bool {
	random := rand.New(rand.NewSource(1))
	return func(time.Time) bool { return random.Intn(2) == 0 }
}

// Many calls arrive in about the time that the limit asks for, whatever its
// kind, and few requests are refused on the way.
func TestPaceUnderLimits(t *testing.T) {
	for name, c := range map[string]struct {
		admits   func() func(time.Time) bool
		latency  time.Duration
		calls    int
		workers  int
		between  time.Duration // what a worker does between its calls, at most
		most     time.Duration
		requests int // at most, for each call
	}{
		"10 in any second":                      {func() func(time.Time) bool { return window(10) }, 5 * time.Millisecond, 1000, 16, 0, 119 * time.Second, 3},
		"10 in any second, far away":            {func() func(time.Time) bool { return window(10) }, 200 * time.Millisecond, 1000, 16, 0, 119 * time.Second, 3},
		"10 in any second, ten":                 {func() func(time.Time) bool { return window(10) }, 30 * time.Millisecond, 200, 10, 0, 23 * time.Second, 4},
		"2 in any second":                       {func() func(time.Time) bool { return window(2) }, 5 * time.Millisecond, 100, 16, 0, 59 * time.Second, 8},
		"100 in any second":                     {func() func(time.Time) bool { return window(100) }, 5 * time.Millisecond, 1000, 16, 0, 12 * time.Second, 4},
		"10 a second, a bucket":                 {func() func(time.Time) bool { return bucket(10, 10) }, 5 * time.Millisecond, 1000, 16, 0, 119 * time.Second, 3},
		"10 a second, a large bucket":           {func() func(time.Time) bool { return bucket(10, 100) }, 5 * time.Millisecond, 500, 16, 0, 48 * time.Second, 5},
		"every second":                          {everySecond, 5 * time.Millisecond, 1000, 16, 0, 12 * time.Second, 3},
		"half, by chance":                       {half, 5 * time.Millisecond, 1000, 16, 0, 16 * time.Second, 3},
		"half, far away":                        {half, 100 * time.Millisecond, 1000, 16, 0, 40 * time.Second, 3},
		"every second, while much else is done": {everySecond, 5 * time.Millisecond, 1000, 16, 2 * time.Second, 85 * time.Second, 3},
		"half, while much else is done":         {half, 5 * time.Millisecond, 1000, 16, 2 * time.Second, 85 * time.Second, 3},
		"no limit":                              {func() func(time.Time) bool { return func(time.Time) bool { return true } }, 5 * time.Millisecond, 1000, 8, 0, 630 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &source{latency: c.latency, admits: c.admits()}
				clock := migrate.SystemClock{}
				client := &Client{clock: clock, limiter: newLimiter(8, clock), retryMaxElapsed: DefaultRetryMaxElapsed, region: "r"}
				began := time.Now()
				queue := make(chan int)
				var wg sync.WaitGroup
				random := rand.New(rand.NewSource(2))
				var slowest time.Duration
				var mu sync.Mutex
				for range c.workers {
					wg.Go(func() {
						for range queue {
							from := time.Now()
							if _, err := call(t.Context(), client, "GetSecretBundle", "x", server.ask); err != nil {
								t.Error(err)
							}
							mu.Lock()
							slowest = max(slowest, time.Since(from))
							busy := time.Duration(random.Float64() * float64(c.between))
							mu.Unlock()
							time.Sleep(busy)
						}
					})
				}
				for i := range c.calls {
					queue <- i
				}
				close(queue)
				wg.Wait()
				took := time.Since(began)
				t.Logf("%s and %.1f requests a call; the slowest took %s", took, float64(server.requests)/float64(c.calls), slowest)
				if took > c.most {
					t.Errorf("took %s, want at most %s", took, c.most)
				}
				if server.requests > c.requests*c.calls {
					t.Errorf("%d requests for %d calls", server.requests, c.calls)
				}
				if slowest > 20*time.Second {
					t.Errorf("one call took %s", slowest)
				}
			})
		})
	}
}

// A source that refuses everything is asked ever less often.
func TestPaceBacksOffFromAClosedDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &source{latency: time.Millisecond, admits: func(time.Time) bool { return false }}
		clock := migrate.SystemClock{}
		client := &Client{clock: clock, limiter: newLimiter(8, clock), retryMaxElapsed: DefaultRetryMaxElapsed, region: "r"}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := call(t.Context(), client, "GetSecretBundle", "x", server.ask); !errors.Is(err, migrate.ErrThrottled) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if server.requests > 100 {
			t.Errorf("%d requests in two minutes of nothing but refusals", server.requests)
		}
	})
}

// Retry-After holds for all calls, not only for the one that was told.
func TestPaceKeepsToRetryAfter(t *testing.T) {
	var p pace
	now := start
	p.send(now)
	p.note(now, throttled, 5*time.Second)
	p.note(now, answered, 0)
	if got := p.wait(now.Add(time.Second)); got != 4*time.Second {
		t.Errorf("the next request would wait %s, want 4 s", got)
	}
	if got := p.wait(now.Add(6 * time.Second)); got != 0 {
		t.Errorf("after that it would wait %s", got)
	}
}

// The pace ends with the refusals.
func TestPaceEnds(t *testing.T) {
	var p pace
	now := start
	p.send(now)
	p.note(now, throttled, 0)
	if p.wait(now) == 0 {
		t.Error("there is no pause after a refusal")
	}
	now = now.Add(slowest)
	p.send(now)
	p.note(now, answered, 0)
	now = now.Add(remembered + time.Millisecond)
	p.send(now)
	p.note(now, answered, 0)
	if got := p.wait(now.Add(time.Millisecond)); got != 0 {
		t.Errorf("the next request would wait %s", got)
	}
}
