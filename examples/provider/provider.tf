terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

# The token comes from BAO_TOKEN, or from the file that `bao login` leaves.
provider "ocibao" {
  openbao = {
    address      = "https://bao.example.com:8200"
    ca_cert_file = "/etc/ssl/certs/bao-ca.pem"
  }
  oci = {
    region              = "eu-frankfurt-1"
    config_file_profile = "MIGRATION"
  }
}

# In a pipeline: log in with AppRole, work in a namespace, take the OCI settings from the environment.
provider "ocibao" {
  alias = "pipeline"

  openbao = {
    address   = "https://bao.example.com:8200"
    namespace = "platform"
    auth_approle = {
      role_id   = var.role_id
      secret_id = var.secret_id
    }
  }
}

variable "role_id" {
  type        = string
  description = "Role ID of the pipeline."
}

variable "secret_id" {
  type        = string
  description = "Secret ID of the pipeline, as TF_VAR_secret_id."
  ephemeral   = true
}
