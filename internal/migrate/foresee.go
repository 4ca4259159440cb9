package migrate

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnforeseen means that something stands at the path, and that the
// permissions at hand do not allow to tell whether it is the same.
var ErrUnforeseen = errors.New("something stands at the path, and whether it is the same cannot be told without the right to read it on both sides")

// Foresee looks at what stands at the place of a wish that nothing was migrated
// to yet, and returns the error that an apply would end in: ErrConflict or
// ErrOwnedByAnother. What an apply would adopt or may replace is no error. Where
// the rights do not reach, it is ErrUnforeseen; other errors are those of the
// ports. It writes nothing.
func Foresee(ctx context.Context, ports Ports, wish Wish) error {
	engine, err := ports.Target.Engine(ctx, wish.At.Namespace, wish.At.Mount)
	if err != nil {
		return err
	}
	run := execution{ports: ports, wish: wish, engine: engine}
	entry, readable, err := readForAdoption(ctx, ports.Target, wish.At, engine)
	switch {
	case errors.Is(err, ErrDestinationNotFound):
		return nil
	case errors.Is(err, ErrPermissionDenied):
		return fmt.Errorf("%w: %s", ErrUnforeseen, wish.At)
	case err != nil:
		return err
	}
	if conflict := run.mayReplace(entry); conflict == nil || errors.Is(conflict, ErrOwnedByAnother) {
		return conflict
	}
	if !readable {
		return fmt.Errorf("%w: %s", ErrUnforeseen, wish.At)
	}
	bundle, err := run.fetch(ctx, wish.VersionNumber)
	if contentOutOfReach(err) || errors.Is(err, ErrSourceForbidden) {
		return fmt.Errorf("%w: %s", ErrUnforeseen, wish.At)
	}
	if err != nil {
		return err
	}
	encoded, err := Encode(bundle.Content, wish.Format, wish.Key, engine)
	if err == nil && SameFields(encoded.Fields, entry.Fields) {
		return nil
	}
	return run.mayReplace(entry)
}
