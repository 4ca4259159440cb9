package migrate

import (
	"context"
	"time"
)

// Clock is the port to time, so that waiting can be tested without waiting.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until the context is done, whose error it returns.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now is the present time.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep waits for d or until the context is done.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
