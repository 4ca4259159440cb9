terraform {
  required_providers {
    ocibao = { source = "ocibao/ocibao" }
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment whose secrets are migrated."
}

variable "oci_endpoint" {
  type        = string
  description = "URL of the OCI emulator."
}

# Addresses and credentials come from the environment. The endpoints are here
# only because OCI is emulated: without them the region names the real ones.
provider "ocibao" {
  oci = {
    endpoints = {
      identity = var.oci_endpoint
      kms      = var.oci_endpoint
      secrets  = var.oci_endpoint
      vaults   = var.oci_endpoint
    }
  }
}

# What is there to migrate. This reads names and version numbers, never content.
data "ocibao_secrets" "cloud" {
  compartment_id = var.compartment_id
  name_regex     = "^cloud_provider_"
}

locals {
  # cloud_provider_a in OCI Vault becomes provider-a in OpenBao.
  secret_ids = {
    for name, id in data.ocibao_secrets.cloud.ids :
    replace(trimprefix(name, "cloud_"), "_", "-") => id
  }
}

resource "ocibao_kv_mount" "credentials" {
  path        = "credentials"
  description = "Credentials that came from OCI Vault"
}

# Each secret follows the stage CURRENT, so a rotation in OCI shows in the next
# plan. Set version_number instead to stay with one version.
resource "ocibao_migrated_secret" "cloud" {
  for_each = local.secret_ids

  secret_id = each.value
  mount     = ocibao_kv_mount.credentials.path
  name      = each.key
}

# The application may read provider-a and nothing else.
resource "ocibao_policy" "provider_a" {
  name   = "read-provider-a"
  policy = <<-EOT
    path "${ocibao_kv_mount.credentials.path}/data/provider-a" {
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
  token_policies = [ocibao_policy.provider_a.name]
  token_ttl      = "20m"
}

# State holds a wrapping token that can be used once, never the secret ID.
resource "ocibao_approle_secret_id" "app" {
  mount        = ocibao_auth_mount.approle.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
  ttl          = "24h"
}

output "role_id" {
  value = ocibao_approle.app.role_id
}

output "wrapping_token" {
  value     = ocibao_approle_secret_id.app.wrapping_token
  sensitive = true
}

# Where applications find the secrets, behind /v1/.
output "api_paths" {
  value = { for name, secret in ocibao_migrated_secret.cloud : name => secret.api_path }
}
