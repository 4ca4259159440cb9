# All nodes that the provider's address names.
data "ocibao_server_health" "cluster" {}

# One node, whatever the provider's address is.
data "ocibao_server_health" "one" {
  address = "https://bao-1.example.com:8200"
}

output "leader" {
  value = data.ocibao_server_health.cluster.leader_address
}

output "sealed" {
  value = [for node in data.ocibao_server_health.cluster.nodes : node.address if coalesce(node.sealed, false)]
}

output "certificates" {
  value = { for node in data.ocibao_server_health.cluster.nodes : node.address => node.certificate_not_after }
}
