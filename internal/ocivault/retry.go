package ocivault

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	// refusedDelay is the pause of a call that was refused for the number of
	// requests, spread by half. What else there is to wait the limiter knows.
	refusedDelay = 100 * time.Millisecond
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
	turn := c.limiter.begin()
	for attempt := 1; ; attempt++ {
		if err := c.limiter.acquire(ctx, turn); err != nil {
			return zero, interrupted(operation, identity, err, attempt-1, last)
		}
		if attempt == 1 {
			began = c.clock.Now() // waiting for a first turn costs no retry time
		}
		ex := &exchange{ctx: ctx}
		var value T
		err := c.ready(ctx)
		if err == nil {
			value, err = do(withExchange(ctx, ex))
		}
		c.limiter.release(ex.outcome(), ex.retryAfter)
		if err == nil {
			return value, nil
		}
		if ctx.Err() != nil {
			return zero, interrupted(operation, identity, ctx.Err(), attempt, last)
		}
		last = failure(operation, identity, ex, err, attempt)
		last.auth = c.auth
		if !ex.retryable() && !passing(err) {
			return zero, last
		}
		delay := c.delay(ex, delays)
		if c.clock.Now().Sub(began)+max(delay, c.limiter.wait()) > c.retryMaxElapsed {
			return zero, last
		}
		if err := c.clock.Sleep(ctx, delay); err != nil {
			return zero, interrupted(operation, identity, err, attempt, last)
		}
	}
}

// delay is how long the call itself waits before its next attempt.
func (c *Client) delay(ex *exchange, delays *backoff.ExponentialBackOff) time.Duration {
	switch {
	case ex.retryAfter > 0:
		return ex.retryAfter
	case ex.outcome() == throttled:
		return refusedDelay/2 + rand.N(refusedDelay)
	default:
		return delays.NextBackOff()
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

// passing tells whether a workload's identity may be had later.
func passing(err error) bool {
	var failed *identityError
	return errors.As(err, &failed) && failed.temporary
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
