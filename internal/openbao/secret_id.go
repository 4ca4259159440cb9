package openbao

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// SecretIDOptions are what a secret ID can be created with. Times are in
// seconds; a nil TTL or NumUses takes the role's, 0 is without limit where the
// role allows it.
type SecretIDOptions struct {
	Metadata        map[string]string
	CIDRList        []string // from where it may be used to log in
	TokenBoundCIDRs []string // from where the tokens may be used
	TTL             *int64
	NumUses         *int64
}

func (o SecretIDOptions) body() map[string]any {
	body := map[string]any{}
	if len(o.Metadata) > 0 {
		// The API takes the metadata as JSON inside a string.
		body["metadata"] = string(jsonBody(o.Metadata).Reveal())
	}
	if len(o.CIDRList) > 0 {
		body["cidr_list"] = o.CIDRList
	}
	if len(o.TokenBoundCIDRs) > 0 {
		body["token_bound_cidrs"] = o.TokenBoundCIDRs
	}
	if o.TTL != nil {
		body["ttl"] = *o.TTL
	}
	if o.NumUses != nil {
		body["num_uses"] = *o.NumUses
	}
	return body
}

// CreatedSecretID is a secret ID just created.
type CreatedSecretID struct {
	SecretID migrate.Secret
	Accessor string
	TTL      int64 // seconds, 0 without end
	NumUses  int64 // 0 without limit
}

// WrappedSecretID is a secret ID behind a wrapping token, which gives it out
// once.
type WrappedSecretID struct {
	WrappingToken    migrate.Secret
	WrappingAccessor string
	CreationTime     time.Time
	WrapTTL          time.Duration
	// Accessor is that of the secret ID itself.
	Accessor string
}

// CreateWrappedSecretID lets the server make a secret ID and wrap it (POST
// auth/<mount>/role/<role>/secret-id with X-Vault-Wrap-TTL), so that it never
// comes here. It is not repeated once sent. A missing role is
// migrate.ErrDestinationNotFound.
func (c *Client) CreateWrappedSecretID(ctx context.Context, namespace, mount, role string, options SecretIDOptions, wrapTTL time.Duration) (WrappedSecretID, error) {
	if wrapTTL < time.Second {
		return WrappedSecretID{}, errors.New("the wrapping TTL is less than a second")
	}
	r := c.secretIDRequest(namespace, mount, role, "secret-id", options, migrate.Secret{})
	r.wrapTTL = strconv.FormatInt(int64(wrapTTL/time.Second), 10) + "s"
	a, err := c.createSecretID(ctx, r, mount, role)
	if err != nil {
		return WrappedSecretID{}, err
	}
	var wrap struct {
		Token           string `json:"token"`
		Accessor        string `json:"accessor"`
		TTL             int64  `json:"ttl"`
		CreationTime    string `json:"creation_time"`
		WrappedAccessor string `json:"wrapped_accessor"`
	}
	if !has(a.envelope.WrapInfo) || json.Unmarshal(a.envelope.WrapInfo, &wrap) != nil || wrap.Token == "" {
		return WrappedSecretID{}, unexpected(r, "the answer is not wrapped")
	}
	if wrap.WrappedAccessor == "" {
		return WrappedSecretID{}, unexpected(r, "the answer does not tell the accessor of the secret ID, which then could not be revoked; it ends with its TTL")
	}
	c.wrote(c.accessorObject(namespace, mount, role, wrap.WrappedAccessor), nil)
	return WrappedSecretID{
		WrappingToken: migrate.NewSecret([]byte(wrap.Token)), WrappingAccessor: wrap.Accessor,
		CreationTime: parseTime(wrap.CreationTime), WrapTTL: time.Duration(wrap.TTL) * time.Second, Accessor: wrap.WrappedAccessor,
	}, nil
}

// CreateSecretID lets the server make a secret ID (POST
// auth/<mount>/role/<role>/secret-id), for uses that keep it in memory. It is
// not repeated once sent.
func (c *Client) CreateSecretID(ctx context.Context, namespace, mount, role string, options SecretIDOptions) (CreatedSecretID, error) {
	r := c.secretIDRequest(namespace, mount, role, "secret-id", options, migrate.Secret{})
	return c.plainSecretID(ctx, r, namespace, mount, role)
}

// PushSecretID registers a secret ID made elsewhere (POST
// auth/<mount>/role/<role>/custom-secret-id). One that the role has already is
// refused by the server.
func (c *Client) PushSecretID(ctx context.Context, namespace, mount, role string, secretID migrate.Secret, options SecretIDOptions) (CreatedSecretID, error) {
	r := c.secretIDRequest(namespace, mount, role, "custom-secret-id", options, secretID)
	return c.plainSecretID(ctx, r, namespace, mount, role)
}

func (c *Client) secretIDRequest(namespace, mount, role, endpoint string, options SecretIDOptions, secretID migrate.Secret) request {
	body := options.body()
	if secretID.Len() > 0 {
		body["secret_id"] = string(secretID.Reveal())
	}
	return request{
		operation: "secret ID creation", method: http.MethodPost, namespace: c.at(namespace),
		path: rolePath(mount, role, endpoint), capabilities: []string{"create", "update"},
		body: jsonBody(body), confidential: true, public: slices.Concat(options.CIDRList, options.TokenBoundCIDRs), once: true,
	}
}

func (c *Client) createSecretID(ctx context.Context, r request, mount, role string) (*answer, error) {
	if err := validateRole(mount, role); err != nil {
		return nil, err
	}
	return c.do(ctx, r)
}

func (c *Client) plainSecretID(ctx context.Context, r request, namespace, mount, role string) (CreatedSecretID, error) {
	a, err := c.createSecretID(ctx, r, mount, role)
	if err != nil {
		return CreatedSecretID{}, err
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
	c.wrote(c.accessorObject(namespace, mount, role, data.Accessor), nil)
	return CreatedSecretID{
		SecretID: migrate.NewSecret([]byte(data.SecretID)), Accessor: data.Accessor, TTL: data.TTL, NumUses: data.NumUses,
	}, nil
}

// accessorObject is a secret ID as the client's own writes know it.
func (c *Client) accessorObject(namespace, mount, role, accessor string) objectKey {
	return objectKey{c.at(namespace), rolePath(mount, role, "secret-id-accessor", accessor)}
}

// SecretIDInfo is what the server tells about a secret ID. Times in seconds.
type SecretIDInfo struct {
	Accessor        string
	Metadata        map[string]string
	CIDRList        []string
	TokenBoundCIDRs []string
	TTL             int64
	// NumUses is how many uses are left; 0 is without limit.
	NumUses         int64
	CreationTime    time.Time
	ExpirationTime  time.Time // zero without end
	LastUpdatedTime time.Time
}

// LookupSecretIDByAccessor asks for a secret ID (POST
// auth/<mount>/role/<role>/secret-id-accessor/lookup). One that is gone (used
// up, expired, revoked, or with its role) is nil without an error.
func (c *Client) LookupSecretIDByAccessor(ctx context.Context, namespace, mount, role, accessor string) (*SecretIDInfo, error) {
	r, err := c.accessorRequest(namespace, mount, role, accessor, "lookup")
	if err != nil {
		return nil, err
	}
	return afterOwnWrite(ctx, c, c.accessorObject(namespace, mount, role, accessor), func() (*SecretIDInfo, error) {
		return c.lookUpSecretID(ctx, r, namespace, mount, role)
	}, func(got *SecretIDInfo, err error, _ any) bool { return err == nil && got == nil })
}

// LookupSecretID asks for a secret ID by itself, which gives its accessor (POST
// auth/<mount>/role/<role>/secret-id/lookup). One that the role does not have is
// nil without an error.
func (c *Client) LookupSecretID(ctx context.Context, namespace, mount, role string, secretID migrate.Secret) (*SecretIDInfo, error) {
	if err := validateRole(mount, role); err != nil {
		return nil, err
	}
	return c.lookUpSecretID(ctx, request{
		operation: "secret ID lookup", method: http.MethodPost, namespace: c.at(namespace),
		path: rolePath(mount, role, "secret-id", "lookup"), capabilities: []string{"create", "update"},
		body: jsonBody(map[string]string{"secret_id": string(secretID.Reveal())}), confidential: true,
	}, namespace, mount, role)
}

func (c *Client) lookUpSecretID(ctx context.Context, r request, namespace, mount, role string) (*SecretIDInfo, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		if isGone(err) || c.roleIsGone(ctx, err, namespace, mount, role) {
			return nil, nil
		}
		return nil, err
	}
	if !has(a.envelope.Data) {
		return nil, nil
	}
	var data struct {
		Accessor        string            `json:"secret_id_accessor"`
		Metadata        map[string]string `json:"metadata"`
		CIDRList        []string          `json:"cidr_list"`
		TokenBoundCIDRs []string          `json:"token_bound_cidrs"`
		TTL             int64             `json:"secret_id_ttl"`
		NumUses         int64             `json:"secret_id_num_uses"`
		CreationTime    time.Time         `json:"creation_time"`
		ExpirationTime  time.Time         `json:"expiration_time"`
		LastUpdatedTime time.Time         `json:"last_updated_time"`
	}
	if err := a.decode(r, &data); err != nil {
		return nil, err
	}
	return &SecretIDInfo{
		Accessor: data.Accessor, Metadata: data.Metadata, CIDRList: data.CIDRList, TokenBoundCIDRs: data.TokenBoundCIDRs,
		TTL: data.TTL, NumUses: data.NumUses, CreationTime: data.CreationTime,
		ExpirationTime: data.ExpirationTime, LastUpdatedTime: data.LastUpdatedTime,
	}, nil
}

// DestroySecretIDByAccessor revokes a secret ID (POST
// auth/<mount>/role/<role>/secret-id-accessor/destroy). One that is gone is no
// error.
func (c *Client) DestroySecretIDByAccessor(ctx context.Context, namespace, mount, role, accessor string) error {
	r, err := c.accessorRequest(namespace, mount, role, accessor, "destroy")
	if err != nil {
		return err
	}
	_, err = c.do(ctx, r)
	c.writes.forget(c.accessorObject(namespace, mount, role, accessor))
	if err == nil || isGone(err) || errors.Is(err, migrate.ErrMountNotFound) {
		return nil
	}
	// The server tells a missing accessor by a plain 500 or 403.
	switch status(err) {
	case http.StatusInternalServerError, http.StatusForbidden, http.StatusBadRequest:
		if info, lookupErr := c.LookupSecretIDByAccessor(ctx, namespace, mount, role, accessor); lookupErr == nil && info == nil {
			return nil
		}
	}
	return err
}

func (c *Client) accessorRequest(namespace, mount, role, accessor, verb string) (request, error) {
	if err := validateRole(mount, role); err != nil {
		return request{}, err
	}
	if accessor == "" {
		return request{}, errors.New("the accessor is empty")
	}
	return request{
		operation: "secret ID " + verb, method: http.MethodPost, namespace: c.at(namespace),
		path: rolePath(mount, role, "secret-id-accessor", verb), capabilities: []string{"create", "update"},
		body: jsonBody(map[string]string{"secret_id_accessor": accessor}),
	}, nil
}

// roleIsGone tells a missing role, for which these endpoints answer 500 or 400,
// from a real failure.
func (c *Client) roleIsGone(ctx context.Context, err error, namespace, mount, role string) bool {
	switch status(err) {
	case http.StatusInternalServerError, http.StatusBadRequest:
		_, err := c.ReadAppRole(ctx, namespace, mount, role)
		return isGone(err)
	}
	return errors.Is(err, migrate.ErrMountNotFound)
}

// ListSecretIDAccessors lists the accessors of a role's secret IDs, sorted
// (LIST auth/<mount>/role/<role>/secret-id). A role without any, or none of
// that name, has an empty list.
func (c *Client) ListSecretIDAccessors(ctx context.Context, namespace, mount, role string) ([]string, error) {
	if err := validateRole(mount, role); err != nil {
		return nil, err
	}
	accessors, err := c.list(ctx, request{
		operation: "secret ID list", namespace: c.at(namespace), path: rolePath(mount, role, "secret-id"),
	})
	if err != nil && c.roleIsGone(ctx, err, namespace, mount, role) {
		return nil, nil
	}
	slices.Sort(accessors)
	return accessors, err
}
