package openbao

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Wrapping is what the server tells about a wrapping token.
type Wrapping struct {
	CreationPath string
	CreationTime time.Time
	CreationTTL  time.Duration
}

// LookupWrapping asks for a wrapping token without using it (POST
// sys/wrapping/lookup, without any other token). One that was used or has
// expired is ErrWrappingToken.
func (c *Client) LookupWrapping(ctx context.Context, namespace string, token migrate.Secret) (Wrapping, error) {
	return c.lookupWrapping(ctx, c.at(namespace), token)
}

// lookupWrapping is LookupWrapping with an absolute namespace.
func (c *Client) lookupWrapping(ctx context.Context, namespace string, token migrate.Secret) (Wrapping, error) {
	r := request{
		operation: "wrapping lookup", method: http.MethodPost, namespace: namespace, path: "sys/wrapping/lookup",
		body: jsonBody(map[string]string{"token": string(token.Reveal())}), confidential: true, anonymous: true,
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return Wrapping{}, wrappingError(err)
	}
	var data struct {
		CreationPath string  `json:"creation_path"`
		CreationTime string  `json:"creation_time"`
		CreationTTL  float64 `json:"creation_ttl"`
	}
	if err := a.decode(r, &data); err != nil {
		return Wrapping{}, err
	}
	return Wrapping{
		CreationPath: data.CreationPath, CreationTime: parseTime(data.CreationTime),
		CreationTTL: time.Duration(data.CreationTTL * float64(time.Second)),
	}, nil
}

// secretIDPath is where secret IDs of a mount's roles are made.
var secretIDPath = regexp.MustCompile(`^auth/(.+)/role/[^/]+/(custom-)?secret-id$`)

// UnwrapSecretID uses up a wrapping token and returns the secret ID of an AppRole
// mount behind it (POST sys/wrapping/unwrap). It is not repeated once sent. What the
// token wraps is looked at first: one that somebody put in place of the right one is
// left alone, and shows. That, and a token that was used or has expired, is
// ErrWrappingToken.
func (c *Client) UnwrapSecretID(ctx context.Context, namespace, mount string, token migrate.Secret) (CreatedSecretID, error) {
	return c.unwrapSecretID(ctx, c.at(namespace), mount, token)
}

// unwrapSecretID is UnwrapSecretID with an absolute namespace.
func (c *Client) unwrapSecretID(ctx context.Context, namespace, mount string, token migrate.Secret) (CreatedSecretID, error) {
	wrapping, err := c.lookupWrapping(ctx, namespace, token)
	if err != nil {
		return CreatedSecretID{}, wrappedLoginError(err, mount)
	}
	if made := secretIDPath.FindStringSubmatch(wrapping.CreationPath); made == nil || made[1] != mount {
		return CreatedSecretID{}, &Error{
			Operation: "AppRole login with a wrapping token", Path: joinPath("auth", mount, "login"), Namespace: namespace,
			Err:   fmt.Errorf("it wraps the answer of %s and no secret ID of auth/%s, so it was not unwrapped", wrapping.CreationPath, mount),
			kinds: []error{ErrWrappingToken},
			advice: "Check the mount. If the token was to be one of a secret ID, somebody may have put another in its place: find out on which way it came, " +
				"and let a new secret ID be made and wrapped.",
		}
	}
	made, err := c.unwrap(ctx, namespace, token)
	if err != nil {
		return CreatedSecretID{}, wrappedLoginError(err, mount)
	}
	if made.SecretID.Len() == 0 {
		return CreatedSecretID{}, &Error{
			Operation: "unwrapping", Path: "sys/wrapping/unwrap", Namespace: namespace, Err: errors.New("the answer holds no secret ID"),
		}
	}
	return made, nil
}

// unwrap uses up a wrapping token.
func (c *Client) unwrap(ctx context.Context, namespace string, token migrate.Secret) (CreatedSecretID, error) {
	r := request{
		operation: "unwrapping", method: http.MethodPost, namespace: namespace, path: "sys/wrapping/unwrap",
		token: token, once: true,
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return CreatedSecretID{}, wrappingError(err)
	}
	var data struct {
		SecretID string `json:"secret_id"`
		Accessor string `json:"secret_id_accessor"`
		TTL      int64  `json:"secret_id_ttl"`
		NumUses  int64  `json:"secret_id_num_uses"`
	}
	if err := a.decode(r, &data); err != nil {
		return CreatedSecretID{}, err
	}
	return CreatedSecretID{
		SecretID: migrate.NewSecret([]byte(data.SecretID)), Accessor: data.Accessor, TTL: data.TTL, NumUses: data.NumUses,
	}, nil
}

// wrappingError marks the 400 that these endpoints have for a token that is no
// longer there.
func wrappingError(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound && isGone(err)) {
		e.kinds = []error{ErrWrappingToken}
	}
	return err
}

// wrappedLoginError adds what it can mean that a wrapping token is used up.
func wrappedLoginError(err error, mount string) error {
	var e *Error
	if errors.As(err, &e) && errors.Is(err, ErrWrappingToken) {
		e.advice = fmt.Sprintf("A wrapping token is good for one plan or one apply that talks to OpenBao, and for a limited time. If neither explains this, "+
			"somebody else may have unwrapped it and have the secret ID: revoke that by its accessor "+
			"(bao write auth/%s/role/<role>/secret-id-accessor/destroy secret_id_accessor=<accessor>, or apply with -replace where an ocibao_approle_secret_id made it) "+
			"and find out who. Then let a new secret ID be made and wrapped.", mount)
	}
	return err
}
