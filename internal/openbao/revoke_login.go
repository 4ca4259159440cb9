package openbao

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// RevokeAccessorPath is where a token revokes others by their accessors.
const RevokeAccessorPath = "auth/token/revoke-accessor"

// RevokeLogin revokes the token of a login: by itself (auth/token/revoke-self), or
// where its policies do not even let it do that, by the client's own token
// (auth/token/revoke-accessor). A token that is gone already is no error, and
// neither is a batch token, which cannot be revoked.
func (c *Client) RevokeLogin(ctx context.Context, namespace string, info TokenInfo) error {
	return revocation{client: c, namespace: c.at(namespace), info: info, mayBeGone: info.knowsItself()}.run(ctx)
}

// knowsItself reports whether the token may look itself up as long as it lives, as
// the default policy allows.
func (t TokenInfo) knowsItself() bool { return slices.Contains(t.Policies, "default") }

// revocation takes away the token of a login.
type revocation struct {
	client    *Client
	namespace string // absolute
	info      TokenInfo
	// by is the token that helps one which may not revoke itself; empty for that of
	// the session.
	by migrate.Secret
	// mayBeGone says that the token may have ended by itself, so that one which is
	// refused everywhere is taken for gone.
	mayBeGone bool
}

func (r revocation) run(ctx context.Context) error {
	if r.info.Accessor == "" {
		return nil
	}
	_, err := r.client.send(ctx, request{
		operation: "token revocation", method: http.MethodPost, namespace: r.namespace,
		path: "auth/token/revoke-self", token: r.info.Token, capabilities: []string{"update"},
	})
	if status(err) == http.StatusForbidden {
		err = r.byAccessor(ctx)
	}
	return err
}

// staying names the token that could not be revoked; nil where it was.
func (t TokenInfo) staying(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the token with the accessor %s stays until it expires: %w", t.Accessor, err)
}

// byAccessor goes on where the token was refused to revoke itself.
func (r revocation) byAccessor(ctx context.Context) error {
	_, err := r.client.do(ctx, request{
		operation: "token revocation", method: http.MethodPost, namespace: r.namespace,
		path: RevokeAccessorPath, token: r.by, capabilities: []string{"update"},
		body: jsonBody(map[string]string{"accessor": r.info.Accessor}),
	})
	switch status(err) {
	case http.StatusBadRequest, http.StatusNotFound:
		return nil // there is no such token any more
	case http.StatusForbidden:
		if r.mayBeGone && r.client.isDead(ctx, r.namespace, r.info.Token) {
			return nil
		}
	}
	return err
}
