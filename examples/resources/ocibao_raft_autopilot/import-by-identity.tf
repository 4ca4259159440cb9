import {
  to = ocibao_raft_autopilot.cluster
  identity = {
    id = "autopilot"
  }
}
