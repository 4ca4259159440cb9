# A cluster has one.
terraform import ocibao_raft_autopilot.cluster autopilot
