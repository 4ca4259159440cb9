package openbao

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// engineKey names a mount in the cache.
type engineKey struct{ namespace, mount string }

// object is the mount as the client's own writes know it.
func (k engineKey) object() objectKey {
	return objectKey{k.namespace, joinPath("sys/mounts", k.mount)}
}

// Engine tells which KV engine is mounted, from sys/internal/ui/mounts, which
// any token with a right below the mount may read. Known mounts are not asked
// for again until this client changes them. Errors: migrate.ErrMountNotFound
// (with a hint where the path is inside another mount), migrate.ErrMountType.
func (c *Client) Engine(ctx context.Context, namespace, mount string) (migrate.Engine, error) {
	if err := ValidateMount(mount); err != nil {
		return 0, err
	}
	key := engineKey{c.at(namespace), mount}
	// The workers of a bulk migration all begin with this question; one asks.
	for {
		if known, found := c.engines.Load(key); found {
			return known.(migrate.Engine), nil //nolint:forcetypeassert // nothing else is stored
		}
		found, err, _ := c.lookups.Do(joinPath(key.namespace, "", key.mount), func() (any, error) { return c.lookUpEngine(ctx, key) })
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			continue // the one who asked gave up
		}
		engine, _ := found.(migrate.Engine)
		return engine, err
	}
}

func (c *Client) lookUpEngine(ctx context.Context, key engineKey) (migrate.Engine, error) {
	info, err := c.mountAt(ctx, key)
	if err != nil {
		return 0, err
	}
	engine, err := info.engine(key)
	if err != nil {
		return 0, err
	}
	c.engines.Store(key, engine)
	return engine, nil
}

// mountInfo is a mount as the server describes it.
type mountInfo struct {
	Path        string            `json:"path"`
	Type        string            `json:"type"`
	Description string            `json:"description"`
	Accessor    string            `json:"accessor"`
	Local       bool              `json:"local"`
	SealWrap    bool              `json:"seal_wrap"`
	Options     map[string]string `json:"options"`
	Config      struct {
		DefaultLeaseTTL   int64  `json:"default_lease_ttl"`
		MaxLeaseTTL       int64  `json:"max_lease_ttl"`
		ListingVisibility string `json:"listing_visibility"`
		TokenType         string `json:"token_type"`
	} `json:"config"`
}

// engine reads "kv" with version 2 and "kv-v2" alike; "generic" is the old name
// of "kv".
func (m mountInfo) engine(key engineKey) (migrate.Engine, error) {
	switch {
	case m.Type == "kv-v2", m.Type == "kv" && m.Options["version"] == "2":
		return migrate.KV2, nil
	case m.Type == "kv", m.Type == "kv-v1", m.Type == "generic":
		return migrate.KV1, nil
	}
	return 0, &Error{
		Operation: "mount lookup", Path: key.mount, Namespace: key.namespace,
		Err: fmt.Errorf("an engine of type %q is mounted there", m.Type), kinds: []error{migrate.ErrMountType},
	}
}

// mountAt describes the mount at exactly this path.
func (c *Client) mountAt(ctx context.Context, key engineKey) (mountInfo, error) {
	return afterOwnWrite(ctx, c, key.object(), func() (mountInfo, error) {
		return c.mountNowAt(ctx, key)
	}, func(got mountInfo, err error, want any) bool {
		if err != nil {
			return errors.Is(err, migrate.ErrMountNotFound)
		}
		switch want := want.(type) {
		case KVMount:
			return !got.shows(want)
		case upgraded:
			return got.Options["version"] != "2"
		}
		return false
	})
}

// shows reports whether a description is as new as what the client set.
func (m mountInfo) shows(want KVMount) bool {
	return m.Description == want.Description && m.Config.DefaultLeaseTTL == want.DefaultLeaseTTL &&
		m.Config.MaxLeaseTTL == want.MaxLeaseTTL && m.Config.ListingVisibility == want.ListingVisibility
}

func (c *Client) mountNowAt(ctx context.Context, key engineKey) (mountInfo, error) {
	r := request{
		operation: "mount lookup", method: http.MethodGet, namespace: key.namespace,
		path: joinPath("sys/internal/ui/mounts", key.mount), capabilities: []string{"read"},
		policyPath: joinPath("sys/mounts", key.mount),
	}
	a, err := c.do(ctx, r)
	switch {
	case err == nil:
		var info mountInfo
		if err := a.decode(r, &info); err != nil {
			return mountInfo{}, err
		}
		if answered := strings.Trim(info.Path, "/"); answered != key.mount {
			return mountInfo{}, coveredBy(key, answered, info.Type)
		}
		return info, nil
	case errors.Is(err, migrate.ErrNamespaceNotFound):
		return mountInfo{}, err
	case status(err) == http.StatusForbidden, status(err) == http.StatusNotFound:
		// The endpoint refuses alike what is not there and what the token may
		// not use; a token that manages mounts can be told more.
		return c.managedMountAt(ctx, key, err)
	}
	return mountInfo{}, err
}

// managedMountAt asks sys/mounts, which takes a right on it.
func (c *Client) managedMountAt(ctx context.Context, key engineKey, refusal error) (mountInfo, error) {
	info, err := c.describe(ctx, key.namespace, key.mount)
	switch {
	case err == nil:
		// This endpoint answers for a path inside a mount as well, and does not
		// say which one it described: the same accessor one level up tells.
		if parent := key.mount[:max(strings.LastIndex(key.mount, "/"), 0)]; parent != "" {
			above, parentErr := c.describe(ctx, key.namespace, parent)
			if parentErr == nil && above.Accessor == info.Accessor {
				return mountInfo{}, coveredBy(key, parent, info.Type)
			}
		}
		return info, nil
	case status(err) == http.StatusForbidden:
		if _, lookupErr := c.LookupSelf(ctx); status(lookupErr) == http.StatusForbidden {
			// Not this mount is the matter: the token is refused everywhere.
			return mountInfo{}, refusal
		}
	case status(err) != http.StatusBadRequest && status(err) != http.StatusNotFound:
		return mountInfo{}, err
	}
	var e *Error
	if errors.As(refusal, &e) {
		e.kinds, e.Messages = []error{migrate.ErrMountNotFound}, nil
		if status(err) == http.StatusForbidden {
			// Neither endpoint would tell: it may be there and hidden.
			e.kinds = append(e.kinds, migrate.ErrPermissionDenied)
		}
	}
	return mountInfo{}, refusal
}

// describe reads sys/mounts/<path>. OpenBao says 400 where nothing is mounted.
func (c *Client) describe(ctx context.Context, namespace, path string) (mountInfo, error) {
	r := request{
		operation: "mount lookup", method: http.MethodGet, namespace: namespace,
		path: joinPath("sys/mounts", path), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return mountInfo{}, err
	}
	var info mountInfo
	err = a.decode(r, &info)
	return info, err
}

func coveredBy(key engineKey, mount, kind string) error {
	rest := strings.TrimPrefix(key.mount, mount+"/")
	return &Error{
		Operation: "mount lookup", Path: key.mount, Namespace: key.namespace,
		Err:   fmt.Errorf("the path is inside the mount %q of type %q: use that as the mount and begin the name with %q", mount, kind, rest+"/"),
		kinds: []error{migrate.ErrMountNotFound},
	}
}
