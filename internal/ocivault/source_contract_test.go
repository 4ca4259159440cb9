package ocivault_test

import (
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
)

// The adapter keeps what the in-memory source of the core's tests promises.
func TestContractSource(t *testing.T) {
	c := newCloud(t)
	id := c.secret("name", "one")
	must(c.AddVersion(id, []byte("two")))(t)
	must(c.AddVersion(id, []byte("three")))(t)
	migratetest.SourceContract(t, c.client(), id, strings.TrimSuffix(id, id[len(id)-4:])+"zzzz")
}
