package migrate

import (
	"context"
	"errors"
	"time"
)

// Errors of a [Source]. Adapters wrap them, with the status, the code and the
// request ID of the answer in the message and never a body.
var (
	// ErrSourceNotFound means that the secret does not exist or that the caller
	// may not see it: OCI answers both alike.
	ErrSourceNotFound = errors.New("secret not found, or no permission to see it")
	// ErrSourceVersionNotFound means that the secret answers but the version,
	// version name or stage asked for does not exist or is out of reach.
	ErrSourceVersionNotFound = errors.New("secret version not found")
	// ErrSourceForbidden means an explicit refusal (403).
	ErrSourceForbidden = errors.New("not permitted")
	// ErrUnauthenticated means that the credentials were refused (401).
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrThrottled means that the rate limit did not let the request through
	// in the time allowed for retries (429).
	ErrThrottled = errors.New("throttled")
	// ErrPendingDeletion means that the content is out of reach because the
	// secret or the version is scheduled for deletion.
	ErrPendingDeletion = errors.New("scheduled for deletion")
	// ErrRetrievalBlocked means that an expiry rule blocks the content.
	ErrRetrievalBlocked = errors.New("retrieval of the content is blocked")
	// ErrNotBase64 means that a bundle's content is not valid BASE64.
	ErrNotBase64 = errors.New("the content is not valid BASE64")
	// ErrSourceUnavailable means that no answer came in the time allowed.
	ErrSourceUnavailable = errors.New("OCI could not be reached")
)

// Lifecycle states of a secret, as the OCI Vault API names them, that the
// migration treats apart.
const (
	StateActive             = "ACTIVE"
	StateUpdating           = "UPDATING"
	StateSchedulingDeletion = "SCHEDULING_DELETION"
	StatePendingDeletion    = "PENDING_DELETION"
	StateCancellingDeletion = "CANCELLING_DELETION"
	StateDeleting           = "DELETING"
	StateDeleted            = "DELETED"
)

// StageCurrent is the rotation stage that clients read by default.
const StageCurrent = "CURRENT"

// Stages are the rotation stages of the OCI Vault API that select one version.
// DEPRECATED is not among them: several versions may carry it.
var Stages = []string{StageCurrent, "PENDING", "LATEST", "PREVIOUS"}

// Source is the read-only port to OCI Vault. No method changes anything there.
type Source interface {
	// Describe reads a secret's metadata (vault.GetSecret). It needs no right
	// to read the content.
	Describe(ctx context.Context, secretID string) (SourceSecret, error)
	// Versions lists the versions of a secret, metadata only
	// (vault.ListSecretVersions), in ascending order of number.
	Versions(ctx context.Context, secretID string) ([]SourceVersion, error)
	// Bundle reads one version with its content (secrets.GetSecretBundle). The
	// content is decoded from BASE64.
	Bundle(ctx context.Context, secretID string, selector Selector) (Bundle, error)
}

// Selector picks a version of a secret. At most one field is set; none means
// the stage CURRENT.
type Selector struct {
	VersionNumber int64
	VersionName   string
	Stage         string
}

// SourceSecret is the metadata of a secret.
type SourceSecret struct {
	ID                   string
	Name                 string
	CompartmentID        string
	VaultID              string
	KeyID                string
	Description          string
	LifecycleState       string
	LifecycleDetails     string
	CurrentVersionNumber int64
	TimeCreated          time.Time
	TimeOfDeletion       time.Time // zero unless deletion is scheduled
	TimeOfCurrentExpiry  time.Time // zero unless the current version expires
	Rotation             SourceRotation
	FreeformTags         map[string]string
	// DefinedTags maps namespace and key to the value as text.
	DefinedTags map[string]map[string]string
	// Metadata is the key-value metadata that the secret's owner attached.
	Metadata map[string]string
	Rules    []SecretRule
}

// SourceRotation is what OCI knows of a secret's rotation. All is zero for one
// that OCI does not rotate.
type SourceRotation struct {
	// Status is "SCHEDULED", "IN_PROGRESS", "CANCELLING" or "NOT_ENABLED".
	Status string
	// Interval is an ISO 8601 duration such as "P30D"; empty when not set.
	Interval string
	// Scheduled tells whether OCI rotates at each interval by itself.
	Scheduled bool
	LastTime  time.Time // of the last rotation that succeeded
	NextTime  time.Time // zero unless a rotation is scheduled
}

// SecretRule is a rule of a secret: "SECRET_EXPIRY_RULE" or "SECRET_REUSE_RULE".
type SecretRule struct {
	Type string
	// SecretVersionExpiryInterval is an ISO 8601 duration such as "P30D"; empty when not set.
	SecretVersionExpiryInterval string
	// TimeOfAbsoluteExpiry is zero when not set.
	TimeOfAbsoluteExpiry time.Time
	// RetrievalBlockedOnExpiry tells whether an expired version's content is out of reach.
	RetrievalBlockedOnExpiry bool
}

// SourceVersion is the metadata of one version.
type SourceVersion struct {
	Number         int64
	Name           string
	Stages         []string
	TimeCreated    time.Time
	TimeOfDeletion time.Time // zero unless deletion is scheduled
	TimeOfExpiry   time.Time // zero unless it expires
}

// Bundle is one version with its content.
type Bundle struct {
	SecretID     string
	Version      SourceVersion
	ContentType  string // "BASE64" is the only one that OCI has
	Content      Secret // decoded
	Metadata     map[string]string
	HasNoContent bool // the answer carried no content at all
}
