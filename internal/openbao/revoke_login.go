package openbao

import (
	"context"
	"net/http"
	"slices"
)

// RevokeLogin revokes the token of a login: by itself (auth/token/revoke-self), or
// where its policies do not even let it do that, by the client's own token
// (auth/token/revoke-accessor). A token that is gone already is no error, and
// neither is a batch token, which cannot be revoked.
func (c *Client) RevokeLogin(ctx context.Context, namespace string, info TokenInfo) error {
	// With the default policy only a token that is gone may not look itself up.
	return c.revokeLogin(ctx, namespace, info, slices.Contains(info.Policies, "default"))
}

// revokeLogin is RevokeLogin; mayBeGone says that a token which is refused everywhere
// is taken for one that is gone.
func (c *Client) revokeLogin(ctx context.Context, namespace string, info TokenInfo, mayBeGone bool) error {
	if info.Accessor == "" {
		return nil
	}
	_, err := c.send(ctx, request{
		operation: "token revocation", method: http.MethodPost, namespace: c.at(namespace),
		path: "auth/token/revoke-self", token: info.Token, capabilities: []string{"update"},
	})
	if status(err) != http.StatusForbidden {
		return err
	}
	_, err = c.do(ctx, request{
		operation: "token revocation", method: http.MethodPost, namespace: c.at(namespace),
		path: RevokeAccessorPath, capabilities: []string{"update"},
		body: jsonBody(map[string]string{"accessor": info.Accessor}),
	})
	switch {
	case status(err) == http.StatusBadRequest, status(err) == http.StatusNotFound:
		return nil // there is no such token any more
	case status(err) == http.StatusForbidden && mayBeGone && c.isDead(ctx, c.at(namespace), info.Token):
		return nil
	}
	return err
}

// RevokeAccessorPath is where a token revokes others by their accessors.
const RevokeAccessorPath = "auth/token/revoke-accessor"
