package migrate

import (
	"fmt"
	"maps"
	"time"
)

// Wish is what a configuration asks for one secret.
type Wish struct {
	SecretID      string // OCID of the source
	VersionNumber int64  // the version to copy; 0 while it is not known yet
	Stage         string // the stage that is followed; empty when the version is pinned
	At            Location
	Format        Format
	Key           string // field for text and binary
	// CustomMetadata is set next to the ownership mark on KV v2.
	CustomMetadata   map[string]string
	CopyDescription  bool // put the source's description into custom metadata
	CopyFreeformTags bool // put the source's freeform tags into custom metadata
	CopyExpiry       bool // put what the source says of expiry into custom metadata
	CopyRotation     bool // put what the source says of rotation into custom metadata
	// DeleteAtExpiry lets OpenBao delete the KV v2 version that holds the copy
	// when the source version expires.
	DeleteAtExpiry bool
	// WarnExpiryWithin is how long before a version expires its reader wants to
	// know; 0 for not at all.
	WarnExpiryWithin time.Duration
	// History copies the versions before the pinned one as well, on KV v2.
	History bool
	// Overwrite lets a write replace what the provider did not create.
	Overwrite bool
	OnDestroy OnDestroy
	// Detection is empty for what the engine can: versions on KV v2.
	Detection Detection
}

// sameValue reports whether both wishes store the same fields, given the same
// version of the source.
func (w Wish) sameValue(other Wish) bool {
	return w.SecretID == other.SecretID && w.Format == other.Format && w.Key == other.Key
}

// sameMetadata reports whether both wishes declare the same custom metadata.
func (w Wish) sameMetadata(other Wish) bool {
	return maps.Equal(w.CustomMetadata, other.CustomMetadata) &&
		w.CopyDescription == other.CopyDescription && w.CopyFreeformTags == other.CopyFreeformTags &&
		w.CopyExpiry == other.CopyExpiry && w.CopyRotation == other.CopyRotation
}

// copies reports whether custom metadata comes from the source.
func (w Wish) copies() bool {
	return w.CopyDescription || w.CopyFreeformTags || w.CopyExpiry || w.CopyRotation
}

// Fits returns an error when the wish asks for what a version of the KV engine
// cannot do: ErrVersionDetectionOnKV1, ErrSoftDeleteOnKV1 or ErrDeletionOnKV1.
func (w Wish) Fits(engine Engine) error {
	switch {
	case engine != KV1:
		return nil
	case w.Detection == DetectVersion:
		return fmt.Errorf("%w: %s", ErrVersionDetectionOnKV1, w.At)
	case w.OnDestroy == SoftDelete:
		return fmt.Errorf("%w: %s", ErrSoftDeleteOnKV1, w.At)
	case w.DeleteAtExpiry:
		return fmt.Errorf("%w: %s", ErrDeletionOnKV1, w.At)
	}
	return nil
}

// watchesExpiry reports whether it matters when the copied version expires.
func (w Wish) watchesExpiry() bool {
	return w.CopyExpiry || w.DeleteAtExpiry || w.WarnExpiryWithin > 0
}

// OnDestroy says what happens to a migrated secret that is no longer managed.
type OnDestroy string

// The ways to leave a migrated secret.
const (
	Retain     OnDestroy = "retain"      // it stays as it is
	SoftDelete OnDestroy = "soft_delete" // KV v2: the current version is marked deleted
	Destroy    OnDestroy = "destroy"     // it is removed with all its versions
)

// Detection says how a change of the value is noticed.
type Detection string

// The ways to notice a change.
const (
	// DetectVersion compares version numbers, times and the ownership mark:
	// no right to read a value is needed.
	DetectVersion Detection = "version"
	// DetectContent compares the bytes of both sides in memory.
	DetectContent Detection = "content"
)

// Ports are the two sides and the time.
type Ports struct {
	Source Source
	Target Target
	Clock  Clock
}
