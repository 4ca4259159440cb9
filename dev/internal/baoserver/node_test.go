package baoserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/baoserver"
)

// nodeConfig writes the configuration of a node, with replacements, and gives
// its path.
func nodeConfig(t *testing.T, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.NewReplacer("DIR", dir).Replace(`{
  "api_addr": "http://127.0.0.1:1",
  "cluster_addr": "https://127.0.0.1:1",
  "storage": {"raft": {"path": "DIR/raft", "node_id": "one", "performance_multiplier": "1"}},
  "listener": {"tcp": {"address": "127.0.0.1:0", "cluster_address": "127.0.0.1:0"}}
}`)
	path := filepath.Join(dir, "config.json")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A node starts without anything, is initialized and unsealed through the API,
// and has what it stored after a restart.
func TestNode(t *testing.T) {
	t.Parallel()
	config, err := baoserver.ReadNodeConfig(nodeConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	begin := func() *client {
		server, err := baoserver.StartNode(t.Context(), config, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		return plainClient(t, server)
	}
	c := begin()
	key, token := c.initialize()
	unseal := func() {
		c.ok("PUT", "sys/unseal", object{"key": key})
		for range 2400 {
			if c.do("GET", "sys/health", nil).Status == 200 {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("the node does not become active")
	}
	unseal()
	c = c.as(token)
	c.ok("PUT", "sys/policies/acl/kept", object{"policy": `path "a" { capabilities = ["read"] }`})
	if health := c.ok("GET", "sys/storage/raft/autopilot/state", nil).Data["healthy"]; health != true {
		t.Errorf("healthy is %v", health)
	}
	if err := c.server.Stop(); err != nil {
		t.Fatal(err)
	}
	c = begin().as(token)
	t.Cleanup(func() { _ = c.server.Stop() })
	c.refused(503, "Vault is sealed", "GET", "sys/policies/acl/kept", nil)
	unseal()
	c.ok("GET", "sys/policies/acl/kept", nil)
}

func TestNodeConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ old, new, want string }{
		{`"api_addr"`, `"api_address"`, "api_address"},
		{`"http://127.0.0.1:1"`, `""`, "api_addr is missing"},
		{`"node_id": "one", `, ``, "storage.raft.node_id is missing"},
		{`"address": "127.0.0.1:0", `, ``, "listener.tcp.address is missing"},
		{`"address": "`, `"tls_cert_file": "a", "address": "`, "belong together"},
		{`{`, ``, "config.json"},
	} {
		if _, err := baoserver.ReadNodeConfig(nodeConfig(t, test.old, test.new)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s for %s: %v", test.new, test.old, err)
		}
	}
	for _, public := range []string{`"address": "0.0.0.0:0"`, `"cluster_address": "0.0.0.0:0"`} {
		name, _, _ := strings.Cut(public, ":")
		config, err := baoserver.ReadNodeConfig(nodeConfig(t, name+`: "127.0.0.1:0"`, public))
		if err != nil {
			t.Fatal(err)
		}
		if server, err := baoserver.StartNode(t.Context(), config, true, nil); err == nil {
			t.Errorf("listens with %s", public)
			_ = server.Stop()
		}
	}
}
