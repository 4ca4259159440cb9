package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// placed is where a value came to stand.
type placed struct {
	version        KVVersion
	customMetadata map[string]string
	adopted        bool
}

// managed reports whether the state says that the provider already keeps a copy
// at the place of the wish.
func (e *execution) managed() bool {
	return e.state != nil && e.state.Wish.At.Same(e.wish.At) && e.state.Record.Engine == e.engine && !e.state.Record.Pending
}

func (e *execution) place(ctx context.Context, fields Secret) (placed, error) {
	if e.engine == KV1 {
		return e.placeKV1(ctx, fields)
	}
	return e.placeKV2(ctx, fields)
}

// placeKV1 looks before it writes: KV v1 has no check-and-set, so a writer in
// the instant between cannot be noticed.
func (e *execution) placeKV1(ctx context.Context, fields Secret) (placed, error) {
	entry, err := e.ports.Target.Read(ctx, e.wish.At, KV1, 0)
	switch {
	case errors.Is(err, ErrDestinationNotFound):
	case err != nil:
		return placed{}, err
	case SameFields(entry.Fields, fields):
		return placed{adopted: true}, nil
	case !e.managed() && !e.wish.Overwrite:
		return placed{}, fmt.Errorf("%w: %s", ErrConflict, e.wish.At)
	}
	if _, err := e.ports.Target.Write(ctx, e.wish.At, KV1, fields, 0); err != nil {
		return placed{}, err
	}
	return e.readBack(ctx, fields, KVVersion{})
}

func (e *execution) placeKV2(ctx context.Context, fields Secret) (placed, error) {
	var expected int64
	if e.managed() {
		expected = e.state.Record.Seen.Number
		if e.state.Drift == DriftDestinationModified || e.state.Drift == DriftOwnershipLost {
			// An earlier apply may have written the value and died before it
			// could say so.
			if entry, err := e.ports.Target.Read(ctx, e.wish.At, KV2, 0); err == nil && SameFields(entry.Fields, fields) && e.deletionRight(entry.Version) {
				return e.adopt(entry)
			}
		}
	} else if e.wish.DeleteAtExpiry {
		return e.placeWithDeletion(ctx, fields)
	}
	if err := e.arrangeDeletion(ctx); err != nil {
		return placed{}, err
	}
	version, err := e.ports.Target.Write(ctx, e.wish.At, KV2, fields, expected)
	if !errors.Is(err, ErrCheckAndSet) {
		if err != nil {
			return placed{}, err
		}
		return e.readBack(ctx, fields, version)
	}
	entry, err := e.ports.Target.Read(ctx, e.wish.At, KV2, 0)
	if err != nil && !errors.Is(err, ErrDestinationNotFound) {
		return placed{}, fmt.Errorf("%w: %s, and what stands there cannot be read: %w", ErrConflict, e.wish.At, err)
	}
	if err == nil && SameFields(entry.Fields, fields) {
		return e.adopt(entry)
	}
	if e.managed() {
		return placed{}, fmt.Errorf("%w: %s is at KV version %d, the plan saw %d", ErrChangedMeanwhile, e.wish.At, entry.Version.Number, expected)
	}
	if err := e.mayReplace(entry); err != nil {
		return placed{}, err
	}
	version, err = e.ports.Target.Write(ctx, e.wish.At, KV2, fields, entry.Version.Number)
	if errors.Is(err, ErrCheckAndSet) {
		return placed{}, fmt.Errorf("%w: %s", ErrChangedMeanwhile, e.wish.At)
	}
	if err != nil {
		return placed{}, err
	}
	return e.readBack(ctx, fields, version)
}

// placeWithDeletion places a value whose deletion is arranged where nothing is
// managed yet. The deletion is a setting of the secret, so what stands there is
// looked at before that is touched. Equal content that is deleted at another
// time is written anew: nothing is lost by that.
func (e *execution) placeWithDeletion(ctx context.Context, fields Secret) (placed, error) {
	var expected int64
	entry, err := e.ports.Target.Read(ctx, e.wish.At, KV2, 0)
	switch {
	case errors.Is(err, ErrDestinationNotFound):
	case err != nil:
		return placed{}, err
	case SameFields(entry.Fields, fields):
		adopted, err := e.adopt(entry)
		if err != nil || e.deletionRight(entry.Version) {
			return adopted, err
		}
		expected = entry.Version.Number
	default:
		if err := e.mayReplace(entry); err != nil {
			return placed{}, err
		}
		expected = entry.Version.Number
	}
	if err := e.arrangeDeletion(ctx); err != nil {
		return placed{}, err
	}
	version, err := e.ports.Target.Write(ctx, e.wish.At, KV2, fields, expected)
	if errors.Is(err, ErrCheckAndSet) {
		return placed{}, fmt.Errorf("%w: %s", ErrChangedMeanwhile, e.wish.At)
	}
	if err != nil {
		return placed{}, err
	}
	return e.readBack(ctx, fields, version)
}

// adopt takes over content that is already right. An entry that is marked as a
// copy of another secret is not taken from its configuration.
func (e *execution) adopt(entry Entry) (placed, error) {
	if mark, marked := ReadMark(entry.CustomMetadata); marked && mark.SecretID != e.wish.SecretID && !e.wish.Overwrite {
		return placed{}, fmt.Errorf("%w: %s carries the mark of %s", ErrOwnedByAnother, e.wish.At, mark.SecretID)
	}
	return placed{version: entry.Version, customMetadata: entry.CustomMetadata, adopted: true}, nil
}

// mayReplace decides over an entry at a place that the state knows nothing of.
// The provider's own copy, as its mark proves and nobody touched since, is what
// a lost state file leaves.
func (e *execution) mayReplace(entry Entry) error {
	if e.wish.Overwrite {
		return nil
	}
	mark, marked := ReadMark(entry.CustomMetadata)
	switch {
	case marked && mark.SecretID != e.wish.SecretID:
		return fmt.Errorf("%w: %s carries the mark of %s", ErrOwnedByAnother, e.wish.At, mark.SecretID)
	case marked && mark.KVVersion == entry.Version.Number:
		return nil
	default:
		return fmt.Errorf("%w: %s", ErrConflict, e.wish.At)
	}
}

// readBack reads what was written once and compares it. A standby that does not
// know the new version yet is asked again for a bounded time.
func (e *execution) readBack(ctx context.Context, fields Secret, version KVVersion) (placed, error) {
	deadline := e.ports.Clock.Now().Add(readBackTime)
	for pause := settlePause; ; pause = min(2*pause, 2*time.Second) {
		entry, err := e.ports.Target.Read(ctx, e.wish.At, e.engine, version.Number)
		if err == nil && SameFields(entry.Fields, fields) {
			if !e.wantedExpiry().IsZero() && version.DeletionTime.IsZero() {
				return placed{}, fmt.Errorf("%w: %s", ErrDeletionDisabled, e.wish.At)
			}
			entry.Version.CreatedTime, entry.Version.DeletionTime = version.CreatedTime, version.DeletionTime
			return placed{version: entry.Version, customMetadata: entry.CustomMetadata}, nil
		}
		if err != nil && !errors.Is(err, ErrDestinationNotFound) {
			return placed{}, fmt.Errorf("%s was written but cannot be read back: %w", e.wish.At, err)
		}
		if !e.ports.Clock.Now().Before(deadline) {
			return placed{}, fmt.Errorf("%w: %s", ErrReadBack, e.wish.At)
		}
		if err := e.ports.Clock.Sleep(ctx, pause); err != nil {
			return placed{}, err
		}
	}
}
