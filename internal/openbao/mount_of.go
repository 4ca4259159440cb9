package openbao

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// MountOf is the path of the mount that serves a path such as "team/kv/app/db",
// without leading or trailing slash: where a mount ends and a name begins, only
// the server knows (sys/internal/ui/mounts). The token must have some right below
// the mount. Errors: migrate.ErrMountNotFound.
func (c *Client) MountOf(ctx context.Context, namespace, path string) (string, error) {
	path, namespace = strings.Trim(path, "/"), c.at(namespace)
	if err := ValidateName(path); err != nil {
		return "", err
	}
	r := request{
		operation: "mount lookup", method: http.MethodGet, namespace: namespace,
		path: joinPath("sys/internal/ui/mounts", path), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		if status(err) == http.StatusForbidden || status(err) == http.StatusNotFound {
			return "", &Error{
				Operation: "mount lookup", Path: path, Namespace: namespace, Status: status(err),
				kinds: []error{migrate.ErrMountNotFound},
			}
		}
		return "", err
	}
	var info mountInfo
	if err := a.decode(r, &info); err != nil {
		return "", err
	}
	mount := strings.Trim(info.Path, "/")
	if mount == "" || !strings.HasPrefix(path+"/", mount+"/") {
		return "", fmt.Errorf("mount lookup %s: the server answered with the mount %q", path, mount)
	}
	return mount, nil
}
