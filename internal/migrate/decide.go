package migrate

import (
	"fmt"
	"time"
)

// State is what Terraform's state holds of a migrated secret: the wish of the
// last apply, with the version number that was copied, and what the last
// refresh saw.
type State struct {
	Wish   Wish
	Source SourceFacts
	Drift  Drift
	Record Record
}

// Decision is what an apply would do.
type Decision struct {
	// VersionNumber of the source that stands in OpenBao afterwards; 0 when only
	// the apply can tell.
	VersionNumber int64
	// Value tells that the value is written, or compared and then adopted.
	Value bool
	// Metadata tells that custom metadata is merged.
	Metadata bool
	// Drift that remains afterwards.
	Drift Drift
	// Warnings say what cannot be put right, and why.
	Warnings []Note
	// Problems are reasons why the apply could only fail.
	Problems []Note
}

// Writes reports whether anything is written to OpenBao.
func (d Decision) Writes() bool { return d.Value || d.Metadata }

// Note is a message for the reviewer of a plan. Summaries are constant, so that
// messages of many secrets are shown together.
type Note struct {
	Summary string
	Detail  string
}

// Summaries of notes.
const (
	SummaryNotRepairable = "Drift that cannot be put right"
	SummarySourceLeaving = "Source of a migrated secret is going away"
	SummaryMountChanged  = "Mount of a migrated secret was removed or replaced"
	SummaryUnreachable   = "Unable to copy from a source that is out of reach"
	SummaryExpiring      = "Secrets that expire soon"
	SummaryExpired       = "Source version of a migrated secret has expired"
)

// Decide compares a wish with the state and says what an apply does. It is
// pure: the same arguments always give the same decision, so the plan that was
// reviewed and the one that Terraform makes again at apply are the same. A nil
// state means that nothing was migrated yet.
func Decide(wish Wish, state *State) Decision {
	if state == nil {
		return Decision{VersionNumber: wish.VersionNumber, Value: true, Metadata: true, Drift: DriftNone}
	}
	decision := Decision{VersionNumber: target(wish, state), Drift: state.Drift}
	asked := decision.VersionNumber != state.Wish.VersionNumber && wish.Stage == "" || state.otherDeletion(wish) ||
		!wish.sameValue(state.Wish) || !wish.At.Same(state.Wish.At) || wish.Stage != state.Wish.Stage && decision.VersionNumber == 0
	rotated := decision.VersionNumber != state.Wish.VersionNumber
	foreign := state.Record.ForeignOwner != ""
	broken := state.Drift.broken() || foreign && wish.Overwrite || wish.DeleteAtExpiry && state.Record.DeletionOff
	unreachable := wish.SecretID == state.Wish.SecretID && (state.Source.outOfReach() || state.expired(wish) && !rotated)

	switch {
	case foreign && !wish.Overwrite && wish.At.Same(state.Wish.At):
		decision.VersionNumber = state.Wish.VersionNumber
		decision.warnForeign(wish, state)
		return decision
	case asked && unreachable:
		decision.Problems = append(decision.Problems, Note{SummaryUnreachable, fmt.Sprintf(
			"What is asked for %s needs the content of %s, but %s. %s first, or leave the arguments as they were.",
			wish.At, wish.SecretID, state.Source.reason(), state.Source.wayOut())})
	case asked:
		decision.Value = true
	case (rotated || broken) && unreachable:
		decision.VersionNumber = state.Wish.VersionNumber
		decision.warnUnreachable(wish, state)
	case rotated || broken:
		decision.Value = true
	case state.expired(wish):
		decision.warnExpired(wish, state)
	}

	if decision.Value && state.Record.MountChanged && wish.At.Same(state.Wish.At) {
		decision.warnMount(wish)
	}
	decision.Metadata = decision.Value || !wish.sameMetadata(state.Wish) ||
		state.Drift == DriftMetadataModified || state.Drift == DriftOwnershipLost
	switch state.Drift {
	case DriftSourceMissing, DriftSourcePendingDeletion:
		if wish.SecretID != state.Wish.SecretID {
			decision.Drift = DriftNone
		} else if len(decision.Warnings)+len(decision.Problems) == 0 {
			decision.warnLeaving(wish, state)
		}
	case DriftOwnershipLost, DriftMetadataModified:
		decision.Drift = DriftNone
	default:
		if decision.Value || state.Drift == DriftSourceNewer && wish.Stage == "" {
			decision.Drift = DriftNone
		}
	}
	return decision
}

// target is the version number that the wish pins, or 0.
func target(wish Wish, state *State) int64 {
	switch {
	case wish.VersionNumber != 0:
		return wish.VersionNumber
	case wish.SecretID != state.Wish.SecretID:
		return 0
	case wish.Stage == StageCurrent && state.Source.CurrentVersionNumber != 0:
		return state.Source.CurrentVersionNumber
	case wish.Stage == state.Wish.Stage && state.Source.StageVersionNumber != 0:
		return state.Source.StageVersionNumber
	case wish.Stage == state.Wish.Stage:
		return state.Wish.VersionNumber
	default:
		return 0
	}
}

// otherDeletion reports whether a wish turns deletion at expiry on or off for a
// copy that this makes a difference to: OpenBao fixes the deletion time of a
// version when it is written.
func (s *State) otherDeletion(wish Wish) bool {
	switch {
	case wish.DeleteAtExpiry == s.Wish.DeleteAtExpiry:
		return false
	case wish.DeleteAtExpiry:
		return s.Source.ExpiryUnknown || !s.Source.TimeOfExpiry.IsZero()
	default:
		return !s.Record.SourceExpiry.IsZero()
	}
}

// expired reports whether the version that was copied has expired and its copy
// would be deleted at once.
func (s *State) expired(wish Wish) bool { return wish.DeleteAtExpiry && s.Source.Expired }

func (f SourceFacts) reason() string {
	if f.Missing {
		return DriftSourceMissing.Explain()
	}
	if !f.deletion() {
		return "its version that was copied expired at " + f.TimeOfExpiry.UTC().Format(time.RFC3339) +
			", and delete_version_at_expiry lets no copy of it stand"
	}
	text := DriftSourcePendingDeletion.Explain()
	if !f.TimeOfDeletion.IsZero() {
		text += " at " + f.TimeOfDeletion.UTC().Format("2006-01-02T15:04:05Z")
	}
	return text
}

// wayOut is what to do about the reason.
func (f SourceFacts) wayOut() string {
	if f.outOfReach() {
		return "Cancel the deletion or grant the read permission"
	}
	return "Rotate the secret in OCI or set delete_version_at_expiry = false"
}

// warnExpired tells what became of the copy of an expired version, which is
// nothing that an apply could or should put right.
func (d *Decision) warnExpired(wish Wish, state *State) {
	became := "its copy was deleted with it, as delete_version_at_expiry says. Rotate the secret in OCI, or set delete_version_at_expiry = false to have the copy back."
	if !state.Record.Expired {
		became = "its copy stands still: its deletion was arranged for another time before the expiry was changed. " +
			"Rotate the secret in OCI, or delete the copy in OpenBao."
	}
	d.Warnings = append(d.Warnings, Note{SummaryExpired, fmt.Sprintf("%s: version %d of %s expired at %s, and %s",
		wish.At, state.Wish.VersionNumber, wish.SecretID, state.Source.TimeOfExpiry.UTC().Format(time.RFC3339), became)})
}

func (d *Decision) warnForeign(wish Wish, state *State) {
	d.Warnings = append(d.Warnings, Note{SummaryNotRepairable, fmt.Sprintf(
		"%s: drift %s. Its ownership mark names %s, so another configuration migrated that secret there. Nothing is written. Choose another name, take one of the two out of its configuration, or set on_conflict = \"overwrite\" to take the path over.",
		wish.At, DriftOwnershipLost, state.Record.ForeignOwner)})
}

func (d *Decision) warnMount(wish Wish) {
	d.Warnings = append(d.Warnings, Note{SummaryMountChanged, fmt.Sprintf(
		"%s: the mount %s is gone, or is another version of KV than the secret was written to. Apply writes the secret anew to the mount that is there then: "+
			"mount the engine first, unless this plan does.", wish.At, wish.At.Mount)})
}

func (d *Decision) warnUnreachable(wish Wish, state *State) {
	what := state.Drift
	d.Warnings = append(d.Warnings, Note{SummaryNotRepairable, fmt.Sprintf(
		"%s: drift %s (%s). Putting it right needs the content of %s, but %s. Nothing is written. %s, restore the value in OpenBao, or take the secret out of the configuration.",
		wish.At, what, what.Explain(), wish.SecretID, state.Source.reason(), state.Source.wayOut())})
}

func (d *Decision) warnLeaving(wish Wish, state *State) {
	d.Warnings = append(d.Warnings, Note{SummarySourceLeaving, fmt.Sprintf(
		"%s: drift %s. The source is %s, and %s. The copy in OpenBao is complete and stays as it is. If the cut-over is done, nothing needs to be done; else cancel the deletion or grant the permission.",
		wish.At, state.Drift, wish.SecretID, state.Source.reason())})
}
