data "ocibao_secrets" "all" {
  compartment_id = var.compartment_id
}

locals {
  legacy = [for name in keys(data.ocibao_secrets.all.pins) : name if startswith(name, "legacy_")]
  selected = {
    for name, pin in data.ocibao_secrets.all.pins : replace(trimprefix(name, "cloud_"), "_", "-") => pin
    if !contains(local.legacy, name)
  }
}

resource "ocibao_migration" "credentials" {
  mount   = "credentials"
  secrets = local.selected
}

# What this plan finds, before anything is applied. A comment on the pull request takes
# the markdown from the saved plan: terraform show -json, below prior_state. As an output
# it would change with each migration, and the plan after that would not be empty.
data "ocibao_migration_coverage" "now" {
  mount    = "credentials"
  pins     = data.ocibao_secrets.all.pins
  selected = local.selected
  ignore   = local.legacy
}

# What is true after each apply. Inside of the check block each apply would read it anew,
# and no plan would be empty.
data "ocibao_migration_coverage" "after" {
  mount      = "credentials"
  pins       = data.ocibao_secrets.all.pins
  selected   = local.selected
  ignore     = local.legacy
  depends_on = [ocibao_migration.credentials]
}

check "everything_is_migrated" {
  assert {
    condition     = data.ocibao_migration_coverage.after.complete
    error_message = "Not everything is migrated: ${jsonencode(data.ocibao_migration_coverage.after.counts)}"
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment that the secrets are in."
}
