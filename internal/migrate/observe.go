package migrate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Observation is what both sides looked like, with a verdict.
type Observation struct {
	Source SourceFacts
	Record Record // the record given, with what was seen
	Drift  Drift
}

// settleTime bounds how long a look at OpenBao waits for a node that lags
// behind a write of the last moments: a standby answers reads from its own,
// slightly older copy.
const (
	settleTime  = 5 * time.Second
	settlePause = 150 * time.Millisecond
)

// Observe looks at both sides of a migrated secret and names the drift. It
// writes nothing. The wish is the one of the last apply, with the version number
// that was copied. Errors are those of the ports, except that a source which is
// not found and a destination that is gone are verdicts.
func Observe(ctx context.Context, ports Ports, wish Wish, record Record) (Observation, error) {
	source, facts, err := lookAtSource(ctx, ports.Source, wish)
	if err != nil {
		return Observation{}, err
	}
	facts.Expired = passed(facts.TimeOfExpiry, ports.Clock.Now())
	observer := observer{ports: ports, wish: wish, source: source, facts: facts}
	recent := ports.Clock.Now().Sub(record.Written.CreatedTime) < settleTime
	deadline := ports.Clock.Now().Add(settleTime)
	for {
		seen, drift, err := observer.destination(ctx, record)
		if err != nil {
			return Observation{}, err
		}
		mayLag := recent && seen.Seen.Number <= record.Written.Number
		if drift != DriftNone && mayLag && ports.Clock.Now().Before(deadline) {
			if err := ports.Clock.Sleep(ctx, settlePause); err != nil {
				return Observation{}, err
			}
			continue
		}
		if drift == DriftNone {
			drift = sourceDrift(wish, facts)
		}
		// The copy goes up to a second before its source version.
		facts.Expired = facts.Expired || seen.Expired
		return Observation{Source: facts, Record: seen, Drift: drift}, nil
	}
}

func lookAtSource(ctx context.Context, source Source, wish Wish) (SourceSecret, SourceFacts, error) {
	secret, err := source.Describe(ctx, wish.SecretID)
	if errors.Is(err, ErrSourceNotFound) {
		return SourceSecret{}, SourceFacts{Missing: true}, nil
	}
	if err != nil {
		return SourceSecret{}, SourceFacts{}, err
	}
	facts := SourceFacts{
		Missing:              secret.LifecycleState == StateDeleted,
		Name:                 secret.Name,
		LifecycleState:       secret.LifecycleState,
		TimeOfDeletion:       secret.TimeOfDeletion,
		CurrentVersionNumber: secret.CurrentVersionNumber,
		TimeOfCurrentExpiry:  secret.TimeOfCurrentExpiry,
		Rotation:             secret.Rotation,
	}
	switch wish.Stage {
	case "":
	case StageCurrent:
		facts.StageVersionNumber = secret.CurrentVersionNumber
	default:
		versions, err := source.Versions(ctx, wish.SecretID)
		if err != nil {
			return SourceSecret{}, SourceFacts{}, err
		}
		for _, version := range versions {
			if slices.Contains(version.Stages, wish.Stage) {
				facts.StageVersionNumber = version.Number
			}
		}
	}
	if err := facts.lookAtExpiry(ctx, source, wish); err != nil {
		return SourceSecret{}, SourceFacts{}, err
	}
	return secret, facts, nil
}

// sourceDrift names what happened at the source.
func sourceDrift(wish Wish, facts SourceFacts) Drift {
	switch {
	case facts.Missing:
		return DriftSourceMissing
	case facts.deletion():
		return DriftSourcePendingDeletion
	case wish.Stage != "" && facts.StageVersionNumber != 0 && facts.StageVersionNumber != wish.VersionNumber:
		return DriftSourceNewer
	default:
		return DriftNone
	}
}

// observer looks at one destination.
type observer struct {
	ports  Ports
	wish   Wish
	source SourceSecret
	facts  SourceFacts
}

func (o observer) destination(ctx context.Context, record Record) (Record, Drift, error) {
	engine, err := o.ports.Target.Engine(ctx, o.wish.At.Namespace, o.wish.At.Mount)
	unseen := errors.Is(err, ErrMountNotFound)
	if unseen {
		// A token with rights on this path only gets the same answer whether
		// the mount is gone or hidden; asking for the path itself tells.
		engine, err = record.Engine, nil
	}
	if err != nil {
		return record, DriftNone, err
	}
	record.ForeignOwner, record.MountChanged = "", false
	if engine != record.Engine {
		record.Seen, record.MountChanged = RecordedVersion{}, true
		return record, DriftDestinationMissing, nil
	}
	look := o.byContent
	if engine == KV2 && o.wish.Detection != DetectContent {
		look = o.byVersion
	}
	record, drift, err := look(ctx, record)
	record.MountChanged = unseen && drift == DriftDestinationMissing
	// What is equal was brought there by other hands, and is taken over.
	record.Pending = record.Pending && drift != DriftNone
	return record, drift, err
}

func (o observer) byVersion(ctx context.Context, record Record) (Record, Drift, error) {
	metadata, err := o.ports.Target.Metadata(ctx, o.wish.At)
	if gone(err) {
		record.Seen = RecordedVersion{}
		return record, DriftDestinationMissing, nil
	}
	if err != nil {
		return record, DriftNone, err
	}
	current := metadata.CurrentVersion
	modified := !record.Written.matches(current)
	record, drift := o.judge(record, current, metadata.CustomMetadata, modified)
	return record, drift, nil
}

func (o observer) byContent(ctx context.Context, record Record) (Record, Drift, error) {
	entry, err := o.ports.Target.Read(ctx, o.wish.At, record.Engine, 0)
	if gone(err) {
		record.Seen = RecordedVersion{}
		return record, DriftDestinationMissing, nil
	}
	if err != nil {
		return record, DriftNone, err
	}
	modified, err := o.differs(ctx, record, entry)
	if err != nil {
		return record, DriftNone, err
	}
	record, drift := o.judge(record, entry.Version, entry.CustomMetadata, modified)
	return record, drift, nil
}

// gone reports whether nothing stands at a path, be it that its mount is not
// there any more. A token that may not use the path is refused otherwise.
func gone(err error) bool {
	return errors.Is(err, ErrDestinationNotFound) || errors.Is(err, ErrMountNotFound)
}

// differs compares what stands in OpenBao with the version that was copied.
// Where the source cannot give that version any more, the KV version number is
// the only witness; KV v1 then has none, and nothing is claimed.
func (o observer) differs(ctx context.Context, record Record, entry Entry) (bool, error) {
	if entry.Version.Deleted || entry.Version.Destroyed {
		return false, nil
	}
	byNumber := record.Engine == KV2 && !record.Written.matches(entry.Version)
	if o.facts.outOfReach() {
		return byNumber, nil
	}
	bundle, err := o.ports.Source.Bundle(ctx, o.wish.SecretID, Selector{VersionNumber: o.wish.VersionNumber})
	if contentOutOfReach(err) {
		return byNumber, nil
	}
	if err != nil {
		return false, err
	}
	encoded, err := Encode(bundle.Content, o.wish.Format, o.wish.Key, record.Engine)
	if err != nil {
		return false, err
	}
	return !SameFields(encoded.Fields, entry.Fields), nil
}

// contentOutOfReach reports an answer of the source that will not change by
// asking again: the version is gone, blocked or on its way out.
func contentOutOfReach(err error) bool {
	return errors.Is(err, ErrSourceNotFound) || errors.Is(err, ErrSourceVersionNotFound) ||
		errors.Is(err, ErrPendingDeletion) || errors.Is(err, ErrRetrievalBlocked)
}

// judge names the drift of a destination that is there. What threatens the
// value comes first.
func (o observer) judge(record Record, current KVVersion, custom map[string]string, modified bool) (Record, Drift) {
	record.Seen = recorded(current)
	o.watchDeletion(&record, current)
	if record.Engine == KV1 {
		if modified {
			return record, DriftDestinationModified
		}
		return record, DriftNone
	}
	mark, marked := ReadMark(custom)
	if marked && mark.SecretID != o.wish.SecretID {
		record.ForeignOwner = mark.SecretID
		return record, DriftOwnershipLost
	}
	switch {
	case current.Number == 0 || current.Destroyed:
		return record, DriftDestinationMissing
	case current.Deleted && !record.Expired:
		return record, DriftDestinationSoftDeleted
	case modified:
		return record, DriftDestinationModified
	case record.Marked && !marked:
		return record, DriftOwnershipLost
	case record.DeletionOff || o.metadataDrifted(record, custom):
		return record, DriftMetadataModified
	default:
		return record, DriftNone
	}
}

func (o observer) metadataDrifted(record Record, custom map[string]string) bool {
	wanted, dropped := declaredMetadata(o.wish, o.source), record.MetadataKeys
	maps.Copy(wanted, carriedMetadata(o.wish, o.source, o.facts.TimeOfExpiry))
	if o.facts.Missing {
		// What the source brought along cannot be known any more.
		dropped = nil
	}
	if record.Marked {
		Mark{SecretID: o.wish.SecretID, VersionNumber: o.wish.VersionNumber, KVVersion: record.Written.Number}.write(wanted)
	}
	return len(metadataChanges(custom, wanted, dropped)) > 0
}
