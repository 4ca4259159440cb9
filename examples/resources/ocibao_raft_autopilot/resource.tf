# A node that has been down for a day is removed, as long as three are left.
resource "ocibao_raft_autopilot" "cluster" {
  cleanup_dead_servers               = true
  dead_server_last_contact_threshold = "24h"
  min_quorum                         = 3
}
