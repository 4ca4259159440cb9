# The life of secrets after their migration: rotation, revocation and expiry.
#
#   rotated in OCI          the plan shows the new pin; apply copies that version
#   expiry rule in OCI      carried to custom metadata; OpenBao deletes the copy in time
#   a secret expires soon   a warning in each plan, and a check that a pipeline can fail on
#   a secret ID is old      the plan rotates it; the old one works until the overlap is over
#   secret ID to revoke     take its host out of var.hosts; -replace revokes and issues a new one at once

terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment with the secrets."
}

variable "hosts" {
  type        = set(string)
  description = "Hosts that have a secret ID each. Taking one out revokes its secret ID."
  default     = []
}

variable "rotate_after" {
  type        = string
  description = "Age at which a plan rotates a secret ID."
  default     = "720h"
}

variable "warn_within" {
  type        = string
  description = "How long before a secret expires somebody should know."
  default     = "720h"
}

# Names, pins, expiry and rotation. Nothing here needs a right to read content.
data "ocibao_secrets" "all" {
  compartment_id     = var.compartment_id
  lifecycle_state    = "ACTIVE"
  warn_expiry_within = var.warn_within
}

resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

# A rotation in OCI is a changed line here: "db" = "ocid1…@1" -> "ocid1…@2".
resource "ocibao_migration" "credentials" {
  mount   = ocibao_kv_mount.credentials.path
  secrets = data.ocibao_secrets.all.pins

  # As custom metadata, such as ocibao_source_time_of_expiry and
  # ocibao_source_next_rotation_time.
  copy_expiry   = true
  copy_rotation = true

  # OpenBao deletes the copy when the version in OCI expires.
  delete_version_at_expiry = true
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = <<-EOT
    path "${ocibao_kv_mount.credentials.path}/data/*" {
      capabilities = ["read"]
    }
  EOT
}

resource "ocibao_auth_mount" "approle" {
  type = "approle"
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.approle.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
  token_ttl      = "20m"
  secret_id_ttl  = "2160h"
}

# Rotated in place when it is old enough: the new one is made first, the old one works
# for a day more (rotation_overlap), or for half of rotate_after where that is less, and
# the first apply after that revokes it.
resource "ocibao_approle_secret_id" "host" {
  for_each     = var.hosts
  mount        = ocibao_auth_mount.approle.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
  rotate_after = var.rotate_after
  metadata     = { host = each.key }
}

# One use and ten minutes: each host unwraps its own.
output "wrapping_tokens" {
  value     = { for host, secret_id in ocibao_approle_secret_id.host : host => secret_id.wrapping_token }
  sensitive = true
}

locals {
  deadline = timeadd(plantimestamp(), var.warn_within)
  expiring = sort([
    for secret in data.ocibao_secrets.all.secrets : "${secret.name} (${secret.time_of_current_version_expiry})"
    if secret.time_of_current_version_expiry != null && try(timecmp(secret.time_of_current_version_expiry, local.deadline) < 0, false)
  ])
  overdue = sort([
    for secret in data.ocibao_secrets.all.secrets : "${secret.name} (${secret.next_rotation_time})"
    if secret.next_rotation_time != null && try(timecmp(secret.next_rotation_time, plantimestamp()) < 0, false)
  ])
}

check "no_secret_expires_soon" {
  assert {
    condition     = length(local.expiring) == 0
    error_message = "Rotate these in OCI: ${join(", ", local.expiring)}."
  }
}

check "no_rotation_is_overdue" {
  assert {
    condition     = length(local.overdue) == 0
    error_message = "OCI should have rotated these already: ${join(", ", local.overdue)}."
  }
}

check "every_copy_is_in_step" {
  assert {
    condition     = length(ocibao_migration.credentials.drift) == 0
    error_message = "Drift: ${jsonencode(ocibao_migration.credentials.drift)}."
  }
}
