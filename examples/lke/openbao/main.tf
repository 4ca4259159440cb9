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
  type        = set(string)
  description = "CIDR blocks from where the application outside the cluster logs in."
  default     = null
}

variable "kubernetes_host" {
  type        = string
  description = "URL of the Kubernetes API, as OpenBao reaches it."
  default     = "https://kubernetes.default.svc"
}

# OpenBao in a pod takes the authority and the token of its own service account,
# which the chart's authDelegator lets review tokens: leave these three out. They
# are for an OpenBao outside the cluster.
variable "kubernetes_ca_cert" {
  type        = string
  description = "Certificate of the authority of the Kubernetes API, PEM."
  default     = null
}

variable "token_reviewer_jwt" {
  type        = string
  description = "Token of a service account with the cluster role system:auth-delegator. Neither plan nor state hold it."
  default     = null
  ephemeral   = true
}

variable "token_reviewer_jwt_version" {
  type        = number
  description = "Number of token_reviewer_jwt, from 1 on: raise it with each new token."
  default     = null
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
  mount          = ocibao_auth_mount.approle.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
  token_ttl      = "20m"
  secret_id_ttl  = "720h"
}

# A plan rotates it when it is twenty days old; the old one works for one more day.
# The addresses are bound here and not by the role, so that the proof in checks.tf
# can log in from where this runs.
resource "ocibao_approle_secret_id" "app" {
  mount            = ocibao_auth_mount.approle.path
  role_name        = ocibao_approle.app.name
  wrapping_ttl     = "10m"
  cidr_list        = var.app_cidrs
  rotate_after     = "480h"
  rotation_overlap = "24h"

  lifecycle {
    replace_triggered_by = [ocibao_approle.app.role_id]
  }
}

# Inside the cluster.
resource "ocibao_auth_mount" "kubernetes" {
  type        = "kubernetes"
  description = "Service accounts of this cluster"
}

resource "ocibao_kubernetes_auth_config" "cluster" {
  mount                         = ocibao_auth_mount.kubernetes.path
  kubernetes_host               = var.kubernetes_host
  kubernetes_ca_cert            = var.kubernetes_ca_cert
  token_reviewer_jwt_wo         = var.token_reviewer_jwt
  token_reviewer_jwt_wo_version = var.token_reviewer_jwt_version
}

# An application in the cluster, by a projected token for the audience openbao.
resource "ocibao_kubernetes_auth_role" "app" {
  mount                            = ocibao_kubernetes_auth_config.cluster.mount
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["default"]
  audience                         = "openbao"
  token_policies                   = [ocibao_policy.app.name]
  token_ttl                        = "20m"
}

# The service account of the chart's CronJob, which has no projected token.
resource "ocibao_kubernetes_auth_role" "snapshot" {
  mount                            = ocibao_kubernetes_auth_config.cluster.mount
  name                             = "snapshot"
  bound_service_account_names      = ["openbao-snapshot"]
  bound_service_account_namespaces = ["openbao"]
  token_policies                   = [ocibao_policy.snapshot.name]
  token_ttl                        = "10m"
}

output "role_id" {
  value = ocibao_approle.app.role_id
}

output "wrapping_token" {
  value     = ocibao_approle_secret_id.app.wrapping_token
  sensitive = true
}
