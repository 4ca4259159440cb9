terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }

  # Choose a backend that locks, such as s3 or http. The state holds no value of a
  # secret, but names, OCIDs and versions.
}

# Ephemeral, so that a saved plan does not keep it: plan and apply log in as
# different roles.
variable "bao_role" {
  type        = string
  description = "Role of the auth method jwt: plan-job or apply-job."
  ephemeral   = true
}

# The provider logs in with the identity of the job, TERRAFORM_VAULT_AUTH_JWT, when
# it first needs OpenBao, and revokes its token at the end of each command. The rest
# comes from the environment of the job as well: BAO_ADDR, and OCI_REGION,
# OCI_TENANCY_OCID, OCI_USER_OCID, OCI_FINGERPRINT, OCI_PRIVATE_KEY.
provider "ocibao" {
  openbao = {
    auth_jwt = {
      role = var.bao_role
    }
  }
}
