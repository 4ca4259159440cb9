package migration

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// summaryUnforeseen is the summary of the note on what a plan cannot judge.
const summaryUnforeseen = "Something stands at the path already"

// foresee says what a secret that is not managed yet would run into at its
// place. It costs a listing for each folder, and reads only what is there
// already. Where the rights do not reach, the apply will tell.
func (s *sides) foresee(ctx context.Context, wish migrate.Wish) error {
	if wish.Overwrite {
		return nil
	}
	// What may not be listed is not known to be there, which is all that counts.
	if listed, _ := s.clients.OpenBao.Client.Listed(ctx, wish.At); !listed {
		return nil
	}
	err := migrate.Foresee(ctx, s.clients.Ports(), wish)
	if errors.Is(err, migrate.ErrConflict) || errors.Is(err, migrate.ErrOwnedByAnother) || errors.Is(err, migrate.ErrUnforeseen) {
		return err
	}
	return nil
}

// misfit is what is asked of a KV v1 mount that it cannot do. The server is asked only
// where the wish would not fit KV v1.
func (s *sides) misfit(ctx context.Context, wish migrate.Wish) error {
	if wish.Fits(migrate.KV1) == nil || !s.looks() {
		return nil
	}
	return wish.Fits(s.clients.PlannedEngine(ctx, wish.At.Namespace, wish.At.Mount))
}

// looks reports whether both sides can be asked while a plan is made.
func (s *sides) looks() bool {
	return !s.unknown() && !s.clients.OpenBao.Problems.HasError() && !s.clients.OCI.Problems.HasError()
}

func (r *migratedSecretResource) foreseeOne(ctx context.Context, plan, config migratedSecretModel, diags *diag.Diagnostics) {
	if !r.looks() {
		return
	}
	wish := plan.wish()
	wish.VersionNumber = config.VersionNumber.ValueInt64()
	r.foreseeExpiry(ctx, plan, wish, nil, diags)
	err := r.foresee(ctx, wish)
	switch {
	case errors.Is(err, migrate.ErrUnforeseen):
		diags.AddWarning(summaryUnforeseen, plan.location().String()+unforeseen)
	case err != nil:
		explain(diags, "migrate", plan, err)
	}
}

// unforeseen says what an apply will do about what the plan could not judge.
const unforeseen = ": something stands there that this plan may not read. Apply adopts it when it is the same, and fails without overwriting anything when it is not."

func (r *migrationResource) foreseeAll(ctx context.Context, plan migrationModel, wishes map[string]migrate.Wish, diags *diag.Diagnostics) {
	if !r.looks() || len(wishes) == 0 {
		return
	}
	if _, err := r.clients.OpenBao.Client.Engine(ctx, plan.Namespace.ValueString(), plan.Mount.ValueString()); err != nil {
		// A mount that is made by the same apply holds nothing yet.
		return
	}
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(wishes)), workers, func(ctx context.Context, name string) error {
		return r.foresee(ctx, wishes[name])
	})
	var unsure []string
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		if errors.Is(failed[name], migrate.ErrUnforeseen) {
			unsure = append(unsure, plan.location(name).String())
			delete(failed, name)
		}
	}
	if len(unsure) > 0 {
		diags.AddWarning(summaryUnforeseen, enumerate(unsure)+"\n\nEach"+unforeseen)
	}
	r.warnRefused(plan, failed, diags)
}

// warnRefused names what an apply would refuse. It is a warning: in bulk one
// failure does not stop the others.
func (r *migrationResource) warnRefused(plan migrationModel, failed map[string]error, diags *diag.Diagnostics) {
	if len(failed) == 0 {
		return
	}
	var found diag.Diagnostics
	explainMany(&found, "migrate", plan, len(plan.Secrets.Elements()), failed, "Apply will refuse these and migrate the others.")
	for _, problem := range found {
		diags.AddWarning("Secrets that apply will refuse", problem.Detail())
	}
}

// added are the wishes for what the state does not have at its place.
func (m *migrationModel) added(prior migrationModel) map[string]migrate.Wish {
	wishes := m.wishes()
	if m.moved(prior) {
		return wishes
	}
	secrets := prior.Secrets.Elements() // a copy each time
	maps.DeleteFunc(wishes, func(name string, _ migrate.Wish) bool {
		_, managed := secrets[name]
		return managed
	})
	return wishes
}
