package openbao_test

import (
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
)

// The adapter keeps what the in-memory target of the core's tests promises.
func TestContractTarget(t *testing.T) {
	c := client(t)
	migratetest.TargetContract(t, c,
		migrate.Location{Mount: kvMount(t, c, migrate.KV1), Name: "a/b"},
		migrate.Location{Mount: kvMount(t, c, migrate.KV2), Name: "a/b"})
}
