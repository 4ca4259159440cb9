package openbao

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Limits of custom metadata, the same in all versions of KV v2. Lengths are in
// bytes; keys and values are not empty and hold printable characters only.
const (
	MaxCustomMetadataKeys        = 64
	MaxCustomMetadataKeyLength   = 128
	MaxCustomMetadataValueLength = 512
)

// Metadata reads GET <mount>/metadata/<name> of KV v2. A version whose deletion
// time has passed by the client's clock is Deleted. A standby that has not seen
// this client's own last write is asked again. Errors:
// migrate.ErrDestinationNotFound.
func (c *Client) Metadata(ctx context.Context, at migrate.Location) (migrate.KVMetadata, error) {
	if err := validateLocation(at); err != nil {
		return migrate.KVMetadata{}, err
	}
	return afterOwnWrite(ctx, c, c.kvObject(at), func() (migrate.KVMetadata, error) {
		return c.metadata(ctx, at)
	}, func(got migrate.KVMetadata, err error, want any) bool {
		written, _ := want.(kvWrite)
		return isGone(err) || err == nil && !written.shownBy(got.CurrentVersion.Number, got.CustomMetadata)
	})
}

func (c *Client) metadata(ctx context.Context, at migrate.Location) (migrate.KVMetadata, error) {
	r := request{
		operation: kvOperation(migrate.KV2, "metadata read"), method: http.MethodGet, namespace: c.at(at.Namespace),
		path: MetadataPath(at.Mount, at.Name), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return migrate.KVMetadata{}, err
	}
	var data struct {
		CurrentVersion int64                  `json:"current_version"`
		CustomMetadata map[string]string      `json:"custom_metadata"`
		Versions       map[string]versionData `json:"versions"`
	}
	if err := a.decode(r, &data); err != nil {
		return migrate.KVMetadata{}, err
	}
	current := data.Versions[strconv.FormatInt(data.CurrentVersion, 10)]
	current.Version = data.CurrentVersion
	return migrate.KVMetadata{
		CurrentVersion: current.version(c.config.Clock.Now()),
		CustomMetadata: data.CustomMetadata,
	}, nil
}

// PatchCustomMetadata merges into the custom metadata of a KV v2 secret: PATCH
// <mount>/metadata/<name>. No changes, no request. There is no other way to
// change one key without reading and writing all, so a token without the patch
// capability is an error.
func (c *Client) PatchCustomMetadata(ctx context.Context, at migrate.Location, changes map[string]*string) error {
	if err := validateLocation(at); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	_, err := c.do(ctx, request{
		operation: kvOperation(migrate.KV2, "metadata patch"), method: http.MethodPatch, namespace: c.at(at.Namespace),
		path: MetadataPath(at.Mount, at.Name), capabilities: []string{"patch"},
		body: jsonBody(map[string]any{"custom_metadata": changes}),
	})
	if err == nil {
		c.wroteKV(at, func(w *kvWrite) { w.custom = changes })
	}
	return err
}

// DeleteVersionsAfter sets delete_version_after of a KV v2 secret, which need not
// exist yet: POST <mount>/metadata/<name>. Other settings and the custom metadata
// stay as they are. A PATCH would not do: OpenBao 2.6 answers one that sets 0
// with success and keeps what was set before.
func (c *Client) DeleteVersionsAfter(ctx context.Context, at migrate.Location, after time.Duration) error {
	if err := validateLocation(at); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: kvOperation(migrate.KV2, "metadata write"), method: http.MethodPost, namespace: c.at(at.Namespace),
		path: MetadataPath(at.Mount, at.Name), capabilities: []string{"create", "update"},
		body: jsonBody(map[string]any{"delete_version_after": strconv.FormatInt(int64(after/time.Second), 10) + "s"}),
	})
	return err
}

// ListNames lists the names below a folder of a KV mount, sorted; "" is the
// mount itself. Names are relative to the mount. Without recursive, folders
// come along with a trailing slash; with it, only secrets come, from all
// depths. KV v2 lists soft-deleted secrets too. A folder that is not there is
// empty. It calls LIST <mount>/metadata/<folder> on KV v2, LIST <mount>/<folder>
// on KV v1.
func (c *Client) ListNames(ctx context.Context, namespace, mount string, engine migrate.Engine, folder string, recursive bool) ([]string, error) {
	if err := ValidateMount(mount); err != nil {
		return nil, err
	}
	folder = strings.Trim(folder, "/")
	if folder != "" {
		if err := ValidateName(folder); err != nil {
			return nil, err
		}
	}
	folders, names := []string{folder}, []string{}
	for len(folders) > 0 {
		here := folders[0]
		folders = folders[1:]
		keys, err := c.listFolder(ctx, namespace, mount, engine, here)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			name := strings.TrimPrefix(here+"/"+key, "/")
			if recursive && strings.HasSuffix(key, "/") {
				if unreachable := strings.TrimSuffix(key, "/"); unreachable == "" || unreachable == "." || unreachable == ".." {
					return nil, fmt.Errorf("the mount %q has a folder %q, which no request can name", mount, name)
				}
				folders = append(folders, strings.TrimSuffix(name, "/"))
				continue
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// HasSecrets reports whether a KV mount holds anything; on KV v2 that includes
// soft-deleted secrets. A standby that still shows nothing but secrets that this
// client has just destroyed is asked again.
func (c *Client) HasSecrets(ctx context.Context, namespace, mount string, engine migrate.Engine) (bool, error) {
	at := func(name string) migrate.Location {
		return migrate.Location{Namespace: namespace, Mount: mount, Name: name}
	}
	deep := c.removedBelow(c.kvObject(at("")))
	names, err := c.afterOwnRemovals(ctx, func() ([]string, error) {
		return c.ListNames(ctx, namespace, mount, engine, "", deep)
	}, func(name string) objectKey { return c.kvObject(at(name)) })
	return len(names) > 0, err
}

func (c *Client) listFolder(ctx context.Context, namespace, mount string, engine migrate.Engine, folder string) ([]string, error) {
	path := mount
	if engine == migrate.KV2 {
		path = joinPath(mount, "metadata")
	}
	if folder != "" {
		path = joinPath(path, folder)
	}
	return c.list(ctx, request{operation: kvOperation(engine, "list"), namespace: c.at(namespace), path: path})
}

// list sends a LIST and returns the keys; a 404 that says nothing more is an
// empty list.
func (c *Client) list(ctx context.Context, r request) ([]string, error) {
	r.method, r.params = http.MethodGet, url.Values{"list": {"true"}}
	r.capabilities, r.policyPath = []string{"list"}, r.path+"/"
	a, err := c.do(ctx, r)
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var data struct {
		Keys []string `json:"keys"`
	}
	if err := a.decode(r, &data); err != nil {
		return nil, err
	}
	return data.Keys, nil
}
