package provider_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// accessStory migrates two secrets, gives a role one of them, and proves that.
func accessStory(mine, other, policy string) string {
	return fmt.Sprintf(`
resource "ocibao_kv_mount" "two" {
  path = "two"
}

resource "ocibao_kv_mount" "one" {
  path    = "one"
  version = 1
}

resource "ocibao_migrated_secret" "mine" {
  secret_id  = %[1]q
  on_destroy = "destroy"
  mount     = ocibao_kv_mount.two.path
  name      = "mine"
}

resource "ocibao_migrated_secret" "old" {
  secret_id  = %[1]q
  on_destroy = "destroy"
  mount     = ocibao_kv_mount.one.path
  name      = "mine"
}

resource "ocibao_migrated_secret" "other" {
  secret_id  = %[2]q
  on_destroy = "destroy"
  mount     = ocibao_kv_mount.two.path
  name      = "other"
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = %[3]s
}

resource "ocibao_auth_mount" "approle" {}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.approle.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
  token_ttl      = "10m"
}

data "ocibao_approle_access" "app" {
  mount         = ocibao_approle.app.mount
  role_name     = ocibao_approle.app.name
  must_read     = [ocibao_migrated_secret.mine.acl_path, ocibao_migrated_secret.old.acl_path]
  must_not_read = [ocibao_migrated_secret.other.acl_path, "sys/policies/acl/app"]
  must_have     = { "auth/token/lookup-self" = ["read"] }
  depends_on    = [ocibao_policy.app, ocibao_approle.app, ocibao_migrated_secret.mine, ocibao_migrated_secret.old]
}

check "access" {
  assert {
    condition     = data.ocibao_approle_access.app.ok
    error_message = join("\n", data.ocibao_approle_access.app.violations)
  }
}
`, mine, other, policy)
}

// asApplication lets a provider work as the role for the time of the run.
func asApplication(h *acctest.Harness) string {
	return fmt.Sprintf(`
ephemeral "ocibao_approle_secret_id" "app" {
  mount     = ocibao_approle.app.mount
  role_name = ocibao_approle.app.name
  metadata  = { role_id = ocibao_approle.app.role_id }
}

ephemeral "ocibao_approle_login" "app" {
  mount     = ocibao_approle.app.mount
  role_id   = ocibao_approle.app.role_id
  secret_id = ephemeral.ocibao_approle_secret_id.app.secret_id
}

provider "ocibao" {
  alias = "app"
  openbao = {
    address = %[1]q
    token   = ephemeral.ocibao_approle_login.app.token
  }
}

ephemeral "ocibao_kv_secret" "as_app" {
  provider = ocibao.app
  mount    = ocibao_migrated_secret.mine.mount
  name     = ocibao_migrated_secret.mine.name
  version  = ocibao_migrated_secret.mine.kv_version

  lifecycle {
    postcondition {
      condition     = length(self.data["value"]) == %[2]d
      error_message = "the application reads something else"
    }
  }
}
`, h.Proxy.URL, len(accessCanary)+4)
}

// From an empty server to a proven role in one apply: what it can and cannot do is
// shown, the application reads its secret, and nothing stays behind but what is
// managed. A wrong policy of each kind is named with the line that puts it right.
func TestAccess_RoleSetUpAndProven(t *testing.T) {
	h := started(t)
	mine := h.Secret("mine", `{"value":"`+accessCanary+`mine"}`)
	other := h.Secret("other", `{"value":"`+accessCanary+`other"}`)
	before := liveTokens(h)
	logged(h)
	const right = `<<-EOT
    path "${ocibao_migrated_secret.mine.acl_path}" { capabilities = ["read"] }
    path "${ocibao_migrated_secret.old.acl_path}" { capabilities = ["read"] }
  EOT`
	h.Configure(accessStory(mine, other, right) + asApplication(h))
	h.Plan(2, "-out=first.tfplan")
	h.Lacks(consistent(h, h.Apply()), "Warning", accessCanary)
	leavesNothing(h, before)
	h.Lacks(h.Plan(0), "Warning")
	leavesNothing(h, before)
	tokens := usedTokens(h)
	if len(tokens) < 3 {
		t.Errorf("only %d tokens were used", len(tokens))
	}
	nothingOf(h, append(tokens, accessCanary)...)
	h.Work.Env = append(h.Work.Env, "TF_LOG=")
	for policy, want := range map[string]string{
		`path "two/*" { capabilities = ["read"] }`:                  `two/data/other must not be readable, but is: path "two/*" of the policy "app" allows it`,
		`path "two/data/mine" { capabilities = ["list"] }`:          `grant only list there: add path "two/data/mine" { capabilities = ["read", "list"] }`,
		`path "two/data/mine" { capabilities = ["deny"] }`:          `path "two/data/mine" of the policy "app" denies it`,
		`path "sys/policies/acl/*" { capabilities = ["read"] }`:     `sys/policies/acl/app must not be readable, but is: path "sys/policies/acl/*" of the policy "app" allows it`,
		`path "auth/token/lookup-self" { capabilities = ["deny"] }`: `auth/token/lookup-self must allow read, but path "auth/token/lookup-self" of the policy "app" denies it`,
	} {
		h.Configure(accessStory(mine, other, "<<-EOT\n"+policy+"\nEOT\n"))
		h.Contains(h.Apply(), "Check block assertion failed", want)
		leavesNothing(h, before)
	}
	// The application reads as early as in a plan, so it needs its right before.
	h.Configure(accessStory(mine, other, right))
	h.Apply()
	h.Configure(accessStory(mine, other, right) + asApplication(h))
	h.Lacks(h.Plan(0), "Warning")
	leavesNothing(h, before)
	destroyed := h.CLI("destroy", "-auto-approve", "-input=false")
	if destroyed.ExitCode != 0 {
		t.Error(destroyed.Output)
	}
	leavesNoToken(h, before)
}

// heldByClient adds the secret ID that a running client has, and a check of the policy.
func heldByClient(team string) string {
	return fmt.Sprintf(`
resource "ocibao_approle_secret_id" "this" {
  mount            = ocibao_approle.app.mount
  role_name        = ocibao_approle.app.name
  wrapping_ttl     = "10m"
  rotation_overlap = "3s"
  metadata         = { team = %q }
}

check "policy" {
  assert {
    condition     = length(local.findings) == 0
    error_message = join("\n", local.findings[*].message)
  }
}

locals {
  findings = provider::ocibao::policy_lint(ocibao_policy.app.policy, { one = 1, two = 2 }, [ocibao_migrated_secret.mine.acl_path, ocibao_migrated_secret.old.acl_path])
}
`, team)
}

// A role that these resources set up is proven, its secret ID is rotated under a client
// that logs in and reads all the time, and not one read fails. A wrong policy of each
// kind is caught by the plan, with the line that tells the fix.
func TestAccess_RotatedUnderARunningClient(t *testing.T) {
	h := started(t)
	mine, other := h.Secret("mine", `{"value":"mine"}`), h.Secret("other", `{"value":"other"}`)
	const right = `<<-EOT
    path "two/data/mine" { capabilities = ["read"] }
    path "one/mine" { capabilities = ["read"] }
  EOT`
	h.Configure(accessStory(mine, other, right) + heldByClient("payments"))
	h.Lacks(consistent(h, h.Apply()), "Warning")
	first := stateText(h, "accessor")
	_, unwrapped := unwrap(h)
	client := runs(h, unwrapped, "two/data/mine")

	h.Configure(accessStory(mine, other, right) + heldByClient("billing"))
	h.Lacks(h.Apply(), "Check block assertion failed")
	_, renewed := unwrap(h)
	client.takes(renewed)
	waitUntil(h, fmt.Sprint(previousAccessors(h)[first]))
	h.Apply()
	for policy, want := range map[string][]string{
		`path "two/mine" { capabilities = ["read"] }`:               {"KV v2", `Write "two/data/mine"`},
		`path "one/data/mine" { capabilities = ["read"] }`:          {"KV v1", `"one/mine"`},
		`path "two/data/mien" { capabilities = ["read"] }`:          {"matches none of the secrets", `write "two/data/mine"`},
		`path "two/*" { capabilities = ["read"] }`:                  {`path "two/*"`, "name them instead, such as"},
		`path "*" { capabilities = ["read"] }`:                      {`path "*"`},
		`path "two/data/mine" { capabilities = ["read", "sudo"] }`:  {"grants sudo", "remove sudo"},
		`path "two/data/mine" { capabilities = ["read", "write"] }`: {`unknown capability "write"`, "want create"},
	} {
		h.Configure(accessStory(mine, other, "<<-EOT\n"+policy+"\nEOT\n") + heldByClient("billing"))
		h.Contains(h.CLI("plan", "-input=false"), want...)
	}
	client.ends(h)
	if left := accessors(h); len(left) != 1 || left[0] == first {
		t.Errorf("left are %v, the first was %s", left, first)
	}
	if status, _ := appLogin(h, unwrapped); status == http.StatusOK {
		t.Error("the old secret ID still works")
	}
}
