# A snapshot before the first secret is migrated, and before each change of what
# is migrated. The slash at the end makes a new file each time.
action "ocibao_raft_snapshot" "before" {
  config {
    path = "snapshots/"
  }
}

data "ocibao_secrets" "all" {
  compartment_id = var.compartment_id
}

resource "ocibao_migration" "credentials" {
  mount   = "credentials"
  secrets = data.ocibao_secrets.all.pins

  lifecycle {
    action_trigger {
      events  = [before_create, before_update]
      actions = [action.ocibao_raft_snapshot.before]
    }
  }
}
