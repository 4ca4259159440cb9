package migrate

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Errors of a [Target]. Adapters wrap them, with the status and OpenBao's own
// messages where those cannot hold a value.
var (
	// ErrMountNotFound means that no engine is mounted there, or that the token
	// has no right on anything below it: OpenBao answers both alike.
	ErrMountNotFound = errors.New("no such mount, or no permission on anything below it")
	// ErrMountType means that something other than a KV engine is mounted there.
	ErrMountType = errors.New("not a KV mount")
	// ErrDestinationNotFound means that nothing stands at the path.
	ErrDestinationNotFound = errors.New("nothing stands at the path")
	// ErrPermissionDenied means that the token's policies refuse the request (403).
	ErrPermissionDenied = errors.New("permission denied")
	// ErrCheckAndSet means that the KV v2 current version is not the one the
	// write was made for.
	ErrCheckAndSet = errors.New("the current version is not the expected one")
	// ErrSealed means that the server is sealed.
	ErrSealed = errors.New("the server is sealed")
	// ErrNamespaceNotFound means that the namespace does not exist.
	ErrNamespaceNotFound = errors.New("namespace not found")
	// ErrTargetUnavailable means that no answer came in the time allowed, or
	// that there is no active node.
	ErrTargetUnavailable = errors.New("OpenBao could not be reached")
	// ErrTooComplex means that OpenBao refuses the JSON for its number of members or depth.
	ErrTooComplex = errors.New("OpenBao refuses a JSON document this large or deep")
)

// Engine is the version of a KV secrets engine.
type Engine int

// The two KV engines.
const (
	KV1 Engine = 1
	KV2 Engine = 2
)

// Location is where a secret stands in OpenBao.
type Location struct {
	Namespace string // relative to the provider's; empty for the provider's own
	Mount     string // without leading or trailing slash
	Name      string // path below the mount, without leading or trailing slash
}

// String is "mount/name", with the namespace before it when there is one.
func (l Location) String() string {
	path := l.Mount + "/" + l.Name
	if l.Namespace != "" {
		return l.Namespace + "/" + path
	}
	return path
}

// Same reports whether both are one place, though their namespaces may be spelled
// in different ways.
func (l Location) Same(other Location) bool {
	return l.Mount == other.Mount && l.Name == other.Name && SameNamespace(l.Namespace, other.Namespace)
}

// SameNamespace reports whether two relative namespaces are one: slashes around a
// namespace make no difference, and "root" says the same as nothing.
func SameNamespace(a, b string) bool { return canonicalNamespace(a) == canonicalNamespace(b) }

func canonicalNamespace(namespace string) string {
	if namespace = strings.Trim(namespace, "/"); namespace == "root" {
		return ""
	}
	return namespace
}

// Target is the port to the KV engines of OpenBao.
type Target interface {
	// Engine tells which KV engine is mounted. Errors: ErrMountNotFound, ErrMountType.
	Engine(ctx context.Context, namespace, mount string) (Engine, error)
	// Read returns an entry with its fields; version 0 is the current one, and
	// KV v1 knows no other. A soft-deleted or destroyed version of KV v2 is
	// returned without fields and without an error. Errors: ErrDestinationNotFound,
	// ErrMountNotFound.
	Read(ctx context.Context, at Location, engine Engine, version int64) (Entry, error)
	// Metadata reads the metadata of a KV v2 secret, which needs no right to
	// read its value. Errors: ErrDestinationNotFound, ErrMountNotFound.
	Metadata(ctx context.Context, at Location) (KVMetadata, error)
	// Write stores fields, which must be a JSON object. On KV v2, cas is the
	// version that must be current (0: the path must not exist yet); a write
	// that comes too late is ErrCheckAndSet. KV v1 ignores it. The result has
	// the version and creation time of KV v2.
	Write(ctx context.Context, at Location, engine Engine, fields Secret, cas int64) (KVVersion, error)
	// PatchCustomMetadata merges into the custom metadata of a KV v2 secret: a
	// nil value removes its key, keys that are not named stay as they are.
	PatchCustomMetadata(ctx context.Context, at Location, changes map[string]*string) error
	// DeleteVersionsAfter sets how long after its creation a version of a KV v2
	// secret is deleted, in whole seconds; 0 for never. It holds for versions
	// written from then on, not for those that are there. The secret need not
	// exist yet.
	DeleteVersionsAfter(ctx context.Context, at Location, after time.Duration) error
	// SoftDelete marks the current version of a KV v2 secret deleted.
	SoftDelete(ctx context.Context, at Location) error
	// Destroy removes a secret for good: on KV v2 its metadata and all its
	// versions. What is not there is no error.
	Destroy(ctx context.Context, at Location, engine Engine) error
}

// Entry is what stands at a path.
type Entry struct {
	Fields         Secret // the JSON object of the fields; empty when Deleted or Destroyed
	Version        KVVersion
	CustomMetadata map[string]string
}

// KVVersion is one version of a KV v2 secret. On KV v1 all is zero.
type KVVersion struct {
	Number      int64
	CreatedTime time.Time
	// DeletionTime is when the version is or was soft-deleted; zero for never.
	DeletionTime time.Time
	Deleted      bool // soft-deleted, or its deletion time has passed
	Destroyed    bool
}

// KVMetadata is the metadata of a KV v2 secret.
type KVMetadata struct {
	CurrentVersion KVVersion // Number 0 when the path has metadata but no version yet
	CustomMetadata map[string]string
}
