package provider_test

import "regexp"

// leakFixtures has a piece of configuration for each object of the provider, by
// kind and name. All together are one configuration, in which every argument that
// takes a secret gets one: an ephemeral variable. Objects that need a Raft cluster
// are in raftFixtures.
var leakFixtures = map[string]string{
	"resource ocibao_kv_mount": `
resource "ocibao_kv_mount" "new" {
  path          = "credentials"
  force_destroy = true
  depends_on    = [ocibao_audit_device.file]
}

resource "ocibao_kv_mount" "old" {
  path          = "old"
  version       = 1
  force_destroy = true
  depends_on    = [ocibao_audit_device.file]
}
`,
	"resource ocibao_migrated_secret": `
resource "ocibao_migrated_secret" "object" {
  secret_id          = local.object
  mount              = ocibao_kv_mount.new.path
  name               = "object"
  copy_description   = true
  copy_freeform_tags = true
}

resource "ocibao_migrated_secret" "binary" {
  secret_id       = local.binary
  mount           = ocibao_kv_mount.new.path
  name            = "binary"
  drift_detection = "content"
}

resource "ocibao_migrated_secret" "legacy" {
  secret_id = local.text
  mount     = ocibao_kv_mount.old.path
  name      = "legacy"
}
`,
	"resource ocibao_migration": `
resource "ocibao_migration" "bulk" {
  mount           = ocibao_kv_mount.new.path
  secrets         = { for name, pin in data.ocibao_secrets.all.pins : "bulk/${name}" => pin }
  version_history = "all"
  drift_detection = "content"
}
`,
	"resource ocibao_policy": `
resource "ocibao_policy" "app" {
  name   = "app"
  policy = data.ocibao_policy_document.app.hcl
}

resource "ocibao_policy" "by_approle" {
  provider = ocibao.approle
  name     = "made-approle"
  policy   = data.ocibao_policy_document.app.hcl
}

resource "ocibao_policy" "by_wrapped" {
  provider = ocibao.wrapped
  name     = "made-wrapped"
  policy   = data.ocibao_policy_document.app.hcl
}

resource "ocibao_policy" "by_jwt" {
  provider = ocibao.jwt
  name     = "made-jwt"
  policy   = data.ocibao_policy_document.app.hcl
}

resource "ocibao_policy" "by_pod" {
  provider = ocibao.pod
  name     = "made-pod"
  policy   = data.ocibao_policy_document.app.hcl
}
`,
	"resource ocibao_auth_mount": `
resource "ocibao_auth_mount" "apps" {
  path          = "apps"
  force_destroy = true
}

resource "ocibao_auth_mount" "pods" {
  type = "kubernetes"
  path = "pods"
}
`,
	"resource ocibao_approle": `
resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.apps.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
}
`,
	"resource ocibao_approle_secret_id": `
resource "ocibao_approle_secret_id" "wrapped" {
  mount        = ocibao_approle.app.mount
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
  metadata     = { round = local.round }
}

resource "ocibao_approle_secret_id" "given" {
  mount                = ocibao_approle.app.mount
  role_name            = ocibao_approle.app.name
  secret_id_wo         = var.given
  secret_id_wo_version = local.round
}
`,
	"resource ocibao_audit_device": `
resource "ocibao_audit_device" "file" {
  type    = "file"
  options = { file_path = "discard" }
}
`,
	"resource ocibao_kubernetes_auth_config": `
resource "ocibao_kubernetes_auth_config" "pods" {
  mount                         = ocibao_auth_mount.pods.path
  kubernetes_host               = local.host
  kubernetes_ca_cert            = local.ca
  token_reviewer_jwt_wo         = var.reviewer
  token_reviewer_jwt_wo_version = local.round
}
`,
	"resource ocibao_kubernetes_auth_role": `
resource "ocibao_kubernetes_auth_role" "pods" {
  mount                            = ocibao_kubernetes_auth_config.pods.mount
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["default"]
}
`,
	"data ocibao_approle_access": `
data "ocibao_approle_access" "app" {
  mount         = ocibao_approle.app.mount
  role_name     = ocibao_approle.app.name
  must_read     = [ocibao_migrated_secret.object.acl_path, ocibao_migrated_secret.binary.acl_path]
  must_not_read = [ocibao_migrated_secret.legacy.acl_path]
  depends_on    = [ocibao_policy.app, ocibao_migrated_secret.object, ocibao_migrated_secret.legacy]
}
`,
	"data ocibao_compartments": `
data "ocibao_compartments" "all" {
  compartment_id = local.compartment
}
`,
	"data ocibao_migration_coverage": `
data "ocibao_migration_coverage" "bulk" {
  mount    = ocibao_migration.bulk.mount
  pins     = data.ocibao_secrets.all.pins
  selected = ocibao_migration.bulk.secrets
}
`,
	"data ocibao_policy_document": `
data "ocibao_policy_document" "app" {
  kv_read = [{ mount = "credentials", names = ["object"] }]
}
`,
	"data ocibao_secret": `
data "ocibao_secret" "object" {
  secret_id = local.object
}
`,
	"data ocibao_secret_bundle": `
data "ocibao_secret_bundle" "object" {
  secret_id = local.object
}

data "ocibao_secret_bundle" "text" {
  secret_id = local.text
}

data "ocibao_secret_bundle" "binary" {
  secret_id = local.binary
}
`,
	"data ocibao_secret_versions": `
data "ocibao_secret_versions" "object" {
  secret_id = local.object
}
`,
	"data ocibao_secrets": `
data "ocibao_secrets" "all" {
  compartment_id = local.compartment
}
`,
	"data ocibao_server_health": `
data "ocibao_server_health" "now" {}
`,
	"data ocibao_vaults": `
data "ocibao_vaults" "all" {
  compartment_id = local.compartment
}
`,
	"ephemeral ocibao_approle_login": `
ephemeral "ocibao_approle_login" "app" {
  role_id   = "app-role"
  secret_id = var.entry_secret_id
}

ephemeral "ocibao_approle_login" "wrapped" {
  role_id        = "app-role"
  wrapping_token = var.login_wrapping_token
}

provider "ocibao" {
  alias = "opened"
  openbao = {
    address = local.address
    token   = ephemeral.ocibao_approle_login.app.token
  }
}

resource "ocibao_policy" "by_login" {
  provider = ocibao.opened
  name     = "made-login"
  policy   = data.ocibao_policy_document.app.hcl
}
`,
	"ephemeral ocibao_approle_secret_id": `
ephemeral "ocibao_approle_secret_id" "entry" {
  role_name = "app"
}

provider "ocibao" {
  alias = "minted"
  openbao = {
    address      = local.address
    auth_approle = { role_id = "app-role", secret_id = ephemeral.ocibao_approle_secret_id.entry.secret_id }
  }
}

resource "ocibao_policy" "by_secret_id" {
  provider = ocibao.minted
  name     = "made-secret-id"
  policy   = data.ocibao_policy_document.app.hcl
}
`,
	"data ocibao_kv_secrets": `
data "ocibao_kv_secrets" "there" {
  mount     = "there"
  recursive = true
}
`,
	"ephemeral ocibao_kv_secret": `
ephemeral "ocibao_kv_secret" "there" {
  mount = "there"
  name  = "app"
}

provider "ocibao" {
  alias = "read"
  openbao = {
    address = local.address
    token   = var.token
    headers = { "X-There" = ephemeral.ocibao_kv_secret.there.data["there"], "X-There-All" = ephemeral.ocibao_kv_secret.there.data_json }
  }
}

resource "ocibao_policy" "with_kv_secret" {
  provider = ocibao.read
  name     = "with_kv_secret"
  policy   = data.ocibao_policy_document.app.hcl
}
`,
	"ephemeral ocibao_secret_bundle": `
ephemeral "ocibao_secret_bundle" "object" {
  secret_id = local.object
}

provider "ocibao" {
  alias = "fetched"
  openbao = {
    address = local.address
    token   = var.token
    headers = { "X-Member" = ephemeral.ocibao_secret_bundle.object.data["password"], "X-Text" = ephemeral.ocibao_secret_bundle.object.content_text, "X-Base64" = ephemeral.ocibao_secret_bundle.object.content_base64 }
  }
}

resource "ocibao_policy" "with_bundle" {
  provider = ocibao.fetched
  name     = "with_bundle"
  policy   = data.ocibao_policy_document.app.hcl
}
`,
	"function kv_api_path": `
output "api_path" {
  value = provider::ocibao::kv_api_path("credentials", 2, "object")
}
`,
	"function kv_acl_path": `
output "acl_path" {
  value = provider::ocibao::kv_acl_path("credentials", 2, "object")
}
`,
	"function policy_lint": `
output "lint" {
  value = provider::ocibao::policy_lint(ocibao_policy.app.policy, {}, [])
}
`,
	"list ocibao_migrated_secret": `
list "ocibao_migrated_secret" "all" {
  provider         = ocibao
  include_resource = true

  config {
    compartment_id   = var.compartment
    mount            = "credentials"
    include_migrated = true
  }
}
`,
}

// raftFixtures are the fixtures of what needs a Raft cluster.
var raftFixtures = map[string]string{
	"resource ocibao_raft_autopilot": `
resource "ocibao_raft_autopilot" "this" {
  last_contact_threshold = "20s"
}
`,
	"data ocibao_raft_autopilot_state": `
data "ocibao_raft_autopilot_state" "now" {}
`,
	"data ocibao_raft_peers": `
data "ocibao_raft_peers" "now" {}
`,
	"action ocibao_raft_snapshot": `
action "ocibao_raft_snapshot" "before" {
  config {
    path = var.snapshot
  }
}

resource "terraform_data" "change" {
  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.ocibao_raft_snapshot.before]
    }
  }
}
`,
}

// entranceFixture are the providers by whose arguments credentials come in. The
// first one is that of the harness, to which providerSecrets are added.
const entranceFixture = `
provider "ocibao" {
  alias = "approle"
  openbao = {
    address      = local.address
    auth_approle = { role_id = "app-role", secret_id = var.entry_secret_id }
  }
}

provider "ocibao" {
  alias = "wrapped"
  openbao = {
    address      = local.address
    auth_approle = { role_id = "app-role", wrapping_token = var.entry_wrapping_token }
  }
}

provider "ocibao" {
  alias = "jwt"
  openbao = {
    address  = local.address
    auth_jwt = { role = "pipeline", jwt = var.jwt }
  }
}

provider "ocibao" {
  alias = "pod"
  openbao = {
    address         = local.address
    auth_kubernetes = { role = "migration", token = var.pod_token }
  }
}
`

const (
	openbaoSecrets = "openbao = {\n    token = var.token\n    headers = { \"X-Proxy-Token\" = var.proxy_token }"
	ociSecrets     = "oci = {\n    private_key = var.private_key\n    private_key_password = var.private_key_password"
)

// takesSecret finds an argument that is given an ephemeral value.
func takesSecret(name string) *regexp.Regexp {
	return regexp.MustCompile(`\b` + name + `\s*=\s*(\{[^}\n]*= )?(var|ephemeral)\.`)
}
