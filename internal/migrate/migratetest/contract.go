package migratetest

import (
	"errors"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// TargetContract is what the core expects of a Target. The in-memory one and the
// adapter of OpenBao are held to it alike. Both locations must be mounted, empty,
// and of the engine in their names.
func TargetContract(t *testing.T, target migrate.Target, kv1, kv2 migrate.Location) {
	t.Helper()
	first, second := migrate.NewSecret([]byte(`{"a":"1","n":{"x":[1,null]}}`)), migrate.NewSecret([]byte(`{"a":"2"}`))
	t.Run("engines", func(t *testing.T) {
		for at, want := range map[migrate.Location]migrate.Engine{kv1: migrate.KV1, kv2: migrate.KV2} {
			if got, err := target.Engine(t.Context(), at.Namespace, at.Mount); err != nil || got != want {
				t.Errorf("%s: got %d, %v", at, got, err)
			}
		}
		if _, err := target.Engine(t.Context(), "", "nowhere"); !errors.Is(err, migrate.ErrMountNotFound) {
			t.Errorf("nowhere: %v", err)
		}
		nowhere := migrate.Location{Mount: "nowhere", Name: "a"}
		for _, engine := range []migrate.Engine{migrate.KV1, migrate.KV2} {
			if _, err := target.Read(t.Context(), nowhere, engine, 0); !errors.Is(err, migrate.ErrMountNotFound) {
				t.Errorf("read from nowhere: %v", err)
			}
		}
		if _, err := target.Metadata(t.Context(), nowhere); !errors.Is(err, migrate.ErrMountNotFound) {
			t.Errorf("metadata from nowhere: %v", err)
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		for at, engine := range map[migrate.Location]migrate.Engine{kv1: migrate.KV1, kv2: migrate.KV2} {
			if _, err := target.Read(t.Context(), at, engine, 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
				t.Errorf("%s: %v", at, err)
			}
			if err := target.Destroy(t.Context(), at, engine); err != nil {
				t.Errorf("what is gone must be no error: %v", err)
			}
		}
		if _, err := target.Metadata(t.Context(), kv2); !errors.Is(err, migrate.ErrDestinationNotFound) {
			t.Errorf("metadata: %v", err)
		}
	})
	t.Run("KV v1", func(t *testing.T) {
		for _, fields := range []migrate.Secret{first, second} {
			if version, err := target.Write(t.Context(), kv1, migrate.KV1, fields, 0); err != nil || version != (migrate.KVVersion{}) {
				t.Errorf("write: %+v, %v", version, err)
			}
			if entry, err := target.Read(t.Context(), kv1, migrate.KV1, 0); err != nil || !migrate.SameFields(entry.Fields, fields) {
				t.Errorf("read: %v", err)
			}
		}
		if err := target.Destroy(t.Context(), kv1, migrate.KV1); err != nil {
			t.Error(err)
		}
		if _, err := target.Read(t.Context(), kv1, migrate.KV1, 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
			t.Errorf("after destroy: %v", err)
		}
	})
	t.Run("KV v2", func(t *testing.T) { kv2Contract(t, target, kv2, first, second) })
}

func kv2Contract(t *testing.T, target migrate.Target, at migrate.Location, first, second migrate.Secret) {
	t.Helper()
	one, err := target.Write(t.Context(), at, migrate.KV2, first, 0)
	if err != nil || one.Number != 1 || one.CreatedTime.IsZero() {
		t.Fatalf("first write: %+v, %v", one, err)
	}
	for _, cas := range []int64{0, 2} {
		if _, err := target.Write(t.Context(), at, migrate.KV2, second, cas); !errors.Is(err, migrate.ErrCheckAndSet) {
			t.Errorf("write with %d: %v", cas, err)
		}
	}
	two, err := target.Write(t.Context(), at, migrate.KV2, second, 1)
	if err != nil || two.Number != 2 {
		t.Fatalf("second write: %+v, %v", two, err)
	}
	for number, want := range map[int64]migrate.Secret{0: second, 1: first, 2: second} {
		if entry, err := target.Read(t.Context(), at, migrate.KV2, number); err != nil || !migrate.SameFields(entry.Fields, want) {
			t.Errorf("read %d: %v", number, err)
		}
	}
	if _, err := target.Read(t.Context(), at, migrate.KV2, 3); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read 3: %v", err)
	}
	metadataContract(t, target, at, two)
	if err := target.SoftDelete(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if entry, err := target.Read(t.Context(), at, migrate.KV2, 0); err != nil || !entry.Version.Deleted || entry.Version.Number != 2 || entry.Fields.Len() > 0 || entry.CustomMetadata["kept"] != "1" {
		t.Errorf("soft-deleted: %+v, %v", entry, err)
	}
	if metadata, err := target.Metadata(t.Context(), at); err != nil || !metadata.CurrentVersion.Deleted {
		t.Errorf("soft-deleted: %+v, %v", metadata, err)
	}
	deletionContract(t, target, at)
	if three, err := target.Write(t.Context(), at, migrate.KV2, first, 2); err != nil || three.Number != 3 {
		t.Errorf("write over a soft-deleted version: %+v, %v", three, err)
	}
	if err := target.Destroy(t.Context(), at, migrate.KV2); err != nil {
		t.Error(err)
	}
	if _, err := target.Metadata(t.Context(), at); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("after destroy: %v", err)
	}
}

// deletionContract sets and clears the deletion time of new versions, on a
// secret that is there and on one that is not. It leaves both as they were.
func deletionContract(t *testing.T, target migrate.Target, at migrate.Location) {
	t.Helper()
	other := at
	other.Name += "-expiring"
	fields := migrate.NewSecret([]byte(`{"a":"1"}`))
	for i, after := range []time.Duration{time.Hour, 2 * time.Hour, 0} {
		if err := target.DeleteVersionsAfter(t.Context(), other, after); err != nil {
			t.Fatal(err)
		}
		written, err := target.Write(t.Context(), other, migrate.KV2, fields, int64(i))
		if err != nil {
			t.Fatal(err)
		}
		var want time.Time
		if after > 0 {
			want = written.CreatedTime.Add(after)
		}
		metadata, err := target.Metadata(t.Context(), other)
		entry, readErr := target.Read(t.Context(), other, migrate.KV2, 0)
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		for how, got := range map[string]migrate.KVVersion{"write": written, "metadata": metadata.CurrentVersion, "read": entry.Version} {
			if !got.DeletionTime.Equal(want) || got.Deleted {
				t.Errorf("%s after %s: deletion time %s, want %s; deleted %v", how, after, got.DeletionTime, want, got.Deleted)
			}
		}
	}
	if err := target.Destroy(t.Context(), other, migrate.KV2); err != nil {
		t.Error(err)
	}
	if metadata, err := target.Metadata(t.Context(), at); err != nil || metadata.CustomMetadata["kept"] != "1" {
		t.Fatalf("before: %+v, %v", metadata, err)
	}
	if err := target.DeleteVersionsAfter(t.Context(), at, 0); err != nil {
		t.Error(err)
	}
	if metadata, err := target.Metadata(t.Context(), at); err != nil || metadata.CustomMetadata["kept"] != "1" {
		t.Errorf("the custom metadata was not left alone: %+v, %v", metadata, err)
	}
}

func metadataContract(t *testing.T, target migrate.Target, at migrate.Location, current migrate.KVVersion) {
	t.Helper()
	text := func(s string) *string { return &s }
	if err := target.PatchCustomMetadata(t.Context(), at, map[string]*string{"kept": text("1"), "changed": text("1"), "removed": text("1")}); err != nil {
		t.Fatal(err)
	}
	if err := target.PatchCustomMetadata(t.Context(), at, map[string]*string{"changed": text("2"), "removed": nil}); err != nil {
		t.Fatal(err)
	}
	metadata, err := target.Metadata(t.Context(), at)
	if err != nil || metadata.CurrentVersion.Number != current.Number || !metadata.CurrentVersion.CreatedTime.Equal(current.CreatedTime) {
		t.Errorf("metadata: %+v, %v", metadata, err)
	}
	if got := metadata.CustomMetadata; len(got) != 2 || got["kept"] != "1" || got["changed"] != "2" {
		t.Errorf("custom metadata: %v", got)
	}
	if entry, err := target.Read(t.Context(), at, migrate.KV2, 0); err != nil || entry.CustomMetadata["changed"] != "2" {
		t.Errorf("custom metadata with a read: %v, %v", entry.CustomMetadata, err)
	}
}

// SourceContract is what the core expects of a Source. The secret must have
// three versions with the contents "one", "two" and "three", the third current;
// the other one must not exist.
func SourceContract(t *testing.T, source migrate.Source, id, missing string) {
	t.Helper()
	secret, err := source.Describe(t.Context(), id)
	if err != nil || secret.ID != id || secret.CurrentVersionNumber != 3 || secret.LifecycleState != migrate.StateActive || secret.Name == "" {
		t.Errorf("describe: %+v, %v", secret, err)
	}
	versions, err := source.Versions(t.Context(), id)
	if err != nil || len(versions) != 3 || versions[0].Number != 1 || versions[2].Number != 3 {
		t.Errorf("versions: %+v, %v", versions, err)
	}
	for selector, want := range map[migrate.Selector]string{
		{}: "three", {Stage: "CURRENT"}: "three", {Stage: "LATEST"}: "three", {Stage: "PREVIOUS"}: "two",
		{VersionNumber: 1}: "one", {VersionNumber: 2}: "two",
	} {
		bundle, err := source.Bundle(t.Context(), id, selector)
		if err != nil || string(bundle.Content.Reveal()) != want || bundle.SecretID != id {
			t.Errorf("%+v: %v", selector, err)
		}
	}
	if _, err := source.Bundle(t.Context(), id, migrate.Selector{VersionNumber: 9}); !errors.Is(err, migrate.ErrSourceVersionNotFound) {
		t.Errorf("a version that does not exist: %v", err)
	}
	if _, err := source.Describe(t.Context(), missing); !errors.Is(err, migrate.ErrSourceNotFound) {
		t.Errorf("describe a missing one: %v", err)
	}
	if _, err := source.Bundle(t.Context(), missing, migrate.Selector{}); !errors.Is(err, migrate.ErrSourceNotFound) {
		t.Errorf("read a missing one: %v", err)
	}
}
