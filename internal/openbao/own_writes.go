package openbao

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// A standby answers reads by itself and lags behind: what this client has just
// written may not be there yet, or still be the old. For so long after a write
// a read that shows less than the client knows is taken for stale and repeated.
const (
	settleTime  = 10 * time.Second
	settlePause = 100 * time.Millisecond
)

// objectKey names what was written: the absolute namespace and the API path.
type objectKey struct{ namespace, path string }

// ownWrites remembers what the client wrote lately.
type ownWrites struct {
	mu     sync.Mutex
	traces map[objectKey]ownWrite
}

// ownWrite is one write: when, and what a read of it should show at least. What
// that is depends on the kind of object; nil is that it exists.
type ownWrite struct {
	at   time.Time
	want any
}

func (o *ownWrites) remember(key objectKey, now time.Time, want any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.traces == nil {
		o.traces = map[objectKey]ownWrite{}
	}
	o.traces[key] = ownWrite{at: now, want: want}
}

// removed is what a read of something that the client removed should show: nothing.
type removed struct{}

func (o *ownWrites) forget(key objectKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.traces, key)
}

func (o *ownWrites) recall(key objectKey, now time.Time) (ownWrite, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	trace, found := o.traces[key]
	if found && now.Sub(trace.at) > settleTime {
		delete(o.traces, key)
		return ownWrite{}, false
	}
	return trace, found
}

// wrote notes a successful write; see ownWrite.
func (c *Client) wrote(key objectKey, want any) {
	c.writes.remember(key, c.config.Clock.Now(), want)
}

// removal takes the outcome of a removal: what was not there is no error. Only
// what is gone for sure is noted as such.
func (c *Client) removal(key objectKey, err error) error {
	if err != nil && !isGone(err) && !errors.Is(err, migrate.ErrMountNotFound) {
		c.writes.forget(key)
		return err
	}
	c.wrote(key, removed{})
	return nil
}

// removedLately reports whether the client removed something a moment ago.
func (c *Client) removedLately(key objectKey) bool {
	trace, recent := c.writes.recall(key, c.config.Clock.Now())
	_, gone := trace.want.(removed)
	return recent && gone
}

// removedBelow reports whether the client removed something below a path a moment
// ago.
func (c *Client) removedBelow(folder objectKey) bool {
	c.writes.mu.Lock()
	defer c.writes.mu.Unlock()
	for key, trace := range c.writes.traces {
		_, gone := trace.want.(removed)
		if gone && key.namespace == folder.namespace && strings.HasPrefix(key.path, folder.path) {
			return true
		}
	}
	return false
}

// afterOwnRemovals lists, again while all that is listed is what the client
// removed itself a moment ago.
func (c *Client) afterOwnRemovals(ctx context.Context, list func() ([]string, error), object func(name string) objectKey) ([]string, error) {
	for {
		names, err := list()
		others := slices.ContainsFunc(names, func(name string) bool { return !c.removedLately(object(name)) })
		if err != nil || others || len(names) == 0 || c.config.Clock.Sleep(ctx, settlePause) != nil {
			return names, err
		}
	}
}

// afterOwnWrite reads, again while the result is stale in view of what the
// client wrote itself a moment ago.
func afterOwnWrite[T any](ctx context.Context, c *Client, key objectKey, read func() (T, error), stale func(got T, err error, want any) bool) (T, error) {
	for {
		got, err := read()
		trace, recent := c.writes.recall(key, c.config.Clock.Now())
		behind := recent && stale(got, err, trace.want)
		if _, gone := trace.want.(removed); gone {
			behind = recent && err == nil
		}
		if !behind || c.config.Clock.Sleep(ctx, settlePause) != nil {
			return got, err
		}
	}
}
