# What goes into the new cluster: the secrets of OCI Vault, and two ways for
# applications to log in. Outside the cluster an application uses AppRole, inside
# it its service account.

terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

# With kubectl -n openbao port-forward svc/openbao-active 8200:8200, and the token
# in BAO_TOKEN. The OCI side comes from the environment, as for Oracle's provider.
provider "ocibao" {
  openbao = {
    address      = var.address
    ca_cert_file = var.ca_cert_file
  }
}

variable "address" {
  type        = string
  description = "URL of OpenBao."
  default     = "https://127.0.0.1:8200"
}

variable "ca_cert_file" {
  type        = string
  description = "File with the certificate of the authority: kubectl -n openbao get secret openbao-ca -o jsonpath='{.data.tls\\.crt}' | base64 -d."
  default     = null
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment with the secrets."
}

variable "app_cidrs" {
  type        = list(string)
  description = "Addresses from which the application outside the cluster logs in."
  default     = []
}

data "ocibao_secrets" "all" {
  compartment_id  = var.compartment_id
  lifecycle_state = "ACTIVE"
}

resource "ocibao_kv_mount" "credentials" {
  path        = "credentials"
  description = "Migrated from OCI Vault"
}

resource "ocibao_migration" "credentials" {
  mount   = ocibao_kv_mount.credentials.path
  secrets = data.ocibao_secrets.all.pins
}

# These secrets and nothing else of the mount.
data "ocibao_policy_document" "app" {
  kv_read = [{
    mount = ocibao_kv_mount.credentials.path
    names = keys(data.ocibao_secrets.all.pins)
  }]
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = data.ocibao_policy_document.app.hcl
}

# All that the CronJob for snapshots may do.
resource "ocibao_policy" "snapshot" {
  name   = "snapshot"
  policy = <<-EOT
    path "sys/storage/raft/snapshot" {
      capabilities = ["read"]
    }
  EOT
}

# Outside the cluster.
resource "ocibao_auth_mount" "approle" {
  type = "approle"
}

resource "ocibao_approle" "app" {
  mount                 = ocibao_auth_mount.approle.path
  name                  = "app"
  token_policies        = [ocibao_policy.app.name]
  token_ttl             = "20m"
  secret_id_ttl         = "720h"
  secret_id_bound_cidrs = var.app_cidrs
}

resource "ocibao_approle_secret_id" "app" {
  mount        = ocibao_auth_mount.approle.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
}

# Inside the cluster. ../kubernetes-auth.sh fills in how tokens are checked and
# which service account gets which of the policies above.
resource "ocibao_auth_mount" "kubernetes" {
  type        = "kubernetes"
  path        = "kubernetes"
  description = "Service accounts of this cluster"
}

output "role_id" {
  value = ocibao_approle.app.role_id
}

output "wrapping_token" {
  value     = ocibao_approle_secret_id.app.wrapping_token
  sensitive = true
}

check "everything_arrived" {
  assert {
    condition     = length(ocibao_migration.credentials.drift) == 0
    error_message = "Drift: ${jsonencode(ocibao_migration.credentials.drift)}."
  }
}
