package ocivault

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
)

// newBackOff gives delays of about 1, 2, 4 … 30 seconds, each spread by half,
// so that calls that failed together do not come back together.
func newBackOff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = firstDelay
	b.Multiplier = 2
	b.RandomizationFactor = 0.5
	b.MaxInterval = maxDelay
	b.Reset()
	return b
}

// call runs one SDK call until it is answered for good, the time for retries is
// over or the context is done. do must pass on the context it gets. All its
// failures are *Error.
//
// The loop is written out because the library's own measures and waits with the
// system's clock.
func call[T any](ctx context.Context, c *Client, operation, identity string, do func(context.Context) (T, error)) (T, error) {
	var (
		zero  T
		began time.Time
		last  *Error
	)
	delays := newBackOff()
	for attempt := 1; ; attempt++ {
		permit, err := c.limiter.acquire(ctx)
		if err != nil {
			return zero, interrupted(operation, identity, err, attempt-1, last)
		}
		if attempt == 1 {
			began = c.clock.Now() // waiting for a first turn costs no retry time
		}
		ex := &exchange{ctx: ctx}
		value, err := do(withExchange(ctx, ex))
		c.limiter.release(permit, ex.outcome())
		if err == nil {
			return value, nil
		}
		if ctx.Err() != nil {
			return zero, interrupted(operation, identity, ctx.Err(), attempt, last)
		}
		last = failure(operation, identity, ex, err, attempt)
		last.usesToken = c.usesToken
		if !ex.retryable() {
			return zero, last
		}
		delay := delays.NextBackOff()
		if ex.retryAfter > 0 {
			delay = ex.retryAfter
		}
		if c.clock.Now().Sub(began)+delay > c.retryMaxElapsed {
			return zero, last
		}
		if err := c.clock.Sleep(ctx, delay); err != nil {
			return zero, interrupted(operation, identity, err, attempt, last)
		}
	}
}

func (ex *exchange) outcome() outcome {
	switch ex.status {
	case 0:
		return unanswered
	case http.StatusTooManyRequests:
		return throttled
	default:
		return answered
	}
}

// retryable tells whether the same request may succeed later. Every request
// here only reads, so sending it twice does no harm.
func (ex *exchange) retryable() bool {
	switch ex.status {
	case 0:
		return ex.err != nil && !ex.permanent
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// parseRetryAfter reads seconds or an HTTP date; 0 when there is neither or the
// time has passed.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.Atoi(value); err == nil {
		const most = 24 * 60 * 60 // beyond any retry time, and far from an overflow
		return time.Duration(min(max(seconds, 0), most)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
