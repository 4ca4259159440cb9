package doctest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// warning is the first warning of a run with -json whose summary begins so.
func warning(t testing.TB, run acctest.Run, summary string) string {
	t.Helper()
	for line := range strings.SplitSeq(run.Output, "\n") {
		var event struct {
			Diagnostic struct{ Severity, Summary, Detail string }
		}
		if json.Unmarshal([]byte(line), &event) == nil && event.Diagnostic.Severity == "warning" && strings.HasPrefix(event.Diagnostic.Summary, summary) {
			return "Warning: " + event.Diagnostic.Summary + "\n\n" + strings.TrimSpace(event.Diagnostic.Detail) + "\n"
		}
	}
	t.Fatalf("nothing warns of %q:\n%s", summary, run.Output)
	return ""
}

// provided is a configuration with the secret that the guide speaks of.
const provided = `
resource "ocibao_migrated_secret" "provider_a" {
  secret_id = %q
  mount     = "credentials"
  name      = "provider-a"
}
`

// What a plan says ahead of an apply whose token may do nothing.
func TestPlans_Preflight(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	h.Configure(fmt.Sprintf(provided, h.Secret("cloud_provider_a", acctest.GuideSecretA)))
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), "provider \"ocibao\" {", "provider \"ocibao\" {\n  preflight = true", 1))
	h.Operator(http.MethodPost, "sys/policies/acl/nothing", map[string]any{"policy": "path \"sys/mounts/credentials\" {\n  capabilities = [\"read\"]\n}\n"})
	auth, _ := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"nothing"}})["auth"].(map[string]any)
	h.Work.Env = append(h.Work.Env, fmt.Sprintf("BAO_TOKEN=%s", auth["client_token"]))
	showsText(t, "preflight", warning(t, h.CLI("plan", "-input=false", "-json"), "Apply will be refused"))
}

// What a check says of a role that may read too much.
func TestPlans_Proof(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	proof := ""
	for _, b := range fromFile(t, "docs/guides/proof-and-preflight.md") {
		if strings.Contains(b.text, "data \"ocibao_approle_access\"") {
			proof = b.text
		}
	}
	if proof == "" {
		t.Fatal("the guide proves nothing")
	}
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(fmt.Sprintf(provided, id) + strings.NewReplacer("provider_a", "other", "provider-a", "other").Replace(fmt.Sprintf(provided, id)) + `
resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"credentials/*\" { capabilities = [\"read\"] }"
}

resource "ocibao_auth_mount" "approle" {}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.approle.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
}
` + proof)
	showsText(t, "proof", warning(t, h.CLI("apply", "-input=false", "-auto-approve", "-json"), "Check block assertion failed"))
}
