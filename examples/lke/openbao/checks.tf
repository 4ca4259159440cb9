# What must be true, as check blocks: each that fails is a warning of plan and apply.
# The data sources stand outside of them: inside, each apply would read them anew,
# and plan -detailed-exitcode would always say 2.

variable "voters" {
  type        = number
  description = "How many nodes must vote."
  default     = 5
}

variable "certificate_days" {
  type        = number
  description = "For how many days the certificate of the servers must still be valid. cert-manager renews it 30 days before its end; the servers take it when they get SIGHUP."
  default     = 21
}

check "everything_arrived" {
  assert {
    condition     = length(ocibao_migration.credentials.drift) == 0
    error_message = "Drift: ${jsonencode(ocibao_migration.credentials.drift)}."
  }
}

# Proved after each apply: the application may read its secrets, really reads one of
# them, and cannot take a snapshot, which has all of them.
data "ocibao_approle_access" "app" {
  mount     = ocibao_auth_mount.approle.path
  role_name = ocibao_approle.app.name
  must_have = {
    for name in keys(data.ocibao_secrets.all.pins) :
    provider::ocibao::kv_acl_path(ocibao_kv_mount.credentials.path, 2, name) => ["read"]
  }
  must_read = [
    for name in slice(sort(keys(data.ocibao_secrets.all.pins)), 0, min(1, length(data.ocibao_secrets.all.pins))) :
    provider::ocibao::kv_acl_path(ocibao_kv_mount.credentials.path, 2, name)
  ]
  must_not_read = ["sys/storage/raft/snapshot", "sys/policies/acl/app"]
  depends_on    = [ocibao_policy.app, ocibao_approle.app, ocibao_migration.credentials]
}

check "app_has_least_privilege" {
  assert {
    condition     = data.ocibao_approle_access.app.ok
    error_message = join("\n", data.ocibao_approle_access.app.violations)
  }
}

# The cluster itself.
data "ocibao_raft_peers" "now" {}

data "ocibao_raft_autopilot_state" "now" {}

data "ocibao_server_health" "now" {}

check "cluster_is_whole" {
  assert {
    condition     = data.ocibao_raft_peers.now.voters >= var.voters
    error_message = "${data.ocibao_raft_peers.now.voters} nodes vote, ${var.voters} should."
  }

  assert {
    condition     = data.ocibao_raft_autopilot_state.now.healthy
    error_message = "Not healthy: ${join(", ", [for server in data.ocibao_raft_autopilot_state.now.servers : "${server.id} (${server.node_status})" if !server.healthy])}."
  }
}

check "certificate_lasts" {
  assert {
    condition = alltrue([for node in data.ocibao_server_health.now.nodes :
      timecmp(node.certificate_not_after, timeadd(plantimestamp(), "${24 * var.certificate_days}h")) > 0
      if node.certificate_not_after != null
    ])
    error_message = "The certificate ends soon: ${join(", ", [for node in data.ocibao_server_health.now.nodes : "${node.address} at ${node.certificate_not_after}" if node.certificate_not_after != null])}."
  }
}
