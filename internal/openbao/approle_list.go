package openbao

import (
	"context"
	"slices"
)

// ListAppRoles lists the names of the roles of an AppRole auth mount, sorted
// (LIST auth/<mount>/role). A mount without roles has an empty list.
// A standby that still lists nothing but roles that this client has just removed is
// asked again.
func (c *Client) ListAppRoles(ctx context.Context, namespace, mount string) ([]string, error) {
	if err := ValidateMount(mount); err != nil {
		return nil, err
	}
	names, err := c.afterOwnRemovals(ctx, func() ([]string, error) {
		return c.list(ctx, request{
			operation: "AppRole list", namespace: c.at(namespace), path: joinPath("auth", mount, "role"),
		})
	}, func(name string) objectKey { return c.roleObject(namespace, mount, name) })
	slices.Sort(names)
	return names, err
}
