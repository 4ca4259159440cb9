package baoserver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/baoserver"
)

func pairs(n int) object {
	data := object{}
	for i := range n {
		data[fmt.Sprint("k", i)] = "v"
	}
	return object{"data": data}
}

func TestOpenBaoRefusesAuditDevices(t *testing.T) {
	t.Parallel()
	device := object{"type": "file", "options": object{"file_path": filepath.Join(t.TempDir(), "audit")}}
	c := start(t, baoserver.Options{AsOpenBao: true})
	c.refused(400, "cannot enable audit device via API; use declarative, config-based audit device management instead",
		"PUT", "sys/audit/file", device)
	c.as("wrong").refused(403, "permission denied", "PUT", "sys/audit/file", device)

	plain := start(t, baoserver.Options{})
	plain.ok("PUT", "sys/audit/file", device)
	plain.ok("DELETE", "sys/audit/file", nil)
}

func TestOpenBaoDeclaredAuditDevice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "server.hcl")
	text := fmt.Sprintf("ui = true\naudit \"file\" \"disk\" {\n  description = \"d\"\n  options {\n    file_path = %q\n  }\n}\n", filepath.Join(dir, "declared"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := baoserver.ReadAuditConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	device := object{"type": "file", "options": object{"file_path": filepath.Join(dir, "other")}}
	c := start(t, baoserver.Options{AsOpenBao: true, Audit: config})
	if got, _ := c.ok("GET", "sys/audit", nil).Data["disk/"].(object); got["description"] != "d" || got["type"] != "file" {
		t.Errorf("got %v", got)
	}
	c.refused(400, "cannot disable configuration-managed audit device", "DELETE", "sys/audit/disk", nil)
	c.refused(400, "cannot enable audit device via API; use declarative, config-based audit device management instead",
		"PUT", "sys/audit/other", device)
	config.AllowAPI = true
	open := start(t, baoserver.Options{AsOpenBao: true, Audit: config})
	open.ok("PUT", "sys/audit/other", device)
	open.ok("DELETE", "sys/audit/other", nil)
}

func TestOpenBaoKnowsNoNamespace(t *testing.T) {
	t.Parallel()
	c := start(t, baoserver.Options{AsOpenBao: true})
	for _, root := range []string{"root", "/", "root/"} {
		c.with("X-Vault-Namespace", root).ok("GET", "sys/mounts", nil)
	}
	inside := c.with("X-Vault-Namespace", "team-a")
	inside.refused(404, "namespace not found", "PUT", "secret/data/x", pairs(1))
	inside.as("wrong").refused(404, "namespace not found", "GET", "sys/mounts", nil)
	inside.refused(400, "operation unavailable in namespaces", "GET", "sys/health", nil)
	inside.ok("GET", "sys/seal-status", nil)
	if a := c.do("GET", "secret/data/x", nil); a.Status != 404 {
		t.Errorf("the write landed in the root: %d", a.Status)
	}
}

func TestOpenBaoRefusesComplexJSON(t *testing.T) {
	t.Parallel()
	const text = "refused JSON input due to high complexity: exceeded maximum number of strings"
	c := start(t, baoserver.Options{AsOpenBao: true})
	c.ok("PUT", "secret/data/x", pairs(499))
	c.refused(400, text, "PUT", "secret/data/x", pairs(500))
	if kept := c.ok("GET", "secret/data/x", nil).Data["data"].(object); len(kept) != 499 {
		t.Errorf("%d pairs are kept", len(kept))
	}
	start(t, baoserver.Options{}).ok("PUT", "secret/data/x", pairs(500))
}

func TestOpenBaoLoginError(t *testing.T) {
	t.Parallel()
	for _, asOpenBao := range []bool{true, false} {
		c := start(t, baoserver.Options{AsOpenBao: asOpenBao})
		c.ok("POST", "sys/auth/team", object{"type": "approle"})
		c.ok("POST", "auth/team/role/r", nil)
		roleID := c.ok("GET", "auth/team/role/r/role-id", nil).Data["role_id"]
		wrongRole, wrongSecret := "invalid role or secret ID", "invalid role or secret ID"
		if !asOpenBao {
			wrongRole, wrongSecret = "invalid role ID", "invalid secret id"
		}
		c.refused(400, wrongRole, "POST", "auth/team/login", object{"role_id": "x", "secret_id": "y"})
		c.refused(400, wrongSecret, "POST", "auth/team/login", object{"role_id": roleID, "secret_id": "y"})
		c.refused(400, "missing secret_id", "POST", "auth/team/login", object{"role_id": roleID})
	}
}
