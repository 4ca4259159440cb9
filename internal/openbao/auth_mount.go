package openbao

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// AuthMount is an auth method. Durations are in seconds.
type AuthMount struct {
	// Path is the mount below auth/, without leading or trailing slash.
	Path        string
	Type        string // such as "approle"
	Namespace   string // relative to the client's
	Description string
	// Local and SealWrap cannot be changed after creation.
	Local    bool
	SealWrap bool
	// DefaultLeaseTTL and MaxLeaseTTL are 0 for the defaults of the system.
	DefaultLeaseTTL int64
	MaxLeaseTTL     int64
	// ListingVisibility is "unauth", "hidden" or empty.
	ListingVisibility string
	// TokenType is "default-service", "default-batch", "service" or "batch";
	// empty is the server's default on creation and unchanged when tuning.
	TokenType string
	// Accessor is set by the server.
	Accessor string
}

// CreateAuthMount enables an auth method (POST sys/auth/<path>) and waits until
// the server knows it. A path in use is ErrConflict.
func (c *Client) CreateAuthMount(ctx context.Context, mount AuthMount) error {
	if err := ValidateMount(mount.Path); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "auth mount creation", method: http.MethodPost, namespace: c.at(mount.Namespace),
		path: joinPath("sys/auth", mount.Path), capabilities: []string{"create", "update", "sudo"}, once: true,
		body: jsonBody(mountBody{
			Type: mount.Type, Description: mount.Description, Local: mount.Local, SealWrap: mount.SealWrap,
			Config: mountConfig{
				DefaultLeaseTTL: createTTL(mount.DefaultLeaseTTL), MaxLeaseTTL: createTTL(mount.MaxLeaseTTL),
				ListingVisibility: mount.ListingVisibility, TokenType: mount.TokenType,
			},
		}),
	})
	if err != nil {
		return err
	}
	c.wrote(c.authObject(mount.Namespace, mount.Path), mount)
	if _, err := c.ReadAuthMount(ctx, mount.Namespace, mount.Path); err != nil && status(err) != http.StatusForbidden {
		return err
	}
	return nil
}

func (c *Client) authObject(namespace, path string) objectKey {
	return objectKey{c.at(namespace), joinPath("sys/auth", path)}
}

// ReadAuthMount reads an auth method (GET sys/auth/<path>). Errors:
// migrate.ErrMountNotFound.
func (c *Client) ReadAuthMount(ctx context.Context, namespace, path string) (AuthMount, error) {
	if err := ValidateMount(path); err != nil {
		return AuthMount{}, err
	}
	return afterOwnWrite(ctx, c, c.authObject(namespace, path), func() (AuthMount, error) {
		return c.readAuthMount(ctx, namespace, path)
	}, func(got AuthMount, err error, want any) bool {
		if err != nil {
			return errors.Is(err, migrate.ErrMountNotFound)
		}
		mount, ok := want.(AuthMount)
		return ok && (got.Description != mount.Description || got.DefaultLeaseTTL != mount.DefaultLeaseTTL ||
			got.MaxLeaseTTL != mount.MaxLeaseTTL || got.ListingVisibility != mount.ListingVisibility)
	})
}

func (c *Client) readAuthMount(ctx context.Context, namespace, path string) (AuthMount, error) {
	r := request{
		operation: "auth mount read", method: http.MethodGet, namespace: c.at(namespace),
		path: joinPath("sys/auth", path), capabilities: []string{"read", "sudo"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		// Where nothing is mounted the status is a plain 400, so that the message
		// is all there is to tell it from a bad request.
		var e *Error
		if errors.As(err, &e) && (e.Status == http.StatusNotFound && isGone(err) ||
			e.Status == http.StatusBadRequest && anyContains(e.Messages, "No auth engine at")) {
			e.kinds = []error{migrate.ErrMountNotFound}
		}
		return AuthMount{}, err
	}
	var info mountInfo
	if err := a.decode(r, &info); err != nil {
		return AuthMount{}, err
	}
	return AuthMount{
		Path: path, Type: strings.TrimSuffix(info.Type, "/"), Namespace: namespace, Description: info.Description,
		Local: info.Local, SealWrap: info.SealWrap,
		DefaultLeaseTTL: info.Config.DefaultLeaseTTL, MaxLeaseTTL: info.Config.MaxLeaseTTL,
		ListingVisibility: info.Config.ListingVisibility, TokenType: info.Config.TokenType, Accessor: info.Accessor,
	}, nil
}

// TuneAuthMount sets everything that can be changed in place (POST
// sys/auth/<path>/tune), after making sure that the method is at exactly this
// path: the server would tune the one that covers it.
func (c *Client) TuneAuthMount(ctx context.Context, mount AuthMount) error {
	if _, err := c.ReadAuthMount(ctx, mount.Namespace, mount.Path); err != nil {
		return err
	}
	body := tuneBody(mount.Description, mount.DefaultLeaseTTL, mount.MaxLeaseTTL, mount.ListingVisibility)
	if mount.TokenType != "" {
		body["token_type"] = mount.TokenType
	}
	_, err := c.do(ctx, request{
		operation: "auth mount tuning", method: http.MethodPost, namespace: c.at(mount.Namespace),
		path: joinPath("sys/auth", mount.Path, "tune"), capabilities: []string{"create", "update", "sudo"},
		body: jsonBody(body),
	})
	if err == nil {
		c.wrote(c.authObject(mount.Namespace, mount.Path), mount)
	}
	return err
}

// DeleteAuthMount disables an auth method and revokes its tokens (DELETE
// sys/auth/<path>). What is not there is no error.
func (c *Client) DeleteAuthMount(ctx context.Context, namespace, path string) error {
	if err := ValidateMount(path); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "auth mount removal", method: http.MethodDelete, namespace: c.at(namespace),
		path: joinPath("sys/auth", path), capabilities: []string{"delete", "sudo"},
	})
	c.writes.forget(c.authObject(namespace, path))
	if isGone(err) {
		return nil
	}
	return err
}
