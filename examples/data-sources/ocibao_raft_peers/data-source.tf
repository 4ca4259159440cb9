data "ocibao_raft_peers" "cluster" {}

output "voters" {
  value = [for peer in data.ocibao_raft_peers.cluster.peers : peer.node_id if peer.voter]
}
