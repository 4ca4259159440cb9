package migrate

// Drift names what changed behind the configuration's back.
type Drift string

// The drifts, each with the side on which it happened.
const (
	DriftNone                   Drift = "none"
	DriftSourceNewer            Drift = "source_newer"
	DriftSourcePendingDeletion  Drift = "source_pending_deletion"
	DriftSourceMissing          Drift = "source_missing"
	DriftDestinationModified    Drift = "destination_modified"
	DriftDestinationSoftDeleted Drift = "destination_soft_deleted"
	DriftDestinationMissing     Drift = "destination_missing"
	DriftOwnershipLost          Drift = "ownership_lost"
	DriftMetadataModified       Drift = "metadata_modified"
)

// broken reports whether the value in OpenBao is not the one that was copied.
func (d Drift) broken() bool {
	switch d {
	case DriftDestinationModified, DriftDestinationSoftDeleted, DriftDestinationMissing:
		return true
	default:
		return false
	}
}

// explanations say what happened, for warnings and documentation.
var explanations = map[Drift]string{
	DriftSourceNewer:            "the followed stage of the OCI secret moved to another version",
	DriftSourcePendingDeletion:  "the OCI secret is scheduled for deletion",
	DriftSourceMissing:          "the OCI secret does not exist any more, or the credentials lost the permission to see it (OCI answers both alike)",
	DriftDestinationModified:    "the value in OpenBao was changed by somebody else",
	DriftDestinationSoftDeleted: "the current version in OpenBao was soft-deleted by somebody else",
	DriftDestinationMissing:     "the secret is gone from OpenBao",
	DriftOwnershipLost:          "the ownership mark in OpenBao's custom metadata was removed or taken over",
	DriftMetadataModified:       "custom metadata in OpenBao is not what it should be: somebody changed it, or what is copied of it changed in OCI; or the deletion that was arranged for its expiry is not right any more",
}

// Explain says in a clause what the drift is.
func (d Drift) Explain() string { return explanations[d] }
