package provider_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func readFile(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// With an audit device as the provider makes it, no value of a migration stands
// in the audit log: not what is written one by one or in bulk, not what is read
// back or compared, not a secret ID, not the token of a login. A device that logs
// in the clear, next to it, has them all, so that the search is known to find
// them.
func TestPromiseNoLeak_AuditLog(t *testing.T) {
	h := audited(t, auditThroughAPI)
	dir := t.TempDir()
	hashed, raw := filepath.Join(dir, "hashed.log"), filepath.Join(dir, "raw.log")
	h.Operator(http.MethodPost, "sys/audit/raw", map[string]any{"type": "file", "options": map[string]string{"file_path": raw, "log_raw": "true"}})
	const (
		object = "canary-of-a-JSON-object-91"
		text   = "canary of a text, 4711"
		old    = "canary-of-KV-version-one"
	)
	binary := "\x00\xffcanary of binary content\xfe"
	one, plain := h.Secret("one", `{"token":"`+object+`"}`), h.Secret("plain", text)
	blob, legacy := h.Secret("blob", binary), h.Secret("legacy", old)
	h.Configure(fmt.Sprintf(`
resource "ocibao_audit_device" "file" {
  type    = "file"
  options = { file_path = %q }
}

resource "ocibao_kv_mount" "new" {
  path       = "credentials"
  depends_on = [ocibao_audit_device.file]
}

resource "ocibao_kv_mount" "old" {
  path       = "old"
  version    = 1
  depends_on = [ocibao_audit_device.file]
}

resource "ocibao_migrated_secret" "one" {
  secret_id       = %q
  mount           = ocibao_kv_mount.new.path
  name            = "one"
  drift_detection = "content"
}

resource "ocibao_migrated_secret" "legacy" {
  secret_id = %q
  mount     = ocibao_kv_mount.old.path
  name      = "legacy"
}

resource "ocibao_migration" "rest" {
  mount   = ocibao_kv_mount.new.path
  secrets = { plain = "%s@1", blob = "%s@1" }
}

resource "ocibao_auth_mount" "approle" {
  depends_on = [ocibao_audit_device.file]
}

resource "ocibao_approle" "app" {
  mount = ocibao_auth_mount.approle.path
  name  = "app"
}

resource "ocibao_approle_secret_id" "wrapped" {
  mount        = ocibao_approle.app.mount
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
}
`, hashed, one, legacy, plain, blob))
	h.Apply()
	// A refresh that compares contents, a new version, and a login.
	h.Plan(0)
	h.Rotate(one, `{"token":"`+object+`","and":"more"}`)
	h.Apply()
	secretID := unwraps(h, fmt.Sprint(h.State("ocibao_approle_secret_id.wrapped", "wrapping_token")))
	token := logsIn(h, secretID)

	log := readFile(t, hashed)
	for _, path := range []string{"credentials/data/one", "credentials/data/plain", "credentials/data/blob", "old/legacy", "auth/approle/role/app/secret-id", "auth/approle/login"} {
		if !strings.Contains(log, `"path":"`+path+`"`) {
			t.Errorf("%s is not in the audit log", path)
		}
	}
	canaries := []string{object, text, base64.StdEncoding.EncodeToString([]byte(binary)), old, secretID, token}
	for _, leak := range acctest.Scan("audit log", []byte(log), canaries...) {
		t.Errorf("leaked into %s", leak)
	}
	clear := readFile(t, raw)
	for _, canary := range canaries {
		if len(acctest.Scan("raw log", []byte(clear), canary)) == 0 {
			t.Errorf("%q is not even in the log in the clear", canary)
		}
	}
}

// logsIn logs in to the role app with a secret ID, uses the token and returns it.
func logsIn(h *acctest.Harness, secretID string) string {
	h.Helper()
	role, _ := h.Data("auth/approle/role/app/role-id")["role_id"].(string)
	auth, _ := h.Operator(http.MethodPost, "auth/approle/login", map[string]string{"role_id": role, "secret_id": secretID})["auth"].(map[string]any)
	token, _ := auth["client_token"].(string)
	if status, _, err := h.Bao.Call(h.Context(), http.MethodGet, token, "auth/token/lookup-self", nil); err != nil || status != http.StatusOK {
		h.Fatalf("the token is of no use: %d %v", status, err)
	}
	return token
}

// unwraps is the secret ID behind a wrapping token.
func unwraps(h *acctest.Harness, token string) string {
	h.Helper()
	data, _ := h.Operator(http.MethodPost, "sys/wrapping/unwrap", map[string]string{"token": token})["data"].(map[string]any)
	secretID, _ := data["secret_id"].(string)
	return secretID
}
