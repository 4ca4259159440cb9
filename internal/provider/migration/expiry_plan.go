package migration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// expiryOf is when the version expires that a plan copies; zero for never, and
// for what nobody wants to know. What the last refresh saw is taken for a copy
// that stays as it is. For any other OCI is asked; where it does not answer, the
// apply will tell.
func (s *sides) expiryOf(ctx context.Context, wish migrate.Wish, state *migrate.State) time.Time {
	switch {
	case wish.WarnExpiryWithin == 0 && !wish.DeleteAtExpiry:
		return time.Time{}
	case unchanged(wish, state) && !state.Source.ExpiryUnknown:
		return state.Source.TimeOfExpiry
	case !s.looks():
		return time.Time{}
	}
	expiry, err := migrate.ExpiryOf(ctx, s.clients.OCI.Client, wish)
	if err != nil {
		return time.Time{}
	}
	return expiry
}

// unchanged reports whether the version of a wish is the one that was copied.
func unchanged(wish migrate.Wish, state *migrate.State) bool {
	return state != nil && wish.SecretID == state.Wish.SecretID && wish.VersionNumber == state.Wish.VersionNumber
}

// refusedAsExpired is the error that an apply would end in, or nil.
func (s *sides) refusedAsExpired(wish migrate.Wish, state *migrate.State, expiry time.Time) error {
	if !wish.DeleteAtExpiry || unchanged(wish, state) || expiry.IsZero() || expiry.After(s.clients.Clock.Now()) {
		return nil
	}
	return fmt.Errorf("%w: %s expired at %s, so its copy at %s would be deleted at once",
		migrate.ErrSourceExpired, wish.SecretID, expiry.UTC().Format(time.RFC3339), wish.At)
}

// foreseeExpiry says of one secret that it expires soon, or that an apply would
// refuse it because it has expired.
func (r *migratedSecretResource) foreseeExpiry(ctx context.Context, plan migratedSecretModel, wish migrate.Wish, state *migrate.State, diags *diag.Diagnostics) {
	expiry := r.expiryOf(ctx, wish, state)
	if err := r.refusedAsExpired(wish, state, expiry); err != nil {
		explain(diags, "migrate", plan, err)
		return
	}
	if line, soon := migrate.ExpiresSoon(wish, expiry, r.clients.Clock.Now()); soon {
		diags.AddWarning(migrate.SummaryExpiring, line+". Rotate the secret in OCI.")
	}
}

// foreseeExpiries is foreseeExpiry for many, with one warning of each kind.
func (r *migrationResource) foreseeExpiries(ctx context.Context, plan migrationModel, wishes map[string]migrate.Wish, states map[string]migrate.State, diags *diag.Diagnostics) {
	var mu sync.Mutex
	expiries := map[string]time.Time{}
	refused := migrate.Each(ctx, slices.Sorted(maps.Keys(wishes)), workers, func(ctx context.Context, name string) error {
		var before *migrate.State
		if state, managed := states[name]; managed {
			before = &state
		}
		expiry := r.expiryOf(ctx, wishes[name], before)
		if err := r.refusedAsExpired(wishes[name], before, expiry); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		expiries[name] = expiry
		return nil
	})
	r.warnRefused(plan, refused, diags)
	var soon []string
	for _, name := range slices.Sorted(maps.Keys(expiries)) {
		if line, is := migrate.ExpiresSoon(wishes[name], expiries[name], r.clients.Clock.Now()); is {
			soon = append(soon, line)
		}
	}
	if len(soon) > 0 {
		diags.AddWarning(migrate.SummaryExpiring, enumerate(soon)+"\n\nRotate them in OCI.")
	}
}

// warnDeletedAnyway adds to the note on what stays in OpenBao that some of it
// does not stay for ever.
func warnDeletedAnyway(deletions bool) string {
	if !deletions {
		return ""
	}
	return " What expires in OCI is deleted in OpenBao at its time nevertheless, as delete_version_at_expiry arranged."
}
