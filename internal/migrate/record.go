package migrate

import "time"

// Record is what is remembered of a migrated secret between runs: numbers,
// times and names, never a value nor anything computed from one.
type Record struct {
	Engine Engine `json:"engine"`
	// MountChanged tells that the last look found the mount gone, or another
	// engine there than the one that was written to.
	MountChanged bool `json:"mount_changed,omitempty"`
	// Written is the KV v2 version that holds the copy.
	Written RecordedVersion `json:"written"`
	// Seen is the KV v2 version that was current at the last look; a repair
	// replaces exactly that one.
	Seen RecordedVersion `json:"seen"`
	// Marked tells whether the ownership mark was set. What was imported
	// without a mark stays without until the next write.
	Marked bool `json:"marked,omitempty"`
	// Pending tells that nothing was brought to the place yet, so that what comes
	// to stand there is another's.
	Pending bool `json:"pending,omitempty"`
	// MetadataKeys are the custom metadata keys that were set next to the mark.
	MetadataKeys []string `json:"metadata_keys,omitempty"`
	// SourceExpiry is the expiry of the source version that the deletion of the
	// copy was arranged for; zero when none was.
	SourceExpiry time.Time `json:"source_expiry,omitzero"`
	// DeletionTime is when OpenBao deletes the KV version that holds the copy,
	// as it said itself; only kept where deletions are arranged.
	DeletionTime time.Time `json:"deletion_time,omitzero"`
	// DeletionOff tells that the last look found the expiry of the source, or
	// the deletion time of the copy, to be another than what was arranged.
	DeletionOff bool `json:"deletion_off,omitempty"`
	// Expired tells that the last look found the copy deleted as arranged.
	Expired bool `json:"expired,omitempty"`
	// ForeignOwner is the OCID in an ownership mark that is not this secret's.
	ForeignOwner string `json:"foreign_owner,omitempty"`
}

// RecordedVersion identifies one version of a KV v2 secret: after a secret was
// removed and made anew its numbers repeat, its times do not.
type RecordedVersion struct {
	Number      int64     `json:"number,omitempty"`
	CreatedTime time.Time `json:"created_time,omitzero"`
}

func recorded(v KVVersion) RecordedVersion {
	return RecordedVersion{Number: v.Number, CreatedTime: v.CreatedTime}
}

// matches reports whether a version found in OpenBao is the recorded one. A
// record without a time, as an import may leave it, matches by number.
func (r RecordedVersion) matches(v KVVersion) bool {
	if r.Number != v.Number {
		return false
	}
	return r.CreatedTime.IsZero() || r.CreatedTime.Equal(v.CreatedTime)
}

// SourceFacts is what a look at the source gave.
type SourceFacts struct {
	Missing              bool // not found, or no permission to see it
	Name                 string
	LifecycleState       string
	TimeOfDeletion       time.Time // zero unless deletion is scheduled
	CurrentVersionNumber int64     // of the stage CURRENT
	StageVersionNumber   int64     // of the followed stage; 0 when none is followed or no version has it
	// TimeOfCurrentExpiry is when the version in the stage CURRENT expires.
	TimeOfCurrentExpiry time.Time
	// TimeOfExpiry is when the version that is copied expires; zero for never,
	// or when that is not known.
	TimeOfExpiry time.Time
	// ExpiryUnknown tells that nobody asked when the version that is copied
	// expires, and that it cannot be told from the rest.
	ExpiryUnknown bool
	// Expired tells that TimeOfExpiry had passed at the last look.
	Expired  bool
	Rotation SourceRotation
}

// outOfReach reports whether the content cannot be read for the secret's state.
func (f SourceFacts) outOfReach() bool { return f.Missing || f.deletion() }

func (f SourceFacts) deletion() bool {
	switch f.LifecycleState {
	case StateSchedulingDeletion, StatePendingDeletion, StateDeleting:
		return true
	default:
		return false
	}
}
