package glue

import (
	"context"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// NoteMount remembers the engine of a mount that the plan makes or keeps, for what is
// planned to go there.
func (c *Clients) NoteMount(namespace, mount string, engine migrate.Engine) {
	if c != nil {
		c.mounts.Store(place{namespace, mount}, engine)
	}
}

// PlannedEngine is the engine that a mount will have: that of the plan, or that of the
// server. Where neither tells, it is KV v2, the default.
func (c *Clients) PlannedEngine(ctx context.Context, namespace, mount string) migrate.Engine {
	if engine, planned := c.mounts.Load(place{namespace, mount}); planned {
		return engine.(migrate.Engine)
	}
	if engine, err := c.OpenBao.Client.Engine(ctx, namespace, mount); err == nil {
		return engine
	}
	return migrate.KV2
}
