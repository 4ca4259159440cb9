package openbao

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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
			unwrapped, err := s.client.unwrapForLogin(ctx, s.namespace, a.MountPath, a.WrappingToken)
			if err != nil {
				return TokenInfo{}, err
			}
			s.unwrapped = unwrapped
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

// secretIDPath is where secret IDs of a mount's roles are made.
var secretIDPath = regexp.MustCompile(`^auth/(.+)/role/[^/]+/(custom-)?secret-id$`)

// unwrapForLogin gives the secret ID behind a wrapping token. What the token wraps is
// looked at first: one that somebody put in place of the right one is left alone, and
// shows.
func (c *Client) unwrapForLogin(ctx context.Context, namespace, mount string, token migrate.Secret) (migrate.Secret, error) {
	wrapping, err := c.lookupWrapping(ctx, namespace, token)
	if err != nil {
		return migrate.Secret{}, wrappedLoginError(err, mount)
	}
	if made := secretIDPath.FindStringSubmatch(wrapping.CreationPath); made == nil || made[1] != mount {
		return migrate.Secret{}, &Error{
			Operation: "AppRole login with a wrapping token", Path: joinPath("auth", mount, "login"), Namespace: namespace,
			Err:   fmt.Errorf("it wraps the answer of %s and no secret ID of auth/%s, so it was not unwrapped", wrapping.CreationPath, mount),
			kinds: []error{ErrWrappingToken},
			advice: "Check the mount. If the token was to be one of a secret ID, somebody may have put another in its place: find out on which way it came, " +
				"and let a new secret ID be made and wrapped.",
		}
	}
	made, err := c.unwrapSecretID(ctx, namespace, token)
	if err != nil {
		return migrate.Secret{}, wrappedLoginError(err, mount)
	}
	if made.SecretID.Len() == 0 {
		return migrate.Secret{}, &Error{
			Operation: "unwrapping", Path: "sys/wrapping/unwrap", Namespace: namespace, Err: errors.New("the answer holds no secret ID"),
		}
	}
	return made.SecretID, nil
}

// wrappedLoginError adds what it can mean that a wrapping token is used up.
func wrappedLoginError(err error, mount string) error {
	var e *Error
	if errors.As(err, &e) && errors.Is(err, ErrWrappingToken) {
		e.advice = fmt.Sprintf("A wrapping token is good for one plan or one apply that talks to OpenBao, and for a limited time. If neither explains this, "+
			"somebody else may have unwrapped it and have the secret ID: revoke that by its accessor "+
			"(bao write auth/%s/role/<role>/secret-id-accessor/destroy secret_id_accessor=<accessor>) and find out who. "+
			"Then let a new secret ID be made and wrapped.", mount)
	}
	return err
}
