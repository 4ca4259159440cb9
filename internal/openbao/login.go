package openbao

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// login is one way to get a token.
type login interface {
	// request is the call that logs in. It is sent at most once.
	request() request
}

func (a AppRoleLogin) request() request {
	return appRoleLoginRequest(a.MountPath, a.RoleID, a.SecretID)
}

func appRoleLoginRequest(mount, roleID string, secretID migrate.Secret) request {
	body := map[string]string{"role_id": roleID}
	if secretID.Len() > 0 {
		body["secret_id"] = string(secretID.Reveal())
	}
	return request{
		operation: "AppRole login", method: http.MethodPost, path: joinPath("auth", mount, "login"),
		body: jsonBody(body), confidential: true, anonymous: true,
		// Each login may use up a secret ID.
		once: true,
	}
}

// TokenInfo is a token with what the server said when it was created or
// looked up.
type TokenInfo struct {
	// Token is empty in the answer to a lookup.
	Token    migrate.Secret
	Accessor string
	Policies []string
	// LeaseDuration is how long the token lasts from then on; 0 is without end.
	LeaseDuration time.Duration
	Renewable     bool
}

// parseAuth reads the auth part of an answer.
func parseAuth(r request, a *answer) (TokenInfo, error) {
	var auth struct {
		ClientToken   string   `json:"client_token"`
		Accessor      string   `json:"accessor"`
		Policies      []string `json:"policies"`
		LeaseDuration int64    `json:"lease_duration"`
		Renewable     bool     `json:"renewable"`
	}
	if !has(a.envelope.Auth) || json.Unmarshal(a.envelope.Auth, &auth) != nil || auth.ClientToken == "" {
		return TokenInfo{}, unexpected(r, "the answer holds no token")
	}
	return TokenInfo{
		Token:         migrate.NewSecret([]byte(auth.ClientToken)),
		Accessor:      auth.Accessor,
		Policies:      auth.Policies,
		LeaseDuration: time.Duration(auth.LeaseDuration) * time.Second,
		Renewable:     auth.Renewable,
	}, nil
}

// LoginAppRole logs in with AppRole at auth/<mount>/login and returns the
// token, which the caller revokes. It is not repeated, as it may use up the
// secret ID. A refusal is ErrLogin.
func (c *Client) LoginAppRole(ctx context.Context, namespace, mount, roleID string, secretID migrate.Secret) (TokenInfo, error) {
	r := appRoleLoginRequest(mount, roleID, secretID)
	r.namespace = c.at(namespace)
	return c.login(ctx, r)
}

func (c *Client) login(ctx context.Context, r request) (TokenInfo, error) {
	a, err := c.send(ctx, r)
	if err != nil {
		return TokenInfo{}, loginError(err)
	}
	return parseAuth(r, a)
}

// RevokeToken revokes a token by itself (auth/token/revoke-self). A token that
// is gone already is no error.
func (c *Client) RevokeToken(ctx context.Context, namespace string, token migrate.Secret) error {
	_, err := c.send(ctx, request{
		operation: "token revocation", method: http.MethodPost, namespace: c.at(namespace),
		path: "auth/token/revoke-self", token: token,
		capabilities: []string{"update"},
	})
	if status(err) == http.StatusForbidden && c.isDead(ctx, c.at(namespace), token) {
		return nil
	}
	return err
}

// isDead reports whether a token may not even look itself up
// (auth/token/lookup-self), which the default policy allows to all.
func (c *Client) isDead(ctx context.Context, namespace string, token migrate.Secret) bool {
	_, err := c.send(ctx, request{
		operation: "token lookup", method: http.MethodGet, namespace: namespace,
		path: "auth/token/lookup-self", token: token,
	})
	return status(err) == http.StatusForbidden
}

func parseLookup(r request, a *answer) (TokenInfo, error) {
	var data struct {
		Accessor  string   `json:"accessor"`
		Policies  []string `json:"policies"`
		TTL       int64    `json:"ttl"`
		Renewable bool     `json:"renewable"`
	}
	if err := a.decode(r, &data); err != nil {
		return TokenInfo{}, err
	}
	return TokenInfo{
		Accessor: data.Accessor, Policies: data.Policies,
		LeaseDuration: time.Duration(data.TTL) * time.Second, Renewable: data.Renewable,
	}, nil
}
