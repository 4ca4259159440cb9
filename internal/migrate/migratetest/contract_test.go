package migratetest_test

import (
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
)

func TestTargetContract(t *testing.T) {
	target := migratetest.NewTarget(migratetest.NewClock())
	target.Mount("kv1", migrate.KV1)
	target.Mount("kv2", migrate.KV2)
	migratetest.TargetContract(t, target, migrate.Location{Mount: "kv1", Name: "a/b"}, migrate.Location{Mount: "kv2", Name: "a/b"})
}

func TestSourceContract(t *testing.T) {
	const id = "ocid1.vaultsecret.oc1..a"
	source := migratetest.NewSource()
	source.Add(id, "name", []byte("one"))
	source.Rotate(id, []byte("two"))
	source.Rotate(id, []byte("three"))
	migratetest.SourceContract(t, source, id, "ocid1.vaultsecret.oc1..missing")
}
