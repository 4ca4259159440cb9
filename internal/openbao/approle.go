package openbao

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
)

// AppRole is a role of an AppRole auth method. All times are in seconds, and 0
// means no limit or the server's default. Lists hold CIDR blocks or names.
type AppRole struct {
	Namespace string // relative to the client's
	Mount     string // below auth/
	Name      string

	BindSecretID       bool
	SecretIDBoundCIDRs []string
	SecretIDNumUses    int64
	SecretIDTTL        int64
	// LocalSecretIDs can only be set on creation.
	LocalSecretIDs bool

	TokenTTL             int64
	TokenMaxTTL          int64
	TokenPolicies        []string
	TokenBoundCIDRs      []string
	TokenExplicitMaxTTL  int64
	TokenNoDefaultPolicy bool
	TokenNumUses         int64
	TokenPeriod          int64
	// TokenType is "default", "service", "batch", "default-service" or
	// "default-batch"; empty leaves it to the server.
	TokenType string
	// TokenStrictlyBindIP is known to OpenBao alone; other servers ignore it.
	TokenStrictlyBindIP bool

	// RoleID is sent by CreateAppRole when set; ReadAppRole leaves it empty, as
	// it has a path, and so a right, of its own.
	RoleID string
}

// Token are the parameters of its tokens.
func (a AppRole) Token() TokenParams {
	return TokenParams{
		TTL: a.TokenTTL, MaxTTL: a.TokenMaxTTL, ExplicitMaxTTL: a.TokenExplicitMaxTTL, Period: a.TokenPeriod,
		Policies: a.TokenPolicies, BoundCIDRs: a.TokenBoundCIDRs, NoDefaultPolicy: a.TokenNoDefaultPolicy,
		NumUses: a.TokenNumUses, Type: a.TokenType, StrictlyBindIP: a.TokenStrictlyBindIP,
	}
}

// SetToken sets the parameters of its tokens.
func (a *AppRole) SetToken(p TokenParams) {
	a.TokenTTL, a.TokenMaxTTL, a.TokenExplicitMaxTTL, a.TokenPeriod = p.TTL, p.MaxTTL, p.ExplicitMaxTTL, p.Period
	a.TokenPolicies, a.TokenBoundCIDRs, a.TokenNoDefaultPolicy = p.Policies, p.BoundCIDRs, p.NoDefaultPolicy
	a.TokenNumUses, a.TokenType, a.TokenStrictlyBindIP = p.NumUses, p.Type, p.StrictlyBindIP
}

func (a AppRole) body(create bool) map[string]any {
	body := map[string]any{
		"bind_secret_id":        a.BindSecretID,
		"secret_id_bound_cidrs": orEmpty(a.SecretIDBoundCIDRs),
		"secret_id_num_uses":    a.SecretIDNumUses,
		"secret_id_ttl":         a.SecretIDTTL,
	}
	a.Token().addTo(body, create)
	// The server refuses these two on an update, or changes what was not asked for.
	if create && a.LocalSecretIDs {
		body["local_secret_ids"] = true
	}
	if create && a.RoleID != "" {
		body["role_id"] = a.RoleID
	}
	return body
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// rolePath is auth/<mount>/role/<name>, with what follows.
func rolePath(mount, name string, rest ...string) string {
	return joinPath(append([]string{"auth", mount, "role", name}, rest...)...)
}

func validateRole(mount, name string) error {
	return errors.Join(ValidateMount(mount), ValidateRoleName(name))
}

// CreateAppRole writes a role where there should be none (POST
// auth/<mount>/role/<name>). A role of the name, whatever it says, is
// ErrConflict. The server has no conditional write for roles, so one that
// appears between the question and the write is overwritten.
func (c *Client) CreateAppRole(ctx context.Context, role AppRole) error {
	_, err := c.ReadAppRole(ctx, role.Namespace, role.Mount, role.Name)
	switch {
	case err == nil:
		return &Error{
			Operation: "AppRole creation", Path: rolePath(role.Mount, role.Name), Namespace: c.at(role.Namespace),
			Err: errors.New("a role of this name exists"), kinds: []error{ErrConflict},
		}
	case !isGone(err):
		return err
	}
	return c.writeAppRole(ctx, role, "AppRole creation", true)
}

// UpdateAppRole writes all fields of a role that exists, but not LocalSecretIDs
// and RoleID.
func (c *Client) UpdateAppRole(ctx context.Context, role AppRole) error {
	if err := validateRole(role.Mount, role.Name); err != nil {
		return err
	}
	return c.writeAppRole(ctx, role, "AppRole update", false)
}

func (c *Client) writeAppRole(ctx context.Context, role AppRole, operation string, create bool) error {
	_, err := c.do(ctx, request{
		operation: operation, method: http.MethodPost, namespace: c.at(role.Namespace),
		path: rolePath(role.Mount, role.Name), capabilities: []string{"create", "update"},
		body: jsonBody(role.body(create)),
	})
	if err == nil {
		c.wrote(c.roleObject(role.Namespace, role.Mount, role.Name), role)
	}
	return err
}

func (c *Client) roleObject(namespace, mount, name string) objectKey {
	return objectKey{c.at(namespace), rolePath(mount, name)}
}

// shows reports whether a role just read is as new as what the client wrote. It
// looks at what the server gives back as it got it.
func (a AppRole) shows(want AppRole) bool {
	return a.BindSecretID == want.BindSecretID && a.SecretIDNumUses == want.SecretIDNumUses && a.SecretIDTTL == want.SecretIDTTL &&
		len(a.SecretIDBoundCIDRs) == len(want.SecretIDBoundCIDRs) && a.Token().shows(want.Token())
}

// ReadAppRole reads a role (GET auth/<mount>/role/<name>). Errors:
// migrate.ErrDestinationNotFound.
func (c *Client) ReadAppRole(ctx context.Context, namespace, mount, name string) (AppRole, error) {
	if err := validateRole(mount, name); err != nil {
		return AppRole{}, err
	}
	return afterOwnWrite(ctx, c, c.roleObject(namespace, mount, name), func() (AppRole, error) {
		return c.readAppRole(ctx, namespace, mount, name)
	}, func(got AppRole, err error, want any) bool {
		role, ok := want.(AppRole)
		return isGone(err) || err == nil && ok && !got.shows(role)
	})
}

func (c *Client) readAppRole(ctx context.Context, namespace, mount, name string) (AppRole, error) {
	r := request{
		operation: "AppRole read", method: http.MethodGet, namespace: c.at(namespace),
		path: rolePath(mount, name), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return AppRole{}, err
	}
	var data struct {
		tokenData
		BindSecretID       bool     `json:"bind_secret_id"`
		SecretIDBoundCIDRs []string `json:"secret_id_bound_cidrs"`
		SecretIDNumUses    int64    `json:"secret_id_num_uses"`
		SecretIDTTL        int64    `json:"secret_id_ttl"`
		LocalSecretIDs     bool     `json:"local_secret_ids"`
	}
	if err := a.decode(r, &data); err != nil {
		return AppRole{}, err
	}
	role := AppRole{
		Namespace: namespace, Mount: mount, Name: name,
		BindSecretID: data.BindSecretID, SecretIDBoundCIDRs: data.SecretIDBoundCIDRs,
		SecretIDNumUses: data.SecretIDNumUses, SecretIDTTL: data.SecretIDTTL, LocalSecretIDs: data.LocalSecretIDs,
	}
	role.SetToken(data.params())
	return role, nil
}

// withPrefixLengths writes out the /32 or /128 that the server drops.
func withPrefixLengths(blocks []string) []string {
	full := make([]string, len(blocks))
	for i, block := range blocks {
		full[i] = block
		if address, err := netip.ParseAddr(block); err == nil {
			full[i] = netip.PrefixFrom(address, address.BitLen()).String()
		}
	}
	return full
}

// DeleteAppRole removes a role with its secret IDs (DELETE
// auth/<mount>/role/<name>). What is not there is no error.
func (c *Client) DeleteAppRole(ctx context.Context, namespace, mount, name string) error {
	if err := validateRole(mount, name); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "AppRole removal", method: http.MethodDelete, namespace: c.at(namespace),
		path: rolePath(mount, name), capabilities: []string{"delete"},
	})
	c.writes.forget(c.roleIDObject(namespace, mount, name))
	return c.removal(c.roleObject(namespace, mount, name), err)
}

// ReadRoleID reads the role ID (GET auth/<mount>/role/<name>/role-id).
func (c *Client) ReadRoleID(ctx context.Context, namespace, mount, name string) (string, error) {
	if err := validateRole(mount, name); err != nil {
		return "", err
	}
	read := func() (string, error) { return c.readRoleID(ctx, namespace, mount, name) }
	return afterOwnWrite(ctx, c, c.roleIDObject(namespace, mount, name), func() (string, error) {
		return afterOwnWrite(ctx, c, c.roleObject(namespace, mount, name), read,
			func(_ string, err error, _ any) bool { return isGone(err) })
	}, func(got string, err error, want any) bool { return err == nil && want != any(got) })
}

func (c *Client) roleIDObject(namespace, mount, name string) objectKey {
	return objectKey{c.at(namespace), rolePath(mount, name, "role-id")}
}

func (c *Client) readRoleID(ctx context.Context, namespace, mount, name string) (string, error) {
	r := request{
		operation: "role ID read", method: http.MethodGet, namespace: c.at(namespace),
		path: rolePath(mount, name, "role-id"), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	var data struct {
		RoleID string `json:"role_id"`
	}
	err = a.decode(r, &data)
	return data.RoleID, err
}

// WriteRoleID replaces the role ID (POST auth/<mount>/role/<name>/role-id). One
// that another role has is refused by the server.
func (c *Client) WriteRoleID(ctx context.Context, namespace, mount, name, roleID string) error {
	if err := validateRole(mount, name); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "role ID write", method: http.MethodPost, namespace: c.at(namespace),
		path: rolePath(mount, name, "role-id"), capabilities: []string{"create", "update"},
		body: jsonBody(map[string]string{"role_id": roleID}),
	})
	if err == nil {
		c.wrote(c.roleIDObject(namespace, mount, name), roleID)
	}
	return err
}
