package openbao

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// KVMount is a KV secrets engine. Durations are in seconds.
type KVMount struct {
	// Path is the mount without leading or trailing slash.
	Path        string
	Namespace   string // relative to the client's
	Engine      migrate.Engine
	Description string
	// DefaultLeaseTTL and MaxLeaseTTL are 0 for the defaults of the system.
	DefaultLeaseTTL int64
	MaxLeaseTTL     int64
	// ListingVisibility is "unauth", "hidden" or empty.
	ListingVisibility string
	// Local and SealWrap cannot be changed after creation.
	Local    bool
	SealWrap bool
	// Accessor is set by the server.
	Accessor string

	// MaxVersions, CASRequired and DeleteVersionAfter are of KV v2 alone. For
	// MaxVersions, 0 is the server's default of 10; a DeleteVersionAfter of 0 is
	// never, a negative one forbids it for single secrets too.
	MaxVersions        int64
	CASRequired        bool
	DeleteVersionAfter int64
}

func (m KVMount) configured() bool {
	return m.Engine == migrate.KV2 && (m.MaxVersions != 0 || m.CASRequired || m.DeleteVersionAfter != 0)
}

// CreateKVMount mounts a KV engine (POST sys/mounts/<path>), waits until the
// server knows it, and configures KV v2 (POST <path>/config) where that differs
// from the defaults. A path in use is ErrConflict. When the configuration fails
// the mount exists; the path of the error tells.
func (c *Client) CreateKVMount(ctx context.Context, mount KVMount) error {
	if err := ValidateMount(mount.Path); err != nil {
		return err
	}
	if mount.Engine != migrate.KV1 && mount.Engine != migrate.KV2 {
		return fmt.Errorf("there is no KV engine version %d", mount.Engine)
	}
	key := engineKey{c.at(mount.Namespace), mount.Path}
	_, err := c.do(ctx, request{
		operation: "mount creation", method: http.MethodPost, namespace: key.namespace,
		path: joinPath("sys/mounts", mount.Path), capabilities: []string{"create", "update"}, once: true,
		body: jsonBody(mountBody{
			Type: "kv", Description: mount.Description, Local: mount.Local, SealWrap: mount.SealWrap,
			Options: map[string]string{"version": strconv.Itoa(int(mount.Engine))},
			Config: mountConfig{
				DefaultLeaseTTL: createTTL(mount.DefaultLeaseTTL), MaxLeaseTTL: createTTL(mount.MaxLeaseTTL),
				ListingVisibility: mount.ListingVisibility,
			},
		}),
	})
	if err != nil {
		return err
	}
	c.wrote(key.object(), mount)
	if _, err := c.Engine(ctx, mount.Namespace, mount.Path); err != nil && status(err) != http.StatusForbidden {
		return err
	}
	if !mount.configured() {
		return nil
	}
	return c.writeKVConfig(ctx, mount, true)
}

// mountBody is the request that mounts an engine or an auth method.
type mountBody struct {
	Type        string            `json:"type"`
	Description string            `json:"description"`
	Local       bool              `json:"local,omitempty"`
	SealWrap    bool              `json:"seal_wrap,omitempty"`
	Options     map[string]string `json:"options,omitempty"`
	Config      mountConfig       `json:"config"`
}

type mountConfig struct {
	DefaultLeaseTTL   string `json:"default_lease_ttl,omitempty"`
	MaxLeaseTTL       string `json:"max_lease_ttl,omitempty"`
	ListingVisibility string `json:"listing_visibility,omitempty"`
	TokenType         string `json:"token_type,omitempty"`
}

func createTTL(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return strconv.FormatInt(seconds, 10) + "s"
}

// tuneTTL is like createTTL, but an absent value would leave the old one.
func tuneTTL(seconds int64) string {
	if seconds == 0 {
		return "system"
	}
	return createTTL(seconds)
}

// ReadKVMount reads a KV mount and, on KV v2, its configuration (GET
// <path>/config). Errors: migrate.ErrMountNotFound, migrate.ErrMountType.
func (c *Client) ReadKVMount(ctx context.Context, namespace, path string) (KVMount, error) {
	if err := ValidateMount(path); err != nil {
		return KVMount{}, err
	}
	key := engineKey{c.at(namespace), path}
	info, err := c.mountAt(ctx, key)
	if err != nil {
		return KVMount{}, err
	}
	engine, err := info.engine(key)
	if err != nil {
		return KVMount{}, err
	}
	mount := KVMount{
		Path: path, Namespace: namespace, Engine: engine, Description: info.Description,
		DefaultLeaseTTL: info.Config.DefaultLeaseTTL, MaxLeaseTTL: info.Config.MaxLeaseTTL,
		ListingVisibility: info.Config.ListingVisibility, Local: info.Local, SealWrap: info.SealWrap, Accessor: info.Accessor,
	}
	if engine != migrate.KV2 {
		return mount, nil
	}
	config, err := afterOwnWrite(ctx, c, objectKey{key.namespace, joinPath(path, "config")}, func() (kvConfig, error) {
		return c.readKVConfig(ctx, key)
	}, func(got kvConfig, err error, want any) bool {
		config, ok := want.(kvConfig)
		return isGone(err) || err == nil && ok && (got.maxVersions != config.maxVersions || got.casRequired != config.casRequired)
	})
	mount.MaxVersions, mount.CASRequired, mount.DeleteVersionAfter = config.maxVersions, config.casRequired, config.deleteVersionAfter
	return mount, err
}

// kvConfig is the configuration of KV v2.
type kvConfig struct {
	maxVersions        int64
	casRequired        bool
	deleteVersionAfter int64
}

func (c *Client) readKVConfig(ctx context.Context, key engineKey) (kvConfig, error) {
	r := request{
		operation: "KV v2 configuration read", method: http.MethodGet, namespace: key.namespace,
		path: joinPath(key.mount, "config"), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return kvConfig{}, err
	}
	var data struct {
		MaxVersions        int64  `json:"max_versions"`
		CASRequired        bool   `json:"cas_required"`
		DeleteVersionAfter string `json:"delete_version_after"`
	}
	if err := a.decode(r, &data); err != nil {
		return kvConfig{}, err
	}
	after, err := time.ParseDuration(data.DeleteVersionAfter)
	if err != nil {
		return kvConfig{}, unexpected(r, "delete_version_after is no duration")
	}
	return kvConfig{data.MaxVersions, data.CASRequired, int64(after / time.Second)}, nil
}

// TuneKVMount sets everything that can be changed in place: description, TTLs
// and listing visibility (POST sys/mounts/<path>/tune) and the configuration of
// KV v2. The engine's version stays; see UpgradeKV.
func (c *Client) TuneKVMount(ctx context.Context, mount KVMount) error {
	body := tuneBody(mount.Description, mount.DefaultLeaseTTL, mount.MaxLeaseTTL, mount.ListingVisibility)
	if err := c.tune(ctx, mount.Namespace, mount.Path, "mount tuning", body, mount); err != nil {
		return err
	}
	if mount.Engine != migrate.KV2 {
		return nil
	}
	return c.writeKVConfig(ctx, mount, false)
}

func tuneBody(description string, defaultTTL, maxTTL int64, visibility string) map[string]any {
	return map[string]any{
		"description": description, "default_lease_ttl": tuneTTL(defaultTTL), "max_lease_ttl": tuneTTL(maxTTL),
		"listing_visibility": visibility,
	}
}

// UpgradeKV turns a KV v1 mount into KV v2 for good (tune with options.version
// 2). Requests that come while it lasts wait for it.
func (c *Client) UpgradeKV(ctx context.Context, namespace, mount string) error {
	return c.tune(ctx, namespace, mount, "KV upgrade", map[string]any{"options": map[string]string{"version": "2"}}, upgraded{})
}

// upgraded is what a read after UpgradeKV should show.
type upgraded struct{}

// tune changes a mount after making sure that it is at exactly this path: the
// server would tune the one that covers it. Reads should then show want.
func (c *Client) tune(ctx context.Context, namespace, mount, operation string, body map[string]any, want any) error {
	if err := ValidateMount(mount); err != nil {
		return err
	}
	key := engineKey{c.at(namespace), mount}
	if _, err := c.mountAt(ctx, key); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: operation, method: http.MethodPost, namespace: key.namespace,
		path: joinPath("sys/mounts", mount, "tune"), capabilities: []string{"create", "update"},
		body: jsonBody(body), freshMount: true,
	})
	c.engines.Delete(key)
	if err == nil {
		c.wrote(key.object(), want)
	}
	return err
}

// DeleteKVMount unmounts (DELETE sys/mounts/<path>) and so removes all that the
// mount holds. What is not there is no error.
func (c *Client) DeleteKVMount(ctx context.Context, namespace, mount string) error {
	if err := ValidateMount(mount); err != nil {
		return err
	}
	key := engineKey{c.at(namespace), mount}
	_, err := c.do(ctx, request{
		operation: "mount removal", method: http.MethodDelete, namespace: key.namespace,
		path: joinPath("sys/mounts", mount), capabilities: []string{"delete"},
	})
	c.engines.Delete(key)
	c.writes.forget(key.object())
	c.writes.forget(objectKey{key.namespace, joinPath(mount, "config")})
	if isGone(err) {
		return nil
	}
	return err
}

func (c *Client) writeKVConfig(ctx context.Context, mount KVMount, fresh bool) error {
	_, err := c.do(ctx, request{
		operation: "KV v2 configuration", method: http.MethodPost, namespace: c.at(mount.Namespace),
		path: joinPath(mount.Path, "config"), capabilities: []string{"create", "update"}, freshMount: fresh,
		body: jsonBody(map[string]any{
			"max_versions": mount.MaxVersions, "cas_required": mount.CASRequired,
			"delete_version_after": strconv.FormatInt(mount.DeleteVersionAfter, 10) + "s",
		}),
	})
	if err == nil {
		c.wrote(objectKey{c.at(mount.Namespace), joinPath(mount.Path, "config")},
			kvConfig{mount.MaxVersions, mount.CASRequired, mount.DeleteVersionAfter})
	}
	return err
}
