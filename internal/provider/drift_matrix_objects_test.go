package provider_test

import (
	"fmt"
	"net/http"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// objectRow is one cause of the matrix that concerns another object than a
// migrated secret.
type objectRow struct {
	address string
	title   string
	says    string
	cause   func(*acctest.Harness)
	actions string
	plan    []string // texts of the plan
	warns   []string // texts of the warning
}

func (r objectRow) asPlanned(h *acctest.Harness, plan plannedRun) {
	h.Helper()
	plan.acts(h, r.address, r.actions)
	plan.shows(h, r.address, r.plan...)
	plan.warned(h, r.address, r.warns)
}

// objectsConfig are the objects of objectRows. A secret ID that is to expire is
// made for a second; what replaces it lives longer.
const objectsConfig = `
variable "short" {
  type    = string
  default = "1h"
}

resource "ocibao_kv_mount" "tuned" {
  path         = "tuned"
  max_versions = 5
}

resource "ocibao_policy" "formatted" {
  name   = "formatted"
  policy = "path \"credentials/data/a\" {\n  capabilities = [\"read\", \"list\"]\n}\n"
}

resource "ocibao_policy" "edited" {
  name   = "edited"
  policy = "path \"credentials/data/a\" {\n  capabilities = [\"read\"]\n}\n"
}

resource "ocibao_policy" "deleted" {
  name   = "deleted"
  policy = "path \"credentials/data/a\" {\n  capabilities = [\"read\"]\n}\n"
}

resource "ocibao_auth_mount" "approle" {
  path = "approle"
}

resource "ocibao_approle" "edited" {
  mount          = ocibao_auth_mount.approle.path
  name           = "edited"
  token_ttl      = "20m"
  token_policies = ["edited"]
}

resource "ocibao_approle" "deleted" {
  mount = ocibao_auth_mount.approle.path
  name  = "deleted"
}

resource "ocibao_approle" "app" {
  mount = ocibao_auth_mount.approle.path
  name  = "app"
}

resource "ocibao_approle_secret_id" "revoked" {
  mount        = ocibao_approle.app.mount
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
}

resource "ocibao_approle_secret_id" "expired" {
  mount        = ocibao_approle.app.mount
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
  ttl          = var.short
}
`

var objectRows = []objectRow{
	{address: "ocibao_kv_mount.tuned", title: "The settings of a mount were changed",
		says: "Apply sets them back.",
		cause: func(h *acctest.Harness) {
			h.Operator(http.MethodPost, "tuned/config", map[string]any{"max_versions": 3})
			h.Operator(http.MethodPost, "sys/mounts/tuned/tune", map[string]any{"description": "by hand"})
		},
		actions: "update", plan: []string{"max_versions = 3 -> 5", `description = "by hand" -> null`}},
	{address: "ocibao_policy.formatted", title: "A policy was edited in its layout only",
		says: "White space, comments and the order of capabilities mean nothing. No drift.",
		cause: func(h *acctest.Harness) {
			h.Operator(http.MethodPost, "sys/policies/acl/formatted", map[string]any{
				"policy": "# who reads\npath \"credentials/data/a\" { capabilities = [\"list\", \"read\"] }"})
		},
		actions: "no-op"},
	{address: "ocibao_policy.edited", title: "A policy was edited",
		says: "The lines with a minus stand in OpenBao, those with a plus in the configuration. Apply writes the policy again.",
		cause: func(h *acctest.Harness) {
			h.Operator(http.MethodPost, "sys/policies/acl/edited", map[string]any{
				"policy": "path \"credentials/data/a\" {\n  capabilities = [\"read\", \"delete\"]\n}\n"})
		},
		actions: "update", plan: []string{`- capabilities = ["read", "delete"]`, `+ capabilities = ["read"]`}},
	{address: "ocibao_policy.deleted", title: "A policy was deleted",
		says:    "Apply creates it.",
		cause:   func(h *acctest.Harness) { h.Operator(http.MethodDelete, "sys/policies/acl/deleted", nil) },
		actions: "create", plan: []string{"will be created", `name = "deleted"`}},
	{address: "ocibao_approle.edited", title: "A role was edited",
		says: "Apply sets it back, with the same role ID.",
		cause: func(h *acctest.Harness) {
			h.Operator(http.MethodPost, "auth/approle/role/edited", map[string]any{"token_ttl": "24h", "token_policies": []string{"edited", "admin"}})
		},
		actions: "update", plan: []string{`token_ttl = "24h" -> "20m"`, `- "admin"`}},
	{address: "ocibao_approle.deleted", title: "A role was deleted",
		says:    "Apply creates it. Unless the configuration sets `role_id`, it has another one then, and its secret IDs are gone: whatever logs in with it has to be given both.",
		cause:   func(h *acctest.Harness) { h.Operator(http.MethodDelete, "auth/approle/role/deleted", nil) },
		actions: "create", plan: []string{"will be created", `role_id = (known after apply)`}},
	{address: "ocibao_approle_secret_id.revoked", title: "A secret ID was revoked",
		says: "A warning names its accessor, and apply makes another one, wrapped anew.",
		cause: func(h *acctest.Harness) {
			accessor := h.State("ocibao_approle_secret_id.revoked", "accessor")
			h.Operator(http.MethodPost, "auth/approle/role/app/secret-id-accessor/destroy", map[string]any{"secret_id_accessor": accessor})
		},
		actions: "create", plan: []string{"will be created"},
		warns: []string{"Secret ID is gone", "of the role app was used up, has expired or was revoked", "The plan makes a new one"}},
	{address: "ocibao_approle_secret_id.expired", title: "A secret ID has expired",
		says: "The same, with the time where the server still knows it.",
		cause: func(h *acctest.Harness) {
			waitUntil(h, fmt.Sprint(h.State("ocibao_approle_secret_id.expired", "expiration_time")))
		},
		actions: "create", plan: []string{"will be created"},
		warns: []string{"Secret ID is gone", "of the role app", "has expired", "The plan makes a new one"}},
}
