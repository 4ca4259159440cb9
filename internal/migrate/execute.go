package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Errors of [Execute] and [Release].
var (
	// ErrConflict means that the path holds content that the provider did not put there.
	ErrConflict = errors.New("the path holds other content")
	// ErrOwnedByAnother means that the ownership mark at the path names another secret.
	ErrOwnedByAnother = errors.New("the path belongs to another migrated secret")
	// ErrChangedMeanwhile means that somebody wrote the path between plan and apply.
	ErrChangedMeanwhile = errors.New("the path was changed since the plan was made")
	// ErrReadBack means that what was read back is not what was written.
	ErrReadBack = errors.New("what was read back differs from what was written")
	// ErrVersionMismatch means that the source answered with another version than the pinned one.
	ErrVersionMismatch = errors.New("the source answered with another version")
	// ErrVersionDetectionOnKV1 means that drift was to be noticed by versions on KV v1.
	ErrVersionDetectionOnKV1 = errors.New("KV v1 has no versions to notice drift by")
	// ErrSoftDeleteOnKV1 means that soft deletion was asked for on KV v1.
	ErrSoftDeleteOnKV1 = errors.New("KV v1 knows no soft deletion")
)

// Result is what an apply left.
type Result struct {
	VersionNumber int64 // of the source
	Source        SourceFacts
	Keys          []string // names of the fields, sorted
	Record        Record
	Adopted       bool // equal content stood there, no value was written
}

// readBackTime bounds how long a read-back waits for a node that lags behind.
const readBackTime = 15 * time.Second

// Execute brings one secret to OpenBao: it reads the version that was decided,
// encodes it, writes it with check-and-set, reads it back and sets the mark.
// A nil state means that nothing was migrated yet. On an error nothing of the
// decision may be taken for done, but running it again continues where it ended:
// equal content is adopted. A secret that moves is released at its old place
// last; where that fails the result is right and the error is a
// [LeftBehindError]. Other errors are those of the ports and of this package.
func Execute(ctx context.Context, ports Ports, wish Wish, decision Decision, state *State) (Result, error) {
	run := execution{ports: ports, wish: wish, state: state}
	var err error
	if run.engine, err = ports.Target.Engine(ctx, wish.At.Namespace, wish.At.Mount); err != nil {
		return Result{}, err
	}
	if state != nil && state.Wish.At.Same(wish.At) && state.Record.Engine != run.engine && !state.Record.MountChanged {
		return Result{}, fmt.Errorf("%w: the mount of %s was replaced or upgraded", ErrChangedMeanwhile, wish.At)
	}
	if err := wish.Fits(run.engine); err != nil {
		return Result{}, err
	}
	if err := run.describe(ctx, decision); err != nil {
		return Result{}, err
	}
	declared := declaredMetadata(wish, run.source)
	if run.engine == KV2 {
		if err := validateDeclared(declared, wish, run.source); err != nil {
			return Result{}, err
		}
	}
	result := Result{VersionNumber: decision.VersionNumber}
	if state != nil {
		result.Record = state.Record
	}
	var present map[string]string
	switch {
	case decision.Value && wish.History && run.engine == KV2 && decision.VersionNumber != 0:
		present, err = run.valueWithHistory(ctx, decision, &result)
	case decision.Value:
		present, err = run.value(ctx, decision, &result)
	case run.engine == KV2:
		present, err = run.presentMetadata(ctx)
	}
	if err != nil {
		return Result{}, err
	}
	result.Source = run.facts
	if run.engine == KV2 {
		maps.Copy(declared, carriedMetadata(wish, run.source, run.facts.TimeOfExpiry))
		if err := run.metadata(ctx, &result, declared, present); err != nil {
			return Result{}, err
		}
	}
	if state != nil && !state.Wish.At.Same(wish.At) {
		leaving := *state
		leaving.Wish.OnDestroy, leaving.Wish.Overwrite = wish.OnDestroy, wish.Overwrite
		if err := Release(ctx, ports, leaving); err != nil {
			return result, &LeftBehindError{At: state.Wish.At, Err: err}
		}
	}
	return result, nil
}

// LeftBehindError tells that a secret stands at its new place, and that its old
// place could not be cleared.
type LeftBehindError struct {
	At  Location // the old place
	Err error
}

// Error says what was left where.
func (e *LeftBehindError) Error() string {
	return fmt.Sprintf("the copy at the old path %s is left behind: %s", e.At, e.Err)
}

// Unwrap gives the reason.
func (e *LeftBehindError) Unwrap() error { return e.Err }

type execution struct {
	ports  Ports
	wish   Wish
	state  *State
	engine Engine
	source SourceSecret
	facts  SourceFacts
	// history is the new value of MarkHistory, or empty to leave that alone.
	history string
}

// describe looks at the source where the facts are needed and not known yet. A
// secret that the last refresh already described is not asked for again. For one
// that is missing, reading the content gives the better error.
func (e *execution) describe(ctx context.Context, decision Decision) error {
	if e.state != nil && e.state.Wish.SecretID == e.wish.SecretID && !e.wish.copies() {
		e.facts = e.state.Source
		return nil
	}
	following := e.wish
	if decision.VersionNumber != 0 {
		following.Stage, following.VersionNumber = "", decision.VersionNumber
	}
	var err error
	e.source, e.facts, err = lookAtSource(ctx, e.ports.Source, following)
	if err == nil && e.facts.deletion() && decision.Value {
		return fmt.Errorf("%w: %s is %s", ErrPendingDeletion, e.wish.SecretID, e.facts.LifecycleState)
	}
	return err
}

// value writes or adopts the value and returns the custom metadata that stands
// at the path.
func (e *execution) value(ctx context.Context, decision Decision, result *Result) (map[string]string, error) {
	bundle, err := e.fetch(ctx, decision.VersionNumber)
	if err != nil {
		return nil, err
	}
	if err := e.checkExpired(bundle.Version.Number); err != nil {
		return nil, err
	}
	encoded, err := Encode(bundle.Content, e.wish.Format, e.wish.Key, e.engine)
	if err != nil {
		return nil, err
	}
	if e.engine == KV1 && len(encoded.Keys) == 0 {
		return nil, fmt.Errorf("%w json: KV v1 takes no entry without fields; use text", ErrFormat)
	}
	result.VersionNumber = bundle.Version.Number
	result.Keys = encoded.Keys
	placed, err := e.place(ctx, encoded.Fields)
	if err != nil {
		return nil, err
	}
	result.Adopted = placed.adopted
	result.Record = Record{
		Engine:       e.engine,
		Written:      recorded(placed.version),
		Seen:         recorded(placed.version),
		MetadataKeys: result.Record.MetadataKeys,
	}
	e.noteDeletion(&result.Record, placed.version)
	return placed.customMetadata, nil
}

// fetch reads the decided version, or the one that has the followed stage when
// the plan could not know its number.
func (e *execution) fetch(ctx context.Context, number int64) (Bundle, error) {
	selector := Selector{VersionNumber: number}
	if number == 0 {
		selector = Selector{Stage: e.wish.Stage}
	}
	bundle, err := e.ports.Source.Bundle(ctx, e.wish.SecretID, selector)
	if err != nil {
		return Bundle{}, err
	}
	if number != 0 && bundle.Version.Number != number || bundle.SecretID != e.wish.SecretID {
		return Bundle{}, fmt.Errorf("%w: %s was asked for, %s came", ErrVersionMismatch,
			Pin{e.wish.SecretID, number}, Pin{bundle.SecretID, bundle.Version.Number})
	}
	e.facts.TimeOfExpiry, e.facts.ExpiryUnknown, e.facts.Expired = bundle.Version.TimeOfExpiry, false, false
	return bundle, nil
}

func (e *execution) presentMetadata(ctx context.Context) (map[string]string, error) {
	metadata, err := e.ports.Target.Metadata(ctx, e.wish.At)
	if err != nil {
		return nil, err
	}
	return metadata.CustomMetadata, nil
}

// metadata merges the declared custom metadata and the ownership mark.
func (e *execution) metadata(ctx context.Context, result *Result, declared, present map[string]string) error {
	wanted := make(map[string]string, len(declared)+markKeys)
	keys := make([]string, 0, len(declared))
	for key, value := range declared {
		wanted[key] = value
		keys = append(keys, key)
	}
	dropped := result.Record.MetadataKeys
	if e.facts.Missing {
		// What a vanished source brought along stays.
		keys = append(keys, dropped...)
		dropped = e.droppedByConfiguration()
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	Mark{SecretID: e.wish.SecretID, VersionNumber: result.VersionNumber, KVVersion: result.Record.Written.Number}.write(wanted)
	if e.history != "" {
		wanted[MarkHistory] = e.history
	}
	changes := metadataChanges(present, wanted, dropped)
	if len(changes) > 0 {
		if err := e.ports.Target.PatchCustomMetadata(ctx, e.wish.At, changes); err != nil {
			return err
		}
	}
	result.Record.Marked = true
	result.Record.MetadataKeys = keys
	result.Record.ForeignOwner = ""
	return nil
}

// droppedByConfiguration are the custom metadata keys that the configuration
// named before and does not name any more.
func (e *execution) droppedByConfiguration() []string {
	var dropped []string
	if e.state == nil {
		return nil
	}
	for key := range e.state.Wish.CustomMetadata {
		if _, kept := e.wish.CustomMetadata[key]; !kept {
			dropped = append(dropped, key)
		}
	}
	return dropped
}
