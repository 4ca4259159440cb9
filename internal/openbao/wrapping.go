package openbao

import (
	"context"
	"errors"
	"net/http"
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

// UnwrapSecretID uses up a wrapping token and returns the secret ID behind it
// (POST sys/wrapping/unwrap). It is not repeated once sent. A token that was
// used or has expired is ErrWrappingToken.
func (c *Client) UnwrapSecretID(ctx context.Context, namespace string, token migrate.Secret) (CreatedSecretID, error) {
	return c.unwrapSecretID(ctx, c.at(namespace), token)
}

// unwrapSecretID is UnwrapSecretID with an absolute namespace.
func (c *Client) unwrapSecretID(ctx context.Context, namespace string, token migrate.Secret) (CreatedSecretID, error) {
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
