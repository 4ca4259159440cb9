package openbao

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// APIPath is where a client reads the secret: "<mount>/<name>" on KV v1 and
// "<mount>/data/<name>" on KV v2. Policies use the same path.
func APIPath(engine migrate.Engine, mount, name string) string {
	if engine == migrate.KV2 {
		return joinPath(mount, "data", name)
	}
	return joinPath(mount, name)
}

// MetadataPath is where KV v2 keeps the metadata of a secret.
func MetadataPath(mount, name string) string { return joinPath(mount, "metadata", name) }

func validateLocation(at migrate.Location) error {
	return errors.Join(ValidateNamespace(at.Namespace), ValidateMount(at.Mount), ValidateName(at.Name))
}

func kvOperation(engine migrate.Engine, what string) string {
	return fmt.Sprintf("KV v%d %s", engine, what)
}

// versionData is one version in the answers of KV v2.
type versionData struct {
	Version        int64             `json:"version"`
	CreatedTime    string            `json:"created_time"`
	DeletionTime   string            `json:"deletion_time"`
	Destroyed      bool              `json:"destroyed"`
	CustomMetadata map[string]string `json:"custom_metadata"`
}

func (d versionData) version(now time.Time) migrate.KVVersion {
	v := migrate.KVVersion{Number: d.Version, CreatedTime: parseTime(d.CreatedTime), Destroyed: d.Destroyed}
	if v.DeletionTime = parseTime(d.DeletionTime); !v.DeletionTime.IsZero() {
		v.Deleted = !v.DeletionTime.After(now)
	}
	return v
}

// parseTime reads RFC 3339; an empty or unreadable text is the zero time.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Read returns the entry at a path: GET <mount>/<name> on KV v1, GET
// <mount>/data/<name>?version=N on KV v2, whose numbers the server itself
// rounds to 64-bit floating point. A standby that has not seen this client's own
// last write is asked again. Errors: migrate.ErrDestinationNotFound.
func (c *Client) Read(ctx context.Context, at migrate.Location, engine migrate.Engine, version int64) (migrate.Entry, error) {
	if err := validateLocation(at); err != nil {
		return migrate.Entry{}, err
	}
	return afterOwnWrite(ctx, c, c.kvObject(at), func() (migrate.Entry, error) {
		return c.read(ctx, at, engine, version)
	}, func(got migrate.Entry, err error, want any) bool {
		written, _ := want.(kvWrite)
		if err != nil {
			return isGone(err) && version <= written.version
		}
		return engine == migrate.KV2 && version == 0 && !written.shownBy(got.Version.Number, got.CustomMetadata)
	})
}

// kvWrite is what the client's own writes left of a secret: the number of the
// version, 0 on KV v1, and the last changes of the custom metadata.
type kvWrite struct {
	version int64
	custom  map[string]*string
}

func (w kvWrite) shownBy(version int64, custom map[string]string) bool {
	for key, value := range w.custom {
		if got, found := custom[key]; found != (value != nil) || found && got != *value {
			return false
		}
	}
	return version >= w.version
}

// wroteKV notes a write of a secret next to what is known of it.
func (c *Client) wroteKV(at migrate.Location, change func(*kvWrite)) {
	trace, _ := c.writes.recall(c.kvObject(at), c.config.Clock.Now())
	written, _ := trace.want.(kvWrite)
	change(&written)
	c.wrote(c.kvObject(at), written)
}

// kvObject is a secret as the client's own writes know it, under either path.
func (c *Client) kvObject(at migrate.Location) objectKey {
	return objectKey{c.at(at.Namespace), joinPath(at.Mount, "", at.Name)}
}

func (c *Client) read(ctx context.Context, at migrate.Location, engine migrate.Engine, version int64) (migrate.Entry, error) {
	r := request{
		operation: kvOperation(engine, "read"), method: http.MethodGet, namespace: c.at(at.Namespace),
		path: APIPath(engine, at.Mount, at.Name), capabilities: []string{"read"}, confidential: true,
	}
	if engine == migrate.KV2 && version > 0 {
		r.params = url.Values{"version": {strconv.FormatInt(version, 10)}}
	}
	a, err := c.do(ctx, r)
	if engine != migrate.KV2 {
		if err != nil {
			return migrate.Entry{}, err
		}
		if !has(a.envelope.Data) {
			return migrate.Entry{}, unexpected(r, "the answer holds no data")
		}
		return migrate.Entry{Fields: migrate.NewSecret(a.envelope.Data)}, nil
	}
	// A deleted or destroyed version is a 404 that still carries its metadata.
	gone := isGone(err) && has(a.envelope.Data)
	if err != nil && !gone {
		return migrate.Entry{}, err
	}
	var data struct {
		Data     json.RawMessage `json:"data"`
		Metadata versionData     `json:"metadata"`
	}
	if decodeErr := a.decode(r, &data); decodeErr != nil {
		return migrate.Entry{}, decodeErr
	}
	entry := migrate.Entry{
		Version:        data.Metadata.version(c.config.Clock.Now()),
		CustomMetadata: data.Metadata.CustomMetadata,
	}
	switch {
	case gone:
		entry.Version.Deleted = entry.Version.Deleted || !entry.Version.Destroyed
	case !has(data.Data):
		return migrate.Entry{}, unexpected(r, "the answer holds no data")
	default:
		entry.Version.Deleted = false // the server's clock decides, and it gave the data
		entry.Fields = migrate.NewSecret(data.Data)
	}
	return entry, nil
}

// Write stores fields, a JSON object, byte for byte as given: POST
// <mount>/<name> on KV v1, POST <mount>/data/<name> with options.cas on KV v2.
// A write that had to be repeated after a lost answer can come back as
// migrate.ErrCheckAndSet although it was stored; comparing tells.
func (c *Client) Write(ctx context.Context, at migrate.Location, engine migrate.Engine, fields migrate.Secret, cas int64) (migrate.KVVersion, error) {
	if err := validateLocation(at); err != nil {
		return migrate.KVVersion{}, err
	}
	r := request{
		operation: kvOperation(engine, "write"), method: http.MethodPost, namespace: c.at(at.Namespace),
		path: APIPath(engine, at.Mount, at.Name), capabilities: []string{"create", "update"}, confidential: true,
		body: fields,
	}
	if raw := bytes.TrimSpace(fields.Reveal()); len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return migrate.KVVersion{}, unexpected(r, "the fields are not a JSON object")
	}
	if engine == migrate.KV2 {
		var body bytes.Buffer
		fmt.Fprintf(&body, `{"options":{"cas":%d},"data":`, cas)
		body.Write(fields.Reveal())
		body.WriteByte('}')
		r.body = migrate.NewSecret(body.Bytes())
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return migrate.KVVersion{}, err
	}
	if engine != migrate.KV2 {
		c.wroteKV(at, func(*kvWrite) {})
		return migrate.KVVersion{}, nil
	}
	var written versionData
	if err := a.decode(r, &written); err != nil {
		return migrate.KVVersion{}, err
	}
	c.wroteKV(at, func(w *kvWrite) { w.version = written.Version })
	return written.version(c.config.Clock.Now()), nil
}

// SoftDelete marks the current version of a KV v2 secret deleted: DELETE
// <mount>/data/<name>. The server does not say whether there was one.
func (c *Client) SoftDelete(ctx context.Context, at migrate.Location) error {
	err := c.remove(ctx, at, kvOperation(migrate.KV2, "soft delete"), APIPath(migrate.KV2, at.Mount, at.Name))
	c.writes.forget(c.kvObject(at)) // its metadata stays
	return err
}

// Destroy removes a secret for good: DELETE <mount>/metadata/<name> on KV v2,
// with all versions, DELETE <mount>/<name> on KV v1.
func (c *Client) Destroy(ctx context.Context, at migrate.Location, engine migrate.Engine) error {
	path := joinPath(at.Mount, at.Name)
	if engine == migrate.KV2 {
		path = MetadataPath(at.Mount, at.Name)
	}
	return c.remove(ctx, at, kvOperation(engine, "destroy"), path)
}

func (c *Client) remove(ctx context.Context, at migrate.Location, operation, path string) error {
	if err := validateLocation(at); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: operation, method: http.MethodDelete, namespace: c.at(at.Namespace),
		path: path, capabilities: []string{"delete"},
	})
	return c.removal(c.kvObject(at), err)
}
