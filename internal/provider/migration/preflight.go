package migration

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// touch is what an apply does to one secret in OpenBao.
type touch int

const (
	touchValue    touch = iota // writes the value, and reads it back
	touchExpiring              // sets when versions are deleted before that
	touchMetadata
	touchSoftDelete
	touchDestroy
)

// written is what an apply does to write a value. Whether the version expires that is
// copied then is not always known, so what is asked for counts.
func written(wish migrate.Wish, state *migrate.State) touch {
	if wish.DeleteAtExpiry || state != nil && !state.Record.SourceExpiry.IsZero() {
		return touchExpiring
	}
	return touchValue
}

// values reports whether a value is written.
func (t touch) values() bool { return t == touchValue || t == touchExpiring }

// released is what becomes of a secret that is let go of; false when nothing does.
func released(onDestroy string) (touch, bool) {
	switch onDestroy {
	case string(migrate.SoftDelete):
		return touchSoftDelete, true
	case string(migrate.Destroy):
		return touchDestroy, true
	}
	return 0, false
}

// needs are the rights that a touch takes.
func (t touch) needs(engine migrate.Engine, mount, name string) []glue.Need {
	value := openbao.APIPath(engine, mount, name)
	if engine == migrate.KV1 {
		capabilities := []string{"create", "update", "read"}
		if t == touchDestroy {
			capabilities = []string{"delete"}
		}
		return []glue.Need{{Path: value, Folder: mount + "/*", Capabilities: capabilities}}
	}
	onValue := func(capabilities ...string) glue.Need {
		return glue.Need{Path: value, Folder: openbao.APIPath(engine, mount, "*"), Capabilities: capabilities}
	}
	onMetadata := func(capabilities ...string) glue.Need {
		return glue.Need{Path: openbao.MetadataPath(mount, name), Folder: openbao.MetadataPath(mount, "*"), Capabilities: capabilities}
	}
	switch t {
	case touchSoftDelete:
		return []glue.Need{onValue("delete"), onMetadata("read")}
	case touchDestroy:
		return []glue.Need{onMetadata("read", "delete")}
	case touchMetadata:
		return []glue.Need{onMetadata("read", "patch")}
	case touchExpiring:
		return []glue.Need{onValue("create", "update", "read"), onMetadata("create", "update", "read", "patch")}
	default:
		return []glue.Need{onValue("create", "update", "read"), onMetadata("read", "patch")}
	}
}

// preflight looks ahead at the rights to touch secrets of one mount.
func (s *sides) preflight(ctx context.Context, thing string, at migrate.Location, touched map[string]touch, diags *diag.Diagnostics) {
	if !s.clients.Foresees() || len(touched) == 0 {
		return
	}
	engine := s.clients.PlannedEngine(ctx, at.Namespace, at.Mount)
	var needs []glue.Need
	for _, name := range slices.Sorted(maps.Keys(touched)) {
		needs = append(needs, touched[name].needs(engine, at.Mount, name)...)
	}
	s.clients.Foresee(ctx, thing, at.Namespace, needs, diags)
}

// preflightSource reads what is to be copied and drops it at once: the right to read
// the metadata of a secret does not tell whether its content may be read.
func (s *sides) preflightSource(ctx context.Context, wishes map[string]migrate.Wish) map[string]error {
	if s.clients.Preflight == nil || !s.looks() {
		return nil
	}
	return migrate.Each(ctx, slices.Sorted(maps.Keys(wishes)), workers, func(ctx context.Context, name string) error {
		wish := wishes[name]
		selector := migrate.Selector{VersionNumber: wish.VersionNumber}
		if wish.VersionNumber == 0 {
			selector.Stage = wish.Stage
		}
		_, err := s.clients.OCI.Client.Bundle(ctx, wish.SecretID, selector)
		return err
	})
}

// summaryUnreadable is the summary of the note on a source.
const summaryUnreadable = "Apply will be refused: unable to read "

func (r *migratedSecretResource) preflightOne(ctx context.Context, plan migratedSecretModel, wish migrate.Wish, what touch, diags *diag.Diagnostics) {
	at := plan.location()
	r.preflight(ctx, "migrated secret "+at.String(), at, map[string]touch{at.Name: what}, diags)
	if !what.values() {
		return
	}
	for _, err := range r.preflightSource(ctx, map[string]migrate.Wish{at.Name: wish}) {
		diags.AddWarning(summaryUnreadable+wish.SecretID, glue.Detail(err))
	}
}

func (r *migratedSecretResource) preflightRelease(ctx context.Context, prior migratedSecretModel, onDestroy string, diags *diag.Diagnostics) {
	if what, touches := released(onDestroy); touches {
		at := prior.location()
		r.preflight(ctx, "removal of the secret "+at.String(), at, map[string]touch{at.Name: what}, diags)
	}
}

// preflightAll looks ahead for the secrets of a migration.
func (r *migrationResource) preflightAll(ctx context.Context, plan migrationModel, touched map[string]touch, diags *diag.Diagnostics) {
	r.preflight(ctx, fmt.Sprintf("migration to %s", plan.place()), plan.location(""), touched, diags)
	wishes := plan.wishes()
	maps.DeleteFunc(wishes, func(name string, _ migrate.Wish) bool {
		what, touches := touched[name]
		return !touches || !what.values()
	})
	failed := r.preflightSource(ctx, wishes)
	if len(failed) == 0 {
		return
	}
	var found diag.Diagnostics
	explainMany(&found, "read", plan, len(wishes), failed, "Apply will be refused these.")
	for _, problem := range found {
		diags.AddWarning(summaryUnreadable+"sources of the migration to "+plan.place(), problem.Detail())
	}
}

func (r *migrationResource) preflightRelease(ctx context.Context, prior migrationModel, names []string, onDestroy string, diags *diag.Diagnostics) {
	what, touches := released(onDestroy)
	if !touches {
		return
	}
	touched := map[string]touch{}
	for _, name := range names {
		touched[name] = what
	}
	r.preflight(ctx, "removal of secrets from "+prior.place(), prior.location(""), touched, diags)
}
