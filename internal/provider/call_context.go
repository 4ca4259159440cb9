package provider

import (
	"context"
	"sync/atomic"
	"time"
)

// callContext is the context of one call until that ends. Then it is canceled and
// holds nothing, whoever still holds it.
type callContext struct {
	current atomic.Pointer[context.Context]
}

// ended is what is left of a call.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func newCallContext(ctx context.Context) *callContext {
	c := &callContext{}
	c.current.Store(&ctx)
	return c
}

func (c *callContext) release() { c.current.Store(&ended) }

// Deadline implements context.Context.
func (c *callContext) Deadline() (time.Time, bool) { return (*c.current.Load()).Deadline() }

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} { return (*c.current.Load()).Done() }

// Err implements context.Context.
func (c *callContext) Err() error { return (*c.current.Load()).Err() }

// Value implements context.Context.
func (c *callContext) Value(key any) any { return (*c.current.Load()).Value(key) }
