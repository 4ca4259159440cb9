package openbao

import (
	"context"
	"errors"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// AppRoleLogin is a login with AppRole at auth/<mount>/login.
type AppRoleLogin struct {
	// MountPath is the auth mount; empty is "approle".
	MountPath string
	// Namespace of the auth mount, absolute; empty is that of the client.
	Namespace string
	RoleID    string
	// SecretID may be empty, for a role that does not bind one.
	SecretID migrate.Secret
	// WrappingToken stands for a secret ID. It is looked up, and unwrapped once,
	// when the first request needs a token.
	WrappingToken migrate.Secret
}

func (AppRoleLogin) method() string { return "approle" }

func (a AppRoleLogin) place(client string) string { return placeOf(a.Namespace, client) }

func (a AppRoleLogin) validate(Config) (Login, error) {
	var err error
	if a.MountPath, err = checkMount(a.method(), a.MountPath); err != nil {
		return a, err
	}
	if a.RoleID = strings.TrimSpace(a.RoleID); a.RoleID == "" {
		return a, &ConfigError{Field: "auth_approle.role_id", Err: errors.New("it is empty")}
	}
	a.SecretID, a.WrappingToken = trimmed(a.SecretID), trimmed(a.WrappingToken)
	if a.SecretID.Len() > 0 && a.WrappingToken.Len() > 0 {
		return a, &ConfigError{Field: "auth_approle.wrapping_token", Err: errors.New("a secret ID is given as well: choose one")}
	}
	return a, checkNamespace(a.method(), a.Namespace)
}

func (a AppRoleLogin) logIn(ctx context.Context, s *session) (TokenInfo, error) {
	secretID := a.SecretID
	if a.WrappingToken.Len() > 0 {
		if s.unwrapped.Len() == 0 {
			unwrapped, err := s.client.unwrapSecretID(ctx, s.namespace, a.MountPath, a.WrappingToken)
			if err != nil {
				return TokenInfo{}, err
			}
			s.unwrapped = unwrapped.SecretID
		}
		secretID = s.unwrapped
	}
	r := appRoleLoginRequest(a.MountPath, a.RoleID, secretID)
	r.namespace = s.namespace
	return s.client.login(ctx, r)
}

func appRoleLoginRequest(mount, roleID string, secretID migrate.Secret) request {
	body := map[string]string{"role_id": roleID}
	if secretID.Len() > 0 {
		body["secret_id"] = string(secretID.Reveal())
	}
	r := loginRequest("AppRole login", mount, body)
	r.advice = "the role ID, the secret ID (it may have expired or have been used up)"
	return r
}

// LoginAppRole logs in with AppRole at auth/<mount>/login and returns the
// token, which the caller revokes. It is not repeated, as it may use up the
// secret ID. A refusal is ErrLogin.
func (c *Client) LoginAppRole(ctx context.Context, namespace, mount, roleID string, secretID migrate.Secret) (TokenInfo, error) {
	r := appRoleLoginRequest(mount, roleID, secretID)
	r.namespace = c.at(namespace)
	return c.login(ctx, r)
}
