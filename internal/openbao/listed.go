package openbao

import (
	"context"
	"path"
	"sync"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

type folderKey struct{ namespace, mount, folder string }

// Listed reports whether a name is among those that its folder lists (LIST, once
// for each folder in the life of the client). It is a cheap first look for many
// names, not the last word: what was written or removed since is not seen.
func (c *Client) Listed(ctx context.Context, at migrate.Location) (bool, error) {
	engine, err := c.Engine(ctx, at.Namespace, at.Mount)
	if err != nil {
		return false, err
	}
	folder := path.Dir(at.Name)
	if folder == "." {
		folder = ""
	}
	key := folderKey{c.at(at.Namespace), at.Mount, folder}
	read, _ := c.folders.LoadOrStore(key, sync.OnceValues(func() (map[string]bool, error) {
		names, err := c.ListNames(ctx, at.Namespace, at.Mount, engine, folder, false)
		if err != nil {
			return nil, err
		}
		listed := make(map[string]bool, len(names))
		for _, name := range names {
			listed[name] = true
		}
		return listed, nil
	}))
	listed, err := read.(func() (map[string]bool, error))()
	return listed[at.Name], err
}
