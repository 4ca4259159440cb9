package openbao_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// dev is one server in development mode for all contract tests. It has the tokens
// that acctest gives it.
var dev = sync.OnceValues(func() (*acctest.Bao, error) { return acctest.StartBao(context.Background(), false) })

// devStarted tells TestMain that there is a server to stop.
var devStarted atomic.Bool

func TestMain(m *testing.M) {
	code := m.Run()
	if devStarted.Load() {
		if bao, err := dev(); err == nil {
			bao.Stop()
		}
	}
	os.Exit(code)
}

// server returns the address of the server, which it starts for the first test. A
// test that fails shows what it said.
func server(t *testing.T) string {
	t.Helper()
	devStarted.Store(true)
	bao, err := dev()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", bao.Log())
		}
	})
	return bao.Address
}

// client returns a client with the root token.
func client(t *testing.T, changes ...func(*openbao.Config)) *openbao.Client {
	t.Helper()
	config := openbao.Config{Address: server(t), Token: secret(acctest.RootToken)}
	for _, change := range changes {
		change(&config)
	}
	c, err := openbao.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// isOpenBao tells OpenBao from the embedded server, whose version is that of
// the line from which OpenBao was forked.
func isOpenBao(t *testing.T, c *openbao.Client) bool {
	t.Helper()
	health, err := c.NodeHealth(t.Context())
	mustNot(t, err)
	return !strings.HasPrefix(health.Version, "1.")
}

func secret(text string) migrate.Secret { return migrate.NewSecret([]byte(text)) }

// unique returns a name that no other test has.
func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:8]) }

func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// kvMount mounts a KV engine under a new path.
func kvMount(t *testing.T, c *openbao.Client, engine migrate.Engine) string {
	t.Helper()
	path := unique("kv")
	mustNot(t, c.CreateKVMount(t.Context(), openbao.KVMount{Path: path, Engine: engine}))
	return path
}
