package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// inNamespace is a configuration in which each kind of object has these settings.
func inNamespace(one, many, settings string) string {
	return strings.ReplaceAll(fmt.Sprintf(`
resource "ocibao_kv_mount" "this" {
  path = "credentials"
  SETTINGS
}
resource "ocibao_policy" "this" {
  name   = "app"
  policy = "path \"a\" { capabilities = [\"read\"] }"
  SETTINGS
}
resource "ocibao_auth_mount" "this" {
  SETTINGS
}
resource "ocibao_approle" "this" {
  mount = ocibao_auth_mount.this.path
  name  = "app"
  SETTINGS
}
resource "ocibao_approle_secret_id" "this" {
  mount        = ocibao_auth_mount.this.path
  role_name    = ocibao_approle.this.name
  wrapping_ttl = "10m"
  SETTINGS
}
resource "ocibao_auth_mount" "kubernetes" {
  type = "kubernetes"
  SETTINGS
}
resource "ocibao_kubernetes_auth_role" "this" {
  mount                            = ocibao_auth_mount.kubernetes.path
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["default"]
  SETTINGS
}
resource "ocibao_migrated_secret" "this" {
  secret_id  = %q
  mount      = ocibao_kv_mount.this.path
  name       = "one"
  on_destroy = "destroy"
  SETTINGS
}
resource "ocibao_migration" "this" {
  mount      = ocibao_kv_mount.this.path
  secrets    = { many = "%s@1" }
  on_destroy = "destroy"
  SETTINGS
}
`, one, many), "SETTINGS", settings)
}

// Another spelling of the namespace is no other place: nothing is replaced, moved
// or removed at the "old" one.
func TestNamespace_SpelledOtherwise(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	one, many := h.Secret("one", "first"), h.Secret("many", "second")
	h.Configure(inNamespace(one, many, ""))
	h.Apply()
	h.Proxy.Reset()
	for _, spelling := range []string{`namespace = ""`, `namespace = "root"`, `namespace = "/"`, ``} {
		h.Configure(inNamespace(one, many, spelling))
		h.Lacks(h.CLI("plan", "-input=false"), "must be replaced", "at the old path")
		h.Apply()
		h.Plan(0)
	}
	for _, write := range h.Proxy.Writes() {
		if strings.HasPrefix(write.Path, "credentials/") || write.Method == "DELETE" || write.Path == "auth/approle/role/app/secret-id" {
			t.Errorf("written: %s %s", write.Method, write.Path)
		}
	}
	if h.KV2("credentials", "one") == "" || h.KV2("credentials", "many") == "" {
		t.Error("a secret is gone")
	}
}
