package acctest

import (
	"context"
	"time"
)

// pollInterval is the time between two looks at something that takes a moment.
const pollInterval = 25 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
