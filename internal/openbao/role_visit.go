package openbao

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

const (
	// visitSecretIDTTL is how long a secret ID lasts that is used at once, should it
	// be left behind because the process was killed.
	visitSecretIDTTL = int64(60)
	// tidyTime is how long is waited for what was made to be gone, also after the run
	// was cancelled.
	tidyTime = 10 * time.Second
)

// Visit is a login as an AppRole for a look around.
type Visit struct {
	// Client acts as the role.
	Client *Client
	// Token is what the login gave.
	Token TokenInfo
	// Uses is how many requests the token is good for, with the last one kept for
	// its revocation; 0 is without limit.
	Uses int64
}

// VisitAs logs in as an AppRole, calls visit, and leaves nothing behind: the secret
// ID is good for one use and a minute, and is revoked unless the login used it up;
// the token is revoked after the visit, also when that failed or was cancelled. A
// role that binds no secret ID gets none. What could not be taken away again is
// part of the error.
func (c *Client) VisitAs(ctx context.Context, role AppRole, visit func(ctx context.Context, v Visit) error) (err error) {
	tidy, done := lingering(ctx, tidyTime)
	defer done()
	secretID, revoke, err := c.visitSecretID(ctx, role)
	if err != nil {
		return err
	}
	info, err := c.LoginAppRole(ctx, role.Namespace, role.Mount, role.RoleID, secretID)
	if err != nil {
		return errors.Join(lostToken(err, role), revoke(tidy))
	}
	defer func() {
		left := revocation{client: c, namespace: c.at(role.Namespace), info: info, mayBeGone: role.TokenNumUses > 0}.run(tidy)
		err = errors.Join(err, info.staying(left))
	}()
	return visit(ctx, Visit{Client: c.WithToken(info.Token), Token: info, Uses: visitUses(role)})
}

// visitUses leaves one use for the revocation. A token for one use is gone after it.
func visitUses(role AppRole) int64 {
	if role.TokenNumUses > 1 {
		return role.TokenNumUses - 1
	}
	return role.TokenNumUses
}

// visitSecretID makes a secret ID for one login, and what revokes it.
func (c *Client) visitSecretID(ctx context.Context, role AppRole) (migrate.Secret, func(context.Context) error, error) {
	if !role.BindSecretID {
		return migrate.Secret{}, func(context.Context) error { return nil }, nil
	}
	uses, ttl := int64(1), visitSecretIDTTL
	if role.SecretIDTTL > 0 {
		ttl = min(ttl, role.SecretIDTTL)
	}
	made, err := c.CreateSecretID(ctx, role.Namespace, role.Mount, role.Name, SecretIDOptions{NumUses: &uses, TTL: &ttl})
	if err != nil {
		return migrate.Secret{}, nil, err
	}
	return made.SecretID, func(ctx context.Context) error {
		if err := c.DestroySecretIDByAccessor(ctx, role.Namespace, role.Mount, role.Name, made.Accessor); err != nil {
			return fmt.Errorf("the secret ID with the accessor %s stays for %d s: %w", made.Accessor, ttl, err)
		}
		return nil
	}, nil
}

// lostToken adds to a login without an answer that there may be a token.
func lostToken(err error, role AppRole) error {
	if status(err) != 0 || !errors.Is(err, migrate.ErrTargetUnavailable) || neverSent(err) {
		return err
	}
	return fmt.Errorf("%w (if the server made a token, nobody knows it, and it ends with the token TTL of the role, %d s or the server's default for 0)",
		err, role.TokenTTL)
}

// neverSent reports whether a request failed before a connection was there.
func neverSent(err error) bool {
	var operation *net.OpError
	var lookup *net.DNSError
	return errors.As(err, &lookup) || errors.As(err, &operation) && operation.Op == "dial"
}
