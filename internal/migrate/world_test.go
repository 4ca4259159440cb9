package migrate_test

import (
	"context"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
)

const (
	idA = "ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa"
	idB = "ocid1.vaultsecret.oc1.eu-frankfurt-1.bbbb"
)

var place = migrate.Location{Mount: "credentials", Name: "provider-a"}

// world is both sides, and a state as Terraform would keep it.
type world struct {
	t      *testing.T
	source *migratetest.Source
	target *migratetest.Target
	clock  *migratetest.Clock
	state  *migrate.State
}

func newWorld(t *testing.T, engine migrate.Engine) *world {
	clock := migratetest.NewClock()
	w := &world{t: t, source: migratetest.NewSource(), target: migratetest.NewTarget(clock), clock: clock}
	w.target.Mount("credentials", engine)
	w.source.Add(idA, "cloud_provider_a", []byte(`{"user":"a","n":9007199254740992}`))
	w.source.Add(idB, "cloud_provider_b", []byte("text of b"))
	return w
}

func wishA() migrate.Wish {
	return migrate.Wish{SecretID: idA, Stage: migrate.StageCurrent, At: place, Format: migrate.FormatAuto,
		Key: migrate.DefaultKey, OnDestroy: migrate.Retain}
}

func (w *world) ports() migrate.Ports {
	return migrate.Ports{Source: w.source, Target: w.target, Clock: w.clock}
}

// refresh does what Read does.
func (w *world) refresh() migrate.Drift {
	w.t.Helper()
	if w.state == nil {
		return migrate.DriftNone
	}
	seen, err := migrate.Observe(context.Background(), w.ports(), w.state.Wish, w.state.Record)
	if err != nil {
		w.t.Fatalf("refresh: %v", err)
	}
	w.state.Source, w.state.Record, w.state.Drift = seen.Source, seen.Record, seen.Drift
	return seen.Drift
}

// plan does what refresh and ModifyPlan do.
func (w *world) plan(wish migrate.Wish) migrate.Decision {
	w.t.Helper()
	w.refresh()
	return migrate.Decide(wish, w.state)
}

// apply does what Create and Update do, with a decision made before.
func (w *world) apply(wish migrate.Wish, decision migrate.Decision) (migrate.Result, error) {
	result, err := migrate.Execute(context.Background(), w.ports(), wish, decision, w.state)
	if err != nil {
		return result, err
	}
	wish.VersionNumber = result.VersionNumber
	w.state = &migrate.State{Wish: wish, Source: result.Source, Drift: decision.Drift, Record: result.Record}
	return result, nil
}

// converge plans and applies, and fails the test where either fails.
func (w *world) converge(wish migrate.Wish) migrate.Result {
	w.t.Helper()
	decision := w.plan(wish)
	if len(decision.Problems) > 0 {
		w.t.Fatalf("plan: %v", decision.Problems)
	}
	if !decision.Writes() {
		return migrate.Result{}
	}
	result, err := w.apply(wish, decision)
	if err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	w.clock.Sleep(context.Background(), 60e9)
	return result
}

// settled asserts that the next plan has nothing to do.
func (w *world) settled(wish migrate.Wish) {
	w.t.Helper()
	if decision := w.plan(wish); decision.Writes() || len(decision.Warnings)+len(decision.Problems) > 0 {
		w.t.Errorf("a second plan is not empty: %+v, drift %s", decision, w.state.Drift)
	}
}
