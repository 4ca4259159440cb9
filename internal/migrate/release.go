package migrate

import (
	"context"
	"fmt"
)

// Release lets go of a migrated secret as its wish says: by default it stays.
// What somebody else took over is neither deleted nor destroyed
// (ErrOwnedByAnother), nor is what somebody else wrote (ErrChangedMeanwhile)
// unless the wish overwrites. What is already gone, or was never brought there, is
// no error.
func Release(ctx context.Context, ports Ports, state State) error {
	wish := state.Wish
	if wish.OnDestroy == Retain || wish.OnDestroy == "" || state.Record.Pending {
		return nil
	}
	if state.Drift == DriftDestinationModified && !wish.Overwrite {
		return fmt.Errorf("%w: %s holds a value that somebody else wrote", ErrChangedMeanwhile, wish.At)
	}
	if state.Record.Engine == KV1 {
		if wish.OnDestroy == SoftDelete {
			return fmt.Errorf("%w: %s", ErrSoftDeleteOnKV1, wish.At)
		}
		if err := ports.Target.Destroy(ctx, wish.At, KV1); !gone(err) {
			return err
		}
		return nil
	}
	metadata, err := ports.Target.Metadata(ctx, wish.At)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if mark, marked := ReadMark(metadata.CustomMetadata); marked && mark.SecretID != wish.SecretID {
		return fmt.Errorf("%w: %s carries the mark of %s", ErrOwnedByAnother, wish.At, mark.SecretID)
	}
	if !state.Record.Seen.matches(metadata.CurrentVersion) {
		return fmt.Errorf("%w: %s is at KV version %d, the plan saw %d", ErrChangedMeanwhile, wish.At,
			metadata.CurrentVersion.Number, state.Record.Seen.Number)
	}
	if wish.OnDestroy == Destroy {
		return ports.Target.Destroy(ctx, wish.At, KV2)
	}
	if metadata.CurrentVersion.Deleted || metadata.CurrentVersion.Destroyed {
		return nil
	}
	return ports.Target.SoftDelete(ctx, wish.At)
}
