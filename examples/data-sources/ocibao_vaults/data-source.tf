data "ocibao_vaults" "platform" {
  compartment_id = var.compartment_id
}

# The secrets of one vault, in whatever compartment they are.
data "ocibao_secrets" "main" {
  compartment_id            = var.tenancy_id
  compartment_id_in_subtree = true
  vault_id                  = data.ocibao_vaults.platform.ids["main"]
}

# Warn in every plan while a vault is about to be deleted.
check "vaults_stay" {
  assert {
    condition     = alltrue([for vault in data.ocibao_vaults.platform.vaults : vault.lifecycle_state == "ACTIVE"])
    error_message = "A vault is not active."
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment that the vaults are in."
}

variable "tenancy_id" {
  type        = string
  description = "OCID of the tenancy."
}
