# Inside of a check it never stops a run.
check "cluster_is_healthy" {
  data "ocibao_raft_autopilot_state" "cluster" {}

  assert {
    condition     = data.ocibao_raft_autopilot_state.cluster.healthy
    error_message = "Not healthy: ${join(", ", [for server in data.ocibao_raft_autopilot_state.cluster.servers : server.id if !server.healthy])}"
  }
}
