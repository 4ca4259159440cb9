package openbao

import (
	"context"
	"errors"
	"net/http"
)

// KubernetesRole is a role of a Kubernetes auth method: which service accounts may
// log in, and what tokens they get.
type KubernetesRole struct {
	Namespace string // relative to the client's
	Mount     string // below auth/
	Name      string

	// ServiceAccountNames and ServiceAccountNamespaces are names, or "*" alone.
	ServiceAccountNames      []string
	ServiceAccountNamespaces []string
	// NamespaceSelector is a label selector as JSON or YAML, known to OpenBao
	// alone; other servers ignore it.
	NamespaceSelector string
	Audience          string
	// AliasNameSource is "serviceaccount_uid" or "serviceaccount_name".
	AliasNameSource string

	Token TokenParams
}

func (k KubernetesRole) body(create bool) map[string]any {
	body := map[string]any{
		"bound_service_account_names":      orEmpty(k.ServiceAccountNames),
		"bound_service_account_namespaces": orEmpty(k.ServiceAccountNamespaces),
		"audience":                         k.Audience,
		"alias_name_source":                k.AliasNameSource,
	}
	// Servers that do not know it warn about it.
	if k.NamespaceSelector != "" || !create {
		body["bound_service_account_namespace_selector"] = k.NamespaceSelector
	}
	k.Token.addTo(body, create)
	return body
}

// shows reports whether a role just read is as new as what the client wrote. A
// server that does not know the selector shows none.
func (k KubernetesRole) shows(want KubernetesRole) bool {
	return sameSet(k.ServiceAccountNames, want.ServiceAccountNames) &&
		sameSet(k.ServiceAccountNamespaces, want.ServiceAccountNamespaces) &&
		k.Audience == want.Audience && k.AliasNameSource == want.AliasNameSource && k.Token.shows(want.Token)
}

func (c *Client) kubernetesRoleObject(namespace, mount, name string) objectKey {
	return objectKey{c.at(namespace), rolePath(mount, name)}
}

// CreateKubernetesRole writes a role where there should be none (POST
// auth/<mount>/role/<name>). A role of the name, whatever it says, is ErrConflict.
// The server has no conditional write for roles, so one that appears between the
// question and the write is overwritten.
func (c *Client) CreateKubernetesRole(ctx context.Context, role KubernetesRole) error {
	_, err := c.ReadKubernetesRole(ctx, role.Namespace, role.Mount, role.Name)
	switch {
	case err == nil:
		return &Error{
			Operation: "Kubernetes role creation", Path: rolePath(role.Mount, role.Name), Namespace: c.at(role.Namespace),
			Err: errors.New("a role of this name exists"), kinds: []error{ErrConflict},
		}
	case !isGone(err):
		return err
	}
	return c.writeKubernetesRole(ctx, role, "Kubernetes role creation", true)
}

// UpdateKubernetesRole writes all fields of a role that exists.
func (c *Client) UpdateKubernetesRole(ctx context.Context, role KubernetesRole) error {
	if err := validateRole(role.Mount, role.Name); err != nil {
		return err
	}
	return c.writeKubernetesRole(ctx, role, "Kubernetes role update", false)
}

func (c *Client) writeKubernetesRole(ctx context.Context, role KubernetesRole, operation string, create bool) error {
	_, err := c.do(ctx, request{
		operation: operation, method: http.MethodPost, namespace: c.at(role.Namespace),
		path: rolePath(role.Mount, role.Name), capabilities: []string{"create", "update"},
		body: jsonBody(role.body(create)),
	})
	if err == nil {
		c.wrote(c.kubernetesRoleObject(role.Namespace, role.Mount, role.Name), role)
	}
	return err
}

// ReadKubernetesRole reads a role (GET auth/<mount>/role/<name>). Errors:
// migrate.ErrDestinationNotFound.
func (c *Client) ReadKubernetesRole(ctx context.Context, namespace, mount, name string) (KubernetesRole, error) {
	if err := validateRole(mount, name); err != nil {
		return KubernetesRole{}, err
	}
	return afterOwnWrite(ctx, c, c.kubernetesRoleObject(namespace, mount, name), func() (KubernetesRole, error) {
		return c.readKubernetesRole(ctx, namespace, mount, name)
	}, func(got KubernetesRole, err error, want any) bool {
		role, ok := want.(KubernetesRole)
		return isGone(err) || err == nil && ok && !got.shows(role)
	})
}

func (c *Client) readKubernetesRole(ctx context.Context, namespace, mount, name string) (KubernetesRole, error) {
	r := request{
		operation: "Kubernetes role read", method: http.MethodGet, namespace: c.at(namespace),
		path: rolePath(mount, name), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return KubernetesRole{}, err
	}
	var data struct {
		tokenData
		ServiceAccountNames      []string `json:"bound_service_account_names"`
		ServiceAccountNamespaces []string `json:"bound_service_account_namespaces"`
		NamespaceSelector        string   `json:"bound_service_account_namespace_selector"`
		Audience                 string   `json:"audience"`
		AliasNameSource          string   `json:"alias_name_source"`
	}
	if err := a.decode(r, &data); err != nil {
		return KubernetesRole{}, err
	}
	return KubernetesRole{
		Namespace: namespace, Mount: mount, Name: name, ServiceAccountNames: data.ServiceAccountNames,
		ServiceAccountNamespaces: data.ServiceAccountNamespaces, NamespaceSelector: data.NamespaceSelector,
		Audience: data.Audience, AliasNameSource: data.AliasNameSource, Token: data.params(),
	}, nil
}

// DeleteKubernetesRole removes a role (DELETE auth/<mount>/role/<name>). What is not
// there is no error. Tokens that it gave stay.
func (c *Client) DeleteKubernetesRole(ctx context.Context, namespace, mount, name string) error {
	if err := validateRole(mount, name); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "Kubernetes role removal", method: http.MethodDelete, namespace: c.at(namespace),
		path: rolePath(mount, name), capabilities: []string{"delete"},
	})
	return c.removal(c.kubernetesRoleObject(namespace, mount, name), err)
}
