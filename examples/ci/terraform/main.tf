variable "compartment_id" {
  type        = string
  description = "OCID of the compartment with the secrets."
}

data "ocibao_secrets" "all" {
  compartment_id     = var.compartment_id
  lifecycle_state    = "ACTIVE"
  warn_expiry_within = "336h"
}

locals {
  selected = { for name, pin in data.ocibao_secrets.all.pins : replace(trimprefix(name, "cloud_"), "_", "-") => pin }
}

resource "ocibao_migration" "credentials" {
  mount   = "credentials"
  secrets = local.selected
}

# For the comment on the pull request: what is migrated now, and what is pending.
# ci/steps/comment.sh takes it from the plan. As an output it would change after
# each apply, and the nightly job would take that for drift.
data "ocibao_migration_coverage" "now" {
  mount    = "credentials"
  pins     = data.ocibao_secrets.all.pins
  selected = local.selected
}
