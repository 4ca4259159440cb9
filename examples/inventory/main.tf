# Selecting, renaming and splitting an inventory with for expressions alone. The
# plan shows a line for each secret, so what an expression does is reviewed.

terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment or tenancy."
}

# Name to "<secret OCID>@<version number>", of all compartments below.
data "ocibao_secrets" "all" {
  compartment_id            = var.compartment_id
  compartment_id_in_subtree = true
}

locals {
  pins = data.ocibao_secrets.all.pins

  # Excluding: by name, and by what the list tells of each secret.
  excluded = toset(concat(
    ["cloud_sandbox", "cloud_scratch"],
    [for secret in data.ocibao_secrets.all.secrets : secret.name if lookup(secret.freeform_tags, "migrate", "yes") == "no"],
  ))
  chosen = { for name, pin in local.pins : name => pin if !contains(local.excluded, name) && !startswith(name, "legacy_") }

  # Renaming: by rule, with a table of exceptions. Two secrets that get one name are an error.
  exceptions = { cloud_provider_a = "aws/root" }
  renamed    = { for name, pin in local.chosen : lookup(local.exceptions, name, replace(trimprefix(name, "cloud_"), "_", "-")) => pin }

  # Splitting: "<team>_<name>" becomes a mount for each team, and <name> in it.
  teams = toset([for name in keys(local.chosen) : split("_", name)[0] if strcontains(name, "_")])
  by_team = {
    for team in local.teams : team => {
      for name, pin in local.chosen : trimprefix(name, "${team}_") => pin if startswith(name, "${team}_")
    }
  }

  # Splitting by tag: only what the team payments owns.
  payments = {
    for secret in data.ocibao_secrets.all.secrets : secret.name => local.chosen[secret.name]
    if lookup(secret.freeform_tags, "team", "") == "payments" && contains(keys(local.chosen), secret.name)
  }
}

# Everything in one mount, renamed.
resource "ocibao_migration" "all" {
  mount   = "credentials"
  secrets = local.renamed
}

# A mount for each team. for_each goes over the few teams, not over the secrets.
resource "ocibao_kv_mount" "team" {
  for_each = local.teams
  path     = "teams/${each.key}"
}

resource "ocibao_migration" "team" {
  for_each = local.teams
  mount    = ocibao_kv_mount.team[each.key].path
  secrets  = local.by_team[each.key]
}

resource "ocibao_migration" "payments" {
  mount   = "payments"
  secrets = local.payments
}

# What was left out, to be looked at.
output "left_out" {
  value = setsubtract(keys(local.pins), keys(local.chosen))
}
