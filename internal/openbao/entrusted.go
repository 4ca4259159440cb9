package openbao

import (
	"context"
	"errors"
	"sync"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// entrusted are tokens of logins that others made through the client, by
// accessor: Close revokes those that were not given back.
type entrusted struct {
	mu   sync.Mutex
	open map[string]entrustedToken
}

type entrustedToken struct {
	namespace string // relative to the client's
	token     migrate.Secret
}

// Entrust remembers a token until RevokeEntrusted or Close. A batch token has no
// accessor and cannot be revoked: it is left to expire.
func (c *Client) Entrust(namespace string, info TokenInfo) {
	if info.Accessor == "" {
		return
	}
	c.entrusted.mu.Lock()
	defer c.entrusted.mu.Unlock()
	if c.entrusted.open == nil {
		c.entrusted.open = map[string]entrustedToken{}
	}
	c.entrusted.open[info.Accessor] = entrustedToken{namespace, info.Token}
}

// RevokeEntrusted revokes an entrusted token. One that is not known is no error.
func (c *Client) RevokeEntrusted(ctx context.Context, accessor string) error {
	c.entrusted.mu.Lock()
	kept, known := c.entrusted.open[accessor]
	delete(c.entrusted.open, accessor)
	c.entrusted.mu.Unlock()
	if !known {
		return nil
	}
	return c.RevokeToken(ctx, kept.namespace, kept.token)
}

func (c *Client) revokeAllEntrusted(ctx context.Context) error {
	c.entrusted.mu.Lock()
	accessors := make([]string, 0, len(c.entrusted.open))
	for accessor := range c.entrusted.open {
		accessors = append(accessors, accessor)
	}
	c.entrusted.mu.Unlock()
	var failures []error
	for _, accessor := range accessors {
		failures = append(failures, c.RevokeEntrusted(ctx, accessor))
	}
	return errors.Join(failures...)
}
