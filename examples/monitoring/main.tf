# The state of a cluster as check blocks: `plan` shows a warning for each that
# fails, and never stops for one. Reading only: nothing here changes the cluster.

terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

# All nodes, so that the health of each is asked for, and so that one of them may
# be down.
provider "ocibao" {
  openbao = {
    address      = var.addresses
    ca_cert_file = var.ca_cert_file
  }
}

variable "addresses" {
  type        = list(string)
  description = "URLs of all nodes of the cluster."
}

variable "ca_cert_file" {
  type        = string
  default     = null
  description = "File with the authority of their certificates; null for those of the system."
}

variable "voters" {
  type        = number
  default     = 3
  description = "How many nodes must vote and be healthy."
}

variable "least_version" {
  type        = string
  default     = "2.6.0"
  description = "Oldest version of the server that is good enough, as major.minor.patch."
}

variable "certificate_days" {
  type        = number
  default     = 21
  description = "For how many days certificates must still be valid."
}

locals {
  # Versions as numbers that compare: a thousand for each step.
  least_version = sum([for i, part in split(".", var.least_version) : tonumber(part) * pow(1000, 2 - i)])
}

check "leader" {
  data "ocibao_server_health" "leader" {}

  assert {
    condition     = anytrue([for node in data.ocibao_server_health.leader.nodes : coalesce(node.leader, false)])
    error_message = "No node is active: ${join("; ", [for node in data.ocibao_server_health.leader.nodes : "${node.address}: ${coalesce(node.error, "status ${coalesce(node.status_code, 0)}")}"])}"
  }
}

check "every_node_serves" {
  data "ocibao_server_health" "nodes" {}

  assert {
    condition     = alltrue([for node in data.ocibao_server_health.nodes.nodes : node.reachable])
    error_message = "No answer from ${join("; ", [for node in data.ocibao_server_health.nodes.nodes : "${node.address}: ${node.error}" if !node.reachable])}"
  }

  assert {
    condition     = !anytrue([for node in data.ocibao_server_health.nodes.nodes : coalesce(node.sealed, false)])
    error_message = "Sealed: ${join(", ", [for node in data.ocibao_server_health.nodes.nodes : node.address if coalesce(node.sealed, false)])}"
  }

  assert {
    condition = alltrue([for node in data.ocibao_server_health.nodes.nodes :
      sum([for i, part in split(".", regex("^[0-9]+\\.[0-9]+\\.[0-9]+", node.version)) : tonumber(part) * pow(1000, 2 - i)]) >= local.least_version
      if node.version != null
    ])
    error_message = "Older than ${var.least_version}: ${join(", ", [for node in data.ocibao_server_health.nodes.nodes : "${node.address} (${node.version})" if node.version != null])}"
  }

  assert {
    condition = alltrue([for node in data.ocibao_server_health.nodes.nodes :
      timecmp(node.certificate_not_after, timeadd(plantimestamp(), "${24 * var.certificate_days}h")) > 0
      if node.certificate_not_after != null
    ])
    error_message = "A certificate expires within ${var.certificate_days} days: ${join(", ", [for node in data.ocibao_server_health.nodes.nodes : "${node.address} at ${node.certificate_not_after}" if node.certificate_not_after != null])}"
  }
}

check "quorum" {
  data "ocibao_raft_peers" "now" {}

  assert {
    condition     = data.ocibao_raft_peers.now.voters >= var.voters
    error_message = "${data.ocibao_raft_peers.now.voters} nodes vote, ${var.voters} should."
  }
}

check "healthy" {
  data "ocibao_raft_autopilot_state" "now" {}

  assert {
    condition     = data.ocibao_raft_autopilot_state.now.healthy
    error_message = "Not healthy: ${join(", ", [for server in data.ocibao_raft_autopilot_state.now.servers : "${server.id} (${server.node_status})" if !server.healthy])}"
  }

  assert {
    condition     = data.ocibao_raft_autopilot_state.now.failure_tolerance >= 1
    error_message = "The cluster would not survive the loss of one more node."
  }
}
