package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrNoMark means that an entry carries no ownership mark and nothing else says
// which secret it is a copy of.
var ErrNoMark = errors.New("the entry carries no ownership mark")

// Adoption is an entry that stands in OpenBao already, taken for a migrated
// secret.
type Adoption struct {
	State State
	// Keys are the names of the fields, sorted; nil when the entry may not be read.
	Keys []string
}

// Adopt finds out what a migration that is already done looks like; it writes
// nothing. An empty secretID is taken from the ownership mark (KV v2). A
// versionNumber of 0 follows the stage CURRENT, else that version is pinned.
// Format and key are those that turn the source's content into what stands
// there; where none does, the drift is destination_modified. Without the right to
// read values the mark is believed.
func Adopt(ctx context.Context, ports Ports, at Location, secretID string, versionNumber int64) (Adoption, error) {
	engine, err := ports.Target.Engine(ctx, at.Namespace, at.Mount)
	if err != nil {
		return Adoption{}, err
	}
	wish := newAdoptionWish(secretID, versionNumber, at, engine)
	entry, readable, err := readForAdoption(ctx, ports.Target, at, engine)
	if err != nil {
		return Adoption{}, err
	}
	mark, marked := ReadMark(entry.CustomMetadata)
	if wish.SecretID == "" {
		if !marked {
			return Adoption{}, fmt.Errorf("%w: %s", ErrNoMark, at)
		}
		wish.SecretID = mark.SecretID
	}
	wish.recogniseCarried(entry)
	source, facts, err := lookAtSource(ctx, ports.Source, wish)
	if err != nil {
		return Adoption{}, err
	}
	facts.Expired = passed(facts.TimeOfExpiry, ports.Clock.Now())
	ours := marked && mark.SecretID == wish.SecretID
	switch {
	case wish.VersionNumber != 0:
	case ours:
		wish.VersionNumber = mark.VersionNumber
	default:
		wish.VersionNumber = facts.CurrentVersionNumber
	}
	record := Record{Engine: engine, Written: recorded(entry.Version), Marked: ours, MetadataKeys: carriedIn(entry.CustomMetadata)}
	if deletion := entry.Version.DeletionTime; !facts.TimeOfExpiry.IsZero() && deletion.Sub(facts.TimeOfExpiry).Abs() <= expirySlack {
		wish.DeleteAtExpiry = true
		record.SourceExpiry, record.DeletionTime = facts.TimeOfExpiry, deletion
	}
	if ours && mark.KVVersion != entry.Version.Number {
		record.Written = RecordedVersion{Number: mark.KVVersion}
	}
	observer := observer{ports: ports, wish: wish, source: source, facts: facts}
	modified := engine == KV2 && !record.Written.matches(entry.Version)
	adoption := Adoption{}
	if readable && entry.Fields.Len() > 0 {
		adoption.Keys = FieldNames(entry.Fields)
		if found, known, err := observer.recognise(ctx, entry.Fields, engine); err != nil {
			return Adoption{}, err
		} else if known {
			observer.wish.Format, observer.wish.Key = found.Format, found.Key
			modified = found.Format == ""
			if modified {
				observer.wish.Format, observer.wish.Key = FormatAuto, DefaultKey
			} else {
				record.Written = recorded(entry.Version)
			}
		}
	}
	record, drift := observer.judge(record, entry.Version, entry.CustomMetadata, modified)
	if drift == DriftNone {
		drift = sourceDrift(observer.wish, facts)
	}
	adoption.State = State{Wish: observer.wish, Source: facts, Drift: drift, Record: record}
	return adoption, nil
}

// Expect makes the state of a secret that is not migrated yet, from which an
// apply brings its current version to a place where nothing stands; it writes
// nothing. A source that is missing is ErrSourceNotFound.
func Expect(ctx context.Context, ports Ports, at Location, secretID string) (Adoption, error) {
	engine, err := ports.Target.Engine(ctx, at.Namespace, at.Mount)
	if err != nil {
		return Adoption{}, err
	}
	wish := newAdoptionWish(secretID, 0, at, engine)
	_, facts, err := lookAtSource(ctx, ports.Source, wish)
	if err != nil {
		return Adoption{}, err
	}
	if facts.Missing {
		return Adoption{}, fmt.Errorf("%w: %s", ErrSourceNotFound, secretID)
	}
	wish.VersionNumber = facts.CurrentVersionNumber
	return Adoption{State: State{
		Wish: wish, Source: facts, Drift: DriftDestinationMissing, Record: Record{Engine: engine, Pending: true},
	}}, nil
}

// newAdoptionWish is a wish with the defaults; a versionNumber of 0 follows the
// stage CURRENT.
func newAdoptionWish(secretID string, versionNumber int64, at Location, engine Engine) Wish {
	wish := Wish{SecretID: secretID, VersionNumber: versionNumber, At: at, Format: FormatAuto, Key: DefaultKey,
		OnDestroy: Retain, Detection: DetectVersion}
	if engine == KV1 {
		wish.Detection = DetectContent
	}
	if versionNumber == 0 {
		wish.Stage = StageCurrent
	}
	return wish
}

// readForAdoption reads an entry, or on KV v2 only its metadata where the token
// may not read values.
func readForAdoption(ctx context.Context, target Target, at Location, engine Engine) (entry Entry, readable bool, err error) {
	entry, err = target.Read(ctx, at, engine, 0)
	if engine == KV1 || !errors.Is(err, ErrPermissionDenied) {
		return entry, true, err
	}
	metadata, err := target.Metadata(ctx, at)
	return Entry{Version: metadata.CurrentVersion, CustomMetadata: metadata.CustomMetadata}, false, err
}

// recognise finds the format and key under which the source's content equals
// fields. An empty format means that none does; known is false when the source
// does not give its content.
func (o observer) recognise(ctx context.Context, fields Secret, engine Engine) (found Wish, known bool, err error) {
	if o.facts.outOfReach() {
		return Wish{}, false, nil
	}
	bundle, err := o.ports.Source.Bundle(ctx, o.wish.SecretID, Selector{VersionNumber: o.wish.VersionNumber})
	if contentOutOfReach(err) || errors.Is(err, ErrSourceForbidden) {
		return Wish{}, false, nil
	}
	if err != nil {
		return Wish{}, false, err
	}
	candidates := []string{DefaultKey}
	if document, err := decodeExact(fields.raw); err == nil && len(document) == 1 {
		candidates = slices.Collect(maps.Keys(document))
	}
	for _, format := range Formats {
		for _, key := range candidates {
			encoded, err := Encode(bundle.Content, format, key, engine)
			if err == nil && SameFields(encoded.Fields, fields) {
				if encoded.Format == FormatJSON {
					key = DefaultKey
				}
				return Wish{Format: format, Key: key}, true, nil
			}
		}
	}
	return Wish{}, true, nil
}
