package openbao

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// entrusted is what others made through the client for the time of a run, by
// accessor: Close takes back what was not given back.
type entrusted struct {
	mu   sync.Mutex
	open map[string]entrustedThing
}

type entrustedThing struct {
	namespace string // relative to the client's
	token     migrate.Secret
	revoke    func(context.Context) error
}

// Entrust remembers a token until RevokeEntrusted or Close. A batch token has no
// accessor and cannot be revoked: it is left to expire.
func (c *Client) Entrust(namespace string, info TokenInfo) {
	if info.Accessor == "" {
		return
	}
	c.entrust(info.Accessor, entrustedThing{
		namespace: namespace, token: info.Token,
		revoke: func(ctx context.Context) error { return c.RevokeLogin(ctx, namespace, info) },
	})
}

// EntrustSecretID remembers a secret ID until RevokeEntrusted or Close.
func (c *Client) EntrustSecretID(namespace, mount, role, accessor string) {
	c.entrust(accessor, entrustedThing{revoke: func(ctx context.Context) error {
		return c.DestroySecretIDByAccessor(ctx, namespace, mount, role, accessor)
	}})
}

func (c *Client) entrust(accessor string, thing entrustedThing) {
	c.entrusted.mu.Lock()
	defer c.entrusted.mu.Unlock()
	if c.entrusted.open == nil {
		c.entrusted.open = map[string]entrustedThing{}
	}
	c.entrusted.open[accessor] = thing
}

// RevokeEntrusted revokes an entrusted token or secret ID. One that is not known is
// no error.
func (c *Client) RevokeEntrusted(ctx context.Context, accessor string) error {
	c.entrusted.mu.Lock()
	kept, known := c.entrusted.open[accessor]
	delete(c.entrusted.open, accessor)
	c.entrusted.mu.Unlock()
	if !known {
		return nil
	}
	return kept.revoke(ctx)
}

// RenewEntrusted extends the life of an entrusted token (auth/token/renew-self) and
// returns how long it lasts from now on. One that is not known is ErrClosed.
func (c *Client) RenewEntrusted(ctx context.Context, accessor string) (time.Duration, error) {
	c.entrusted.mu.Lock()
	kept, known := c.entrusted.open[accessor]
	c.entrusted.mu.Unlock()
	if !known {
		return 0, ErrClosed
	}
	r := request{
		operation: "token renewal", method: http.MethodPost, namespace: c.at(kept.namespace),
		path: "auth/token/renew-self", body: jsonBody(struct{}{}), token: kept.token, capabilities: []string{"update"},
	}
	a, err := c.send(ctx, r)
	if err != nil {
		return 0, err
	}
	info, err := parseAuth(r, a)
	return info.LeaseDuration, err
}

func (c *Client) revokeAllEntrusted(ctx context.Context) error {
	c.entrusted.mu.Lock()
	accessors := make([]string, 0, len(c.entrusted.open))
	for accessor := range c.entrusted.open {
		accessors = append(accessors, accessor)
	}
	c.entrusted.mu.Unlock()
	slices.Sort(accessors)
	var failures []error
	for _, accessor := range accessors {
		failures = append(failures, c.RevokeEntrusted(ctx, accessor))
	}
	return errors.Join(failures...)
}
